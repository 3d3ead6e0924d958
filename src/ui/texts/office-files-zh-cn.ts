import type { ImportProblem, ReceiptCheck } from "#protocol/export-office.ts";

/** 导入收银机存的文件、下载账本、核对小票：后台的话。金额和时间已排好。 */
export interface OfficeFilesTexts {
  readonly title: string;
  readonly link: string;
  readonly imports: {
    readonly title: string;
    readonly note: string;
    readonly choose: string;
    readonly sending: (name: string) => string;
    /** What is said of one file among several. */
    readonly ofFile: (name: string, words: string) => string;
    readonly unknownTill: (id: string) => string;
    readonly from: (till: string, epoch: number, first: number, last: number) => string;
    readonly done: (stored: number, there: number, apart: number) => string;
    readonly waiting: (need: number) => string;
    readonly waitingTill: string;
    readonly waitingTitle: string;
    readonly since: (when: string) => string;
    /** By `ImportProblem.code`. */
    readonly problems: Readonly<Record<ImportProblem["code"], string>>;
  };
  readonly journals: {
    readonly title: string;
    readonly note: string;
    readonly till: string;
    readonly epoch: string;
    readonly entries: string;
    readonly head: string;
    readonly server: string;
    readonly download: string;
    readonly keys: string;
    readonly keysNote: string;
    readonly ownerOnly: string;
  };
  readonly check: {
    readonly title: string;
    readonly note: string;
    readonly seq: string;
    readonly head: string;
    readonly ask: string;
    readonly seqHint: string;
    readonly wrongSeq: string;
    readonly wrongHead: string;
    readonly results: Readonly<Record<ReceiptCheck["result"], string>>;
    readonly place: (till: string, epoch: number) => string;
    readonly stands: (head: string) => string;
    readonly toSale: string;
  };
}

export const officeFilesZhCn: OfficeFilesTexts = {
  title: "文件与核对",
  link: "导入文件、下载账本、核对小票",
  imports: {
    title: "导入收银机存的文件",
    note: "收银机坏了、丢了或联不上网时，把它存的文件（.gtx）放进来。重复导入不会记两次。",
    choose: "选文件",
    sending: (name) => `正在导入${name}`,
    ofFile: (name, words) => `${name}：${words}`,
    unknownTill: (id) => `收银机${id}`,
    from: (till, epoch, first, last) => `${till}，第${epoch}账期，第${first}–${last}条`,
    done: (stored, there, apart) =>
      `新记${stored}条，原有${there}条${apart === 0 ? "" : `，待定${apart}条，请在「账务」里决定`}。`,
    waiting: (need) => `先收着：第${need}条起的账还没有到，到了就记。`,
    waitingTill: "先收着：这里还不认识那台收银机。",
    waitingTitle: "先收着的文件",
    since: (when) => `${when}收到`,
    problems: {
      "not-an-export": "这不是收银机存的文件，没有导入。",
      "export-too-large": "文件太大，最多32MB，没有导入。",
      "export-header-bad": "文件开头损坏，没有导入。请再拷一次。",
      "export-key-unknown": "这个文件是给别的服务器的，这里打不开，没有导入。",
      "export-cut-short": "文件不完整，没有导入。请再拷一次。",
      "export-trailing": "文件末尾多了内容，没有导入。请再拷一次。",
      "export-reordered": "文件里的顺序被打乱，没有导入。请再拷一次。",
      "export-foreign-chunk": "文件里混进了别的文件，没有导入。请再拷一次。",
      "export-damaged": "文件有损坏，没有导入。请再拷一次。",
      "export-content-bad": "文件里的账和文件头对不上，没有导入。请在收银机上再存一次。",
      "export-other-merchant": "这是别的店的文件，没有导入。",
      "entry-not-authentic": "有一条账没有有效签名，它前面的账已记下，它和后面的没有。",
    },
  },
  journals: {
    title: "下载账本",
    note: "账本文件（.gtj）任何人都能核对：npm run verify-journal -- 文件 --keys 密钥文件。里面有每笔销售。",
    till: "收银机",
    epoch: "账期",
    entries: "条数",
    head: "链头",
    server: "服务器自己的账本",
    download: "下载",
    keys: "下载密钥文件",
    keysNote: "密钥文件只有公钥。趁没有争议时下载，自己保管，核对时用它。",
    ownerOnly: "只有店主能下载。",
  },
  check: {
    title: "小票在不在账里",
    note: "输入小票上的号码和8位校验。",
    seq: "号码",
    head: "校验（8位）",
    ask: "核对",
    seqHint: "照小票上写的输入，例如1-41。只记得「-」后面的数也行。",
    wrongSeq: "请照小票填号码，例如1-41。",
    wrongHead: "校验是8位，只有0到9和a到f。",
    results: {
      found: "在账里。",
      "set-apart": "有这条账，但没有入账，等店主决定。",
      rejected: "有这条账，店主决定不入账。",
      differs: "不在账里：这个号码下是另一条账。",
      "not-found": "还没有：收银机的账还没有传到这个号码。",
    },
    place: (till, epoch) => `${till}，第${epoch}账期`,
    stands: (head) => `这里是${head}`,
    toSale: "看这笔销售",
  },
};
