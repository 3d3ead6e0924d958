// How long a tablet takes from «the browser is opened, the network is gone» to a keypad that takes a key, and
// how much script that is; beside it, in the same run, a bare Preact page with a pad and a service worker.
import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, resolve } from "node:path";
import { gzipSync } from "node:zlib";
import { prepareServer } from "../tests/e2e/server-process.ts";
import { Cashier, cameraFile, holdBeforeCamera, Owner } from "../tests/e2e/shopkeeper.ts";
import { prepareTablet, type Tablet } from "../tests/e2e/tablet.ts";
import { type Benchmark, median, rounded } from "./benchmark.ts";
import { serveBarePage } from "./startup/bare-site.ts";
import { coldStart, type ColdStart } from "./startup/cold-start.ts";

const root = resolve(import.meta.dirname, "..");
const rounds = 7;
const slowRate = 4;

/**
 * BENCH.md `startup`. A cold start is a browser process started anew on the profile of an enrolled tablet,
 * with the server stopped: the navigation is answered by the service worker, which has to start too. It ends
 * when the Lock screen's PIN pad has drawn, the engine has opened the books and the pad, and a pressed key
 * has come back from the worker as a dot on the screen. Contenders take turns, a round each; the first round
 * warms the disk and is not counted. At 4× Chromium slows down the page; what it says of workers stands in
 * `notThrottled`.
 */
export const measureStartup: Benchmark = async ({ args, say }) => {
  const counted = Number(args[0] ?? rounds);
  await buildPages();
  const folder = await mkdtemp(join(tmpdir(), "guitai-startup-"));
  const server = await prepareServer();
  const laptop = await prepareTablet();
  const tablet = await prepareTablet();
  const bareTablet = await prepareTablet();
  try {
    say("A shop, an enrolled tablet, and a bare page …");
    await server.start();
    const precacheBytes = await enrol(server.url, server.setupLink(), folder, laptop, tablet);
    const bare = await serveBarePage(join(folder, "bare"));
    await visitBare(bare.url, bareTablet);
    await Promise.all([server.stop(), bare.stop()]);

    const ours: ColdStart[] = [];
    const ours4x: ColdStart[] = [];
    const theirs: ColdStart[] = [];
    const theirs4x: ColdStart[] = [];
    for (let round = 0; round <= counted; round += 1) {
      const results = [
        await coldStart(tablet.profileDir, `${server.url}/`, 1),
        await coldStart(bareTablet.profileDir, `${bare.url}/`, 1),
        await coldStart(tablet.profileDir, `${server.url}/`, slowRate),
        await coldStart(bareTablet.profileDir, `${bare.url}/`, slowRate),
      ] as const;
      const [till, floor, till4x, floor4x] = results.map((one) => `${one.interactiveMs.toFixed(0)} ms`);
      say(`round ${round}: till ${till}, bare ${floor}; 4×: till ${till4x}, bare ${floor4x}`);
      if (round === 0) continue;
      ours.push(results[0]);
      theirs.push(results[1]);
      ours4x.push(results[2]);
      theirs4x.push(results[3]);
    }
    const times = [ours, theirs, ours4x, theirs4x].map((starts) =>
      median(starts.map((start) => start.interactiveMs)),
    );
    const [ourMs = 0, bareMs = 0, our4xMs = 0, bare4xMs = 0] = times;
    const sizes = await scriptSizes([...ours, ...ours4x]);
    return {
      name: "startup",
      metrics: {
        scriptGzipKb: rounded(sizes.neededBytes / 1000, 1),
        scriptSeenGzipKb: rounded(sizes.seenBytes / 1000, 1),
        precacheKb: rounded(precacheBytes / 1000, 1),
        offlineInteractiveMs: rounded(ourMs, 0),
        offlineInteractive4xMs: rounded(our4xMs, 0),
        padDrawn4xMs: rounded(median(ours4x.map((start) => start.padDrawnMs)), 0),
        padReady4xMs: rounded(median(ours4x.map((start) => start.padReadyMs)), 0),
        barePreactMs: rounded(bareMs, 0),
        barePreact4xMs: rounded(bare4xMs, 0),
        rounds: counted,
        throttled: [...new Set(ours4x.flatMap((start) => start.throttled))],
        notThrottled: [...new Set(ours4x.flatMap((start) => start.notThrottled))],
      },
      ratios: {
        vsBarePreact: rounded(ourMs / bareMs, 2),
        vsBarePreact4x: rounded(our4xMs / bare4xMs, 2),
      },
    };
  } finally {
    await Promise.all([laptop.remove(), tablet.remove(), bareTablet.remove()]);
    await server.remove();
    await rm(folder, { recursive: true, force: true });
  }
};

