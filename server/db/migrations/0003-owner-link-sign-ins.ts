// A migration is a fossil: it imports nothing live, and is never edited once a shop has run it.
import { sql } from "kysely";
import type { Kysely } from "kysely";

const statements = [
  // Beside the sign-ins and not in them: that table is written by the sign-in library alone.
  `create table control.owner_link_sign_ins (
    session_id text primary key references control.sessions (id) on delete cascade,
    at_ms bigint not null)`,
];

export async function up(tx: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
