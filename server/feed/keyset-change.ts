import { decodeFeedChange } from "#protocol/feed.ts";
import { sameBytes } from "#protocol/bytes.ts";
import { decodeKeyset } from "#protocol/keyset.ts";
import { signedKeyset, type Books } from "../books.ts";
import { everyTill, writeChange } from "./changes.ts";

/**
 * Makes sure the feed carries our keys as they are now: a till must know a key before what was signed by it.
 */
export async function ensureKeyset(books: Books, merchant: Uint8Array): Promise<void> {
  const now = await signedKeyset(books, books.db, merchant);
  const told = await books.db
    .selectFrom("books.feed_changes")
    .select("body")
    .where("merchant_id", "=", merchant)
    .where("subject", "=", "keyset")
    // By version, and what has none yet first: a clock set back must not make an older one look like ours.
    .orderBy("version", (order) => order.desc().nullsFirst())
    .limit(1)
    .executeTakeFirst();
  const change = told && decodeFeedChange(told.body);
  const keyset = change?.type === "keyset" ? decodeKeyset(change.keyset) : null;
  // Versions count within a lineage: after a restore the same keys are told anew under it.
  const current = keyset !== null && sameBytes(keyset.lineage, books.instance.lineage);
  if (current && keyset.version >= now.version) return;
  await books.db.transaction().execute(async (tx) => {
    const fresh = { type: "keyset", keyset: now.bytes, signature: now.signature } as const;
    await writeChange(tx, merchant, everyTill, fresh, books.nowMs());
  });
}
