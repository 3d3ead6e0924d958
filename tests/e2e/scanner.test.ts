import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import type { Browser, CDPSession, Page } from "playwright-core";
import { encode } from "uqr";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { writeCameraVideo } from "../camera-video.ts";
import { chromiumArgs, chromiumPath } from "../chromium.ts";
import { startScannerSite } from "./scanner-site.ts";
import type { ScannerSite } from "./scanner-site.ts";
import { createKeyboard, insertByInputMethod, keysOf } from "./wedge-keys.ts";
import type { Keyboard } from "./wedge-keys.ts";
import type {} from "./scanner-page/page.ts";

const first = `GT1${"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".repeat(9)}`.slice(0, 280);
const second = `GT1${"765432ZYXWVUTSRQPONMLKJIHGFEDCBA".repeat(9)}`.slice(0, 280);
const ean = "4006381333931";

let site: ScannerSite;
let browser: Browser;
let page: Page;
let cdp: CDPSession;
let keyboard: Keyboard;
const folder = mkdtempSync(join(tmpdir(), "guitai-film-"));
const faults: string[] = [];

beforeAll(async () => {
  const file = join(folder, "two-codes.y4m");
  const codes = [first, second].map((text) => encode(text, { ecc: "M", border: 0 }).data);
  writeCameraVideo({ file, codes, framesEach: 12 });
  site = await startScannerSite(0);
  browser = await chromium.launch({
    executablePath: chromiumPath(),
    args: [
      ...chromiumArgs(),
      "--host-resolver-rules=MAP till.test 127.0.0.1",
      "--use-fake-device-for-media-stream",
      "--use-fake-ui-for-media-stream",
      `--use-file-for-fake-video-capture=${file}`,
    ],
  });
});