/**
 * dist/ as the checkout is now. What the build says goes to standard error: the line of JSON stands alone.
 */
async function buildPages(): Promise<void> {
  const child = spawn(process.execPath, ["server/start.mjs", "--build-only"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  const code = await new Promise((done) => child.once("exit", done));
  if (code !== 0) throw new Error("the pages could not be built: see the message above");
}

/** Enrols the tablet, waits until its program is kept, and answers how many bytes that is on its disk. */
async function enrol(
  url: string,
  setupLink: string,
  folder: string,
  laptop: Tablet,
  tablet: Tablet,
): Promise<number> {
  const owner = new Owner(await laptop.start());
  const video = cameraFile(folder);
  holdBeforeCamera(video, await owner.createShop(setupLink));
  const cashier = new Cashier(await tablet.start({ cameraVideo: video }));
  await cashier.enrol(url);
  await cashier.expectToSee("已连接");
  await cashier.programKept();
  const bytes = await cashier.page.evaluate(async () => {
    let sum = 0;
    for (const name of await caches.keys()) {
      const cache = await caches.open(name);
      for (const request of await cache.keys()) {
        const response = await cache.match(request);
        sum += response ? (await response.blob()).size : 0;
      }
    }
    return sum;
  });
  await Promise.all([laptop.close(), tablet.close()]);
  return bytes;
}

async function visitBare(url: string, tablet: Tablet): Promise<void> {
  const page = await tablet.start();
  await page.goto(url);
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await tablet.close();
}

interface ScriptSizes {
  /**
   * What must be there before the pad works: the list that `npm test` holds to its limit, summed as it does.
   */
  readonly neededBytes: number;
  /** That, and whatever else the browser had already fetched when the first key worked. */
  readonly seenBytes: number;
}

/**
 * Gzip level 9, a file at a time. The list is followed from the built page through all static imports of
 * page, service worker and workers (`.size-limit.mjs`); the browser is asked too, because a list can forget.
 * Pieces that are loaded later on purpose may be on their way when the first key works: they count in the
 * second sum.
 */
async function scriptSizes(starts: readonly ColdStart[]): Promise<ScriptSizes> {
  const rule = (await import(new URL("../.size-limit.mjs", import.meta.url).href)) as {
    readonly default: readonly { readonly name: string; readonly path: readonly string[] }[];
  };
  const [first] = rule.default;
  if (first === undefined) throw new Error(".size-limit.mjs names no files");
  const needed = new Set(first.path);
  const seen = new Set(needed);
  for (const { scripts } of starts) {
    for (const address of scripts) {
      const name = basename(new URL(address).pathname);
      seen.add(name === "service-worker.js" ? `dist/${name}` : `dist/assets/${name}`);
    }
  }
  return { neededBytes: await gzipBytes(needed), seenBytes: await gzipBytes(seen) };
}

async function gzipBytes(paths: Iterable<string>): Promise<number> {
  let sum = 0;
  for (const path of paths) sum += gzipSync(await readFile(join(root, path)), { level: 9 }).length;
  return sum;
}
