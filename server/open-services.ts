// From a database's address to everything the routes need. The steps of every start, and of every test.
import type { Result } from "#domain/result.ts";
import { createAccounts } from "./accounts/accounts.ts";
import type { Config } from "./config.ts";
import { openConnection } from "./db/connection.ts";
import type { Connection } from "./db/connection.ts";
import { migrate } from "./db/migrate.ts";
import { createWakeUps } from "./http/wake-up.ts";
import { hasInstance, openInstance } from "./keys/instance.ts";
import { loadMasterKey } from "./keys/master-key.ts";
import { merchantKeyring } from "./keys/merchant-keys.ts";
import type { Log } from "./log.ts";
import type { Services } from "./services.ts";
import type { StartRefusal } from "./words.ts";

export interface OpenServices {
  readonly services: Services;
  close(): Promise<void>;
}

/** What the outside brings. */
export interface Surroundings {
  readonly config: Config;
  readonly log: Log;
  readonly nowMs: () => number;
  readonly databaseUrl: string;
  readonly stopping: AbortSignal;
}

/** Connects, brings the schema up to date, opens the keys. Closes what it opened when it refuses. */
export async function openServices(around: Surroundings): Promise<Result<OpenServices, StartRefusal>> {
  const { config, log } = around;
  const connection = openConnection(around.databaseUrl, log);
  let opened: Result<OpenServices, StartRefusal>;
  try {
    opened = await openOver(connection, around);
  } catch (fault) {
    await connection.close();
    const problem = (fault as NodeJS.ErrnoException).code;
    // The codes of a database that is not there or does not let us in; anything else is a bug and stays one.
    const unreachable = /^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EHOSTUNREACH|28|3D|53|57P)/u;
    if (config.databaseUrl === null || problem === undefined || !unreachable.test(problem)) throw fault;
    return { ok: false, refusal: { code: "database-unreachable", problem } };
  }
  if (!opened.ok) await connection.close();
  return opened;
}

async function openOver(
  connection: Connection,
  around: Surroundings,
): Promise<Result<OpenServices, StartRefusal>> {
  const { config, log, nowMs, stopping } = around;
  const { db } = connection;
  const migrated = await migrate(db);
  if (!migrated.ok) return migrated;
  if (config.databaseUrl !== null) await warnOfLostCommits(connection, log);
  for (const name of migrated.value.applied) log.info("migration-applied", { migration: name });
  const master = await loadMasterKey(config.keyFile, !(await hasInstance(db)));
  if (!master.ok) return master;
  const instance = await openInstance(db, master.value, nowMs());
  if (!instance.ok) return { ok: false, refusal: { ...instance.refusal, path: config.keyFile } };
  const wakeUps = createWakeUps(around.databaseUrl, log);
  await wakeUps.start();
  const services: Services = {
    config,
    log,
    nowMs,
    db,
    master: master.value,
    instance: instance.value,
    merchants: merchantKeyring(master.value),
    wakeUps,
    accounts: createAccounts(db, config, log, master.value.cookieSecret),
    stopping,
  };
  return {
    ok: true,
    value: {
      services,
      close: async () => {
        await wakeUps.stop();
        await connection.close();
      },
    },
  };
}

/** A receipt must not outlive what it stands for; the embedded database is always started with both. */
async function warnOfLostCommits(connection: Connection, log: Log): Promise<void> {
  const { rows } = await connection.pool.query<{ fsync: string; commit: string }>(
    "select current_setting('fsync') as fsync, current_setting('synchronous_commit') as commit",
  );
  const [found] = rows;
  if (found?.fsync === "off" || found?.commit === "off")
    log.warn("database-forgets-on-power-cut", { fsync: found.fsync, synchronousCommit: found.commit });
}
