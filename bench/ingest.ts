// BENCH.md `ingest`: sales a second over HTTP, chain and batch-head signature checked, durable, many tills at
// once, beside COPY of the same rows into the same tables of a second database on the same PostgreSQL.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { Client } from "pg";
import { openConnection } from "../server/db/connection.ts";
import { startCluster } from "../server/db/embedded/cluster.ts";
import { migrate } from "../server/db/migrate.ts";
import type { Log } from "../server/log.ts";
import { freePort } from "../tests/e2e/server-process.ts";
import { type Benchmark, median, rounded } from "./benchmark.ts";
import { copyRows, fillTo, lastArrival, takeRows } from "./ingest/copied-rows.ts";
import { pushAll } from "./ingest/push-load.ts";
import { openBenchShop, type TillQueue } from "./ingest/shop-of-tills.ts";

const TILLS = 16;
const ROUNDS = 5;
/** Sales of a till and round: sixteen thousand a round in all. */
const PER_TILL = 1000;
const SIZES = [1e3, 1e5, 1e6] as const;
const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/**
 * `DATABASE_URL` names the PostgreSQL to measure on (a role that may create databases); without it the
 * embedded one is started as the server starts it. `ingest quick` leaves the growth out.
 */
export const measureIngest: Benchmark = async ({ args, say }) => {
  const quick = args.includes("quick");
  const folder = await mkdtemp(join(tmpdir(), "guitai-ingest-"));
  const database = await openDatabase(folder);
  const ours = new Client({ connectionString: database.oursUrl });
  const theirs = new Client({ connectionString: database.copyUrl });
  await Promise.all([ours.connect(), theirs.connect()]);
  const keyFile = join(folder, "keys", "master.key");
  const shop = await openBenchShop(database.oursUrl, keyFile, TILLS);
  let server: RunningServer | null = null;
  try {
    server = await startServer(folder, database.oursUrl, keyFile);
    const { url } = server;
    const measure = async (queues: readonly TillQueue[]): Promise<number> => {
      const sales = queues.length * PER_TILL;
      const seconds = await pushAll(url, queues);
      return sales / seconds;
    };
    // A first round for warm caches on both sides; it also brings the shop to its first thousands.
    await pushAll(url, await shop.sell(200));
    const pushed: number[] = [];
    const copied: number[] = [];
    for (let round = 1; round <= ROUNDS; round += 1) {
      const queues = await shop.sell(PER_TILL);
      const before = await lastArrival(ours);
      const perSecond = await measure(queues);
      const rows = await takeRows(ours, before);
      const copyPerSecond = rows.sales / (await copyRows(theirs, rows));
      say(`round ${round}: ${perSecond.toFixed(0)} sales/s, COPY ${copyPerSecond.toFixed(0)}/s`);
      pushed.push(perSecond);
      copied.push(copyPerSecond);
    }
    const costs = quick ? [] : await growth(ours, shop.merchant, () => shop.sell(PER_TILL), measure, say);
    const [small, middle, large] = costs;
    return {
      name: "ingest",
      metrics: {
        salesPerSecond: rounded(median(pushed), 0),
        copyPerSecond: rounded(median(copied), 0),
        database: await versionOf(ours, database.kind),
        tills: TILLS,
        rounds: ROUNDS,
        ...(costs.length > 0 ? { usPerSaleAt: Object.fromEntries(SIZES.map((n, i) => [n, costs[i]])) } : {}),
      },
      ratios: {
        vsCopy: rounded(median(pushed.map((ratePerSecond, i) => ratePerSecond / (copied[i] ?? NaN))), 3),
        ...(small !== undefined && middle !== undefined ? { cost1e5Vs1e3: rounded(middle / small, 2) } : {}),
        ...(small !== undefined && large !== undefined ? { cost1e6Vs1e3: rounded(large / small, 2) } : {}),
      },
    };
  } finally {
    await server?.stop();
    await shop.close();
    await Promise.all([ours.end(), theirs.end()]);
    await database.close();
    await rm(folder, { recursive: true, force: true });
  }
};

