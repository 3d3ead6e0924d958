import { decodeFeedChange } from "#protocol/feed.ts";
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
    .orderBy("created_at_ms", "desc")
    .limit(1)
    .executeTakeFirst();
  const change = told && decodeFeedChange(told.body);
  const version = change?.type === "keyset" ? (decodeKeyset(change.keyset)?.version ?? 0) : 0;
  if (version >= now.version) return;
  await books.db.transaction().execute(async (tx) => {
    const fresh = { type: "keyset", keyset: now.bytes, signature: now.signature } as const;
    await writeChange(tx, merchant, everyTill, fresh, books.nowMs());
  });
}
