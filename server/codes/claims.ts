// Codes that nobody has leased (PROTOCOL §11): a till asks, the server decides once under the code's lock and
// keeps what it said beside the entry that asked. Nothing ends a claim but its sale, its till's word, the end
// of its till's epoch or the owner: no timer.
import { sameBytes, type Bytes } from "#protocol/bytes.ts";
import { encodeCbor } from "#protocol/cbor.ts";
import {
  decodeClaimDecision,
  encodeClaimDecision,
  type ClaimDecision,
  type ClaimRequest,
} from "#protocol/claim.ts";
import type { Database, DatabaseTransaction } from "../db/tables.ts";
import { withRetries } from "../db/with-retries.ts";
import { wake, type Books } from "../books.ts";
import { lockCode, type LockedCode } from "./locked-code.ts";

/** The entry that asks. */
export interface ClaimEntry {
  readonly merchant: Bytes;
  readonly till: Bytes;
  readonly epoch: number;
  readonly seq: number;
  readonly cti: Bytes;
  readonly entryHash: Bytes;
}

/** Answers a till's question. The same entry gets the same answer, however often it asks. */
export async function answerClaim(
  books: Books,
  who: { readonly merchant: Bytes; readonly till: Bytes },
  request: ClaimRequest,
): Promise<ClaimDecision> {
  const entry: ClaimEntry = { ...request, merchant: who.merchant, till: who.till };
  const decided = await withRetries(() =>
    books.db.transaction().execute(async (tx) => {
      const code = await lockCode(tx, who.merchant, request.cti);
      return await decideClaim(tx, entry, code, books.nowMs());
    }),
  );
  if (decided.fresh) await wake(books, who.merchant, "code");
  return decided.decision;
}

/** Decides a claim, or reads what was decided. The caller holds the lock of the code, where there is one. */
export async function decideClaim(
  tx: DatabaseTransaction,
  entry: ClaimEntry,
  code: LockedCode | undefined,
  nowMs: number,
): Promise<{ readonly decision: ClaimDecision; readonly fresh: boolean }> {
  const before = await tx
    .selectFrom("books.claims")
    .selectAll()
    .where("merchant_id", "=", entry.merchant)
    .where("till_id", "=", entry.till)
    .where("epoch", "=", entry.epoch)
    .where("seq", "=", entry.seq)
    .executeTakeFirst();
  if (before !== undefined) return { decision: await said(tx, entry, before), fresh: false };
  const decision = await judge(tx, entry, code, nowMs);
  const state = decision.kind === "granted" ? ("held" as const) : ("refused" as const);
  await tx
    .insertInto("books.claims")
    .values({
      merchant_id: entry.merchant,
      till_id: entry.till,
      epoch: entry.epoch,
      seq: entry.seq,
      cti: entry.cti,
      entry_hash: entry.entryHash,
      state,
      decision: encodeCbor(encodeClaimDecision(decision)),
      decided_at_ms: nowMs,
      ended_at_ms: null,
    })
    // The claim's own number only: a code that is held after all must fail loudly, not be granted twice.
    .onConflict((conflict) => conflict.columns(["merchant_id", "till_id", "epoch", "seq"]).doNothing())
    .execute();
  return { decision, fresh: true };
}

interface ClaimRow {
  readonly state: "held" | "sold" | "dropped" | "released" | "refused";
  readonly cti: Uint8Array;
  readonly entry_hash: Uint8Array;
  readonly decision: Uint8Array;
}

/** What was said of this entry, as it stands now: what is over is never granted again. */
async function said(tx: DatabaseTransaction, entry: ClaimEntry, row: ClaimRow): Promise<ClaimDecision> {
  // Another entry under the same number: two tablets under one name, and only one of them can have asked.
  if (!sameBytes(row.entry_hash, entry.entryHash) || !sameBytes(row.cti, entry.cti)) {
    return { kind: "held", by: "claim", tillName: (await tillName(tx, entry.merchant, entry.till)) ?? "" };
  }
  switch (row.state) {
    case "held":
      return { kind: "granted" };
    case "sold":
      return (await spentBy(tx, entry)) ?? { kind: "released" };
    case "dropped":
    case "released":
      return { kind: "released" };
    case "refused":
      return decodeClaimDecision(row.decision) ?? { kind: "released" };
  }
}

