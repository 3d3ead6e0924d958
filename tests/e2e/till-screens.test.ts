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
/** The same pages under a finger, which is how a tablet is used. */
let touched: Page;

async function open(scene: string, more: string, at: Page = page): Promise<void> {
  await at.goto(`${origin}/?scene=${scene}&${more}`);
  await at.locator("[data-screen]:not([data-screen=booting])").waitFor();
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
  touched = await browser.newPage({ hasTouch: true, viewport: viewports[0], reducedMotion: "reduce" });
  for (const one of [page, touched]) {
    await one.route(`${origin}/**`, async (route) => {
      const path = new URL(route.request().url()).pathname;
      const file = path === "/" ? "/index.html" : path;
      await route.fulfill({ path: join(outDir, file), contentType: types[extname(file)] ?? "text/plain" });
    });
  }
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
      "levels",
      "people",
      "passphrase",
      "unlock-digits",
      "lock-closed",
      "sell-closed",
    ]) {
      await open(scene, "language=en&text=larger&hand=left&theme=dark");
      for (const viewport of viewports) {
        await page.setViewportSize(viewport);
        const faults = await findOverflow(page, tillRules);
        found.push(...faults.map((fault) => `${scene} ${viewport.width}×${viewport.height} ${fault}`));
      }
    }
    expect(found).toEqual([]);
  }, 120_000);

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

describe("a secret on a pad", () => {
  /** All that a script could read of the page: its elements, what has the focus, what is hovered. */
  const readPage = (): Promise<string> =>
    touched.evaluate(() => {
      const hovered = [...document.querySelectorAll(".key:hover")].map((key) => key.textContent);
      return [document.documentElement.outerHTML, document.activeElement?.outerHTML, ...hovered].join("\n");
    });
  /** All that a screen reader could. */
  const readTree = async (): Promise<string> => {
    const debugging = await touched.context().newCDPSession(touched);
    const { nodes } = await debugging.send("Accessibility.getFullAXTree");
    await debugging.detach();
    const said = nodes.map((node) => [node.role, node.name, node.value, node.description, node.properties]);
    // Which element of the document it is changes with each drawing, and is said to nobody.
    return JSON.stringify(said, (key, value: unknown) =>
      /Id$|^relatedNodes$/u.test(key) ? undefined : value,
    );
  };
  const tap = async (secret: string): Promise<void> => {
    const pad = touched.locator(".keys");
    for (const char of secret) await pad.getByRole("button", { name: char, exact: true }).tap();
    await touched.getByText(`${secret.length} characters`, { exact: true }).waitFor({ state: "attached" });
  };

  for (const [scene, one, other] of [
    ["lock", "907", "281"],
    ["change-pin", "907", "281"],
    ["password", "90731", "28160"],
    ["letters", "k9wq", "tm4x"],
    ["passphrase", "horse", "stapl"],
  ] as const) {
    it(`C4: ${scene}: two secrets of one length leave the same page and the same accessibility tree`, async () => {
      await touched.clock.setFixedTime(new Date(2026, 10, 23, 14, 7));
      const left: string[] = [];
      for (const secret of [one, other]) {
        await open(scene, "language=en", touched);
        await tap(secret);
        left.push(`${await readPage()}\n${await readTree()}`);
      }
      expect(left[0]).toBe(left[1]);
      expect(left[0]).toContain(`${one.length} characters`);
    });

    it(`C4: ${scene}: the browser's list of events names no key that was pressed`, async () => {
      await open(scene, "language=en", touched);
      await tap(one);
      const met = await touched.evaluate(
        () =>
          new Promise<readonly (string | null)[]>((resolve) => {
            const told: PerformanceEventTiming[] = [];
            const note = (list: PerformanceObserverEntryList): void => {
              told.push(...(list.getEntries() as PerformanceEventTiming[]));
              const first = told.some(({ entryType }) => entryType === "first-input");
              if (first) resolve(told.map(({ target }) => target?.textContent ?? null));
            };
            for (const type of ["event", "first-input"]) {
              new PerformanceObserver(note).observe({ type, buffered: true });
            }
          }),
      );
      expect(met.length).toBeGreaterThan(0);
      expect(met.filter((text) => text !== null && text.length === 1)).toEqual([]);
    });
  }

  it("C4: a real keyboard types, blanks too; no later listener hears a key, and Enter confirms", async () => {
    await open("letters", "language=en", touched);
    await touched.locator(".keys--letters").waitFor();
    await touched.evaluate(() => {
      const heard: string[] = [];
      Object.assign(globalThis, { heard });
      for (const name of ["keydown", "keypress", "keyup", "input", "beforeinput"]) {
        addEventListener(name, (event) => heard.push((event as KeyboardEvent).key));
        addEventListener(name, (event) => heard.push((event as KeyboardEvent).key), { capture: true });
      }
    });
    await touched.keyboard.type("Kx 9!", { delay: 120 });
    await touched.getByText("5 characters", { exact: true }).waitFor({ state: "attached" });
    const heard = await touched.evaluate(() => (globalThis as { heard?: string[] }).heard ?? []);
    expect(heard.filter((key) => [...key].length === 1 && key !== " ")).toEqual([]);
    await touched.keyboard.press("Backspace");
    await touched.getByText("4 characters", { exact: true }).waitFor({ state: "attached" });
    await expect
      .poll(async () => {
        await touched.keyboard.press("Enter");
        return await touched.locator(".dot--full").count();
      })
      .toBe(0);
  });

  it("C4: a letter hit on a pad of digits is no part of the secret", async () => {
    await open("change-pin", "language=en", touched);
    await touched.locator(".keys--number").waitFor();
    await touched.keyboard.type("9k0", { delay: 120 });
    await touched.getByText("2 characters", { exact: true }).waitFor({ state: "attached" });
    expect(await touched.locator(".dot--full").count()).toBe(2);
  });
});

describe("what anyone may see", () => {
  it("UX §1: the lock and the customer's turn show no takings: how many sales wait, not how much", async () => {
    for (const scene of ["lock", "lock-choose", "lock-closed", "lock-wait", "unlock", "passphrase"]) {
      await open(scene, "language=zh-CN");
      expect(await page.locator(".strip").textContent(), scene).not.toContain("¥");
    }
    await open("lock", "language=zh-CN");
    expect(await page.locator(".strip").textContent()).toContain("未上传128笔");
    await open("sell", "language=zh-CN");
    expect(await page.locator(".strip").textContent()).toContain("¥12,345.00");
  });
});
