import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { chromium, type Page } from "playwright-core";
import { build } from "vite";
import { chromiumArgs, chromiumPath } from "../chromium.ts";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

/** The office's pages on a server that only answers, in a browser of its own. */
export interface OfficeSite {
  readonly page: Page;
  /** Opens `/office/PATH` in a language or theme, and waits until something stands there. */
  open(path: string, more?: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Builds `office-page` and opens a browser on it. Nothing listens at `origin`: the browser's requests are
 * answered from the build, and localhost counts as secure. Throws when the pages cannot be built.
 */
export async function openOfficeSite(origin: string): Promise<OfficeSite> {
  const outDir = await mkdtemp(join(tmpdir(), "guitai-office-pages-"));
  await build({
    configFile: false,
    root: join(import.meta.dirname, "office-page"),
    base: "/",
    logLevel: "error",
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: { outDir, emptyOutDir: true, target: "esnext", modulePreload: { polyfill: false } },
  });
  const browser = await chromium.launch({ executablePath: chromiumPath(), args: chromiumArgs() });
  const page = await browser.newPage();
  page.setDefaultTimeout(10_000);
  await page.route(`${origin}/**`, async (route) => {
    const path = new URL(route.request().url()).pathname;
    const file = extname(path) === "" ? "/index.html" : path;
    await route.fulfill({ path: join(outDir, file), contentType: types[extname(file)] ?? "text/plain" });
  });
  return {
    page,
    async open(path, more = "language=en") {
      await page.goto(`${origin}/office/${path}?${more}`);
      await page.locator(".page__body :is(.section, .table, .form)").first().waitFor();
    },
    async close() {
      await browser.close();
      await rm(outDir, { recursive: true, force: true });
    },
  };
}