afterAll(async () => {
  await browser.close();
  await site.close();
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(async () => {
  faults.length = 0;
  site.requests.length = 0;
  page = await browser.newPage();
  page.setDefaultTimeout(20_000);
  page.on("pageerror", (fault) => faults.push(fault.message));
  page.on("console", (line) => {
    if (line.type() === "error" && !/404|Cross-Origin-Opener-Policy/.test(line.text()))
      faults.push(line.text());
  });
  await page.goto(site.url);
  cdp = await page.context().newCDPSession(page);
  keyboard = createKeyboard(cdp);
});

afterEach(async () => {
  await page.close();
  expect(faults).toEqual([]);
});

function scannedTexts(): Promise<string[]> {
  return page.evaluate(() => globalThis.scannerPage.scans.map((scan) => scan.text));
}

describe("C2: the camera, under the till's own content security policy", () => {
  it("loads nothing before it is started, then reads one code after the other, each once", async () => {
    expect(site.requests.filter((path) => /worker|wasm/.test(path))).toEqual([]);
    expect(await page.evaluate(() => globalThis.scannerPage.camera.start())).toMatchObject({ ok: true });
    await page.waitForFunction(() => globalThis.scannerPage.scans.length >= 2);
    expect((await scannedTexts()).toSorted()).toEqual([first, second].toSorted());
    const [scan] = await page.evaluate(() => globalThis.scannerPage.scans);
    expect(scan).toMatchObject({ symbology: "qr", source: "camera" });
    expect(scan?.outline).toHaveLength(4);
    for (const { x, y } of scan?.outline ?? []) {
      expect(Math.abs(x - 0.5)).toBeLessThan(0.3);
      expect(Math.abs(y - 0.5)).toBeLessThan(0.5);
    }
    expect(await page.evaluate(() => globalThis.scannerPage.facts.remembered)).toMatch(/^[0-9a-f]{64}$/);
  });

  it("is off when stopped, and a code seen before is read again after the next start, by the same worker", async () => {
    const stopped = await page.evaluate(async () => {
      const { camera } = globalThis.scannerPage;
      const video = document.querySelector("video");
      await camera.start();
      const stream = video?.srcObject;
      const tracks = stream instanceof MediaStream ? stream.getTracks() : [];
      camera.stop();
      return { cleared: video?.srcObject ?? null, states: tracks.map((track) => track.readyState) };
    });
    expect(stopped).toEqual({ cleared: null, states: ["ended"] });
    for (const round of [1, 2]) {
      await page.evaluate(() => globalThis.scannerPage.camera.start());
      await page.waitForFunction((count) => globalThis.scannerPage.scans.length >= count, round);
      await page.evaluate(() => globalThis.scannerPage.camera.stop());
    }
    expect(await page.evaluate(() => globalThis.scannerPage.facts.workers)).toBe(1);
  });

  it("a stop while the camera is still opening leaves it off", async () => {
    const state = await page.evaluate(async () => {
      const { camera } = globalThis.scannerPage;
      const started = camera.start();
      camera.stop();
      await started;
      return document.querySelector("video")?.srcObject ?? null;
    });
    expect(state).toBeNull();
  });

  it("G1: an address without HTTPS is named as the reason, not the camera", async () => {
    await page.goto(site.url.replace("localhost", "till.test"));
    expect(await page.evaluate(() => globalThis.scannerPage.camera.start())).toEqual({
      ok: false,
      refusal: { code: "insecure-context" },
    });
  });
});

describe("C3: a keyboard scanner, through Chromium's own key events", () => {
  beforeEach(async () => {
    await page.evaluate(() => globalThis.scannerPage.wedge.start());
  });

  it.each([
    [1, "Enter"],
    [5, "Tab"],
    [10, "Enter"],
    [20, "Enter"],
    [40, "Enter"],
  ])("at %i ms a key ending with %s is read whole", async (gapMs, suffix) => {
    await keyboard.type(keysOf(ean, suffix), gapMs);
    await keyboard.type(keysOf(first.slice(0, 80), suffix), gapMs);
    await page.waitForFunction(() => globalThis.scannerPage.scans.length === 2);
    expect(await scannedTexts()).toEqual([ean, first.slice(0, 80)]);
    expect(await page.evaluate(() => globalThis.scannerPage.typed)).toEqual([]);
  });

  it("without a line end is read after a short silence", async () => {
    await keyboard.type(keysOf(ean), 10);
    await page.waitForFunction(() => globalThis.scannerPage.scans.length === 1);
    expect(await scannedTexts()).toEqual([ean]);
  });

  it("UX §11.6: its Enter presses no focused button, a person's does", async () => {
    await page.focus("button");
    await keyboard.type(keysOf(ean, "Enter"), 5);
    await page.waitForFunction(() => globalThis.scannerPage.scans.length === 1);
    expect(await page.evaluate(() => globalThis.scannerPage.facts.presses)).toBe(0);
    keyboard.pause(200);
    await keyboard.type(["Enter"], 0);
    await page.keyboard.press("Space");
    expect(await page.evaluate(() => globalThis.scannerPage.facts.presses)).toBe(2);
  });

  it("gives a focused field back as it was, and its screen hears of it", async () => {
    await page.fill("#field", "2 apples");
    await page.focus("#field");
    await keyboard.type(keysOf(ean, "Enter"), 5);
    await page.waitForFunction(() => globalThis.scannerPage.scans.length === 1);
    expect(await page.inputValue("#field")).toBe("2 apples");
    expect(await scannedTexts()).toEqual([ean]);
  });

  it("leaves a person's typing in a field alone, and tells a pad what was typed without one", async () => {
    await page.focus("#field");
    await keyboard.type(keysOf("38.50"), 90);
    expect(await page.inputValue("#field")).toBe("38.50");
    await page.evaluate(() => document.querySelector("input")?.blur());
    await keyboard.type(keysOf("1234", "Enter"), 90);
    await page.waitForFunction(() => globalThis.scannerPage.typed.length === 4);
    expect(await page.evaluate(() => globalThis.scannerPage.typed.join(""))).toBe("1234");
    expect(await scannedTexts()).toEqual([]);
  });

  it("is read through an input method as well, and its text taken out of the field", async () => {
    await page.focus("#field");
    await insertByInputMethod(cdp, ean);
    await page.waitForFunction(() => globalThis.scannerPage.scans.length === 1);
    expect(await scannedTexts()).toEqual([ean]);
    expect(await page.inputValue("#field")).toBe("");
  });
});
