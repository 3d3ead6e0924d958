// The tablet: a Chromium of a given profile, every part of which can be killed, with the driver in its page.
import { type ChildProcess, spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import { type Browser, type BrowserContext, type CDPSession, chromium, type Page } from "playwright-core";
import { chromiumArgs, chromiumPath } from "../chromium.ts";
import { driver, type Note, type TortureWindow } from "./page-driver.ts";
import { atTheEnd, ended, familyOf, killAll, signalFamily } from "./processes.ts";
import { backendFeatures, type Backend } from "./profile-backend.ts";
import type { Tally } from "./tally.ts";

export interface TillBrowser {
  /**
   * Starts Chromium on the profile and opens the till's address; with a path, that one, where no engine runs.
   */
  start(backend: Backend, path?: string): Promise<void>;
  page(): Page;
  /** SIGKILL of the browser with all its processes. */
  kill(): Promise<void>;
  /** SIGKILL of the page's own process, and the address opened again. */
  killTab(): Promise<void>;
  /** SIGKILL of the process that carries all requests; Chromium starts another. */
  killNetworkProcess(): void;
  /** Opens the till's address anew, as a person does whose page stands still. */
  reopen(): Promise<void>;
  /** Stops the service worker where it stands. */
  stopServiceWorker(): Promise<void>;
  freeze(): void;
  /** As a person does: everything is written down first. */
  close(): Promise<void>;
}

export interface TillBrowserOptions {
  readonly profileDir: string;
  readonly address: string;
  readonly tally: Tally;
  readonly onNote: (note: Note) => void;
}

/** Longer than a slow machine needs; then somebody presses «reload». */
const openLimitMs = 12_000;
const openTries = 8;

const isReady = (): boolean => (globalThis as unknown as Partial<TortureWindow>).torture?.ready() === true;

export function prepareTillBrowser({ profileDir, address, tally, onNote }: TillBrowserOptions): TillBrowser {
  let child: ChildProcess | null = null;
  let browser: Browser | null = null;
  let cdp: CDPSession | null = null;
  let workers = new Map<string, string>();

  const page = (): Page => {
    const found = browser?.contexts()[0]?.pages().at(-1);
    if (!found) throw new Error("the tablet is off");
    return found;
  };
  const watchWorkers = async (opened: Page): Promise<void> => {
    cdp = await opened.context().newCDPSession(opened);
    workers = new Map();
    cdp.on("ServiceWorker.workerVersionUpdated", ({ versions }) => {
      for (const { versionId, runningStatus } of versions) workers.set(versionId, runningStatus);
    });
    await cdp.send("ServiceWorker.enable");
  };
  const open = async (): Promise<void> => {
    for (let tries = 1; ; tries += 1) {
      try {
        await page().goto(address, { waitUntil: "commit", timeout: openLimitMs });
        await page().waitForFunction(isReady, undefined, { timeout: openLimitMs });
        return;
      } catch (cause) {
        // A service worker that is stopped with the page's own request in its hands answers it never; a
        // person opens the page again.
        if (tries === openTries) throw cause;
        tally.add("page opened again");
      }
    }
  };

  atTheEnd(() => {
    if (child?.pid !== undefined) killAll(familyOf(child.pid).map((row) => row.pid));
  });

  return {
    page,
    async start(backend, path) {
      // Left behind by a killed browser, or copied with its disk: they name a process that is no more.
      for (const name of ["SingletonLock", "SingletonCookie", "SingletonSocket"])
        rmSync(join(profileDir, name), { force: true });
      const args = [
        ...chromiumArgs(),
        ...backendFeatures(backend),
        "--headless=new",
        "--remote-debugging-port=0",
        `--user-data-dir=${profileDir}`,
        "--window-size=1280,800",
        "--lang=en",
        "--accept-lang=en",
        "--no-default-browser-check",
        "about:blank",
      ];
      const stdio: ["ignore", "ignore", "pipe"] = ["ignore", "ignore", "pipe"];
      const started = spawn(chromiumPath(), args, {
        detached: true,
        stdio,
        env: { ...process.env, LANGUAGE: "en" },
      });
      child = started;
      const endpoint = await devtoolsEndpoint(started);
      browser = await chromium.connectOverCDP(endpoint);
      const context = browser.contexts()[0];
      if (!context) throw new Error("Chromium came without a window");
      context.setDefaultTimeout(60_000);
      await context.exposeBinding("tortureNote", (_source, note: Note) => onNote(note));
      await context.addInitScript(driver);
      await page().setViewportSize({ width: 1280, height: 800 });
      await watchWorkers(page());
      if (path === undefined) await open();
      else await page().goto(new URL(path, address).href);
    },
    async kill() {
      const running = child;
      child = null;
      browser = null;
      if (running?.pid === undefined) return;
      const killed = killAll(familyOf(running.pid).map((row) => row.pid));
      await ended(running);
      tally.add("kill browser");
      tally.add("browser processes killed", killed);
    },
    async killTab() {
      const context = page().context();
      // Every page and worker of the till: what shares their process goes with them.
      const pids = familyOf(child?.pid ?? -1)
        .filter((row) => row.command.includes("--type=renderer"))
        .map((row) => row.pid);
      const crashed = page()
        .waitForEvent("crash", { timeout: openLimitMs })
        // Dead already, by a blow of a moment ago: a fresh page is opened all the same.
        .catch(() => tally.add("page was gone already"));
      if (killAll(pids) > 0) tally.add("kill page and workers");
      await crashed;
      const fresh = await freshPage(context);
      for (const old of context.pages()) if (old !== fresh) await old.close();
      await fresh.setViewportSize({ width: 1280, height: 800 });
      await watchWorkers(fresh);
      await open();
    },
    reopen: open,
    killNetworkProcess() {
      const pids = familyOf(child?.pid ?? -1)
        .filter((row) => row.command.includes("network.mojom.NetworkService"))
        .map((row) => row.pid);
      if (killAll(pids) > 0) tally.add("kill network process");
    },
    async stopServiceWorker() {
      const running = [...workers.values()].filter((status) => status === "running").length;
      await cdp?.send("ServiceWorker.stopAllWorkers");
      if (running > 0) tally.add("stop service worker", running);
    },
    freeze() {
      if (child?.pid !== undefined) signalFamily(child.pid, "SIGSTOP");
    },
    async close() {
      const running = child;
      const open = browser;
      child = null;
      browser = null;
      if (!running || !open) return;
      const gone = ended(running);
      const whole = await open.newBrowserCDPSession();
      // The connection goes with the browser; that it ends is what is waited for.
      whole.send("Browser.close").catch(() => undefined);
      await gone;
    },
  };
}

/** Chromium may put a new page into a process that waited for one, and was killed with the others. */
async function freshPage(context: BrowserContext): Promise<Page> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await context.newPage();
    } catch (cause) {
      if (tries === openTries) throw cause;
    }
  }
}

function devtoolsEndpoint(child: ChildProcess): Promise<string> {
  return new Promise((done, failed) => {
    let text = "";
    child.once("exit", (code) => failed(new Error(`Chromium ended with ${code}:\n${text}`)));
    child.stderr?.setEncoding("utf8");
    child.stderr?.on("data", (chunk: string) => {
      text = (text + chunk).slice(-5000);
      const found = /DevTools listening on (ws:\/\/\S+)/u.exec(text)?.[1];
      if (found) done(found);
    });
  });
}
