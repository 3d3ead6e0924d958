// A migration is a fossil: it imports nothing live, and is never edited once a shop has run it.
import { sql } from "kysely";
import type { Kysely } from "kysely";

const statements = [
  // A till's own words about its unreceipted sales, and since when it speaks and nothing of what waits comes.
  `alter table books.till_epochs
    add column unsent_count bigint,
    add column unsent_minor bigint,
    add column unsent_oldest_ms bigint,
    add column unsent_said_ms bigint,
    add column waiting_since_ms bigint,
    add column waiting_said_ms bigint,
    add column waiting_seq bigint`,
];

export async function up(tx: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