/** In the order in which a till would have named it: what is not ours, spent, revoked, over, held. */
async function judge(
  tx: DatabaseTransaction,
  entry: ClaimEntry,
  code: LockedCode | undefined,
  nowMs: number,
): Promise<ClaimDecision> {
  const { merchant, till } = entry;
  const standing = await tx
    .selectFrom("books.till_epochs as e")
    .innerJoin("books.tills as t", (join) =>
      join.onRef("t.merchant_id", "=", "e.merchant_id").onRef("t.till_id", "=", "e.till_id"),
    )
    .select(["e.state", "t.revoked_at_ms", "t.store_id"])
    .where("e.merchant_id", "=", merchant)
    .where("e.till_id", "=", till)
    .where("e.epoch", "=", entry.epoch)
    .executeTakeFirst();
  if (standing?.state !== "open" || standing.revoked_at_ms !== null) return { kind: "stopped" };
  const meant = code !== undefined && (code.onlyTill === null || sameBytes(code.onlyTill, till));
  if (!meant || !sameBytes(code.storeId, standing.store_id)) return { kind: "unknown" };
  const spent = await spentBy(tx, entry);
  if (spent !== null) return spent;
  if (code.revoked) return { kind: "revoked" };
  if (nowMs >= code.expiresAtMs) return { kind: "expired", atMs: code.expiresAtMs };
  if (code.leaseTill !== null && (code.leaseWithheld || !sameBytes(code.leaseTill, till))) {
    return { kind: "held", by: "lease", tillName: (await tillName(tx, merchant, code.leaseTill)) ?? "" };
  }
  return await judgeHolder(tx, entry, nowMs);
}

async function judgeHolder(
  tx: DatabaseTransaction,
  entry: ClaimEntry,
  nowMs: number,
): Promise<ClaimDecision> {
  const { merchant, till, epoch, seq } = entry;
  const holder = await tx
    .selectFrom("books.claims")
    .select(["till_id", "epoch", "seq"])
    .where("merchant_id", "=", merchant)
    .where("cti", "=", entry.cti)
    .where("state", "=", "held")
    .executeTakeFirst();
  if (holder === undefined) return { kind: "granted" };
  // A till makes a second claim only after it has let the first one go; the entry that says so is behind this
  // request, not before it.
  const isOlder = sameBytes(holder.till_id, till) && holder.epoch === epoch && holder.seq < seq;
  if (!isOlder) {
    const name = await tillName(tx, merchant, holder.till_id);
    return { kind: "held", by: "claim", tillName: name ?? "" };
  }
  const older = { merchant, till, epoch, seq: holder.seq };
  await endClaim(tx, older, "dropped", nowMs);
  return { kind: "granted" };
}

async function spentBy(tx: DatabaseTransaction, entry: ClaimEntry): Promise<ClaimDecision | null> {
  const spent = await tx
    .selectFrom("books.code_claims as k")
    .leftJoin("books.tills as t", (join) =>
      join.onRef("t.merchant_id", "=", "k.merchant_id").onRef("t.till_id", "=", "k.till_id"),
    )
    .select(["k.at_ms", "k.amount_minor", "t.name"])
    .where("k.merchant_id", "=", entry.merchant)
    .where("k.cti", "=", entry.cti)
    .executeTakeFirst();
  if (spent === undefined) return null;
  const atMs = Math.max(0, spent.at_ms);
  return { kind: "spent", tillName: spent.name ?? "", atMs, amountMinor: spent.amount_minor };
}

/** A till's name; null when the shop has no such till. */
export async function tillName(db: Database, merchant: Uint8Array, till: Uint8Array): Promise<string | null> {
  const row = await db
    .selectFrom("books.tills")
    .select("name")
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .executeTakeFirst();
  return row?.name ?? null;
}

/** Ends a held claim; false when it is not held (any more). */
export async function endClaim(
  tx: DatabaseTransaction,
  claim: Pick<ClaimEntry, "merchant" | "till" | "epoch" | "seq">,
  state: "dropped" | "released",
  nowMs: number,
): Promise<boolean> {
  const ended = await tx
    .updateTable("books.claims")
    .set({ state, ended_at_ms: nowMs })
    .where("merchant_id", "=", claim.merchant)
    .where("till_id", "=", claim.till)
    .where("epoch", "=", claim.epoch)
    .where("seq", "=", claim.seq)
    .where("state", "=", "held")
    .executeTakeFirst();
  return ended.numUpdatedRows > 0n;
}

/** The till's sale took the code: was it in its hand? Its claim is over with that. */
export async function sellClaim(
  tx: DatabaseTransaction,
  sale: Pick<ClaimEntry, "merchant" | "till" | "epoch" | "cti">,
  nowMs: number,
): Promise<boolean> {
  const sold = await tx
    .updateTable("books.claims")
    .set({ state: "sold", ended_at_ms: nowMs })
    .where("merchant_id", "=", sale.merchant)
    .where("cti", "=", sale.cti)
    .where("till_id", "=", sale.till)
    .where("epoch", "=", sale.epoch)
    .where("state", "=", "held")
    .executeTakeFirst();
  return sold.numUpdatedRows > 0n;
}
