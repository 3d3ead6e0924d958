import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Chance } from "../simulation/chance.ts";
import { enterPassword, nextSale, PIN, unlock } from "./cashier-hands.ts";
import { callEngine, drained, openRig, type Rig, stockCodes } from "./rig.ts";
import * as search from "./searched-places.ts";
import { Tally } from "./tally.ts";

let rig: Rig;
let password: string;
let trace: search.Place;
const console: string[] = [];

/** A PIN and a code's password are typed on the glass, as people do; everything is then delivered. */
beforeAll(async () => {
  rig = await openRig({
    port: 21_750,
    backend: "leveldb",
    databaseUrl: process.env["DATABASE_URL"] ?? null,
    tally: new Tally(),
  });
  const page = rig.browser.page();
  page.on("console", (message) => console.push(message.text()));
  page.on("pageerror", (error) => console.push(String(error)));
  const [code] = await stockCodes(rig, 1, new Chance(1), { locked: true });
  if (!code) throw new Error("no code");
  ({ password } = code);
  trace = await search.tracedWhile(page, async () => {
    await callEngine(rig.browser, "lock");
    await unlock(page, 15_000);
    await callEngine(rig.browser, "charge", code.amountMinor);
    await callEngine(rig.browser, "presentScan", code.qrText);
    await enterPassword(page, code.password);
  });
  await nextSale(page);
  await drained(rig);
});
afterAll(async () => {
  await rig.close({ keep: false });
});

describe("after a PIN and a code's password were typed and checked", () => {
  it("C4: neither stands in a trace of the browser or in the console", () => {
    const places = [trace, { name: "console", text: console.join("\n") }];
    expect(trace.text.length).toBeGreaterThan(10_000);
    for (const secret of [PIN, password]) expect(search.placesWith(secret, places)).toEqual([]);
  });

  it("C4: nor in any string in the memory of the page, its engine or its other workers", async () => {
    const places = await search.memoryOf(rig.browser.page());
    expect(places.length).toBeGreaterThanOrEqual(2);
    for (const secret of [PIN, password]) expect(search.placesWith(secret, places)).toEqual([]);
  });

  it("C4: nor in journal, tables and storage of the till, nor in any table of the server", async () => {
    const places = [
      ...(await search.storageOf(rig.browser.page())),
      ...(await search.tablesOf(rig.server.databaseUrl())),
    ];
    expect(places.some(({ name, text }) => name === "IndexedDB journal" && text.length > 100)).toBe(true);
    for (const secret of [PIN, password]) expect(search.placesWith(secret, places)).toEqual([]);
  });

  it("C4: nor in any file: the browser's profile, the server's data, its log", async () => {
    const places = search.filesUnder(rig.folder);
    expect(places.length).toBeGreaterThan(100);
    for (const secret of [PIN, password]) expect(search.placesWith(secret, places)).toEqual([]);
  });

  it("and the search can find: what is planted in memory, storage and a file is found there", async () => {
    const page = rig.browser.page();
    await page.evaluate((planted) => {
      Object.assign(globalThis, { planted: { pin: `x${planted}` } });
      localStorage.setItem("planted", `pin=${planted}`);
    }, PIN);
    rig.log(`typed ${PIN}\n`);
    expect(search.placesWith(PIN, await search.memoryOf(page))).toContain("memory of the page");
    expect(search.placesWith(PIN, await search.storageOf(page))).toContain("localStorage");
    expect(search.placesWith(PIN, search.filesUnder(rig.folder))).toContain("log.txt");
    const wide = Buffer.from(`"${PIN}"`, "utf16le").toString("latin1");
    expect(search.placesWith(PIN, [{ name: "two bytes a character", text: wide }])).toHaveLength(1);
  });
});
