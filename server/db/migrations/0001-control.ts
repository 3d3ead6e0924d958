// A migration is a fossil: it imports nothing live, and is never edited once a shop has run it.
import { sql } from "kysely";
import type { Kysely } from "kysely";

const statements = [
  `create schema control`,
  `create table control.users (
    id text primary key, name text not null, email text not null unique, email_verified boolean not null,
    image text, created_at timestamptz not null default now(),
    updated_at timestamptz not null default now())`,
  `create table control.accounts (
    id text primary key, account_id text not null, provider_id text not null,
    user_id text not null references control.users (id) on delete cascade, password text,
    access_token text, refresh_token text, id_token text, access_token_expires_at timestamptz,
    refresh_token_expires_at timestamptz, scope text,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now(),
    unique (provider_id, account_id))`,
  `create index accounts_user on control.accounts (user_id)`,
  `create table control.sessions (
    id text primary key, user_id text not null references control.users (id) on delete cascade,
    token text not null unique, expires_at timestamptz not null, ip_address text, user_agent text,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now())`,
  `create index sessions_user on control.sessions (user_id)`,
  `create table control.verifications (
    id text primary key, identifier text not null, value text not null, expires_at timestamptz not null,
    created_at timestamptz not null default now(), updated_at timestamptz not null default now())`,
  `create table control.instance (
    single boolean primary key default true check (single),
    lineage bytea not null check (length(lineage) = 8),
    master_check bytea not null, recovery_wrap bytea, created_at_ms bigint not null,
    setup_token_hash bytea, setup_done_at_ms bigint,
    check (setup_done_at_ms is null or setup_token_hash is null))`,
  `create table control.instance_keys (
    kid bytea primary key check (length(kid) = 8),
    use text not null check (use in ('root', 'answer', 'export')),
    public_key bytea not null check (length(public_key) = 65), sealed_key bytea not null,
    not_before_ms bigint not null, not_after_ms bigint not null,
    state text not null check (state in ('active', 'retired', 'withdrawn')))`,
  `create unique index instance_keys_active on control.instance_keys (use) where state = 'active'`,
  `create table control.merchants (
    merchant_id bytea primary key check (length(merchant_id) = 16), name text not null,
    language text not null check (language in ('zh-CN', 'en')), currency text not null,
    sealed_data_key bytea not null, sealed_master_secret bytea not null, created_at_ms bigint not null)`,
  `create table control.merchant_keys (
    merchant_id bytea not null references control.merchants (merchant_id),
    kid bytea not null check (length(kid) = 8),
    public_key bytea not null check (length(public_key) = 65), sealed_key bytea not null,
    not_before_ms bigint not null, not_after_ms bigint not null,
    state text not null check (state in ('active', 'retired', 'withdrawn')), primary key (merchant_id, kid))`,
  `create unique index merchant_keys_active on control.merchant_keys (merchant_id) where state = 'active'`,
  `create table control.memberships (
    merchant_id bytea not null references control.merchants (merchant_id),
    user_id text not null references control.users (id) on delete cascade,
    role text not null check (role in ('owner', 'manager', 'cashier', 'accountant')),
    created_at_ms bigint not null, primary key (merchant_id, user_id))`,
  `create index memberships_user on control.memberships (user_id)`,
  `create table control.owner_links (
    token_hash bytea primary key, user_id text not null references control.users (id) on delete cascade,
    created_at_ms bigint not null, expires_at_ms bigint not null, used_at_ms bigint)`,
  `create table control.audit_log (
    id bigint generated always as identity primary key, merchant_id bytea, at_ms bigint not null,
    who text not null, what text not null, detail jsonb not null)`,
  `create index audit_log_merchant on control.audit_log (merchant_id, id)`,
  // The record of who did what is only ever added to.
  `create function control.audit_log_is_append_only() returns trigger language plpgsql as $$
    begin raise exception 'control.audit_log is append-only'; end $$`,
  `create trigger audit_log_append_only before update or delete or truncate on control.audit_log
    for each statement execute function control.audit_log_is_append_only()`,
];

export async function up(tx: Kysely<unknown>): Promise<void> {
  for (const statement of statements) await sql.raw(statement).execute(tx);
}
