// A Chromium of its own profile that can be killed like a tablet whose battery was pulled, and started again
// on what reached its disk.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { chromiumArgs, chromiumPath } from "../chromium.ts";

export interface Tablet {
  readonly profileDir: string;
  /** Starts the browser; the camera shows this video. */
  start(options?: TabletOptions): Promise<Page>;
  /** The page in front. */
  page(): Page;
  context(): BrowserContext;
  /** Kills the browser and all its processes at once; what is not on disk is gone. */
  kill(): Promise<void>;
  /** Closes it as a person does. */
  close(): Promise<void>;
  remove(): Promise<void>;
  /** Every address any page or worker asked for since the first start. */
  readonly requested: Set<string>;
}

export interface TabletOptions {
  /** A y4m file; read anew whenever the camera is opened. */
  readonly cameraVideo?: string;
  readonly width?: number;
  readonly height?: number;
  readonly language?: "zh-CN" | "en";
}

export async function prepareTablet(): Promise<Tablet> {
  const profileDir = await mkdtemp(join(tmpdir(), "guitai-tablet-"));
  const requested = new Set<string>();
  let child: ChildProcess | null = null;
  let browser: Browser | null = null;

  const context = (): BrowserContext => {
    const found = browser?.contexts()[0];
    if (!found) throw new Error("the tablet is off");
    return found;
  };
  const page = (): Page => {
    const found = context().pages()[0];
    if (!found) throw new Error("the tablet shows no page");
    return found;
  };
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    const running = child;
    child = null;
    browser = null;
    if (running?.pid === undefined || running.exitCode !== null) return;
    const gone = new Promise<void>((done) => running.once("exit", () => done()));
    // The whole group: a renderer that outlives its browser would go on writing to the profile.
    process.kill(-running.pid, signal);
    await gone;
  };

  return {
    profileDir,
    requested,
    page,
    context,
    async start(options = {}) {
      const { width = 1280, height = 800, language = "zh-CN" } = options;
      const camera = options.cameraVideo
        ? [
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            `--use-file-for-fake-video-capture=${options.cameraVideo}`,
          ]
        : [];
      const args = [
        ...chromiumArgs(),
        ...camera,
        "--headless=new",
        "--remote-debugging-port=0",
        `--user-data-dir=${profileDir}`,
        `--window-size=${width},${height}`,
        `--lang=${language}`,
        `--accept-lang=${language}`,
        "--no-default-browser-check",
        "about:blank",
      ];
      const started = spawn(chromiumPath(), args, {
        detached: true,
        stdio: ["ignore", "ignore", "pipe"],
        env: { ...process.env, LANGUAGE: language.replace("-", "_") },
      });
      child = started;
      const endpoint = await devtoolsEndpoint(started);
      browser = await chromium.connectOverCDP(endpoint);
      // Generous: a slow machine is no failing till. What is too slow for a shop is measured, not asserted.
      context().setDefaultTimeout(90_000);
      context().on("request", (request) => requested.add(request.url()));
      const first = page();
      await first.setViewportSize({ width, height });
      return first;
    },
    kill: () => end("SIGKILL"),
    async close() {
      const open = browser;
      if (open) {
        const cdp = await open.newBrowserCDPSession();
        const running = child;
        const gone = new Promise<void>((done) => running?.once("exit", () => done()));
        // The connection goes with the browser; that it ends is what is waited for.
        cdp.send("Browser.close").catch(() => undefined);
        await gone;
        child = null;
        browser = null;
      }
    },
    async remove() {
      await end("SIGKILL");
      await rm(profileDir, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function devtoolsEndpoint(child: ChildProcess): Promise<string> {
  return new Promise((done, failed) => {
    let text = "";
    child.once("exit", (code) => failed(new Error(`Chromium ended with ${code}:\n${text}`)));
    child.stderr?.setEncoding("utf8");
    child.stderr?.on("data", (chunk: string) => {
      text += chunk;
      const found = /DevTools listening on (ws:\/\/\S+)/.exec(text)?.[1];
      if (found) done(found);
    });
  });
}
