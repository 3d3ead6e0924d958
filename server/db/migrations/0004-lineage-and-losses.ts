// A migration is a fossil: it imports nothing live, and is never edited once a shop has run it.
import { sql } from "kysely";
import type { Kysely } from "kysely";

const statements = [
  // The lineages this installation has had (PROTOCOL §2): after a restore a till of an older one is known.
  `create table control.past_lineages (
    lineage bytea primary key check (length(lineage) = 8),
    ended_at_ms bigint not null)`,
  // Feed versions up to here were given before the last restore, or were lost in it.
  `alter table books.counters add column feed_base bigint not null default 0`,
  // No epoch up to here is given again: it may have been, after the backup.
  `alter table books.tills
    add column epoch_floor integer not null default 0,
    add column revoked_arrival bigint`,
  `alter table books.activations add column reason text`,
  // Why the epoch before this one ends with it; what a signed hello claimed; where this one was closed.
  `alter table books.till_epochs
    add column renewal_reason text,
    add column claimed_seq bigint,
    add column closed_arrival bigint,
    add column closed_at_ms bigint`,

  // Which journal an entry stands in: empty for the till's chain, the entry's own hash when it was booked out
  // of quarantine, where its number is taken by another entry.
  ...["books.sales", "books.sale_tenders", "books.code_claims", "books.outcomes"].map(
    (table) => `alter table ${table} add column branch bytea not null default ''::bytea`,
  ),
  `alter table books.sales drop constraint sales_pkey`,
  `alter table books.sales add primary key (merchant_id, till_id, epoch, seq, branch)`,
  `alter table books.sale_tenders drop constraint sale_tenders_pkey`,
  `alter table books.sale_tenders add primary key (merchant_id, till_id, epoch, seq, branch, n)`,
  `alter table books.outcomes drop constraint outcomes_pkey`,
  `alter table books.outcomes add primary key (merchant_id, till_id, epoch, seq, branch, kind, cti)`,

  // Decided once, by a person. sale_minor: what the sale says it was, null for every other entry.
  `alter table books.quarantined
    add column sale_minor bigint,
    add column decided text check (decided in ('booked', 'rejected')),
    add column decided_at_ms bigint,
    add column decided_by text,
    add column arrival bigint,
    add column applied_version integer`,
  `create index entries_unapplied on books.entries (merchant_id, till_id, epoch)
    where applied_version is null`,

  // A projection of the server's journal: what is missing of an epoch that ended (PROTOCOL §6).
  `create table books.losses (
    merchant_id bytea not null, till_id bytea not null, epoch integer not null,
    reason text not null, source text not null,
    from_seq bigint not null, known_head_seq bigint, count bigint, sum_minor bigint,
    next_seq bigint not null, late_count bigint not null default 0, late_minor bigint not null default 0,
    state text not null check (state in ('open', 'shrunk', 'closed')), at_ms bigint not null,
    primary key (merchant_id, till_id, epoch))`,
  // Paper receipts of sales that are missing: records, entered by a person.
  `create table books.loss_receipts (
    merchant_id bytea not null, till_id bytea not null, epoch integer not null, seq bigint not null,
    head_hex text not null, amount_minor bigint not null, entered_at_ms bigint not null,
    entered_by text not null,
    primary key (merchant_id, till_id, epoch, seq, head_hex))`,
];

export async function up(tx: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
