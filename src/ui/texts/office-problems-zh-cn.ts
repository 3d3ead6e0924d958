import type { OfficeProblemTexts } from "./office-problem.ts";

const states = {
  issued: "未用",
  "not-yet-valid": "未生效",
  spent: "已用",
  expired: "已过期",
  revoked: "已撤销",
} as const;

const fields: Readonly<Record<string, string>> = {
  email: "邮箱",
  password: "密码",
  shopName: "店铺名称",
  name: "名称",
  amount: "金额",
  amountMinor: "金额",
  days: "有效天数",
  validDays: "有效天数",
  fromMs: "生效时间",
  tillId: "收银机",
  latestExpiryMs: "最晚到期日",
  passwordAboveMinor: "要密码的金额",
  maxCodeMinor: "单张最大面额",
  token: "链接",
};

/** What the office says when a request brought nothing. */
export const officeProblemsZhCn: OfficeProblemTexts = {
  "no-network": () => "没有网络，什么都没有改。填写的内容都在，联网后再试。",
  "no-answer": () => "服务器没有应答，不知道做成了没有。填写的内容都在，请再试一次。",
  "not-signed-in": () => "登录已失效。请重新登录，填写的内容都在。",
  "not-allowed": () => "你的身份不能做这件事。请找店主。",
  "not-found": () => "没有找到。它可能属于别的店，或地址不全。",
  "setup-closed": () => "这家店已经创建过，没有重复创建。请登录。",
  "token-invalid": () => "这个链接已失效或已用过。请在服务器上取一个新的。",
  "invalid-input": (problem) =>
    `没有保存：「${fields[problem.field] ?? problem.field}」填得不对。填写的内容都在。`,
  "card-number": (problem) =>
    `没有保存：「${fields[problem.field] ?? problem.field}」里有银行卡号，请删掉。卡号没有留在任何地方。`,
  "wrong-credentials": () => "邮箱或密码不对，没有登录。",
  "too-many-tries": (problem, say) => `试的次数太多。请等${say.wait(problem.waitMs)}再试。`,
  "password-too-short": (problem) => `密码至少要${problem.min}位。店铺还没有创建。`,
  "password-too-common": () => "这个密码太常见，容易被猜到。请换一个。",
  "password-contains-name": () => "密码里有店名或邮箱，容易被猜到。请换一个。",
  "password-required": () => "按现在的规定，这张码要带密码。没有发出。",
  "password-not-allowed": () => "按现在的规定，付款码不带密码。没有发出。",
  "amount-over-policy": (problem, say) =>
    `没有发出：单张最多${say.money(problem.maxMinor)}。可以分成几张，或去「收款方式」改上限。`,
  "validity-past": () => "没有发出：照这样填，码一发出就过期了。请改有效天数、生效时间或最晚到期日。",
  "till-not-ready": () => "没有发出：这台收银机还没有准备好收这种码。请等它联网，或选别的收银机。",
  "code-in-hand": (problem) => `没有更改：${problem.tillName}正占用这个码。请等它完成，或先解除占用。`,
  "lease-not-movable": () => "没有更改：此码只能在一台机使用，或它所在的机还在，须由那台机交回。",
  "leases-not-chosen": () => "没有发码：规则是每台机都联网核对。请不要指定收银机，或到收款方式改规则。",
  "code-not-open": (problem) => `没有改动：这张码${states[problem.state]}。`,
  "too-many-tills": (problem) => `没有添加：一家店最多${problem.max}台收银机。可以先撤销不用的。`,
  "quarantine-changed": () => "没有决定：又有新的账到了，或者别人已经决定。请看新的内容再定。",
  "till-revoked": () => "没有改动：这台收银机已撤销。请添加一台新的。",
  "password-breaks-rules": () => "没有设置：密码不符合旁边列出的规则。请换一个，或选“自动生成”。",
  "last-owner": () => "没有改动：至少要留一位店主。请先让别人做店主。",
  "operator-retired": () => "没有改动：此人已停用。请先恢复。",
  "too-many-operators": (problem) => `没有添加：一家店最多${problem.max}人在用。请先停用一位。`,
  "renewal-changed": () => "没有决定：别人已经决定，或者这台平板又重新申请了。请看新的内容再定。",
  "password-cannot-be-typed": () => "没有改动：现在的密码带字母，数字键盘打不出来。请先收回这个密码。",
  "till-not-in-service": () => "没有回码：这台收银机没有在用，不能解锁。",
  "cross-origin": () => "没有改动：请求来自别的网站。请直接打开后台的地址再试。",
  "too-large": () => "没有改动：内容太长。",
  "server-stopping": () => "服务器正在停机，没有改动。填写的内容都在，稍后再试。",
  internal: () => "服务器出了错，不知道做成了没有。请刷新看看，再试一次；还不行就看服务器日志。",
};
