// Brings the schema to this build's version, once, whichever of several servers starts first.
import { sql } from "kysely";
import type { Kysely } from "kysely";
import { migrations } from "./migrations/index.ts";
import type { Migration } from "./migrations/index.ts";
import type { Database } from "./tables.ts";

/** `database-newer`: the data was written by a later build, which this one must not touch. */
export type MigrateResult =
  | { readonly ok: true; readonly value: { readonly applied: readonly string[] } }
  | { readonly ok: false; readonly refusal: { readonly code: "database-newer"; readonly migration: string } };

/** Any number, the same in every server: who holds it migrates. */
const lockKey = 4_751_002_207;

/** Applies what is missing, each migration in a transaction of its own. */
export async function migrate(db: Database, list: readonly Migration[] = migrations): Promise<MigrateResult> {
  return await db.connection().execute(async (connection) => {
    const plain = connection as unknown as Kysely<unknown>;
    await sql`select pg_advisory_lock(${lockKey})`.execute(plain);
    try {
      await sql`create table if not exists public.guitai_migrations (
        name text primary key, applied_at timestamptz not null default now())`.execute(plain);
      const rows = await sql<{ name: string }>`select name from public.guitai_migrations`.execute(plain);
      const done = new Set(rows.rows.map((row) => row.name));
      const unknown = [...done].find((name) => !list.some((migration) => migration.name === name));
      if (unknown !== undefined)
        return { ok: false, refusal: { code: "database-newer", migration: unknown } };
      const applied: string[] = [];
      for (const migration of list) {
        if (done.has(migration.name)) continue;
        await plain.transaction().execute(async (tx) => {
          await migration.up(tx);
          await sql`insert into public.guitai_migrations (name) values (${migration.name})`.execute(tx);
        });
        applied.push(migration.name);
      }
      return { ok: true, value: { applied } };
    } finally {
      await sql`select pg_advisory_unlock(${lockKey})`.execute(plain);
    }
  });
}
