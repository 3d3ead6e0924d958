// A migration is a fossil: it imports nothing live, and is never edited once a shop has run it.
import { sql } from "kysely";
import type { Kysely } from "kysely";

/** When a till signed for its head last: a tablet that turns up after it was lost says how far it went. */
export async function up(tx: Kysely<unknown>): Promise<void> {
  await sql.raw(`alter table books.till_epochs add column claimed_at_ms bigint`).execute(tx);
}
