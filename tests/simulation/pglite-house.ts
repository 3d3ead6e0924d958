import { PGlite } from "@electric-sql/pglite";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Kysely } from "kysely";
import { DatabaseError } from "pg";
import type { Accounts } from "../../server/accounts/accounts.ts";
import type { Config } from "../../server/config.ts";
import { migrate } from "../../server/db/migrate.ts";
import type { Tables } from "../../server/db/tables.ts";
import { openPages } from "../../server/http/pages.ts";
import type { WakeUps } from "../../server/http/wake-up.ts";
import { openInstance, type Instance } from "../../server/keys/instance.ts";
import { beginLineage } from "../../server/keys/lineage.ts";
import { loadMasterKey, type MasterKey } from "../../server/keys/master-key.ts";
import { merchantKeyring } from "../../server/keys/merchant-keys.ts";
import type { Log } from "../../server/log.ts";
import { quickArgon2, START_MS, WorldClock } from "../engine/tablet.ts";
import { CounterHands } from "./counter-hands.ts";
import type { House, PreparedTill, ServerFaults } from "./office.ts";
import { WireDatabase, WireDialect, type DatabaseHooks } from "./pglite-dialect.ts";
import { foundShop, ServerOffice, type Process, type Shop } from "./server-office.ts";

const TILL_NAMES = ["1号机", "2号机", "3号机"];
/** Dead rows of so many schedules are swept at once. */
const SCHEDULES_BETWEEN_SWEEPS = 150;

/**
 * How far a restored server's next numbers lie ahead: anything from 1,000 on, and another each time: a backup
 * restored twice must not give one number twice.
 */
const JUMP = 1234;
const REFUSED = "40001";
/** Codes of faults that a schedule asked for: a statement refused, a process that is gone. */
const ASKED_FOR: ReadonlySet<string> = new Set([REFUSED, "57P01"]);
const NO_HOOKS: DatabaseHooks = { before: () => undefined, committed: () => undefined };

/** Wake-ups save time and carry nothing; a schedule says itself when a till asks. */
const noWakeUps: WakeUps = {
  notify: () => Promise.resolve(),
  listen: () => () => undefined,
  start: () => Promise.resolve(),
  stop: () => Promise.resolve(),
};

/** Nobody signs in at an office that is called by its functions. */
const nobody: Accounts = {
  signIn: () => Promise.resolve(null),
  signInUser: () => Promise.reject(new Error("simulation: nobody signs in")),
  whoAsks: () => Promise.resolve(null),
  signOut: () => Promise.resolve(),
};

/**
 * The real server over a PostgreSQL in this process. One shop with three enrolled tills is made once; every
 * schedule begins with those rows and those disks, and what it did to them is taken back.
 */
export async function openPgliteHouse(): Promise<House> {
  const folder = mkdtempSync(join(tmpdir(), "sim-house-"));
  const wire = new WireDatabase(await openEmptyDatabase());
  const machine = new Machine(wire, folder);
  await machine.install();
  const pages = openPages(join(folder, "dist"));
  const shop = await machine.openShop();
  const inspect = new Kysely<Tables>({ dialect: new WireDialect(wire, NO_HOOKS) });
  const parts = { start: () => machine.start(), inspect, argon2: quickArgon2 };
  const first = await ServerOffice.open(parts, pages, shop);
  await first.savePolicy(30);
  const world = new WorldClock();
  const tills: PreparedTill[] = [];
  for (const name of TILL_NAMES) tills.push(await CounterHands.prepare(world, first, name));
  machine.backUp();
  let played = 0;
  return {
    openOffice: async (nowMs) => {
      machine.startOver(nowMs);
      if (++played % SCHEDULES_BETWEEN_SWEEPS === 0) wire.script("vacuum");
      wire.beginSchedule();
      return { office: await ServerOffice.open(parts, pages, shop), tills, faults: machine };
    },
    close: async () => rmSync(folder, { recursive: true, force: true }),
  };
}

/**
 * An empty database. Making one takes some seconds of a core; it is made once and kept beside other caches,
 * by the version that made it.
 */
async function openEmptyDatabase(): Promise<PGlite> {
  const packages = join(import.meta.dirname, "../../node_modules");
  const about = readFileSync(join(packages, "@electric-sql/pglite/package.json"), "utf8");
  const { version } = JSON.parse(about) as { readonly version: string };
  const folder = join(packages, ".cache/simulation");
  const kept = join(folder, `pglite-${version}.tar`);
  if (existsSync(kept)) return PGlite.create({ loadDataDir: new Blob([readFileSync(kept)]) });
  const made = await PGlite.create();
  const dumped = await made.dumpDataDir("none");
  mkdirSync(folder, { recursive: true });
  // Written beside and renamed: another process may be at it, or read it in the same moment.
  const beside = `${kept}.${process.pid}`;
  writeFileSync(beside, Buffer.from(await dumped.arrayBuffer()));
  renameSync(beside, kept);
  return made;
}

