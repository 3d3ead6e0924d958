// Everything a round needs, standing: database, server, line, browser, shop, an enrolled till with its
// service worker. Kept between rounds; a round that failed leaves it behind.
import { appendFileSync, chmodSync } from "node:fs";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fromHex, toHex } from "#protocol/bytes.ts";
import { shortId } from "#protocol/ids.ts";
import type { PaidView } from "#protocol/engine-calls.ts";
import { decodeAnswer, decodeHelloAnswer, decodeSignedAnswer } from "#protocol/push.ts";
import { TILL_API } from "#protocol/till-api.ts";
import { errors } from "playwright-core";
import type { Chance } from "../simulation/chance.ts";
import { setPin, setPinOrSignIn, unlock } from "./cashier-hands.ts";
import { type FaultyLine, layLine } from "./faulty-line.ts";
import type { Base, SignedHead } from "./judge.ts";
import { passing } from "./passing-time.ts";
import { makeOwnDatabase } from "./own-database.ts";
import { type IssuedForTill, openShop, type Owner } from "./owner.ts";
import type { Note, TortureWindow } from "./page-driver.ts";
import type { Backend } from "./profile-backend.ts";
import { prepareShopServer, type ShopServer } from "./shop-server.ts";
import type { Tally } from "./tally.ts";
import { prepareTillBrowser, type TillBrowser } from "./till-browser.ts";
import { readStanding, readTill } from "./till-as-read.ts";

export interface RigOptions {
  /** The server's port; the line's is the next one. */
  readonly port: number;
  readonly backend: Backend;
  /** A PostgreSQL to make a database in; null for the embedded one. */
  readonly databaseUrl: string | null;
  readonly tally: Tally;
  /** Where profile and data lie; a folder of its own under the system's temporary one when not given. */
  readonly profileDir?: string;
  readonly dataDir?: string;
  /** Changes the scripts on their way to the browser. */
  readonly patchScripts?: (source: string) => string;
  /** Told of the steps that such scripts ask leave for. */
  readonly watchSteps?: (step: string) => Promise<void>;
}

export interface Rig {
  readonly folder: string;
  readonly server: ShopServer;
  readonly line: FaultyLine;
  readonly browser: TillBrowser;
  readonly owner: Owner;
  backend: Backend;
  readonly tally: Tally;
  readonly profileDir: string;
  readonly dataDir: string;
  /** Everything shown as paid, in order. */
  readonly shown: PaidView[];
  /** Every head the server signed for. */
  readonly signed: SignedHead[];
  /** Refusals and faults that sales met, for the judge's story. */
  readonly met: string[];
  base: Base;
  readonly log: (text: string) => void;
  close(options: { readonly keep: boolean }): Promise<void>;
}

export const nothingYet: Base = { seq: -1, hash: "" };
/** An answer that is there in a moment; longer than this and something is badly wrong. */
const drainLimitMs = 90_000;
/** Longer than a slow machine needs from address to lock screen. */
const signInLimitMs = 15_000;
const signInTries = 4;

export async function openRig(options: RigOptions): Promise<Rig> {
  const { port, backend, tally } = options;
  const folder = await mkdtemp(join(tmpdir(), "torture-"));
  // The database's own user walks through.
  chmodSync(folder, 0o711);
  const profileDir = options.profileDir ?? join(folder, "profile");
  const dataDir = options.dataDir ?? join(folder, "data");
  const keyDir = join(folder, "keys");
  for (const needed of [profileDir, dataDir, keyDir]) await mkdir(needed, { recursive: true });
  const log = (text: string): void => appendFileSync(join(folder, "log.txt"), text);
  const shown: PaidView[] = [];
  const signed: SignedHead[] = [];
  const met: string[] = [];
  const database = options.databaseUrl === null ? null : await makeOwnDatabase(options.databaseUrl);
  const server = prepareShopServer({
    port,
    dataDir,
    keyDir,
    databaseUrl: database?.url ?? null,
    tally,
    log,
  });
  const line = await layLine(port + 1, port, tally, (path, body) => noteHead(signed, path, body));
  line.patchScripts(options.patchScripts ?? null);
  line.watchSteps(options.watchSteps ?? null);
  const browser = prepareTillBrowser({
    profileDir,
    address: line.url,
    tally,
    onNote(note) {
      log(`${JSON.stringify({ at: Date.now(), note })}\n`);
      if (note.kind === "paid") shown.push(note.paid);
      else met.push(said(note));
      tally.add(note.kind === "paid" ? "sales shown as paid" : `sale ${said(note)}`);
    },
  });
  const close: Rig["close"] = async ({ keep }) => {
    await browser.kill();
    await server.stop();
    await line.close();
    if (!keep) await database?.drop();
    if (!keep) await rm(folder, { recursive: true, force: true, maxRetries: 5 });
  };
  let owner: Owner;
  try {
    await server.start();
    owner = await openShop(server.url, await server.setupLink());
    await browser.start(backend);
    await enrol(browser, owner.activationText);
  } catch (cause) {
    // Nothing of this run may outlive it.
    await close({ keep: true });
    throw cause;
  }
  return {
    folder,
    server,
    line,
    browser,
    owner,
    backend,
    tally,
    profileDir,
    dataDir,
    shown,
    signed,
    met,
    base: nothingYet,
    log,
    close,
  };
}

