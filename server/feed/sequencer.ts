// Gives feed changes their versions. Versions are given after commit, under one lock a merchant: a version
// given at write time could become visible after a higher one, and a till that had passed it would never see
// it.
import { sql } from "kysely";
import { wake, type Ground } from "../books.ts";
import type { Database } from "../db/tables.ts";
import { pruneReplaced } from "./prune.ts";

/**
 * Numbers every committed change that has no version yet, and lets go of what those have replaced when every
 * till has it (`nowMs` tells which tills still speak; null: lets go of nothing). Answers the merchant's head.
 */
export async function sequenceFeed(
  db: Database,
  merchant: Uint8Array,
  nowMs: number | null = null,
): Promise<number> {
  const waiting = await db
    .selectFrom("books.feed_changes")
    .select("change_id")
    .where("merchant_id", "=", merchant)
    .where("version", "is", null)
    .limit(1)
    .executeTakeFirst();
  if (waiting === undefined) return await feedHead(db, merchant);
  return await db.transaction().execute(async (tx) => {
    const head = await tx
      .selectFrom("books.counters")
      .select("feed_version")
      .where("merchant_id", "=", merchant)
      .forUpdate()
      .executeTakeFirstOrThrow();
    // A change still uncommitted is not seen here; its own writer comes by after its commit.
    const numbered = await sql<{ version: number }>`
      update books.feed_changes f set version = ${head.feed_version} + n.place
      from (select change_id, row_number() over (order by created_at_ms, change_id) as place
            from books.feed_changes where merchant_id = ${merchant} and version is null) n
      where f.merchant_id = ${merchant} and f.change_id = n.change_id
      returning f.version`.execute(tx);
    const top = numbered.rows.reduce((most, row) => Math.max(most, row.version), head.feed_version);
    await tx
      .updateTable("books.counters")
      .set({ feed_version: top })
      .where("merchant_id", "=", merchant)
      .execute();
    if (nowMs !== null) await pruneReplaced(tx, merchant, head.feed_version, nowMs);
    return top;
  });
}

/** The highest version given so far. */
export async function feedHead(db: Database, merchant: Uint8Array): Promise<number> {
  const row = await db
    .selectFrom("books.counters")
    .select("feed_version")
    .where("merchant_id", "=", merchant)
    .executeTakeFirst();
  return row?.feed_version ?? 0;
}

/**
 * The head, and up to where versions were given before the last restore of the server (0: never restored).
 */
export async function feedBounds(
  db: Database,
  merchant: Uint8Array,
): Promise<{ readonly head: number; readonly base: number }> {
  const row = await db
    .selectFrom("books.counters")
    .select(["feed_version", "feed_base"])
    .where("merchant_id", "=", merchant)
    .executeTakeFirst();
  return { head: row?.feed_version ?? 0, base: row?.feed_base ?? 0 };
}

/**
 * After a commit that wrote changes: numbers them and wakes the tills. A failure costs a delay, never a
 * change.
 */
export async function publishChanges(ground: Ground, merchant: Uint8Array): Promise<void> {
  await sequenceFeed(ground.db, merchant, ground.nowMs());
  await wake(ground, merchant, "feed");
}
