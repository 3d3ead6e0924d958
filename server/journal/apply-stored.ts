// Applies what was stored and receipted before it could be believed or understood (PROTOCOL §5).
import { sql } from "kysely";
import { decodeEntry } from "#protocol/entry.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { claimCodes, writeSales, type Source } from "./apply-sales.ts";
import type { BatchEntry } from "./batch.ts";
import { signedEntry } from "./ingest.ts";
import { APPLIED_VERSION, takeArrivals } from "./server-journal.ts";

/**
 * Books the entries of an epoch that stand unapplied, in their order and under the arrival numbers they got
 * when they came. Answers how many it understood.
 */
export async function applyStored(tx: DatabaseTransaction, source: Source): Promise<number> {
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
    .select(["seq", "hash", "bytes", "signature", "arrival"])
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "=", epoch)
    .where("applied_version", "is", null)
    .orderBy("seq")
    .execute();
  const entries = rows.flatMap((row): BatchEntry[] => {
    const entry = decodeEntry(row.bytes);
    return entry ? [{ entry, hash: new Uint8Array(row.hash), signed: signedEntry(row) }] : [];
  });
  const effects = await claimCodes(tx, source, entries);
  if (effects.understood.size === 0) return 0;
  const arrivals = new Map(rows.map((row) => [row.seq, row.arrival]));
  // Takes no number, only the lock that stands between every writer of sales and the next.
  await takeArrivals(tx, merchant, 0);
  await writeSales(tx, source, effects, (seq) => arrivals.get(seq) ?? 0);
  await tx
    .updateTable("books.entries")
    .set({ applied_version: APPLIED_VERSION })
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "=", epoch)
    // One list, not a parameter each: a statement takes 65,535 of those, and the till may have waited long.
    .where((eb) => eb("seq", "=", sql<number>`any(${[...effects.understood]}::bigint[])`))
    .execute();
  return effects.understood.size;
}
