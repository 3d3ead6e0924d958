// The books. Every table begins with merchant_id in key and unique constraints, so that the schema
// distributes as it is (DESIGN §9). Two small directories stand in `control`: a till and an activation code
// are looked up before the merchant is known. A migration is a fossil: it imports nothing of ours.
import { sql, type Kysely } from "kysely";

const statements: readonly string[] = [
  `create schema books`,

  `create table control.till_directory (
     till_id bytea primary key,
     merchant_id bytea not null
   )`,
  `create table control.activation_directory (
     locator text primary key,
     merchant_id bytea not null,
     activation_id bytea not null,
     expires_at_ms bigint not null
   )`,
  `create table control.clock_mark (
     one boolean primary key default true check (one),
     mark_ms bigint not null
   )`,

  // What is counted per merchant. One row, locked last in every transaction that takes a number.
  `create table books.counters (
     merchant_id bytea primary key,
     arrival bigint not null default 0,
     feed_version bigint not null default 0
   )`,
  `create table books.stores (
     merchant_id bytea not null,
     store_id bytea not null,
     name text not null,
     primary key (merchant_id, store_id)
   )`,
  `create table books.tills (
     merchant_id bytea not null,
     till_id bytea not null,
     store_id bytea not null,
     short_id text not null,
     name text not null,
     created_at_ms bigint not null,
     revoked_at_ms bigint,
     primary key (merchant_id, till_id),
     unique (merchant_id, short_id)
   )`,
  `create table books.till_epochs (
     merchant_id bytea not null,
     till_id bytea not null,
     epoch integer not null,
     certificate bytea not null,
     device_key bytea not null,
     vault_key bytea not null,
     genesis_prev bytea not null,
     head_seq bigint not null default -1,
     head_hash bytea not null,
     state text not null check (state in ('pending','open','frozen','damaged','closed')),
     closed_reason text,
     typed boolean not null,
     enrolled_at_ms bigint not null,
     confirmed_at_ms bigint,
     feed_version bigint not null default 0,
     verified_seq bigint not null default -1,
     last_seen_ms bigint,
     build text,
     primary key (merchant_id, till_id, epoch)
   )`,
  `create table books.activations (
     merchant_id bytea not null,
     activation_id bytea not null,
     till_id bytea not null,
     locator text not null,
     secrets bytea not null,
     created_at_ms bigint not null,
     expires_at_ms bigint not null,
     wrong integer not null default 0,
     killed boolean not null default false,
     used_epoch integer,
     used_device_key bytea,
     used_vault_key bytea,
     primary key (merchant_id, activation_id)
   )`,
  `create index on books.activations (merchant_id, till_id)`,

  // The journal as signed, the tills' (16 bytes) and the server's own ('server'). Rows are added, never
  // changed, but for applied_version: null means stored and receipted, not understood yet.
  `create table books.entries (
     merchant_id bytea not null,
     till_id bytea not null,
     epoch integer not null,
     seq bigint not null,
     hash bytea not null,
     bytes bytea not null,
     signature bytea not null,
     kind text not null,
     arrival bigint not null,
     received_at_ms bigint not null,
     applied_version integer,
     primary key (merchant_id, till_id, epoch, seq),
     unique (merchant_id, arrival)
   )`,
  `create table books.server_heads (
     merchant_id bytea primary key,
     epoch integer not null,
     head_seq bigint not null,
     head_hash bytea not null
   )`,
  // What the server's journal still has to say of something decided inside a push: written with the decision,
  // signed and appended right after, so that a crash between the two loses nothing.
  `create table books.journal_duties (
     merchant_id bytea not null,
     duty_id bytea not null,
     body bytea not null,
     kind text not null,
     created_at_ms bigint not null,
     primary key (merchant_id, duty_id)
   )`,
  `create table books.quarantined (
     merchant_id bytea not null,
     till_id bytea not null,
     epoch integer not null,
     hash bytea not null,
     seq bigint not null,
     bytes bytea not null,
     signature bytea not null,
     reason text not null,
     received_at_ms bigint not null,
     primary key (merchant_id, till_id, epoch, hash)
   )`,

  // Projections: may be thrown away and built again from entries, claims and outcomes.
  `create table books.sales (
     merchant_id bytea not null,
     till_id bytea not null,
     epoch integer not null,
     seq bigint not null,
     short_id text not null,
     sale_id bytea not null,
     arrival bigint not null,
     received_at_ms bigint not null,
     at_ms bigint not null,
     operator_id bytea not null,
     currency text not null,
     total_minor bigint not null,
     loss_minor bigint not null default 0,
     hash bytea not null,
     flagged text,
     primary key (merchant_id, till_id, epoch, seq),
     unique (merchant_id, arrival)
   )`,
  `create index on books.sales (merchant_id, short_id)`,
  `create index on books.sales (merchant_id, received_at_ms)`,
  `create table books.sale_tenders (
     merchant_id bytea not null,
     till_id bytea not null,
     epoch integer not null,
     seq bigint not null,
     n integer not null,
     method text not null,
     amount_minor bigint not null,
     returned_minor bigint not null default 0,
     cti bytea,
     primary key (merchant_id, till_id, epoch, seq, n)
   )`,

  `create table books.codes (
     merchant_id bytea not null,
     cti bytea not null,
     short_id text not null,
     number bigint not null,
     store_id bytea not null,
     cose bytea not null,
     digits bytea not null,
     number_tag bytea not null,
     amount_minor bigint not null,
     currency text not null,
     kind text not null,
     rule text not null,
     key_epoch integer not null,
     issued_at_ms bigint not null,
     issued_by text not null,
     valid_from_ms bigint not null,
     expires_at_ms bigint not null,
     lease_till bytea,
     only_till bytea,
     revoked_at_ms bigint,
     primary key (merchant_id, cti),
     unique (merchant_id, short_id),
     unique (merchant_id, number),
     unique (merchant_id, number_tag)
   )`,
  // Who took a code: a record, not a projection. Decided once, in the order of commits.
  `create table books.code_claims (
     merchant_id bytea not null,
     cti bytea not null,
     till_id bytea not null,
     epoch integer not null,
     seq bigint not null,
     amount_minor bigint not null,
     returned_minor bigint not null,
     at_ms bigint not null,
     decided boolean not null default false,
     primary key (merchant_id, cti)
   )`,
  `create table books.outcomes (
     merchant_id bytea not null,
     till_id bytea not null,
     epoch integer not null,
     seq bigint not null,
     kind text not null,
     cti bytea not null,
     loss_minor bigint not null,
     at_ms bigint not null,
     primary key (merchant_id, till_id, epoch, seq, kind, cti)
   )`,
  `create index on books.outcomes (merchant_id, cti)`,
  `create table books.issue_requests (
     merchant_id bytea not null,
     request_hash bytea not null,
     cti bytea not null,
     generated text,
     primary key (merchant_id, request_hash)
   )`,

  // A change is written without a version, in its writer's transaction; the sequencer numbers it after the
  // commit.
  `create table books.feed_changes (
     merchant_id bytea not null,
     change_id bytea not null,
     version bigint,
     till_id bytea,
     epoch integer,
     type text not null,
     subject text not null,
     body bytea not null,
     until_ms bigint,
     created_at_ms bigint not null,
     primary key (merchant_id, change_id),
     unique (merchant_id, version)
   )`,
  `create index on books.feed_changes (merchant_id, created_at_ms) where version is null`,
  `create index on books.feed_changes (merchant_id, subject, version)`,
  `create table books.site_keys (
     merchant_id bytea not null,
     till_id bytea not null,
     epoch integer not null,
     key_epoch integer not null,
     change_id bytea not null,
     primary key (merchant_id, till_id, epoch, key_epoch)
   )`,
  `create table books.policies (
     merchant_id bytea not null,
     number integer not null,
     policy jsonb not null,
     saved_at_ms bigint not null,
     saved_by text not null,
     change_id bytea not null,
     primary key (merchant_id, number)
   )`,
  `create table books.operators (
     merchant_id bytea not null,
     operator_id bytea not null,
     name text not null,
     role text not null check (role in ('owner','manager','cashier')),
     active boolean not null default true,
     account_id text,
     primary key (merchant_id, operator_id)
   )`,
  `create table books.findings (
     merchant_id bytea not null,
     kind text not null,
     till_id bytea not null,
     epoch integer not null,
     seq bigint not null,
     at_ms bigint not null,
     primary key (merchant_id, kind, till_id, epoch, seq)
   )`,
];

export async function up(db: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(db);
}
