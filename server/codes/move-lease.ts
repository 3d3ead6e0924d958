// The owner moves a lease or frees a code that a till has in hand (PROTOCOL §11). A holder that is there is
// asked, and gives the code up by an entry of its own; only of one that is gone for good the owner's word is
// enough, and what it still takes is then a loss by name.
import { accepted, refused, type Result } from "#domain/result.ts";
import { sameBytes, type Bytes } from "#protocol/bytes.ts";
import { shortId } from "#protocol/ids.ts";
import type { MoveLeaseRequest, OfficeRefusal } from "#protocol/office-api.ts";
import { audit } from "../audit.ts";
import { wake, type Books } from "../books.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { TOLD_AFTER_EXPIRY_MS, writeChange } from "../feed/changes.ts";
import { publishChanges } from "../feed/sequencer.ts";
import { appendServerEntries, payJournalDuties } from "../journal/server-journal.ts";
import { endClaim, tillName } from "./claims.ts";
import type { IssueFor } from "./issue-code.ts";
import { giveLease } from "./leases.ts";
import { lockCode, type LockedCode } from "./locked-code.ts";

export type MoveRefusal =
  | Extract<OfficeRefusal, { code: "code-not-open" | "code-in-hand" }>
  | { readonly code: "not-found" | "till-revoked" | "lease-not-movable" };

interface Target {
  readonly till: Uint8Array;
  readonly name: string;
}

/**
 * Gives a free code's lease away at once; asks a holder for it; takes it from one that is stolen or revoked
 * when the owner says so. Naming the present holder withdraws what it was asked.
 */
export async function moveLease(
  books: Books,
  by: IssueFor,
  cti: Bytes,
  request: MoveLeaseRequest,
): Promise<Result<null, MoveRefusal>> {
  const { merchant } = by;
  const done = await books.db.transaction().execute(async (tx): Promise<Result<null, MoveRefusal>> => {
    const target = await targetOf(tx, merchant, request.tillId);
    if (!target.ok) return target;
    const code = await lockCode(tx, merchant, cti);
    if (code === undefined) return refused({ code: "not-found" });
    const may = await mayMove(tx, merchant, code, books.nowMs());
    if (!may.ok) return may;
    return await move(books, tx, by, code, target.value, request.withoutHolder);
  });
  if (!done.ok) return done;
  await payJournalDuties(books, merchant);
  await publishChanges(books, merchant);
  await wake(books, merchant, "code");
  return done;
}

async function targetOf(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  id: string | null,
): Promise<Result<Target | null, MoveRefusal>> {
  if (id === null) return accepted(null);
  const row = await tx
    .selectFrom("books.tills")
    .select(["till_id", "name", "revoked_at_ms"])
    .where("merchant_id", "=", merchant)
    .where("short_id", "=", id)
    .executeTakeFirst();
  if (row === undefined) return refused({ code: "not-found" });
  if (row.revoked_at_ms !== null) return refused({ code: "till-revoked" });
  return accepted({ till: row.till_id, name: row.name });
}

async function mayMove(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  code: LockedCode,
  nowMs: number,
): Promise<Result<null, MoveRefusal>> {
  if (code.onlyTill !== null) return refused({ code: "lease-not-movable" });
  const spent = await tx
    .selectFrom("books.code_claims")
    .select("seq")
    .where("merchant_id", "=", merchant)
    .where("cti", "=", code.cti)
    .executeTakeFirst();
  if (spent !== undefined) return refused({ code: "code-not-open", state: "spent" });
  if (code.revoked) return refused({ code: "code-not-open", state: "revoked" });
  if (nowMs >= code.expiresAtMs) return refused({ code: "code-not-open", state: "expired" });
  return accepted(null);
}

