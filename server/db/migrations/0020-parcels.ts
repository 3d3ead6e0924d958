// A migration is a fossil: it imports nothing live, and is never edited once a shop has run it.
import { sql } from "kysely";
import type { Kysely } from "kysely";

const statements = [
  // Export files on their way in (PROTOCOL §12), by whoever carried them. A till's parcel is named by the
  // file's hash, so that sending it twice is sending it once; the office's by chance, its hash comes last.
  `create table books.parcels (
    merchant_id bytea not null,
    parcel_id bytea not null,
    file_hash bytea,
    size bigint not null,
    received bigint not null default 0,
    state text not null check (state in ('partial', 'done', 'waiting', 'refused')),
    refusal text,
    till_id bytea,
    epoch integer,
    first_seq bigint,
    last_seq bigint,
    stored bigint not null default 0,
    already_there bigint not null default 0,
    set_apart bigint not null default 0,
    carried_by text not null,
    begun_at_ms bigint not null,
    done_at_ms bigint,
    primary key (merchant_id, parcel_id))`,
  // The sealed bytes as they came, piece by piece: no process holds a whole file. Gone once it is read.
  `create table books.parcel_pieces (
    merchant_id bytea not null,
    parcel_id bytea not null,
    at bigint not null,
    bytes bytea not null,
    primary key (merchant_id, parcel_id, at))`,
];

export async function up(tx: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