/** Microseconds a sale with so many stored: the median of three rounds each, after the tables were filled. */
async function growth(
  ours: Client,
  merchant: Uint8Array,
  sell: () => Promise<readonly TillQueue[]>,
  measure: (queues: readonly TillQueue[]) => Promise<number>,
  say: (words: string) => void,
): Promise<readonly number[]> {
  const costs: number[] = [];
  for (const size of SIZES) {
    // The smallest is a young shop: what the rounds before have left is cleared away first.
    if (size === SIZES[0]) await ours.query("truncate books.entries, books.sales, books.sale_tenders");
    await fillTo(ours, merchant, size);
    const rates: number[] = [];
    for (let round = 0; round < 3; round += 1) rates.push(await measure(await sell()));
    costs.push(rounded(1e6 / median(rates), 1));
    say(`with ${size.toExponential(0)} stored: ${costs.at(-1)} µs a sale`);
  }
  return costs;
}

interface BenchDatabase {
  readonly kind: string;
  readonly oursUrl: string;
  readonly copyUrl: string;
  close(): Promise<void>;
}

async function openDatabase(folder: string): Promise<BenchDatabase> {
  const given = process.env["DATABASE_URL"];
  if (given !== undefined && given !== "") return await twoDatabases("given", given, async () => undefined);
  const started = await startCluster({ dataDir: folder, log: silent });
  if (!started.ok) throw new Error(`ingest: no database: ${started.refusal.code}`);
  const cluster = started.value;
  return await twoDatabases("embedded", cluster.adminUrl, () => cluster.stop());
}

async function twoDatabases(
  kind: string,
  adminUrl: string,
  stop: () => Promise<void>,
): Promise<BenchDatabase> {
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  const names = ["guitai_bench_ours", "guitai_bench_copy"] as const;
  const urls: string[] = [];
  for (const name of names) {
    await admin.query(`drop database if exists ${name} with (force)`);
    await admin.query(`create database ${name}`);
    const url = new URL(adminUrl);
    url.pathname = `/${name}`;
    urls.push(url.href);
    const connection = openConnection(url.href, silent, 2);
    const migrated = await migrate(connection.db);
    await connection.close();
    if (!migrated.ok) throw new Error(`ingest: migrations refused: ${migrated.refusal.code}`);
  }
  const [oursUrl = "", copyUrl = ""] = urls;
  return {
    kind,
    oursUrl,
    copyUrl,
    close: async () => {
      for (const name of names) await admin.query(`drop database if exists ${name} with (force)`);
      await admin.end();
      await stop();
    },
  };
}

async function versionOf(client: Client, kind: string): Promise<string> {
  const { rows } = await client.query<{ version: string; fsync: string; commit: string }>(
    "select current_setting('server_version') as version, current_setting('fsync') as fsync, " +
      "current_setting('synchronous_commit') as commit",
  );
  const [found] = rows;
  return `${kind} ${found?.version}, fsync ${found?.fsync}, synchronous_commit ${found?.commit}`;
}

interface RunningServer {
  readonly url: string;
  stop(): Promise<void>;
}

async function startServer(folder: string, databaseUrl: string, keyFile: string): Promise<RunningServer> {
  const port = await freePort();
  const child: ChildProcess = spawn(process.execPath, ["server/main.ts"], {
    cwd: resolve(import.meta.dirname, ".."),
    env: {
      PATH: process.env["PATH"] ?? "",
      HOME: folder,
      HOST: "127.0.0.1",
      PORT: String(port),
      DATABASE_URL: databaseUrl,
      DATA_DIR: join(folder, "data"),
      KEY_FILE: keyFile,
      ...(process.env["NODE_OPTIONS"] === undefined ? {} : { NODE_OPTIONS: process.env["NODE_OPTIONS"] }),
    },
    stdio: ["ignore", "ignore", "inherit"],
  });
  const url = `http://127.0.0.1:${port}`;
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  for (let tries = 0; ; tries += 1) {
    const ready = await fetch(`${url}/readyz`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) break;
    if (child.exitCode !== null || tries > 300) throw new Error("ingest: the server does not start");
    await new Promise((next) => setTimeout(next, 100));
  }
  return {
    url,
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}
