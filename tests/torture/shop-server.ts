// The shop's server and its database as real programs, to be killed at any moment and started again as a
// service manager would.
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Client } from "pg";
import { passing } from "./passing-time.ts";
import { atTheEnd, ended, familyOf, killAll, signalFamily } from "./processes.ts";
import type { Tally } from "./tally.ts";

const root = resolve(import.meta.dirname, "../..");
const startLimitMs = 120_000;

export interface ShopServer {
  readonly port: number;
  readonly url: string;
  /** Starts it, and keeps it running: when it ends, it is started again until `stop`. */
  start(): Promise<void>;
  /** Settles when it answers. Throws when it does not in time. */
  ready(): Promise<void>;
  /** SIGKILL of the server alone: an embedded database is left an orphan. */
  killServer(): void;
  /** SIGKILL of the postmaster and all its children; with a database of one's own its connections only. */
  killDatabase(): Promise<void>;
  /** SIGSTOP and SIGCONT for server and embedded database: nothing of theirs reaches a disk. */
  freeze(): void;
  /** SIGKILL of both, and no start after it. */
  pullThePlug(): Promise<void>;
  stop(): Promise<void>;
  /** The one-time link of the first start, once it is printed. */
  setupLink(): Promise<string>;
  /** How to ask the database what it holds. */
  databaseUrl(): string;
  /** As the administrator, for what only it may set; null with a database of one's own. */
  adminUrl(): string | null;
}

export interface ShopServerOptions {
  readonly port: number;
  readonly dataDir: string;
  readonly keyDir: string;
  /** Null for the embedded database under `dataDir`. */
  readonly databaseUrl: string | null;
  readonly tally: Tally;
  /** Everything the server prints goes here. */
  readonly log: (text: string) => void;
}

export function prepareShopServer(options: ShopServerOptions): ShopServer {
  const { port, dataDir, keyDir, tally } = options;
  const url = `http://localhost:${port}`;
  let child: ChildProcess | null = null;
  let wanted = false;
  let printed = "";

  const launch = (): void => {
    const started = spawn(process.execPath, ["server/main.ts"], {
      cwd: root,
      env: {
        PATH: process.env["PATH"] ?? "",
        HOME: process.env["HOME"] ?? keyDir,
        PORT: String(port),
        HOST: "127.0.0.1",
        DATA_DIR: dataDir,
        KEY_FILE: join(keyDir, "master.key"),
        DATABASE_URL: options.databaseUrl ?? "",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    child = started;
    for (const stream of [started.stdout, started.stderr]) {
      stream.setEncoding("utf8");
      stream.on("data", (text: string) => {
        printed = (printed + text).slice(-20_000);
        options.log(text);
      });
    }
    started.once("exit", () => {
      if (child !== started) return;
      child = null;
      // As a service manager does: ended without being asked, started again.
      if (wanted) launch();
    });
  };

  const access = (): { readonly adminPassword: string; readonly password: string; readonly port: number } =>
    JSON.parse(readFileSync(join(dataDir, "postgres-access.json"), "utf8")) as ReturnType<typeof access>;
  const postmaster = (): number | null => {
    const file = join(dataDir, "postgres", "postmaster.pid");
    if (!existsSync(file)) return null;
    const pid = Number.parseInt(readFileSync(file, "utf8"), 10);
    const isOurs = familyOf(pid).some((row) => row.pid === pid && row.command.includes("postgres"));
    return isOurs ? pid : null;
  };
  const killEmbedded = (): number => {
    const pid = postmaster();
    return pid === null ? 0 : killAll(familyOf(pid).map((row) => row.pid));
  };
  const killServer = (): boolean => {
    const pid = child?.pid;
    return pid !== undefined && killAll([pid]) > 0;
  };

  atTheEnd(() => {
    wanted = false;
    killServer();
    killEmbedded();
  });

  return {
    port,
    url,
    async start() {
      wanted = true;
      launch();
      await this.ready();
    },
    async ready() {
      const deadline = performance.now() + startLimitMs;
      while (performance.now() < deadline) {
        const answer = await fetch(`${url}/readyz`).then(
          (response) => response.ok,
          () => false,
        );
        if (answer) return;
        await passing(25);
      }
      throw new Error(`the server was not ready in time:\n${printed}`);
    },
    killServer() {
      if (killServer()) tally.add("kill server");
    },
    async killDatabase() {
      if (options.databaseUrl === null) {
        const killed = killEmbedded();
        if (killed > 0) tally.add("kill database");
        tally.add("database processes killed", killed);
        return;
      }
      const client = new Client({ connectionString: options.databaseUrl });
      await client.connect();
      const gone = await client.query(
        `select pg_terminate_backend(pid) from pg_stat_activity
          where datname = current_database() and pid <> pg_backend_pid()`,
      );
      tally.add("database connections ended", gone.rowCount ?? 0);
      await client.end();
    },
    freeze() {
      const pids = [child?.pid, postmaster()];
      for (const pid of pids) if (pid !== undefined && pid !== null) signalFamily(pid, "SIGSTOP");
    },
    async pullThePlug() {
      wanted = false;
      const running = child;
      killServer();
      killEmbedded();
      if (running) await ended(running);
    },
    async stop() {
      wanted = false;
      const running = child;
      if (!running) return;
      running.kill("SIGTERM");
      await ended(running);
    },
    async setupLink() {
      // Printed a moment after the server first answers.
      for (let tries = 0; tries < 200; tries += 1) {
        const link = printed.match(/http:\/\/\S+#setup=\S+/gu)?.at(-1);
        if (link) return link;
        await passing(25);
      }
      throw new Error(`no set-up link was printed:\n${printed}`);
    },
    databaseUrl() {
      if (options.databaseUrl !== null) return options.databaseUrl;
      const { password, port: at } = access();
      return `postgres://guitai:${password}@127.0.0.1:${at}/guitai`;
    },
    adminUrl() {
      if (options.databaseUrl !== null) return null;
      const { adminPassword, port: at } = access();
      return `postgres://postgres:${adminPassword}@127.0.0.1:${at}/guitai`;
    },
  };
}
