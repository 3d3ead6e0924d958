// The embedded PostgreSQL: made on the first start, started and stopped with the server, always with fsync.
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import type { Log } from "../../log.ts";
import { accessUrl, newAccess, readAccess, writeAccess } from "./access-file.ts";
import type { Access } from "./access-file.ts";
import { findPostgresBinaries } from "./binaries.ts";
import { findLauncher } from "./launcher.ts";
import type { Launcher, LauncherRefusal } from "./launcher.ts";
import { findPostmaster, forgetDeadPostmaster, stopPostmaster } from "./postmaster.ts";

export type ClusterRefusal =
  | LauncherRefusal
  | { readonly code: "no-postgres-binaries"; readonly needed: string }
  /** The cluster is there and the file with its passwords is not. */
  | { readonly code: "database-access-lost"; readonly dataDir: string };

export interface Cluster {
  /** Connection URL of the server's own role. */
  readonly url: string;
  /** Connection URL of the administrator, for tests that make databases of their own. */
  readonly adminUrl: string;
  /** Resolves when the database process ends on its own: the server cannot go on then. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

export interface ClusterOptions {
  readonly dataDir: string;
  readonly log: Log;
  /** Further `name=value` settings; tests switch fsync off, a shop never. */
  readonly settings?: readonly string[];
}

const startTries = 5;
const startLimitMs = 60_000;

/**
 * Starts the cluster under `dataDir/postgres`, and makes it first when there is none.
 * The caller holds the data directory's lock: a database process found here is an orphan of ours and is
 * stopped.
 */
export async function startCluster(
  options: ClusterOptions,
): Promise<
  { readonly ok: true; readonly value: Cluster } | { readonly ok: false; readonly refusal: ClusterRefusal }
> {
  const { dataDir, log } = options;
  const clusterDir = join(dataDir, "postgres");
  const binaries = findPostgresBinaries();
  if (!binaries.ok) return binaries;
  const found = findLauncher(binaries.value.root, dataDir);
  if (!found.ok) return found;
  const launcher = found.value;
  const isNew = !existsSync(join(clusterDir, "PG_VERSION"));
  let access = readAccess(dataDir);
  if (access === null) {
    if (!isNew) return { ok: false, refusal: { code: "database-access-lost", dataDir } };
    access = newAccess();
    writeAccess(dataDir, access);
  }
  if (isNew) {
    log.info("database-creating");
    await createCluster(launcher, dataDir, clusterDir, access);
  }
  const orphan = findPostmaster(clusterDir);
  if (orphan !== null) {
    log.warn("database-orphan-stopped", { pid: orphan });
    await stopPostmaster(orphan, clusterDir);
  }
  const started = await startWithRetries(launcher, clusterDir, access, options);
  access = { ...access, port: started.port };
  writeAccess(dataDir, access);
  if (!access.ready) {
    await createRoleAndDatabase(access);
    access = { ...access, ready: true };
    writeAccess(dataDir, access);
  }
  log.info("database-started", { port: started.port });
  return {
    ok: true,
    value: {
      url: accessUrl(access),
      adminUrl: accessUrl(access, "postgres"),
      ended: started.ended,
      stop: async () => {
        const pid = findPostmaster(clusterDir);
        if (pid !== null) await stopPostmaster(pid, clusterDir);
        await started.ended;
      },
    },
  };
}

/** The URL of an embedded database that a server runs at this moment; null when none runs. */
export function runningClusterUrl(dataDir: string): string | null {
  const access = readAccess(dataDir);
  const runs = findPostmaster(join(dataDir, "postgres")) !== null;
  return runs && access !== null && access.ready ? accessUrl(access) : null;
}

/**
 * Made beside and renamed when whole: a start that was killed half-way leaves nothing that looks like a
 * database.
 */
