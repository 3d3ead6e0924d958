/** 存成文件、替别的收银机带文件：收银机的话。 */
export const exportZhCn = {
  open: "存成文件",
  title: "没上传的账，存成文件",
  why: "文件只有本店的服务器打得开。存了文件不等于上传：账仍留在本机，联网后照常上传，不会记两次。",
  looking: "正在看有哪些账",
  sales: "没上传的销售",
  salesOf: (count: number, sum: string): string => `${count}笔${sum}`,
  noSales: "没有销售，只有其他记录",
  oldest: "最早一笔",
  entries: "全部记录",
  entriesOf: (count: number): string => `${count}条`,
  file: (n: number, of: number): string => (of === 1 ? "文件" : `文件${n}/${of}`),
  fromCopy: "数据库读不出来，这是本机第二份记录里的账。",
  save: (n: number, of: number): string => (of === 1 ? "存文件" : `存第${n}个文件，共${of}个`),
  saving: "正在存",
  saved: (name: string): string => `已存：${name}。`,
  handOver: "请把文件交给店主，在后台「设备」里导入。",
  allSaved: "全部存好了。还没有上传：服务器签收以后才算数。",
  cancelled: "没有存。账都还在本机。",
  notWritten: "文件没有写成：那里可能没有地方了。账都还在本机，换个地方再存。",
  again: "再存一次",
  back: "返回",
  no: {
    "nothing-unsent": "没有等着上传的账，不用存。",
    "export-no-key": "现在存不了：服务器的导出密钥还没有到本机，或和数据一起不见了。账都还在，请联网上传。",
    gone: "收银程序停了，读不出账。关掉再打开本页，然后再存。",
  },
  carry: {
    title: "替别的收银机带文件",
    why: "选别的收银机存的文件，本机原样送到服务器，打不开也看不到里面的账。",
    choose: "选文件",
    from: (till: string, epoch: number, first: number, last: number): string =>
      `${till} · 账期${epoch} · 第${first}–${last}条`,
    states: {
      carrying: (percent: number): string => `正在送，已到${percent}%`,
      done: (stored: number, there: number, apart: number): string =>
        `服务器已签收：新记${stored}条，原有${there}条${apart === 0 ? "" : `，另放${apart}条等店主决定`}`,
      waiting: "服务器已收好，前面的账还没有到，到了就记。",
      refused: (why: string): string => `服务器没有收：${why}`,
    },
    no: {
      "not-an-export": "这不是收银机存的文件。",
      "export-too-large": "文件太大，最多32MB。请在后台导入。",
      "export-header-bad": "文件损坏了，请再拷一次。",
      "export-key-unknown": "文件是给别的服务器的。",
      "export-cut-short": "文件不完整，请再拷一次。",
      "export-trailing": "文件末尾多了内容，请再拷一次。",
      "export-reordered": "文件损坏了，请再拷一次。",
      "export-foreign-chunk": "文件损坏了，请再拷一次。",
      "export-damaged": "文件损坏了，请再拷一次。",
      "export-content-bad": "文件里的账对不上，请在那台收银机上再存一次。",
      "export-other-merchant": "这是别的店的文件。",
      "entry-not-authentic": "文件里有一条账没有有效签名，请找技术人员。",
      "till-unknown": "服务器不认识那台收银机，文件先收着。",
      "not-enrolled": "本机还没有启用，带不了文件。",
      "storage-full": "本机没有地方了。",
      "too-many-parcels": "本机带的文件太多了，请在后台导入。",
    },
    other: (code: string): string => `没有收下（${code}）。`,
  },
} as const;

type Widened<T> = T extends string
  ? string
  : T extends (...args: infer A) => string
    ? (...args: A) => string
    : { readonly [K in keyof T]: Widened<T[K]> };

export type ExportTexts = Widened<typeof exportZhCn>;
