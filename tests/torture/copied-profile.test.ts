import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readBooks } from "./books-as-read.ts";
import { unlock } from "./cashier-hands.ts";
import { passing } from "./passing-time.ts";
import type { Customer, TortureWindow } from "./page-driver.ts";
import { callEngine, drained, openRig, type Rig, signIn } from "./rig.ts";
import { Tally } from "./tally.ts";
import { prepareTillBrowser, type TillBrowser } from "./till-browser.ts";
import { readTill } from "./till-as-read.ts";
import { readVault, triesOf } from "./vault-as-read.ts";

const WRONG_PIN = "415926";
const FREE_TRIES = 5;
const SIGN_IN_LIMIT_MS = 15_000;
const CONTACT_LIMIT_MS = 60_000;
const tally = new Tally();

let rig: Rig;

/** A shop of its own for what follows: a till that was stopped stays so. */
function withShop(port: number): void {
  beforeAll(async () => {
    const databaseUrl = process.env["DATABASE_URL"] ?? null;
    rig = await openRig({ port, backend: "leveldb", databaseUrl, tally });
    await drained(rig);
  });
  afterAll(async () => {
    await rig.close({ keep: false });
  });
}

const copyOf = (): string => join(rig.folder, "copy");

/** The whole profile, as it lies on the disk of a tablet that is switched off. */
async function copyProfile(): Promise<void> {
  await rig.browser.close();
  await rm(copyOf(), { recursive: true, force: true });
  await cp(rig.profileDir, copyOf(), { recursive: true });
  // Nobody signs in: a guess at the lock screen is all that is entered after the copy.
  await rig.browser.start(rig.backend);
  await rig.browser.page().locator('[data-screen="lock"]').waitFor();
}

async function putCopyBack(): Promise<void> {
  await rig.browser.kill();
  await rm(rig.profileDir, { recursive: true, force: true });
  await cp(copyOf(), rig.profileDir, { recursive: true });
  await rig.browser.start(rig.backend);
}

/** Wrong PINs until the operator would have to wait. */
async function guess(browser: TillBrowser): Promise<number> {
  const [operatorId = ""] = (await readVault(browser.page())).operators;
  for (let tried = 0; tried < FREE_TRIES; tried += 1)
    await browser
      .page()
      .evaluate(
        ([id, typed]) => (globalThis as unknown as TortureWindow).torture.checkAmongOthers(id, typed),
        [operatorId, WRONG_PIN] as const,
      );
  return triesOf(await readVault(browser.page()), "operator", operatorId).own;
}

async function ownTries(browser: TillBrowser): Promise<number> {
  const read = await readVault(browser.page());
  return triesOf(read, "operator", read.operators[0] ?? "").own;
}

/** Why the till stopped, once it has heard the server; null when it never does within the limit. */
async function stopAfterContact(browser: TillBrowser): Promise<string | null> {
  const deadline = performance.now() + CONTACT_LIMIT_MS;
  await callEngine(browser, "syncNow");
  while (performance.now() < deadline) {
    const stop = (await readTill(browser.page(), Number.MAX_SAFE_INTEGER - 1))?.stop ?? null;
    if (stop !== null) return stop;
    await passing(50);
  }
  return null;
}

async function findings(browser: TillBrowser): Promise<readonly string[]> {
  const till = await readTill(browser.page(), 0);
  const books = await readBooks(rig.server.databaseUrl(), till?.till ?? "", till?.epoch ?? 1, 0);
  return [...books.findings, ...books.states];
}

describe("a tablet's disk is copied, PINs are guessed, and the copy is put back", () => {
  withShop(21_756);

  it("tries that were never delivered cannot be seen by anybody: docs/threats.md says so", async () => {
    await copyProfile();
    rig.line.disconnect();
    expect(await guess(rig.browser)).toBe(FREE_TRIES);
    await putCopyBack();
    expect(await ownTries(rig.browser)).toBe(0);
    rig.line.connect();
    await signIn(rig);
    expect(await drained(rig)).toBe(true);
    expect((await readTill(rig.browser.page(), 0))?.stop).toBeNull();
    expect(await findings(rig.browser)).toEqual(["open"]);
  });

  it("five delivered tries later the server sees it at the first entry: behind, or a fork", async () => {
    await copyProfile();
    expect(await guess(rig.browser)).toBe(FREE_TRIES);
    expect(await drained(rig)).toBe(true);
    await putCopyBack();
    // The disk knows of none of them; the server does.
    expect(await ownTries(rig.browser)).toBe(0);
    // A token of before may still be good: then no hello is said, and the first entry meets what is there.
    await signIn(rig);
    const stop = await stopAfterContact(rig.browser);
    expect(["behind", "fork"]).toContain(stop);
    expect(await callEngine(rig.browser, "openPad", { purpose: "code" })).toMatchObject({
      refusal: { code: "till-stopped", stop },
    });
  });
});

describe("a tablet's disk is copied, and both go on", () => {
  withShop(21_758);

  it("I7: the clone that went another way is found as a fork when it meets the server", async () => {
    await copyProfile();
    expect(await guess(rig.browser)).toBe(FREE_TRIES);
    expect(await drained(rig)).toBe(true);
    await rig.browser.kill();
    rig.line.disconnect();
    const clone = prepareTillBrowser({
      profileDir: copyOf(),
      address: rig.line.url,
      tally,
      onNote: (note) => rig.log(`${JSON.stringify({ clone: note })}\n`),
    });
    try {
      await clone.start(rig.backend);
      await unlock(clone.page(), SIGN_IN_LIMIT_MS);
      const customers: Customer[] = Array.from({ length: 8 }, () => ({
        amountMinor: 500,
        code: null,
        thinksMs: 0,
      }));
      await clone
        .page()
        .evaluate((all) => (globalThis as unknown as TortureWindow).torture.serve(all), customers);
      rig.line.connect();
      expect(await stopAfterContact(clone)).toBe("fork");
      expect(await findings(clone)).toContain("fork");
    } finally {
      await clone.kill();
    }
  });
});
