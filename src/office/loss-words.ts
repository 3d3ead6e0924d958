import { parseMoney } from "#domain/money.ts";
import { readPaperCheck, readPaperNumber } from "#domain/paper-receipt.ts";
import { accepted, refused, type Result } from "#domain/result.ts";
import type { LossEvent, ReceiptEvidenceRequest } from "#protocol/office-losses-api.ts";

/** The word for a reason or kind; one that a newer server names stands as it is. */
export function wordFor(words: Readonly<Record<string, string>>, name: string): string {
  return Object.hasOwn(words, name) ? (words[name] ?? name) : name;
}

/** Which entries are missing, as far as is known; nothing is missing of a closed loss. */
export function missingEntries(
  loss: Pick<LossEvent, "state" | "nextSeq" | "knownHeadSeq">,
  t: {
    readonly closedLine: string;
    readonly from: (seq: number) => string;
    readonly known: (from: number, to: number) => string;
  },
): string {
  if (loss.state === "closed") return t.closedLine;
  const { nextSeq, knownHeadSeq } = loss;
  return knownHeadSeq === null || knownHeadSeq < nextSeq ? t.from(nextSeq) : t.known(nextSeq, knownHeadSeq);
}

/**
 * How far a till has written its journal, and how many entries of that are not here. A hello is rare and a
 * delivery is not: what came since the last hello was written, too.
 */
export function writtenUpTo(
  claimedSeq: number,
  arrivedSeq: number | null,
): { readonly seq: number; readonly missing: number } {
  const arrived = arrivedSeq ?? -1;
  return { seq: Math.max(claimedSeq, arrived), missing: Math.max(0, claimedSeq - arrived) };
}

/** A receipt as it is typed off the paper. */
export interface ReceiptForm {
  readonly seq: string;
  readonly head: string;
  readonly amount: string;
}

/** What stands on the receipt, or the first field that cannot be what stands there. */
export function readReceipt(
  form: ReceiptForm,
  currency: string,
): Result<ReceiptEvidenceRequest, { readonly code: "seq" | "head" | "amount" }> {
  // «1-41» as printed names the epoch too; the loss it is entered for says which.
  const number = readPaperNumber(form.seq);
  if (number === null) return refused({ code: "seq" });
  const headHex = readPaperCheck(form.head);
  if (headHex === null) return refused({ code: "head" });
  const amount = parseMoney(form.amount, currency);
  if (!amount.ok || amount.value < 1) return refused({ code: "amount" });
  return accepted({ seq: number.seq, headHex, amountMinor: amount.value });
}
