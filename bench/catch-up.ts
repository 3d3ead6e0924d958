// Ten thousand sales wait in a real browser, the network comes back: how long until the server has signed for
// all of them; beside it PouchDB with as many documents and a server of its own.
import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "vite";
import { freePort } from "../tests/e2e/server-process.ts";
import { prepareTablet } from "../tests/e2e/tablet.ts";
import { type Benchmark, median, rounded } from "./benchmark.ts";
import { queueingScript } from "./catch-up/queueing.ts";
import { answerOf, goTo, startDebugged, type Target } from "./devtools.ts";
import { openShop } from "./enrolled-tablet.ts";

const rounds = 3;
const sales = 10_000;
const BETWEEN_SALES_MS = 20_000;

/**
 * BENCH.md `catch-up`. Ours: `npm start`'s server with its PostgreSQL, the built till at its lock, the
 * carrier in the service worker; from the till's asking for delivery to the receipt for the head. Theirs:
 * PouchDB in a page, its server over LevelDB in a process of its own, batches of 500. Contenders take
 * turns, a round each; the first round warms both and is not counted.
 * `npm run bench -- catch-up [ROUNDS] [SALES]`.
 */
export const measureCatchUp: Benchmark = async ({ args, say }) => {
  const counted = Number(args[0] ?? rounds);
  const count = Number(args[1] ?? sales);
  const folder = await mkdtemp(join(tmpdir(), "guitai-catch-up-"));
  const shop = await openShop();
  const other = await prepareTablet();
  const pouch = await startPouch(folder);
  // Without a test driver, which would be told of every request and take its part of the processor.
  await shop.tablet.close();
  const ourBrowser = await startDebugged(shop.tablet.profileDir);
  const theirBrowser = await startDebugged(other.profileDir);
  try {
    const script = await queueingScript();
    await ourBrowser.page.send("Page.enable");
    await ourBrowser.page.send("Page.addScriptToEvaluateOnNewDocument", {
      source: `${script}\nqueueing.listenForAsking();`,
    });
    await goTo(theirBrowser.page, pouch.url);
    const ours: number[] = [];
    const others: number[] = [];
    for (let round = 0; round <= counted; round += 1) {
      const ourMs = await catchUp(ourBrowser.page, shop.server.url, count);
      const bytes = await answerOf<number>(ourBrowser.page, "queueing.entryBytes()");
      const theirMs = await replicate(theirBrowser.page, `round-${round}`, count, bytes);
      say(`round ${round}: ${(ourMs / 1000).toFixed(2)} s, PouchDB ${(theirMs / 1000).toFixed(2)} s`);
      if (round === 0) continue;
      ours.push(ourMs);
      others.push(theirMs);
    }
    return {
      name: "catch-up",
      metrics: {
        sales: count,
        seconds: rounded(median(ours) / 1000, 2),
        pouchSeconds: rounded(median(others) / 1000, 2),
        salesPerSecond: rounded((count * 1000) / median(ours), 0),
        rounds: counted,
      },
      ratios: { speedupVsPouch: rounded(median(others) / median(ours), 2) },
    };
  } finally {
    await Promise.all([ourBrowser.kill(), theirBrowser.kill()]);
    await pouch.stop();
    await other.remove();
    await shop.remove();
    await rm(folder, { recursive: true, force: true });
  }
};

async function catchUp(page: Target, url: string, count: number): Promise<number> {
  // The office shares the till's database and has no engine of its own.
  await goTo(page, `${url}/office`);
  const wanted = { sales: count, fromMs: Date.now(), everyMs: BETWEEN_SALES_MS };
  await answerOf(page, `queueing.queueSales(${JSON.stringify(wanted)})`);
  await goTo(page, `${url}/`);
  return await answerOf<number>(page, "queueing.untilReceipted()");
}

async function replicate(page: Target, name: string, count: number, bytes: number): Promise<number> {
  await answerOf(page, `pouch.queue("${name}", ${count}, ${bytes})`);
  const { ms, written } = await answerOf<{ readonly ms: number; readonly written: number }>(
    page,
    `pouch.replicate("${name}")`,
  );
  if (written !== count) throw new Error(`PouchDB wrote ${written} of ${count} documents`);
  return ms;
}

async function startPouch(folder: string): Promise<{ readonly url: string; stop(): Promise<void> }> {
  const pages = join(folder, "pouch-page");
  const data = join(folder, "pouch-data");
  await mkdir(data);
  await build({
    configFile: false,
    root: join(import.meta.dirname, "catch-up", "pouch-page"),
    logLevel: "error",
    build: { outDir: pages, emptyOutDir: true, modulePreload: { polyfill: false } },
  });
  const port = await freePort();
  const script = join(import.meta.dirname, "catch-up", "pouch-server.ts");
  const child = spawn(process.execPath, [script, String(port), pages, data], {
    stdio: ["ignore", 2, 2],
  });
  const url = `http://localhost:${port}/`;
  await untilUp(url, child);
  return {
    url,
    async stop() {
      const gone = new Promise<void>((done) => child.once("exit", () => done()));
      if (child.exitCode === null && child.kill("SIGTERM")) await gone;
    },
  };
}

async function untilUp(url: string, child: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 300; tries += 1) {
    if (child.exitCode !== null) throw new Error("PouchDB's server ended: see the message above");
    const up = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (up) return;
    await new Promise((next) => setTimeout(next, 100));
  }
  throw new Error("PouchDB's server was not up in time");
}
