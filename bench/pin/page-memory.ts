// What a page's process holds in memory, as Linux counts it.
import { readFileSync, writeFileSync } from "node:fs";
import type { Page } from "playwright-core";

const MIB = 1024;

export interface PageMemory {
  /** Held now, after the page has cleared away what it does not need, MB. */
  atRest(): Promise<number>;
  /** The most it held since `beginPeak`, MB. */
  peak(): number;
  beginPeak(): void;
}

/** Watches the largest renderer of the browser: the till's page with its workers. Linux only. */
export async function watchMemory(page: Page): Promise<PageMemory> {
  const browser = page.context().browser();
  if (!browser) throw new Error("no browser");
  const whole = await browser.newBrowserCDPSession();
  const own = await page.context().newCDPSession(page);
  const { processInfo } = await whole.send("SystemInfo.getProcessInfo");
  const renderers = processInfo.filter((one) => one.type === "renderer").map((one) => one.id);
  const pid = renderers.toSorted((a, b) => valueOf(b, "VmRSS") - valueOf(a, "VmRSS"))[0];
  if (pid === undefined) throw new Error("the browser has no page");
  return {
    async atRest() {
      // Twice: what the first round frees may hold on to more.
      await own.send("HeapProfiler.collectGarbage");
      await own.send("HeapProfiler.collectGarbage");
      return valueOf(pid, "VmRSS") / MIB;
    },
    peak: () => valueOf(pid, "VmHWM") / MIB,
    beginPeak: () => writeFileSync(`/proc/${pid}/clear_refs`, "5"),
  };
}

/** In KiB. */
function valueOf(pid: number, key: "VmRSS" | "VmHWM"): number {
  const found = new RegExp(`^${key}:\\s+(\\d+)`, "mu").exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return Number(found?.[1] ?? 0);
}
