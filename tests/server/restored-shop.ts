import { sql, type Kysely } from "kysely";
import { createApp } from "../../server/http/app.ts";
import { openPages } from "../../server/http/pages.ts";
import { beginLineage } from "../../server/keys/lineage.ts";
import type { Database } from "../../server/db/tables.ts";
import { openServices } from "../../server/open-services.ts";
import { silentLog } from "./database.ts";
import { shopOf, type Shop } from "./headless-till.ts";

/** The books as they stood, table by table, as JSON text. */
export type Backup = ReadonlyMap<string, string>;

const outside = ["control.instance", "control.past_lineages", "control.till_directory"];

async function tablesOf(db: Database): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`select tablename as name from pg_tables
    where schemaname = 'books' order by 1`.execute(db);
  return [...outside, ...rows.map((row) => `books.${row.name}`)];
}

/** What a nightly dump would hold now. */
export async function backUp(shop: Shop): Promise<Backup> {
  const { db } = shop.server.services;
  const backup = new Map<string, string>();
  for (const table of await tablesOf(db)) {
    const { rows } = await sql<{ all: string }>`select coalesce(jsonb_agg(to_jsonb(t)), '[]')::text as all
      from ${sql.raw(table)} t`.execute(db);
    backup.set(table, rows[0]?.all ?? "[]");
  }
  return backup;
}

/** Puts the books back as they stood, says that it was done, and starts a server over them. */
export async function restoreShop(shop: Shop, backup: Backup, jump?: number): Promise<Shop> {
  const { services } = shop.server;
  await services.db.transaction().execute(async (tx) => {
    for (const [table, all] of backup) await putBack(tx as unknown as Kysely<unknown>, table, all);
  });
  await beginLineage(services, jump);
  return await restartShop(shop);
}

async function putBack(tx: Kysely<unknown>, table: string, all: string): Promise<void> {
  const name = sql.raw(table);
  await sql`truncate ${name}`.execute(tx);
  await sql`insert into ${name} select * from jsonb_populate_recordset(null::${name}, ${all}::jsonb)`.execute(
    tx,
  );
}

/** Another server process over the same database; the shop's tills reach this one from now on. */
export async function restartShop(shop: Shop): Promise<Shop> {
  const { server } = shop;
  const opened = await openServices({
    config: server.services.config,
    log: silentLog,
    nowMs: server.services.nowMs,
    databaseUrl: server.databaseUrl,
    stopping: server.stop.signal,
  });
  if (!opened.ok) throw new Error(`restored server refused: ${JSON.stringify(opened.refusal)}`);
  const { services } = opened.value;
  const closeFirst = server.close;
  Object.assign(server, {
    services,
    app: createApp(services, openPages("/nowhere")),
    close: async () => {
      await opened.value.close();
      await closeFirst();
    },
  });
  return await shopOf(server, shop.owner);
}
