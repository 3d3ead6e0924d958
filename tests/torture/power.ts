// Power cuts: the tablet's, the server's, or the whole street's, at a random moment of a busy till. What was
// shown as paid must be on the tablet's disk, what the server signed for on the server's. The same with every
// request for durability taken out must lose, or the cut does not cut.
import { chmodSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { Chance } from "../simulation/chance.ts";
import { readBooks } from "./books-as-read.ts";
import { makeLoopDisk, type LoopDisk } from "./loop-disk.ts";
import { passing } from "./passing-time.ts";
import type { Customer, TortureWindow } from "./page-driver.ts";
import { backendsOf, type Backend } from "./profile-backend.ts";
import { drained, openRig, type Rig, signIn } from "./rig.ts";
import { judgeRig } from "./round.ts";
import { Tally } from "./tally.ts";
import { readTill, type TillAsRead } from "./till-as-read.ts";
import { withoutDurability } from "./without-durability.ts";

export interface PowerOptions {
  readonly rounds: number;
  readonly from: number;
  readonly port: number;
  readonly backend: Backend;
  readonly say: (text: string) => void;
}

/** What a cut cost. Counted on the disks as they came back, and again once the till had helped itself. */
interface CutEnd {
  readonly shown: number;
  /** Shown as paid and not in IndexedDB. */
  readonly goneFromDatabase: number;
  /** Shown as paid and not in the journal even after the second copy was read. */
  readonly goneForGood: number;
  /** Signed for by the server and not in PostgreSQL. */
  readonly goneFromServer: number;
  /** What the judge said once all was healed; not asked of a weak run. */
  readonly sentences: readonly string[];
  readonly lost: number;
  readonly doubled: number;
  readonly stuck: number;
}

interface Street {
  readonly rig: Rig;
  readonly tabletDisk: LoopDisk;
  readonly serverDisk: LoopDisk;
  close(keep: boolean): Promise<void>;
}

/** A busy moment is waited for this long. */
const sellLimitMs = 20_000;
/** One weak round for so many strict ones. */
const strictForWeak = 4;

/** Last line as for any torture; exit 1 where strict loses, or where weak does not. */
export async function tortureByPower(options: PowerOptions): Promise<{
  readonly done: { rounds: number; lost: number; doubled: number; stuck: number };
  readonly bites: boolean;
}> {
  const { say, from, rounds } = options;
  const tally = new Tally();
  const done = { rounds: 0, lost: 0, doubled: 0, stuck: 0 };
  let street: Street | null = null;
  const strict = { shown: 0, database: 0, good: 0, server: 0 };
  for (let seed = from; seed < from + rounds; seed += 1) {
    street ??= await openStreet(options, tally, false);
    const end = await cutSafely(street, seed, tally, true);
    count(strict, end);
    done.rounds += 1;
    done.lost += Math.max(end.goneForGood + end.goneFromServer, end.goneFromDatabase, end.lost);
    done.doubled += end.doubled;
    done.stuck += end.stuck;
    const failed = done.lost + done.doubled + done.stuck > 0;
    say(`strict ${seed}: ${words(end)}${failed ? ` FAILED, kept ${street.rig.folder}` : ""}`);
    for (const sentence of end.sentences.slice(0, 20)) say(`  ${sentence}`);
    if (failed || seed === from + rounds - 1) {
      await street.close(failed);
      street = null;
    }
    if (failed) break;
  }
  const weak = { shown: 0, database: 0, good: 0, server: 0 };
  for (let seed = from; seed < from + Math.ceil(rounds / strictForWeak); seed += 1) {
    // A till that lost what it showed is stopped, rightly: each weak round has a shop of its own.
    const soft = await openStreet(options, tally, true);
    const end = await cutSafely(soft, seed, tally, false);
    count(weak, end);
    say(`weak ${seed}: ${words(end)}`);
    await soft.close(false);
  }
  say(tally.words());
  say(`strict: ${totals(strict)}`);
  say(`relaxed: ${totals(weak)}`);
  return { done, bites: weak.database > 0 && weak.server > 0 };
}

async function openStreet(
  { port, backend, say }: PowerOptions,
  tally: Tally,
  isWeak: boolean,
): Promise<Street> {
  const folder = await mkdtemp(join(tmpdir(), "torture-power-"));
  chmodSync(folder, 0o711);
  const tabletDisk = makeLoopDisk(folder, "tablet", 384);
  const serverDisk = makeLoopDisk(folder, "server", 512);
  const removeDisks = async (): Promise<void> => {
    tabletDisk.remove();
    serverDisk.remove();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const rig = await openRig({
      port,
      backend,
      databaseUrl: null,
      tally,
      profileDir: join(tabletDisk.place, "profile"),
      dataDir: join(serverDisk.place, "data"),
      ...(isWeak ? { patchScripts: withoutDurability } : {}),
    });
    if (isWeak) await weaken(rig);
    const files = backendsOf(rig.profileDir, rig.line.url).join(" and ");
    say(`${isWeak ? "weak" : "strict"} shop in ${rig.folder}, IndexedDB in ${files}`);
    return {
      rig,
      tabletDisk,
      serverDisk,
      async close(keep) {
        await rig.close({ keep });
        await removeDisks();
      },
    };
  } catch (cause) {
    await removeDisks();
    throw cause;
  }
}

/** PostgreSQL answers before its log is on disk, and writes it every ten seconds. */
async function weaken(rig: Rig): Promise<void> {
  const client = new Client({ connectionString: rig.server.adminUrl() ?? "" });
  await client.connect();
  await client.query("alter role guitai set synchronous_commit = off");
  await client.query("alter system set wal_writer_delay = '10s'");
  await client.query("alter system set wal_writer_flush_after = '1GB'");
  await client.end();
  rig.server.killServer();
  await rig.server.ready();
}

/** A round that breaks down takes its disks with it: loop devices outlive the program that made them. */
async function cutSafely(street: Street, seed: number, tally: Tally, heal: boolean): Promise<CutEnd> {
  try {
    return await cutOnce(street, seed, tally, heal);
  } catch (cause) {
    await street.close(true);
    throw cause;
  }
}

async function cutOnce(street: Street, seed: number, tally: Tally, heal: boolean): Promise<CutEnd> {
  const { rig, tabletDisk, serverDisk } = street;
  const chance = new Chance(seed);
  const what = heal ? chance.weighted({ tablet: 3, server: 3, street: 2 }) : "street";
  const standing = await readTill(rig.browser.page(), rig.base.seq);
  if (!standing) throw new Error("no till to cut the power of");
  const customers = Array.from({ length: 400 }, (): Customer => {
    return { amountMinor: chance.between(1, 50_000), code: null, thinksMs: chance.between(0, 30) };
  });
  const serving = rig.browser
    .page()
    .evaluate((all) => (globalThis as unknown as TortureWindow).torture.serve(all), customers)
    // The tablet loses its power under its cashier.
    .catch(() => 0);
  const wanted = chance.between(8, 60);
  const deadline = performance.now() + sellLimitMs;
  while (rig.shown.length < wanted && performance.now() < deadline) await passing(10);
  await passing(chance.between(0, 300));

  // What was acknowledged before this instant must be there afterwards. Then nobody moves any more.
  const shown = [...rig.shown];
  const signed = [...rig.signed];
  const isTablet = what !== "server";
  const isServer = what !== "tablet";
  if (isTablet) rig.browser.freeze();
  if (isServer) rig.server.freeze();
  if (isTablet) tabletDisk.copy();
  if (isServer) serverDisk.copy();
  tally.add(`power cut of the ${what}`);
  if (isTablet) {
    await rig.browser.kill();
    tabletDisk.comeBackAsCopy();
  }
  if (isServer) {
    await rig.server.pullThePlug();
    serverDisk.comeBackAsCopy();
    await rig.server.start();
  }

  // The tablet's disk as it came back, before the till's own program has seen it.
  let asFound: TillAsRead | null;
  if (isTablet) {
    await rig.browser.start(rig.backend, "/healthz");
    asFound = await readTill(rig.browser.page(), rig.base.seq);
    await rig.browser.reopen();
    // A weak till may come back with nothing at all: then there is nobody to sign in.
    if (heal) await signIn(rig);
    else await rig.browser.page().locator("[data-screen]").first().waitFor();
  } else {
    asFound = await readTill(rig.browser.page(), rig.base.seq);
    await rig.browser.page().evaluate(() => (globalThis as unknown as TortureWindow).torture.stop());
  }
  await serving;
  const helped = await readTill(rig.browser.page(), rig.base.seq);
  const missing = (till: TillAsRead | null): number => {
    const held = new Set(
      till?.entries.map((entry) => `${entry.epoch}:${entry.seq}:${entry.hash.slice(0, 8)}`),
    );
    return shown.filter((paid) => !held.has(`${paid.epoch}:${paid.seq}:${paid.headHex}`)).length;
  };
  const highest = signed.reduce((most, head) => Math.max(most, head.seq), -1);
  const books = await readBooks(
    rig.server.databaseUrl(),
    helped?.till ?? "",
    helped?.epoch ?? 1,
    rig.base.seq,
  );
  // Read at once, before the till refills the server: only what the server itself kept counts.
  const kept = books.entries.reduce((most, entry) => Math.max(most, entry.seq), rig.base.seq);
  const end = {
    shown: shown.length,
    goneFromDatabase: missing(asFound),
    goneForGood: missing(helped),
    goneFromServer: Math.max(0, highest - kept),
  };
  if (!heal) return { ...end, sentences: [], lost: 0, doubled: 0, stuck: 0 };
  const last: Customer[] = [{ amountMinor: chance.between(1, 999), code: null, thinksMs: 0 }];
  await rig.browser
    .page()
    .evaluate((all) => (globalThis as unknown as TortureWindow).torture.serve(all), last);
  const judgement = await judgeRig(rig, await drained(rig));
  const { lost, doubled, stuck } = judgement;
  return {
    ...end,
    sentences: [...lost, ...doubled, ...stuck],
    lost: lost.length,
    doubled: doubled.length,
    stuck: stuck.length,
  };
}

function count(sums: { shown: number; database: number; good: number; server: number }, end: CutEnd): void {
  sums.shown += end.shown;
  sums.database += end.goneFromDatabase;
  sums.good += end.goneForGood;
  sums.server += end.goneFromServer;
}

function words({ shown, goneFromDatabase, goneForGood, goneFromServer }: CutEnd): string {
  const fromTablet = `gone from IndexedDB ${goneFromDatabase}, for good ${goneForGood}`;
  return `${shown} shown; ${fromTablet}; from the server ${goneFromServer}`;
}

function totals(sums: { shown: number; database: number; good: number; server: number }): string {
  return (
    `${sums.shown} sales shown as paid, ${sums.database} gone from IndexedDB, ${sums.good} for good; ` +
    `${sums.server} entries the server had signed for gone from it`
  );
}
