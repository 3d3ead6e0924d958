// Changes that no till needs any more go: replaced by a later one of the same subject, or past their end, and
// applied by every till that still speaks with us (PROTOCOL §7). A full page would leave them out anyway.
import { sql } from "kysely";
import type { Database, DatabaseTransaction } from "../db/tables.ts";

/** A till that was silent for so long asks for everything when it comes back, or meets what has expired. */
const SILENT_MS = 90 * 86_400_000;
/** Rows a round: a shop with years of codes must not hold the others up. */
const MOST_ROWS = 500;

/** Epochs of `f`'s merchant that may yet ask from before `f`. */
const somebodyIsBehind = (nowMs: number) => sql`exists (
  select 1 from books.till_epochs e where e.merchant_id = f.merchant_id and e.state <> 'closed'
    and e.feed_version < f.version and coalesce(e.last_seen_ms, e.enrolled_at_ms) > ${nowMs - SILENT_MS})`;

/** Deletes a bounded number of changes whose end has come. Answers how many. */
export async function pruneEnded(db: Database, nowMs: number): Promise<number> {
  const gone = await sql`delete from books.feed_changes d using (
      select f.merchant_id, f.change_id from books.feed_changes f
      where f.until_ms < ${nowMs} and f.version is not null and not ${somebodyIsBehind(nowMs)}
      order by f.until_ms limit ${MOST_ROWS}) old
    where d.merchant_id = old.merchant_id and d.change_id = old.change_id`.execute(db);
  return Number(gone.numAffectedRows ?? 0n);
}

/**
 * Deletes what the changes numbered above `after` have replaced. Site keys and policies are looked up by
 * their change when somebody asks which till has them: they stay.
 */
export async function pruneReplaced(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  after: number,
  nowMs: number,
): Promise<void> {
  await sql`delete from books.feed_changes f
    using (select subject, max(version) as version from books.feed_changes
      where merchant_id = ${merchant} and version > ${after} group by subject) g
    where f.merchant_id = ${merchant} and f.subject = g.subject and f.version < g.version
      and f.type not in ('site-key', 'policy') and not ${somebodyIsBehind(nowMs)}`.execute(tx);
}
