export interface AuditTexts {
  /** Names of what was recorded beside an act. */
  readonly facts: Readonly<Record<string, string>>;
  /** Recorded values that are words. */
  readonly values: Readonly<Record<string, string>>;
  /** By `AuditRow.what`. */
  readonly acts: Readonly<Record<string, string>>;
}

/** The audit log in Chinese: what has no word here stands by its own name. */
export const auditZhCn: AuditTexts = {
  facts: {
    amountMinor: "金额",
    byOwnerLink: "用店主链接",
    code: "付款码",
    codeId: "付款码",
    epoch: "账期",
    feedVersion: "设置版本",
    fromMs: "原来",
    latestExpiryMs: "最晚到期日",
    maxCodeMinor: "单张最大面额",
    merchant: "店铺",
    name: "名称",
    password: "带密码",
    passwordAboveMinor: "超过要密码",
    passwordKind: "键盘",
    passwordRule: "密码",
    reason: "原因",
    till: "收银机",
    toMs: "现在",
    typed: "手动输入",
    validDays: "有效天数",
  },
  values: {
    replaced: "更换",
    lost: "遗失",
    stolen: "被盗",
    "data-lost": "数据没了",
    always: "都要",
    never: "都不要",
    above: "超过才要",
    digits: "数字",
    letters: "字母和数字",
  },
  acts: {
    "set-up-done": "创建了店铺",
    "signed-in": "登录",
    "signed-out": "退出登录",
    "sign-in-refused": "登录被拒",
    "owner-link-made": "在服务器上生成了店主链接",
    "owner-link-used": "用店主链接登录",
    "password-changed": "改了密码",
    "password-change-refused": "改密码被拒",
    "clock-confirmed": "确认了服务器的时间",
    "code-issued": "发了付款码",
    "code-revoked": "撤销了付款码",
    "code-policy-saved": "改了付款码规定",
    "till-added": "添加了收银机",
    "activation-created": "生成了启用码",
    "activation-killed": "启用码作废",
    "till-enrolled": "收银机已启用",
    "till-confirmed": "核对一样，放行了收银机",
    "till-rejected": "核对不一样，拒绝了收银机",
    "loss-receipt-entered": "录入了一张小票作凭据",
    "till-revoked": "撤销了收银机",
    "till-readmitted": "服务器不认得的收银机凭证书回来了",
    "server-restored": "服务器从备份恢复",
    "quarantine-booked": "把待定的账入了账",
    "quarantine-rejected": "待定的账决定不入账",
  },
};
