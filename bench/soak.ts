// Three days without a network: what twenty thousand sales take on the tablet's disk, and how long a slow
// line needs to carry them away.
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { type Benchmark, rounded } from "./benchmark.ts";
import { queueingScript } from "./catch-up/queueing.ts";
import { answerOf, type DebuggedBrowser, goTo, startDebugged } from "./devtools.ts";
import { openShop } from "./enrolled-tablet.ts";
import { layLine, type LineSpeed, type SlowLine } from "./soak/slow-line.ts";

const hours = 72;
const sales = 20_000;
/** What a phone's 3G gives on a bad day. A proxy, so that it lies before every worker alike. */
const line3g: LineSpeed = { upKbitPerSecond: 750, downKbitPerSecond: 1600, roundTripMs: 150 };
const MB = 1_000_000;

/**
 * The built till on the profile of an enrolled tablet, `npm start`'s server behind a line of 750 kbit/s up,
 * 1,600 down and 150 ms there and back. Sales are laid down as the engine does it, with rows and second copy;
 * storage is what the browser estimates and what the profile takes on the disk, before and after.
 * `npm run bench -- soak [SALES]`.
 */
export const measureSoak: Benchmark = async ({ args, say }) => {
  const count = Number(args[0] ?? sales);
  let line: SlowLine | null = null;
  const shop = await openShop(async (server) => {
    line = await layLine(server.url);
    return line.url;
  });
  let browser: DebuggedBrowser | null = null;
  try {
    const slow = line as SlowLine | null;
    if (slow === null) throw new Error("there is no line");
    const { profileDir } = shop.tablet;
    await shop.tablet.close();
    const profileBefore = await sizeOf(profileDir);
    browser = await startDebugged(profileDir);
    const script = await queueingScript();
    await browser.page.send("Page.enable");
    await browser.page.send("Page.addScriptToEvaluateOnNewDocument", {
      source: `${script}\nqueueing.listenForAsking();`,
    });
    // The office shares the till's database and has no engine of its own.
    await goTo(browser.page, `${slow.url}/office`);
    const before = await answerOf<number>(browser.page, usage);
    const everyMs = Math.floor((hours * 3_600_000) / count);
    const wanted = { sales: count, fromMs: Date.now() - count * everyMs, everyMs };
    say(`${count} sales in ${hours} hours …`);
    await answerOf(browser.page, `queueing.queueSales(${JSON.stringify(wanted)})`);
    const after = await answerOf<number>(browser.page, usage);
    await browser.kill();
    const profileAfter = await sizeOf(profileDir);
    const [kept, onDisk] = [(after - before) / MB, (profileAfter - profileBefore) / MB];
    say(`browser ${kept.toFixed(1)} MB, disk ${onDisk.toFixed(1)} MB`);

    browser = await startDebugged(profileDir);
    await browser.page.send("Page.enable");
    await browser.page.send("Page.addScriptToEvaluateOnNewDocument", {
      source: `${script}\nqueueing.listenForAsking();`,
    });
    slow.become(line3g);
    await goTo(browser.page, `${slow.url}/`);
    const drainMs = await answerOf<number>(browser.page, "queueing.untilReceipted()");
    return {
      name: "soak",
      metrics: {
        sales: count,
        hours,
        storageMb: rounded((after - before) / MB, 1),
        profileMb: rounded((profileAfter - profileBefore) / MB, 1),
        mbPer1000Sales: rounded((profileAfter - profileBefore) / MB / (count / 1000), 2),
        drainSeconds: rounded(drainMs / 1000, 1),
        drainSecondsPer1000: rounded(drainMs / count, 2),
        line: { through: "proxy", ...line3g },
      },
      ratios: {},
    };
  } finally {
    await browser?.kill();
    await (line as SlowLine | null)?.stop();
    await shop.remove();
  }
};

const usage = "navigator.storage.estimate().then(({ usage }) => usage)";

/** Bytes of all files under a folder. A file that goes while it is looked at counts nothing. */
async function sizeOf(folder: string): Promise<number> {
  let sum = 0;
  for (const entry of await readdir(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile()) continue;
    sum += await stat(join(entry.parentPath, entry.name)).then(
      ({ size }) => size,
      () => 0,
    );
  }
  return sum;
}
