// The pool of connections, and what PostgreSQL's types mean here.
import { Kysely, PostgresDialect } from "kysely";
import { Pool, TypeOverrides, types } from "pg";
import { faultFields } from "../log.ts";
import type { Log } from "../log.ts";
import type { Database, Tables } from "./tables.ts";

export interface Connection {
  readonly db: Database;
  readonly pool: Pool;
  close(): Promise<void>;
}

const connectLimitMs = 10_000;
const statementLimitMs = 30_000;

/**
 * Opens a pool. No connection is made before the first question.
 * @param size most connections at a time
 */
export function openConnection(url: string, log: Log, size = 16): Connection {
  const overrides = new TypeOverrides();
  overrides.setTypeParser(types.builtins.INT8, wholeNumber);
  const pool = new Pool({
    connectionString: url,
    max: size,
    types: overrides,
    connectionTimeoutMillis: connectLimitMs,
    statement_timeout: statementLimitMs,
    // A transaction whose owner stopped asking would hold its locks, and with them the shop.
    idle_in_transaction_session_timeout: statementLimitMs,
    application_name: "guitai",
  });
  // Unheard, a broken connection's event ends the process. The pool hears those that are idle; one that
  // breaks between two statements of somebody's transaction nobody would hear but this.
  pool.on("connect", (client) => {
    client.on("error", (fault) => log.warn("database-connection-lost", faultFields(fault)));
  });
  pool.on("error", () => undefined);
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  let closing: Promise<void> | null = null;
  return {
    db,
    pool,
    close: () => {
      closing ??= db.destroy();
      return closing;
    },
  };
}

/**
 * int8 as a number. Times in ms and whole minor units fit; anything that does not is a bug that must not
 * round.
 */
function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError("an int8 from the database is not a safe integer");
  return value;
}
