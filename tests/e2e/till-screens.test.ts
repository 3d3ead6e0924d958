import axe from "axe-core";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumArgs, chromiumPath } from "../chromium.ts";
import { assertNoOverflow, findOverflow, tillRules } from "./overflow.ts";
import { scenes } from "./till-page/scenes.ts";

/** The five sizes of UX §2, in CSS px. */
const viewports = [
  { width: 1280, height: 800 },
  { width: 1280, height: 720 },
  { width: 960, height: 600 },
  { width: 800, height: 1280 },
  { width: 360, height: 640 },
] as const;
// Nothing listens there: the browser's requests are answered from the build, and localhost counts as secure.
const origin = "http://localhost:18499";
const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

declare global {
  // Put into the page by its source, below.
  var axe: typeof import("axe-core");
}

let outDir: string;
let browser: Browser;
let page: Page;

async function open(scene: string, more: string): Promise<void> {
  await page.goto(`${origin}/?scene=${scene}&${more}`);
  await page.locator("[data-screen]:not([data-screen=booting])").waitFor();
  // A screen that is still fading in is measured all the same: opacity moves no box.
}

beforeAll(async () => {
  outDir = await mkdtemp(join(tmpdir(), "guitai-screens-"));
  await build({
    configFile: false,
    root: join(import.meta.dirname, "till-page"),
    logLevel: "error",
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    worker: { format: "es" },
    build: { outDir, emptyOutDir: true, target: "esnext", modulePreload: { polyfill: false } },
  });
  browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs() });
  page = await browser.newPage();
  await page.route(`${origin}/**`, async (route) => {
    const path = new URL(route.request().url()).pathname;
    const file = path === "/" ? "/index.html" : path;
    await route.fulfill({ path: join(outDir, file), contentType: types[extname(file)] ?? "text/plain" });
  });
}, 120_000);

afterAll(async () => {
  await browser.close();
  await rm(outDir, { recursive: true, force: true });
});

describe("the till's screens at the five measured sizes", () => {
  for (const scene of Object.keys(scenes)) {
    it(`${scene}: nothing overflows and every target is large enough, in both languages`, async () => {
      const found: string[] = [];
      for (const language of ["zh-CN", "en"]) {
        await open(scene, `language=${language}`);
        for (const viewport of viewports) {
          await page.setViewportSize(viewport);
          const faults = await findOverflow(page, tillRules);
          found.push(...faults.map((fault) => `${language} ${viewport.width}×${viewport.height} ${fault}`));
        }
      }
      expect(found).toEqual([]);
    }, 60_000);
  }

  it.each(["light", "dark"])(
    "WCAG 2.2 AA: nothing on any screen that a machine can find, %s",
    async (theme) => {
      const found: string[] = [];
      await page.setViewportSize(viewports[0]);
      // A screen half faded in has half its contrast for 160 ms; what stands is what is judged.
      await page.emulateMedia({ reducedMotion: "reduce" });
      for (const scene of Object.keys(scenes)) {
        await open(scene, `language=zh-CN&theme=${theme}`);
        await page.evaluate(axe.source);
        const faults = await page.evaluate(async () => {
          const { violations } = await globalThis.axe.run(document, {
            runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
          });
          return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`);
        });
        found.push(...faults.map((fault) => `${scene} ${theme} ${fault}`));
      }
      expect(found).toEqual([]);
    },
    240_000,
  );

  it("larger text, the left hand and dark colours move nothing out of its place", async () => {
    const found: string[] = [];
    for (const scene of [
      "sell",
      "letters",
      "cash",
      "refused",
      "sale",
      "more",
      "connection-stuck",
      "renew-fork",
      "storage-full",
    ]) {
      await open(scene, "language=en&text=larger&hand=left&theme=dark");
      for (const viewport of viewports) {
        await page.setViewportSize(viewport);
        const faults = await findOverflow(page, tillRules);
        found.push(...faults.map((fault) => `${scene} ${viewport.width}×${viewport.height} ${fault}`));
      }
    }
    expect(found).toEqual([]);
  }, 60_000);

  it("the primary stands in the same rectangle on every screen of the counter", async () => {
    for (const viewport of viewports) {
      await page.setViewportSize(viewport);
      const places = new Set<string>();
      for (const scene of ["sell", "tender", "cash", "number", "paid", "refused", "sales", "more"]) {
        await open(scene, "language=zh-CN");
        await assertNoOverflow(page);
        places.add(JSON.stringify(await page.locator(".primary").boundingBox()));
      }
      expect([...places], `${viewport.width}×${viewport.height}`).toHaveLength(1);
    }
  }, 120_000);
});
