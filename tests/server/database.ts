import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { inject } from "vitest";
import { openConnection } from "../../server/db/connection.ts";
import type { Database } from "../../server/db/tables.ts";
import type { Log } from "../../server/log.ts";

export const silentLog: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** A database of one's own on the run's PostgreSQL. `migrated` false: empty, as before the first start. */
export async function freshDatabase(
  { migrated }: { readonly migrated: boolean } = { migrated: true },
): Promise<{ readonly db: Database; readonly url: string; close(): Promise<void> }> {
  const name = `test_${randomBytes(6).toString("hex")}`;
  await asAdmin(
    `create database ${name} owner guitai template ${migrated ? "template_guitai" : "template0"}`,
  );
  const url = `${inject("ownerUrl")}/${name}`;
  const connection = openConnection(url, silentLog, 8);
  return {
    db: connection.db,
    url,
    close: async () => {
      await connection.close();
      await asAdmin(`drop database if exists ${name} with (force)`);
    },
  };
}

async function asAdmin(statement: string): Promise<void> {
  const admin = new Client({ connectionString: inject("adminUrl") });
  await admin.connect();
  try {
    await admin.query(statement);
  } finally {
    await admin.end();
  }
}
