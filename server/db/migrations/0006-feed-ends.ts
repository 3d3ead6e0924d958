// A migration is a fossil: it imports nothing live, and is never edited once a shop has run it.
import { sql } from "kysely";
import type { Kysely } from "kysely";

/** What nobody needs any more is found without reading what everybody does. */
export async function up(tx: Kysely<unknown>): Promise<void> {
  await sql
    .raw(
      `create index feed_changes_ended on books.feed_changes (until_ms)
        where until_ms is not null and version is not null`,
    )
    .execute(tx);
}