/** The computer under the counter: one database, and one server process after the other. */
class Machine implements ServerFaults {
  readonly #wire: WireDatabase;
  readonly #config: Config;
  #tables: readonly string[] = [];
  #nowMs: () => number = () => START_MS;
  #master!: MasterKey;
  #instance!: Instance;
  #firstInstance!: Instance;
  #running: { readonly dialect: WireDialect; readonly end: () => void } | null = null;
  unexpected: string[] = [];
  readonly #log: Log = {
    info: () => undefined,
    warn: () => undefined,
    error: (event, fields = {}) => {
      const code = String(fields["faultCode"]);
      if (!ASKED_FOR.has(code)) this.unexpected.push(`${event} ${JSON.stringify(fields)}`);
    },
  };
  /** Statements until something happens; Infinity: nothing will. */
  #refuseIn = Infinity;
  #endIn = Infinity;
  #endAfterCommits = Infinity;
  #restores = 0;

  constructor(wire: WireDatabase, folder: string) {
    this.#wire = wire;
    this.#config = {
      port: 8080,
      host: "127.0.0.1",
      dataDir: join(folder, "data"),
      databaseUrl: null,
      publicUrl: null,
      tls: null,
      keyFile: join(folder, "keys", "master.key"),
      trustedProxies: [],
      demo: false,
    };
  }

  async install(): Promise<void> {
    const { db } = this.#connect();
    const migrated = await migrate(db);
    if (!migrated.ok) throw new Error(migrated.refusal.code);
    const master = await loadMasterKey(this.#config.keyFile, true);
    if (!master.ok) throw new Error(master.refusal.code);
    this.#master = master.value;
    await this.#openInstance(db);
    this.#firstInstance = this.#instance;
    // Plans for these small tables are made once: what a parameter says changes none of them. Nobody reads
    // how often a table was looked at.
    const settings = [
      "plan_cache_mode = force_generic_plan",
      "jit = off",
      "track_activities = off",
      "track_counts = off",
    ];
    for (const setting of settings) this.#wire.script(`set ${setting}`);
    this.#tables = this.#wire
      .run(
        `select table_schema || '.' || table_name as name from information_schema.tables
          where table_schema in ('control', 'books') order by 1`,
        [],
      )
      .rows.map((row) => String(row["name"]));
    this.#wire.script(this.#copyFunctions());
  }

  async openShop(): Promise<Shop> {
    return foundShop(this.start().services);
  }

  start(): Process {
    this.#running?.end();
    const { db, dialect } = this.#connect();
    let died: (cause: Error) => void = () => undefined;
    const over = new Promise<never>((_resolve, reject) => {
      died = reject;
    });
    over.catch(() => undefined);
    const end = (): void => {
      dialect.end();
      died(new TypeError("Failed to fetch"));
    };
    this.#running = { dialect, end };
    const services = {
      config: this.#config,
      log: this.#log,
      nowMs: () => this.#nowMs(),
      db,
      master: this.#master,
      instance: this.#instance,
      merchants: merchantKeyring(this.#master),
      wakeUps: noWakeUps,
      accounts: nobody,
      stopping: new AbortController().signal,
    };
    return { services, over };
  }

  get isDown(): boolean {
    return this.#running === null;
  }

  refuseStatement(after: number): void {
    this.#refuseIn = after;
  }

  endAtStatement(after: number): void {
    this.#endIn = after;
  }

  endAfterCommit(after: number): void {
    this.#endAfterCommits = after;
  }

  calm(): void {
    this.#refuseIn = Infinity;
    this.#endIn = Infinity;
    this.#endAfterCommits = Infinity;
  }

  backUp(): void {
    this.#wire.run("select backup.remember()", []);
  }

  async restore(): Promise<void> {
    this.#end();
    this.#wire.run("select backup.put_back()", []);
    this.calm();
    const { db, dialect } = this.#connect();
    await this.#openInstance(db);
    await beginLineage({ db, instance: this.#instance, nowMs: this.#nowMs }, JUMP + 100 * this.#restores++);
    await this.#openInstance(db);
    dialect.end();
  }

  startOver(nowMs: () => number): void {
    this.#end();
    this.calm();
    this.#nowMs = nowMs;
    this.#wire.endSchedule();
    this.#instance = this.#firstInstance;
    this.#restores = 0;
    this.unexpected = [];
  }

  #end(): void {
    this.#running?.end();
    this.#running = null;
  }

  async #openInstance(db: Kysely<Tables>): Promise<void> {
    const instance = await openInstance(db, this.#master, this.#nowMs());
    if (!instance.ok) throw new Error(instance.refusal.code);
    this.#instance = instance.value;
  }

  #connect(): { readonly db: Kysely<Tables>; readonly dialect: WireDialect } {
    const dialect = new WireDialect(this.#wire, {
      before: () => {
        if (--this.#endIn === 0) this.#end();
        if (--this.#refuseIn === 0) throw refusedByDatabase();
      },
      committed: () => {
        if (--this.#endAfterCommits === 0) this.#end();
      },
    });
    return { db: new Kysely<Tables>({ dialect }), dialect };
  }

  /** Two functions of the database: copy all rows into a schema of their own, and put them back. */
  #copyFunctions(): string {
    const copies = this.#tables.map((name) => ({ name, copy: `backup.${name.replace(".", "_")}` }));
    const quiet = "perform set_config('session_replication_role', 'replica', true);";
    return [
      `create schema backup;`,
      ...copies.map(({ name, copy }) => `create table ${copy} as table ${name} with no data;`),
      `create function backup.remember() returns void language plpgsql as $$ begin`,
      ...copies.map(({ name, copy }) => `delete from ${copy}; insert into ${copy} select * from ${name};`),
      `end $$;`,
      `create function backup.put_back() returns void language plpgsql as $$ begin ${quiet}`,
      ...copies.map(
        ({ name, copy }) =>
          `delete from ${name}; insert into ${name} overriding system value select * from ${copy};`,
      ),
      `end $$;`,
    ].join("\n");
  }
}

function refusedByDatabase(): DatabaseError {
  const error = new DatabaseError("could not serialize access", 0, "error");
  error.code = REFUSED;
  return error;
}
