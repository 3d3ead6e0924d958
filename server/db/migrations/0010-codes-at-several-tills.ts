// A migration is a fossil: it imports nothing live, and is never edited once a shop has run it.
import { sql } from "kysely";
import type { Kysely } from "kysely";

const statements = [
  // A lease on its way: since when the holder is asked, and who gets it (null: nobody). Withheld: the
  // holder's tablet was stolen, and only the owner's word frees the code.
  `alter table books.codes
    add column lease_asked_at_ms bigint,
    add column lease_wanted_till bytea,
    add column lease_withheld boolean not null default false`,
  `create index codes_leased on books.codes (merchant_id, lease_till) where lease_till is not null`,
  // By what right the winner took the code: decides against a later use, once.
  `alter table books.code_claims
    add column basis text not null default 'order' check (basis in ('lease', 'claim', 'order'))`,
  // What tills asked for and what was said: a record, found by the claim's own entry. At most one holds.
  `create table books.claims (
     merchant_id bytea not null,
     till_id bytea not null,
     epoch integer not null,
     seq bigint not null,
     cti bytea not null,
     entry_hash bytea not null,
     state text not null check (state in ('held', 'sold', 'dropped', 'released', 'refused')),
     decision bytea not null,
     decided_at_ms bigint not null,
     ended_at_ms bigint,
     primary key (merchant_id, till_id, epoch, seq)
   )`,
  `create unique index claims_held on books.claims (merchant_id, cti) where state = 'held'`,
  `create index on books.claims (merchant_id, cti)`,
];

export async function up(tx: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
