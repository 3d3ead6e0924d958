// What `verify-journal` says, in both languages: whoever has to be convinced may read only one of them.
import { formatMoney } from "#domain/money.ts";
import { SERVER_TILL } from "#protocol/entry.ts";
import { shortId } from "#protocol/ids.ts";
import type { JournalSum } from "#protocol/export-journal.ts";
import type { JournalFaultCode } from "#protocol/export-fault.ts";
import type { JournalSummary, JournalVerdict } from "#protocol/export-verify.ts";

export const verifyUsage: string = [
  "npm run verify-journal -- FILE [--keys FILE]",
  "FILE: a journal (.gtj) from the office. --keys: the shop's keys file, from the office, kept by you.",
  "FILE：后台下载的账本（.gtj）。--keys：从后台下载、由你保管的密钥文件。",
].join("\n");

type Words = Readonly<Record<JournalFaultCode, readonly [en: string, zh: string]>>;

const faults: Words = {
  "not-a-journal": ["this is no journal file", "这不是账本文件"],
  "cut-short": ["the file ends too early: something was cut off", "文件提前结束，后面被截掉了"],
  "record-unreadable": ["a record can't be read", "有一条记录读不出来"],
  "record-out-of-place": ["a record stands where it must not", "有一条记录的位置不对"],
  "after-the-end": ["there is more behind the end", "结尾之后还有内容"],
  "certificate-bad": ["the till's certificate does not hold", "收银机的证书不成立"],
  "keyset-bad": ["the server's key list does not hold", "服务器的密钥表不成立"],
  "root-not-trusted": [
    "signed under a root key that is not in your keys",
    "签名用的根密钥不在你的密钥文件里",
  ],
  "entry-unreadable": ["the entry can't be read", "这条账读不出来"],
  "entry-elsewhere": [
    "the entry belongs to another shop, till or epoch",
    "这条账属于别的店、别的收银机或别的账期",
  ],
  gap: ["the entry is missing", "这条账缺失"],
  "out-of-order": ["the entry stands out of order, or twice", "这条账的顺序不对，或重复出现"],
  "chain-broken": ["the entry does not continue the one before it", "这条账接不上前一条"],
  "signature-bad": ["the entry's signature does not hold", "这条账的签名不成立"],
  "sale-unreadable": ["the sale can't be read by this version", "这笔销售用这个版本读不出来"],
  "sale-total": ["the sale's payments do not add up to its total", "这笔销售的各项付款与总额对不上"],
  "running-total": [
    "the running count or sum is not what the sales before add up to",
    "累计笔数或金额与之前的销售对不上",
  ],
  "receipt-bad": ["the server's receipt does not hold", "服务器的回执不成立"],
  "receipt-elsewhere": ["the receipt belongs to another till", "回执属于别的收银机"],
  "receipt-ahead": [
    "the server has signed for this entry, and the file does not hold it",
    "服务器为这条账签过回执，文件里却没有它",
  ],
  "receipt-differs": [
    "the server has signed for another entry under this number",
    "服务器在这个序号下签的是另一条账",
  ],
  "decision-bad": [
    "the server's decision to book entries beside the chain does not hold",
    "服务器关于链外入账的决定不成立",
  ],
  "decision-elsewhere": ["the decision is about another till or epoch", "这个决定说的是别的收银机或别的账期"],
  "booked-undecided": [
    "an entry stands beside the chain, and no decision books it",
    "这条账在链外，没有决定让它入账",
  ],
  "booked-twice": ["an entry was booked beside the chain twice", "这条账在链外入账了两次"],
  "end-bad": ["the server's statement at the end does not hold", "结尾的服务器声明不成立"],
  "end-differs": ["the server's statement names other figures than the file", "服务器声明的数字与文件不符"],
};

/** The verdict as lines of text. `hasKeys`: the reader brought keys of their own. */
export function sayVerdict(verdict: JournalVerdict, hasKeys: boolean): string {
  const lines = verdict.ok
    ? ["OK: every entry holds.", "完好：每条账都成立。"]
    : faultLines(verdict.fault.code, verdict.fault.epoch, verdict.fault.seq);
  if (verdict.ok) lines.push(...summaryLines(verdict.summary));
  lines.push(...keysLines(verdict.summary, hasKeys));
  return lines.join("\n");
}

function faultLines(code: JournalFaultCode, epoch: number | null, seq: number | null): string[] {
  const [en, zh] = faults[code];
  const [where, place] =
    seq === null ? ["", ""] : [`epoch ${epoch}, entry ${seq}: `, `账期${epoch}，第${seq}条：`];
  return [`NOT OK: ${where}${en} (${code}).`, `不成立：${place}${zh}（${code}）。`];
}

function summaryLines(summary: JournalSummary): readonly string[] {
  const { till, epoch, entries, headSeq, headHex, sales, sums, receiptedSeq, notUnderstood } = summary;
  const { booked } = summary;
  const name = till === null ? "" : till === SERVER_TILL ? "server 服务器" : shortId(till);
  return [
    `till 收银机: ${name}, epoch 账期 ${epoch}`,
    `entries 账目: ${entries}, sales 销售: ${sales}`,
    ...sums.map(sumLine),
    ...(booked.entries > 0
      ? [
          `booked out of quarantine, not in the figures above 由店主决定入账，不在以上数字里: ${booked.entries}, ` +
            `sales 销售: ${booked.sales}`,
          ...booked.sums.map(sumLine),
        ]
      : []),
    `head 链头: ${headSeq} ${headHex}`,
    receiptedSeq === null ? "receipted up to 回执到: none 无" : `receipted up to 回执到: ${receiptedSeq}`,
    ...(notUnderstood > 0
      ? [`written by a later version, signed but not read 更新版本所写，签名成立但未读: ${notUnderstood}`]
      : []),
  ];
}

function sumLine({ currency, method, count, sumMinor }: JournalSum): string {
  return `  ${currency} ${method}: ${count} × = ${formatMoney(sumMinor, currency)}`;
}

function keysLines(summary: JournalSummary, hasKeys: boolean): readonly string[] {
  const roots = summary.roots.map((root) => `  ${root}`);
  if (summary.roots.length === 0) return [];
  return hasKeys
    ? ["root key, from your keys file 根密钥，来自你的密钥文件:", ...roots]
    : [
        "root key, FROM THE FILE ITSELF: this shows the file is whole, not whose it is. Compare it, or use --keys.",
        "根密钥取自文件本身：只能说明文件完整，不能说明是谁的。请核对，或用 --keys。",
        ...roots,
      ];
}
