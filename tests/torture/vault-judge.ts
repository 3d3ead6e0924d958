// After a check that was killed: what was looked at, what is counted, and what came of it, side by side.
import { toHex } from "#protocol/bytes.ts";
import type { TillBody } from "#protocol/entry-bodies.ts";
import type { Judgement } from "./judge.ts";

/** What is typed: at an operator's pad, at a code's. */
export const CHECKS = ["wrong-pin", "right-pin", "wrong-password", "right-password"] as const;
export type Check = (typeof CHECKS)[number];

/** Tries of one subject and of the device, as they stand in the table of tries. */
export interface Tries {
  readonly own: number;
  readonly device: number;
}

export interface CheckEvidence {
  readonly check: Check;
  /** Operator or cti, hex. */
  readonly subject: string;
  readonly before: Tries;
  readonly after: Tries;
  /** What was entered since, in order. */
  readonly entries: readonly TillBody[];
  /** True: the pin worker was asked, so whoever killed it may have seen what came of the try. */
  readonly looked: boolean;
  /** What the page heard before the kill; null: nothing. */
  readonly heard: string | null;
  /** The code stands in the list of spent ones; false for a PIN. */
  readonly spent: boolean;
}

/** So much a success takes from the device's count: its own try and one wrong one before it. */
const FORGIVEN = 2;
/** What the page hears when the secret was right. */
const LET_IN: readonly string[] = ["operator-in", "paid", "part-paid"];

/** I11: no try is ever given back, none is counted twice, and only a right one lets in. */
export function judgeCheck(evidence: CheckEvidence): Judgement {
  const { check, before, after, entries, looked, heard, spent } = evidence;
  const lost: string[] = [];
  const doubled: string[] = [];
  const tries = entries.flatMap((body) =>
    body.kind === "attempt" && toHex(body.subject) === evidence.subject ? [body.n] : [],
  );
  const successes = entries.filter((body) => isSuccess(body, evidence.subject)).length;
  if (looked && tries.length === 0) lost.push(`I11: ${check} was looked at, and no try is in the journal`);
  if (tries.length > 1) doubled.push(`I11: one ${check} is ${tries.length} tries`);
  for (const n of tries) {
    if (n <= before.own) lost.push(`I11: the try after ${before.own} is entered as number ${n}`);
    if (n > before.own + 1) doubled.push(`I11: the try after ${before.own} is entered as number ${n}`);
  }
  if (successes > 1) doubled.push(`I8: one ${check} let in ${successes} times`);
  if (successes > 0 && check.startsWith("wrong")) lost.push(`I11: ${check} let somebody in`);
  if (heard !== null && LET_IN.includes(heard) && successes === 0)
    lost.push(`I1: ${check} was answered with ${heard}, and no entry says so`);
  if (check.endsWith("password") && spent !== successes > 0)
    lost.push(`I8: the code is ${spent ? "spent without a sale" : "sold and not spent"}`);

  const counted = before.own + tries.length;
  const own = successes > 0 ? 0 : counted;
  if (after.own < own) lost.push(`I11: ${check}: ${counted} tries, ${after.own} are counted`);
  if (after.own > own) doubled.push(`I11: ${check}: ${own} tries, ${after.own} are counted`);
  const device = Math.max(0, before.device + tries.length - (successes > 0 ? FORGIVEN : 0));
  if (after.device < device) lost.push(`I11: ${check}: the device had ${device} tries, now ${after.device}`);
  if (after.device > device) doubled.push(`I11: ${check}: the device had ${device}, now ${after.device}`);
  return { lost, doubled, stuck: [] };
}

function isSuccess(body: TillBody, subject: string): boolean {
  if (body.kind === "operator-in") return toHex(body.operator) === subject;
  if (body.kind !== "sale") return false;
  return body.tenders.some((tender) => tender.method === "payment-code" && toHex(tender.cti) === subject);
}
