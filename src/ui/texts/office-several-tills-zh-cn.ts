/** What the office says of one code at several tills, in Chinese. Sums and times come formatted. */
export const severalTillsZhCn = {
  policy: {
    section: "几台收银机，一个码",
    way: "断网时怎么收码",
    ways: {
      leased: "派给一台机",
      "online-only": "每次都联网核对",
      "floor-limited": "断网也收，有限额",
    },
    hints: {
      leased:
        "每个码归一台机，断网也能收，别的机不收；要换机，在码的页面改派。没有选机的码，每台机都要联网核对。",
      "online-only": "每台机收码前都先问服务器。断网时收不了码，可收现金。",
      "floor-limited": "先问服务器；问不到时，在限额内照收。同一个码可能被两台机各收一次，差额由店里承担。",
    },
    perCode: "断网时单个码最多收",
    perTill: "断网时每台机最多收",
    perTillHint: "上传并由服务器签收后，额度才恢复。",
    hours: "联系不上多久就停收（小时）",
    hoursHint: "超过这个时间没有联系上服务器，收码要先联网。",
    worstNone: "最坏情况：不会因一码两用而亏钱。",
    worst: (tills: number, limit: string, sum: string): string =>
      `最坏情况：${tills}台机×${limit}，一次断网最多亏${sum}。`,
    worstSum: (sum: string): string => `最坏情况：一次断网最多亏${sum}。`,
    worstHere: (tills: number, limit: string): string => `在用的${tills}台机，每台最多${limit}`,
    worstAway: (tablets: number, limit: string): string =>
      `停用或换下、还没有联系过服务器的${tablets}台平板，每台最多${limit}`,
    worstLeased: (sum: string): string => `派给换下的平板、新平板也能收的付款码：${sum}`,
    counted: "算进去的有：在用的收银机，和停用或换下以后还没有听到消息、可能还在收码的平板。",
    wrongHours: "请填1到720之间的整数。",
  },
  code: {
    section: "哪台机能收",
    free: "没有派给任何一台机，收码前先联网核对；断网时照「收款方式」里的规定。",
    holder: (till: string): string => `派给${till}，断网也能收。`,
    waiting: (till: string, since: string): string =>
      `正等${till}交回（${since}起）。它联网后自动交回；交回之前只有它能收。`,
    thenTo: (till: string): string => `交回后派给${till}。`,
    thenNobody: "交回后不派给任何一台机。",
    stolen: (till: string): string => `${till}的平板被偷，这个码谁都不能收，等你决定。`,
    revoked: (till: string): string => `${till}已停用，但可能还在断网收款。它联网后会交回这个码。`,
    moveTo: "改派给",
    nobody: "不派给任何一台机",
    move: "改派",
    keep: "不改派了",
    freeNow: "不等它，直接改派",
    freeAsk: (sum: string): string => `那台机可能还会收这个码，最多亏${sum}。`,
    freeYes: "直接改派",
    freeNo: "再等等",
    inHand: (till: string, since: string): string => `${till}正在收这个码（${since}起）。`,
    release: "解除占用",
    releaseAsk: (till: string): string => `${till}若已收妥而没上传，解除后再收就是一码两用。`,
    releaseYes: "解除",
    releaseNo: "再等等",
  },
  double: {
    section: "一码两用",
    why: "同一个付款码在两台机各收了一次。两笔销售都保留，后一笔的金额由店里承担。",
    total: (count: number, sum: string): string => `共${count}笔，损失${sum}。`,
    code: "付款码",
    tail: (digits: string): string => `尾号${digits}`,
    kept: "算数的一笔",
    lost: "亏的一笔",
    use: (till: string, when: string, sum: string): string => `${till}，${when}，${sum}`,
    sum: "损失",
  },
};

export type SeveralTillsTexts = typeof severalTillsZhCn;
