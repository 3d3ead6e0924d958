// Opening the shop's data: the lock, the database, the schema, the keys. The same steps for the server and
// for the commands that are run beside it.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Result } from "#domain/result.ts";
import { takeDataLock } from "./data-lock.ts";
import type { Config } from "./config.ts";
import { runningClusterUrl, startCluster } from "./db/embedded/cluster.ts";
import type { ClusterRefusal } from "./db/embedded/cluster.ts";
import type { Log } from "./log.ts";

export type DataRefusal =
  | { readonly code: "data-in-use"; readonly pid: number; readonly host: string }
  | { readonly code: "data-dir-unusable"; readonly directory: string; readonly problem: string }
  | ClusterRefusal;

/** A database that answers, and how to let go of it. */
export interface OpenData {
  readonly url: string;
  /** Resolves when the embedded database ends on its own; never for a database of one's own. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

const never = new Promise<void>(() => undefined);

/**
 * For the server: holds the data directory, and starts the embedded database unless DATABASE_URL names
 * another.
 */
export async function openData(config: Config, log: Log): Promise<Result<OpenData, DataRefusal>> {
  if (config.databaseUrl !== null) {
    // Servers that share a database hold no state of their own, so there is nothing to lock.
    return { ok: true, value: { url: config.databaseUrl, ended: never, close: async () => undefined } };
  }
  try {
    mkdirSync(config.dataDir, { recursive: true, mode: 0o711 });
  } catch (fault) {
    const problem = (fault as NodeJS.ErrnoException).code ?? "unknown";
    return { ok: false, refusal: { code: "data-dir-unusable", directory: config.dataDir, problem } };
  }
  const lock = takeDataLock(config.dataDir);
  if (!lock.ok) return lock;
  try {
    const cluster = await startCluster({ dataDir: config.dataDir, log });
    if (!cluster.ok) {
      lock.value.release();
      return cluster;
    }
    const { url, ended } = cluster.value;
    return {
      ok: true,
      value: {
        url,
        ended,
        close: async () => {
          await cluster.value.stop();
          lock.value.release();
        },
      },
    };
  } catch (fault) {
    lock.value.release();
    throw fault;
  }
}

/**
 * For commands beside the server: joins its database when it runs, else starts the database for a moment.
 * Never makes one: refused as `no-data-yet` where the server has not been started before.
 */
export async function joinData(
  config: Config,
  log: Log,
): Promise<Result<OpenData, DataRefusal | { readonly code: "no-data-yet"; readonly directory: string }>> {
  const running = config.databaseUrl ?? runningClusterUrl(config.dataDir);
  if (running !== null) {
    return { ok: true, value: { url: running, ended: never, close: async () => undefined } };
  }
  if (!existsSync(join(config.dataDir, "postgres", "PG_VERSION"))) {
    return { ok: false, refusal: { code: "no-data-yet", directory: config.dataDir } };
  }
  return await openData(config, log);
}
