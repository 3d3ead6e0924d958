import { sameBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import { openFeedEnvelope } from "#protocol/feed-envelope.ts";
import type { Keyset } from "#protocol/keyset.ts";
import { openAnswer } from "#protocol/push.ts";
import type { DeliveryRow, IdentityRow, ReceiptRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";

/** What a carrier noted of the lineage that ends. */
const NOTES_OF_THE_LINEAGE = ["lineage", "token", "taken-aside", "finding", "progress"];

/**
 * Goes over to a lineage that a signed answer or page named: the server was restored from a backup (PROTOCOL
 * §2). Its heads may be lower, its receipts of before count for no deletion, its feed is asked for in full.
 * True when the till has gone over; false where the word is not genuine, or speaks of a lineage that was
 * left: to that one no till returns.
 */
export async function followLineage(
  db: TillDatabase,
  identity: IdentityRow,
  keyset: Keyset,
): Promise<boolean> {
  const said = await db.delivery.get("lineage");
  if (said?.key !== "lineage") return false;
  const lineage = await lineageSaid(said, keyset, identity);
  const done = lineage !== null && (await goOver(db, identity, lineage));
  if (!done) await db.delivery.delete("lineage");
  return done;
}

async function lineageSaid(
  said: Extract<DeliveryRow, { key: "lineage" }>,
  keyset: Keyset,
  identity: IdentityRow,
): Promise<Bytes | null> {
  // Verified here once more: what stands in the table was put there by another thread.
  const open = said.context === "answer" ? openAnswer : openFeedEnvelope;
  const word = await open(keyset, said, said.requestHash);
  return word && sameBytes(word.merchant, identity.merchant) ? word.lineage : null;
}

async function goOver(db: TillDatabase, identity: IdentityRow, lineage: Bytes): Promise<boolean> {
  const till = toHex(identity.till);
  return db.transaction("rw", db.tables, async () => {
    const feed = await db.setting("feed");
    const past = await db.setting("past-lineages");
    if (!feed || sameBytes(feed.lineage, lineage)) return false;
    if (past?.lineages.some((one) => sameBytes(one, lineage))) return false;
    await leaveLineage(db, till, feed.lineage);
    await db.settings.bulkDelete(["receipted-days", "full-run"]);
    await db.settings.put({ ...feed, version: 0, lineage });
    await db.delivery.bulkDelete(NOTES_OF_THE_LINEAGE);
    await db.delivery.put({ key: "holder", till, epoch: identity.epoch, lineage: toHex(lineage) });
    return true;
  });
}

/**
 * What a server signed before it was restored is a proof from here on, and no receipt: nothing is let go
 * until the restored one has signed for it anew. Inside the caller's transaction.
 */
export async function leaveLineage(db: TillDatabase, till: string, lineage: Bytes): Promise<void> {
  const past = await db.setting("past-lineages");
  const own = (await db.receipts.toArray()).map((row) => ({ ...row, till }));
  const carried = (await db.carriedReceipts.toArray()).map(
    (row): ReceiptRow & { readonly till: string } => row,
  );
  await db.settings.put({
    key: "past-lineages",
    lineages: [...(past?.lineages ?? []), lineage],
    receipts: [...(past?.receipts ?? []), ...own, ...carried],
  });
  await Promise.all([db.receipts.clear(), db.carriedReceipts.clear(), db.inbox.clear()]);
}
