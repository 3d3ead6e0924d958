// Who is locked out at a till tries again: by a button that every till hears, or by eight digits read out on
// the telephone (PROTOCOL §10).
import { newId, shortId } from "#protocol/ids.ts";
import type { FeedChange } from "#protocol/feed.ts";
import type { SecretsRefusal, UnlockDigitsRequest } from "#protocol/office-secrets-api.ts";
import { unlockAnswer, unlockKeyBytes } from "#protocol/unlock.ts";
import { accepted, refused, type Result } from "#domain/result.ts";
import { audit } from "../audit.ts";
import { keysOf, type Books } from "../books.ts";
import type { IssueFor } from "../codes/issue-code.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { everyTill, writeChange } from "../feed/changes.ts";
import { findTill } from "../office/till-commands.ts";
import { findOperator } from "./operator-rows.ts";
import { mayManage, type OfficeMember } from "./operators.ts";

/** A full page brings an unlocking for so long; a till that asks from where it stands gets it at any time. */
const TOLD_MS = 7 * 86_400_000;

type UnlockClass = Extract<FeedChange, { type: "unlocked" }>["subjectClass"];
type Refused = SecretsRefusal | { readonly code: "not-found" | "not-allowed" };

async function tellUnlocked(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  subjectClass: UnlockClass,
  subject: Uint8Array,
  nowMs: number,
): Promise<void> {
  const change = { type: "unlocked", id: newId(), subjectClass, subject: new Uint8Array(subject) } as const;
  await writeChange(tx, merchant, everyTill, change, nowMs, nowMs + TOLD_MS);
}

/** The operator's tries start anew at every till, and a manager's for overrides with them. */
export async function unlockOperator(
  books: Books,
  by: OfficeMember,
  id: string,
): Promise<Result<Uint8Array, Refused>> {
  const { merchant, userId } = by;
  const nowMs = books.nowMs();
  return await books.db.transaction().execute(async (tx) => {
    const known = await findOperator(tx, merchant, id, true);
    if (known === null) return refused({ code: "not-found" });
    if (!mayManage(by, known.role)) return refused({ code: "not-allowed" });
    await tellUnlocked(tx, merchant, "operator", known.operator, nowMs);
    if (known.role !== "cashier") await tellUnlocked(tx, merchant, "manager", known.operator, nowMs);
    const detail = { operator: id };
    await audit(tx, { merchantId: merchant, atMs: nowMs, who: userId, what: "operator-unlocked", detail });
    return accepted(known.operator);
  });
}

/** A payment code's password may be tried again. */
export async function unlockCode(books: Books, by: IssueFor, cti: Uint8Array): Promise<void> {
  const { merchant, userId } = by;
  const nowMs = books.nowMs();
  await books.db.transaction().execute(async (tx) => {
    await tellUnlocked(tx, merchant, "code", cti, nowMs);
    const detail = { code: shortId(cti) };
    await audit(tx, { merchantId: merchant, atMs: nowMs, who: userId, what: "code-unlocked", detail });
  });
}

/**
 * The answer to a till's eight digits. The till takes it once, within ten minutes; that it was given is in
 * the audit log, the digits are not.
 */
export async function answerDigits(
  books: Books,
  by: OfficeMember,
  { tillId, operatorId, digits }: UnlockDigitsRequest,
): Promise<Result<string, Refused>> {
  const { merchant, userId } = by;
  const till = await findTill(books.db, merchant, tillId);
  const known = await findOperator(books.db, merchant, operatorId);
  if (till === null || known === null) return refused({ code: "not-found" });
  if (!mayManage(by, known.role)) return refused({ code: "not-allowed" });
  const open = await books.db
    .selectFrom("books.till_epochs")
    .select("epoch")
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till.till_id)
    .where("state", "=", "open")
    .executeTakeFirst();
  if (open === undefined || till.revoked_at_ms !== null) return refused({ code: "till-not-in-service" });
  const { masterSecret } = await keysOf(books, books.db, merchant);
  const key = await unlockKeyBytes(masterSecret, till.till_id, open.epoch);
  const answer = await unlockAnswer(key, till.till_id, open.epoch, known.operator, digits);
  const detail = { till: tillId, operator: operatorId };
  const what = "unlock-digits-answered";
  await audit(books.db, { merchantId: merchant, atMs: books.nowMs(), who: userId, what, detail });
  return accepted(answer);
}
