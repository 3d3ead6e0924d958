// Where the pictures go: a name, a viewport, a language, and on the way a look whether anything overflows.
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";
import { findOverflow, type OverflowRules, tillRules } from "../tests/e2e/overflow.ts";
import { shrinkPng } from "./small-png.ts";

export type Language = "zh-CN" | "en";

export interface Viewport {
  readonly width: number;
  readonly height: number;
}

export const tablet: Viewport = { width: 1280, height: 800 };
const notebook: Viewport = { width: 1280, height: 720 };
const small: Viewport = { width: 960, height: 600 };
const portrait: Viewport = { width: 800, height: 1280 };
export const phone: Viewport = { width: 360, height: 640 };

export const tillViewports: readonly Viewport[] = [tablet, small, portrait, phone];
export const allTillViewports: readonly Viewport[] = [tablet, notebook, small, portrait, phone];
export const officeViewports: readonly Viewport[] = [tablet, phone];

/**
 * A page of the office may be longer than the screen, never wider. Words for screen readers alone are 1 px
 * wide.
 */
const officeRules: OverflowRules = {
  targetPx: 0,
  lists: [".skip", ".table thead", ".table thead *"],
};

export interface Wish {
  readonly viewports: readonly Viewport[];
  /** Once more in dark colours. */
  readonly dark?: boolean;
}

export class PictureBook {
  readonly folder: string;
  readonly language: Language;
  /** What overflows, one line each. */
  readonly offenders: string[] = [];
  written = 0;

  constructor(folder: string, language: Language) {
    this.folder = folder;
    this.language = language;
    mkdirSync(folder, { recursive: true });
  }

  /** A screen of the till, in each of the viewports. */
  async till(page: Page, name: string, wish: Wish = { viewports: tillViewports }): Promise<void> {
    await this.#take(page, `till-${name}`, wish, tillRules, false);
  }

  /** A page of the office in each of its viewports, on a phone in its whole length. */
  async office(page: Page, name: string, wish: Wish = { viewports: officeViewports }): Promise<void> {
    await this.#take(page, `office-${name}`, wish, officeRules, true);
  }

  async #take(page: Page, name: string, wish: Wish, rules: OverflowRules, whole: boolean): Promise<void> {
    await hideScrollbars(page);
    for (const scheme of wish.dark ? (["light", "dark"] as const) : (["light"] as const)) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const viewport of wish.viewports) {
        await page.setViewportSize(viewport);
        await settled(page);
        if (whole) await wholeLength(page, viewport);
        const size = `${viewport.width}x${viewport.height}`;
        const words = [
          name,
          size,
          this.language === "en" ? "en" : "zh",
          ...(scheme === "dark" ? ["dark"] : []),
        ];
        const title = words.join("-");
        const found = await findOverflow(page, rules);
        const wider = found.filter((line) => !whole || line.startsWith("wider"));
        if (scheme === "light") this.offenders.push(...wider.map((line) => `${title}: ${line}`));
        const taken = await page.screenshot({ animations: "disabled", caret: "hide" });
        writeFileSync(join(this.folder, `${title}.png`), shrinkPng(taken));
        this.written += 1;
      }
    }
    await page.emulateMedia({ colorScheme: "light" });
    await page.setViewportSize(tablet);
    await settled(page);
  }
}

/**
 * A phone's page as long as it is, with its bars at the end of it; a wide screen shows what stands on top.
 */
async function wholeLength(page: Page, viewport: Viewport): Promise<void> {
  if (viewport.width > viewport.height) return;
  const length = await page.evaluate(() => document.documentElement.scrollHeight);
  await page.setViewportSize({ width: viewport.width, height: Math.max(viewport.height, length) });
  await settled(page);
}

/** As on a tablet and a phone, where they take no room. */
async function hideScrollbars(page: Page): Promise<void> {
  const debugging = await page.context().newCDPSession(page);
  await debugging.send("Emulation.setScrollbarsHidden", { hidden: true });
}

/** Fonts are there and what was asked for is drawn. */
async function settled(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await document.fonts.ready;
    await new Promise<void>((drawn) => requestAnimationFrame(() => requestAnimationFrame(() => drawn())));
  });
}