/** Over the engine's link, as a scanned activation; the PIN by hand. Done when the program is kept. */
export async function enrol(browser: TillBrowser, activationText: string): Promise<void> {
  const page = browser.page();
  const answer = await callEngine(browser, "enrol", { text: activationText });
  if ((answer as { ok?: boolean }).ok !== true) throw new Error(`not enrolled: ${JSON.stringify(answer)}`);
  await setPin(page);
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
}

/** The owner gives a new activation, because the tablet's data is gone; PINs are set anew where they went. */
export async function enrolAgain(rig: Rig): Promise<void> {
  const answer = await callEngine(rig.browser, "enrol", { text: await rig.owner.reactivate() });
  if ((answer as { ok?: boolean }).ok !== true) throw new Error(`not enrolled: ${JSON.stringify(answer)}`);
  await setPinOrSignIn(rig.browser.page(), signInLimitMs);
}

/** One call of the engine over the link the screens use. */
export async function callEngine(
  browser: TillBrowser,
  command: string,
  ...args: readonly unknown[]
): Promise<unknown> {
  return await browser
    .page()
    .evaluate(([called, given]) => (globalThis as unknown as TortureWindow).torture.call(called, ...given), [
      command,
      args,
    ] as const);
}

/**
 * Signs the operator in on a page that was just opened. A service worker that is stopped with the page's own
 * files in its hands never delivers them: the page stands half-loaded, and a person opens it again.
 */
export async function signIn(rig: Rig): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await unlock(rig.browser.page(), signInLimitMs);
      return;
    } catch (cause) {
      if (!(cause instanceof errors.TimeoutError) || tries === signInTries) throw cause;
      rig.log(`no lock screen; the page: ${await rig.browser.page().locator("body").innerText()}\n`);
      rig.tally.add("page opened again");
      await rig.browser.reopen();
    }
  }
}

/** Issues codes and waits until the till holds their leases. Only in calm weather. */
export async function stockCodes(
  rig: Rig,
  count: number,
  chance: Chance,
  { locked = false } = {},
): Promise<readonly IssuedForTill[]> {
  const { owner } = rig;
  const issued = await Promise.all(
    Array.from({ length: count }, () => (locked ? owner.issueLocked(chance) : owner.issue(chance))),
  );
  await callEngine(rig.browser, "syncNow");
  const deadline = performance.now() + drainLimitMs;
  for (;;) {
    const till = await readTill(rig.browser.page(), Number.MAX_SAFE_INTEGER - 1);
    const leased = new Set(till?.leases.map((cti) => shortId(fromHex(cti))));
    if (issued.every((code) => leased.has(code.id))) return issued;
    if (performance.now() > deadline) throw new Error("the codes never reached the till");
    await passing(50);
  }
}

/** Waits until everything is receipted; false when it is not within the limit (I6). */
export async function drained(rig: Rig): Promise<boolean> {
  const deadline = performance.now() + drainLimitMs;
  for (;;) {
    const standing = await readStanding(rig.browser.page());
    if (standing && standing.receiptedSeq === standing.headSeq && standing.carried === 0) return true;
    if (performance.now() > deadline) return false;
    await passing(40);
  }
}

function noteHead(signed: SignedHead[], path: string, body: Buffer): void {
  const bytes = new Uint8Array(body);
  const answer =
    path === TILL_API.push
      ? decodeSignedAnswer(bytes)
      : path === TILL_API.hello
        ? decodeHelloAnswer(bytes)?.answer
        : null;
  const read = answer ? decodeAnswer(answer.bytes) : null;
  if (read?.result !== "ok" || read.seq < 0) return;
  signed.push({ epoch: read.epoch, seq: read.seq, hash: toHex(read.headHash) });
}

function said(note: Exclude<Note, { kind: "paid" }>): string {
  return note.kind === "refused" ? `refused ${note.code}` : `fault ${note.message}`;
}
