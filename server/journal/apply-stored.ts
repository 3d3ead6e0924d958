// Applies what was stored and receipted before it could be believed or understood (PROTOCOL §5).
import { sql } from "kysely";
import { decodeEntry } from "#protocol/entry.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { claimCodes, writeOutcomes, type Effects, type Source } from "./apply-sales.ts";
import type { BatchEntry } from "./batch.ts";
import { endsOf, flagOf, insertSaleRows, type BookedSale } from "./sale-rows.ts";
import { APPLIED_VERSION, takeArrivals } from "./server-journal.ts";

interface StoredRow {
  readonly seq: number;
  readonly hash: Uint8Array;
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
  readonly arrival: number;
  readonly received_at_ms: number;
}

/**
 * Books the entries of an epoch that stand unapplied, in their order, under the arrival numbers and the times
 * of their coming. Answers what they did; null when it understood none.
 */
export async function applyStored(tx: DatabaseTransaction, source: Source): Promise<Effects | null> {
  const { merchant, till, epoch } = source;
  // The lock of a push: nothing comes in between.
  await tx
    .selectFrom("books.till_epochs")
    .select("head_seq")
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "=", epoch)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const rows = await tx
    .selectFrom("books.entries")
    .select(["seq", "hash", "bytes", "signature", "arrival", "received_at_ms"])
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "=", epoch)
    .where("applied_version", "is", null)
    .orderBy("seq")
    .execute();
  const ends = await endsOf(tx, source);
  const effects = await book(tx, source, rows, (body, arrival) => flagOf(ends, arrival, body));
  if (effects === null) return null;
  await tx
    .updateTable("books.entries")
    .set({ applied_version: APPLIED_VERSION })
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "=", epoch)
    // One list, not a parameter each: a statement takes 65,535 of those, and the till may have waited long.
    .where((eb) => eb("seq", "=", sql<number>`any(${[...effects.understood]}::bigint[])`))
    .execute();
  return effects;
}

/** As `applyStored`, of what the owner booked out of quarantine before this build could read it. */
export async function applyApart(tx: DatabaseTransaction, plain: Source): Promise<Effects | null> {
  const { merchant, till, epoch } = plain;
  const rows = await tx
    .selectFrom("books.quarantined")
    .select(["seq", "hash", "bytes", "signature", "arrival", "decided_at_ms as received_at_ms"])
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "=", epoch)
    .where("decided", "=", "booked")
    .where("applied_version", "is", null)
    .orderBy("seq")
    .forUpdate()
    .execute();
  const numbered = rows.map((row) => ({
    ...row,
    arrival: row.arrival ?? 0,
    received_at_ms: row.received_at_ms ?? plain.nowMs,
  }));
  const effects = await book(tx, { ...plain, apart: true }, numbered, () => "booked");
  if (effects === null) return null;
  await tx
    .updateTable("books.quarantined")
    .set({ applied_version: APPLIED_VERSION })
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "=", epoch)
    .where("decided", "=", "booked")
    .where((eb) => eb("seq", "=", sql<number>`any(${[...effects.understood]}::bigint[])`))
    .execute();
  return effects;
}

async function book(
  tx: DatabaseTransaction,
  source: Source,
  rows: readonly StoredRow[],
  flagFor: (body: BookedSale["body"], arrival: number) => BookedSale["flagged"],
): Promise<Effects | null> {
  const facts = new Map<BatchEntry, StoredRow>();
  for (const row of rows) {
    const entry = decodeEntry(row.bytes);
    const signed = { bytes: new Uint8Array(row.bytes), signature: new Uint8Array(row.signature) };
    if (entry) facts.set({ entry, hash: new Uint8Array(row.hash), signed }, row);
  }
  const effects = await claimCodes(tx, source, [...facts.keys()]);
  if (effects.understood.size === 0) return null;
  // Takes no number, only the lock that stands between every writer of sales and the next.
  await takeArrivals(tx, source.merchant, 0);
  const sales = effects.sales.map(({ item, body }): BookedSale => {
    const { arrival, received_at_ms: receivedAtMs } = facts.get(item) ?? { arrival: 0, received_at_ms: 0 };
    const flagged = flagFor(body, arrival);
    return { item, body, arrival, receivedAtMs, flagged, apart: source.apart === true, lossMinor: 0 };
  });
  await insertSaleRows(tx, source, sales);
  await writeOutcomes(tx, source, effects.outcomes);
  return effects;
}