async function createCluster(
  launcher: Launcher,
  dataDir: string,
  clusterDir: string,
  access: Access,
): Promise<void> {
  const draftDir = `${clusterDir}.new`;
  const passwordFile = join(dataDir, "postgres-first-password");
  rmSync(draftDir, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  mkdirSync(draftDir, { mode: 0o700 });
  launcher.give(draftDir);
  writeFileSync(passwordFile, access.adminPassword, { mode: 0o600 });
  launcher.give(passwordFile);
  try {
    const child = launcher.start("initdb", [
      `--pgdata=${launcher.pathOf(draftDir)}`,
      "--username=postgres",
      `--pwfile=${launcher.pathOf(passwordFile)}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--locale=C",
      "--locale-provider=builtin",
      "--builtin-locale=C.UTF-8",
      "--data-checksums",
    ]);
    const output = lastLines(child);
    const exit = await exitOf(child);
    if (exit !== 0) throw new Error(`initdb ended with ${exit}: ${output.text()}`);
  } finally {
    rmSync(passwordFile, { force: true });
  }
  renameSync(draftDir, clusterDir);
}

interface Started {
  readonly port: number;
  readonly ended: Promise<void>;
}

/**
 * Another program may take the free port first, and the memory of a killed database may need a moment to go.
 */
async function startWithRetries(
  launcher: Launcher,
  clusterDir: string,
  access: Access,
  { settings = [], log }: ClusterOptions,
): Promise<Started> {
  let reason = "";
  for (let tries = 1; tries <= startTries; tries += 1) {
    forgetDeadPostmaster(clusterDir);
    const port = await freePort();
    const child = launcher.start("postgres", [
      "-D",
      launcher.pathOf(clusterDir),
      ...[
        `port=${port}`,
        "listen_addresses=127.0.0.1",
        "unix_socket_directories=",
        "max_connections=60",
        "shared_buffers=64MB",
        "log_min_messages=fatal",
        // Statements and their values would stand in the log, and values may be secrets.
        "log_min_error_statement=panic",
        "log_error_verbosity=terse",
        "fsync=on",
        "full_page_writes=on",
        "synchronous_commit=on",
        ...settings,
      ].flatMap((setting) => ["-c", setting]),
    ]);
    const output = lastLines(child);
    const ended = exitOf(child).then(() => undefined);
    if (await isReady({ ...access, port }, ended)) return { port, ended };
    const hanging = findPostmaster(clusterDir);
    if (hanging !== null) await stopPostmaster(hanging, clusterDir);
    reason = output.text();
    log.warn("database-start-failed", { tries });
    await delay(200 * tries);
  }
  throw new Error(`the database did not start: ${reason}`);
}

/** Asks until the database takes a connection; false when its process ended or the time is over. */
async function isReady(access: Access, ended: Promise<void>): Promise<boolean> {
  let running = true;
  const watched = ended.then(() => {
    running = false;
  });
  const deadlineMs = performance.now() + startLimitMs;
  while (running && performance.now() < deadlineMs) {
    const client = new Client({
      connectionString: accessUrl(access, "postgres"),
      connectionTimeoutMillis: 2000,
    });
    // A connection that is refused or cut is no fault here: the next round asks again.
    client.on("error", () => undefined);
    const answered = await client.connect().then(
      () => client.end().then(() => true),
      () => false,
    );
    if (answered) return running;
    await Promise.race([delay(20), watched]);
  }
  return false;
}

async function createRoleAndDatabase(access: Access): Promise<void> {
  const client = new Client({ connectionString: accessUrl(access, "postgres") });
  await client.connect();
  try {
    const role = await client.query("select 1 from pg_roles where rolname = 'guitai'");
    const password = client.escapeLiteral(access.password);
    await client.query(`${role.rowCount === 0 ? "create" : "alter"} role guitai login password ${password}`);
    const database = await client.query("select 1 from pg_database where datname = 'guitai'");
    if (database.rowCount === 0) await client.query("create database guitai owner guitai");
  } finally {
    await client.end();
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

function exitOf(child: ChildProcess): Promise<number | string> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code, signal) => resolve(code ?? signal ?? "unknown"));
  });
}

/** Keeps the end of what a program says, for the one line that explains a failed start. */
function lastLines(child: ChildProcess): { text(): string } {
  let kept = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on("data", (chunk: Buffer) => {
      kept = (kept + chunk.toString("utf8")).slice(-2000);
    });
  }
  return { text: () => kept.trim() };
}
