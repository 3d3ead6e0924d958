import { once } from "node:events";
import { sql } from "kysely";
import { Client } from "pg";
import { inject, expect, it } from "vitest";
import { openConnection } from "../../server/db/connection.ts";
import type { Log } from "../../server/log.ts";
import { freshDatabase } from "./database.ts";

it("I2: a database that dies between two statements of a push fails that push, not the server", async () => {
  const own = await freshDatabase();
  const said: string[] = [];
  const heard = Promise.withResolvers<void>();
  const warn = (event: string): void => {
    said.push(event);
    heard.resolve();
  };
  const log: Log = { info: () => undefined, warn, error: () => undefined };
  const connection = openConnection(own.url, log, 1);
  const unheard = once(process, "uncaughtException");
  const push = connection.db.transaction().execute(async (tx) => {
    const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
    const admin = new Client({ connectionString: inject("adminUrl") });
    await admin.connect();
    await admin.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    await admin.end();
    await Promise.race([heard.promise, unheard]);
    await sql`select 1`.execute(tx);
  });
  await expect(push).rejects.toThrow(/connection/iu);
  expect(said).toContain("database-connection-lost");
  // The next one finds a connection that works.
  expect((await sql<{ one: number }>`select 1 as one`.execute(connection.db)).rows).toEqual([{ one: 1 }]);
  await connection.close();
  await own.close();
});