async function move(
  books: Books,
  tx: DatabaseTransaction,
  by: IssueFor,
  code: LockedCode,
  target: Target | null,
  withoutHolder: boolean,
): Promise<Result<null, MoveRefusal>> {
  const { merchant } = by;
  const nowMs = books.nowMs();
  const to = target?.till ?? null;
  const holder = code.leaseTill;
  const detail = { code: shortId(code.cti), till: target === null ? "" : shortId(target.till) };
  const note = async (what: string): Promise<Result<null, MoveRefusal>> => {
    await audit(tx, { merchantId: merchant, atMs: nowMs, who: by.userId, what, detail });
    return accepted(null);
  };
  if (holder === null || withoutHolder) {
    if (holder !== null && !(await isGone(tx, merchant, code, holder))) {
      return refused({ code: "lease-not-movable" });
    }
    const inHand = await claimant(tx, merchant, code.cti);
    if (inHand !== null && !(to !== null && sameBytes(inHand.till_id, to))) {
      return refused({ code: "code-in-hand", tillName: inHand.name });
    }
    await giveLease(tx, merchant, code, to, "owner", nowMs);
    return await note("lease-moved");
  }
  const stays = to !== null && sameBytes(holder, to);
  if (stays && code.leaseAskedAtMs === null) return accepted(null);
  await tx
    .updateTable("books.codes")
    .set({ lease_asked_at_ms: stays ? null : nowMs, lease_wanted_till: stays ? null : to })
    .where("merchant_id", "=", merchant)
    .where("cti", "=", code.cti)
    .execute();
  const change = { type: "lease-wanted", cti: code.cti, wanted: !stays } as const;
  const untilMs = code.expiresAtMs + TOLD_AFTER_EXPIRY_MS;
  await writeChange(tx, merchant, { till: holder }, change, nowMs, untilMs);
  return await note(stays ? "lease-kept" : "lease-asked");
}

/** Is nobody there who could give the lease back: a stolen tablet, a till that was switched off? */
async function isGone(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  code: LockedCode,
  holder: Uint8Array,
): Promise<boolean> {
  if (code.leaseWithheld) return true;
  const row = await tx
    .selectFrom("books.tills")
    .select("revoked_at_ms")
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", holder)
    .executeTakeFirst();
  return row === undefined || row.revoked_at_ms !== null;
}

async function claimant(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  cti: Uint8Array,
): Promise<{
  readonly till_id: Uint8Array;
  readonly epoch: number;
  readonly seq: number;
  readonly name: string;
} | null> {
  const row = await tx
    .selectFrom("books.claims")
    .select(["till_id", "epoch", "seq"])
    .where("merchant_id", "=", merchant)
    .where("cti", "=", cti)
    .where("state", "=", "held")
    .executeTakeFirst();
  if (row === undefined) return null;
  return { ...row, name: (await tillName(tx, merchant, row.till_id)) ?? "" };
}

/**
 * Frees a code that a till has in hand, by the owner's word; its till is told. Doing it twice is doing it
 * once. The server's journal says who had it.
 */
export async function releaseClaim(books: Books, by: IssueFor, cti: Bytes): Promise<void> {
  const { merchant, userId } = by;
  const held = await books.db.transaction().execute((tx) => claimant(tx, merchant, cti));
  if (held === null) return;
  const claim = { till: new Uint8Array(held.till_id), epoch: held.epoch, seq: held.seq };
  const body = { kind: "claim-released", cti, claim, why: "owner" } as const;
  const done = await appendServerEntries<null, "over">(books, merchant, [body], async (tx) => {
    await lockCode(tx, merchant, cti);
    const nowMs = books.nowMs();
    if (!(await endClaim(tx, { merchant, ...claim }, "released", nowMs))) return refused("over");
    const { till, epoch, seq } = claim;
    await writeChange(tx, merchant, { till, epoch }, { type: "claim-released", cti, epoch, seq }, nowMs);
    const detail = { code: shortId(cti), till: shortId(till) };
    await audit(tx, { merchantId: merchant, atMs: nowMs, who: userId, what: "claim-released", detail });
    return accepted(null);
  });
  if (!done.ok) return;
  await publishChanges(books, merchant);
  await wake(books, merchant, "code");
}
