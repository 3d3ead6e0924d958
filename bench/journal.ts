// What a sale costs on its way to the disk, beside raw IndexedDB that puts the same rows into the same
// stores.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { prepareTablet } from "../tests/e2e/tablet.ts";
import { type Benchmark, median, rounded } from "./benchmark.ts";
import { serveMeasuringPage } from "./served-page.ts";

const sizes: readonly (readonly [name: string, sales: number])[] = [
  ["1k", 1000],
  ["10k", 10_000],
  ["100k", 100_000],
  ["200k", 200_000],
];
/** `npm run bench -- journal [ROUNDS] [SIZE,SIZE]`. */
const rounds = 300;
const warmUp = 60;
const listRounds = 41;

/**
 * BENCH.md `journal`. Ours is the whole way of a cash sale, from `takeCash` at the engine to the `complete`
 * of its transaction: body, hash, signature, head compared, rows put. Beside it stand the view that says
 * «paid» and the command's answer, with the second copy flushed. Contenders take turns sale by sale, on
 * databases that hold the same number of sales.
 */
export const measureJournal: Benchmark = async ({ args, say }) => {
  const counted = Number(args[0] ?? rounds);
  const wanted = args[1]?.split(",");
  const folder = await mkdtemp(join(tmpdir(), "guitai-journal-"));
  const tablet = await prepareTablet();
  const site = await serveMeasuringPage(join(import.meta.dirname, "journal"), join(folder, "page"));
  try {
    const page = await tablet.start();
    await page.goto(site.url);
    await page.evaluate(() => globalThis.books.open());
    const metrics: Record<string, number> = {};
    const ratios: Record<string, number> = {};
    for (const [name, sales] of sizes) {
      if (wanted && !wanted.includes(name)) continue;
      await page.evaluate((count) => globalThis.books.growTo(count), sales);
      await page.evaluate((count) => globalThis.books.race(count), warmUp);
      const times = await page.evaluate((count) => globalThis.books.race(count), counted);
      const lists = await page.evaluate((count) => globalThis.books.lists(count), listRounds);
      const [commit, shown, command, raw, rawPut] = [
        median(times.commit),
        median(times.shown),
        median(times.command),
        median(times.raw),
        median(times.rawPut),
      ];
      metrics[`commitMs${name}`] = rounded(commit, 2);
      metrics[`shownMs${name}`] = rounded(shown, 2);
      metrics[`commandMs${name}`] = rounded(command, 2);
      metrics[`rawMs${name}`] = rounded(raw, 2);
      metrics[`rawPutMs${name}`] = rounded(rawPut, 2);
      metrics[`newest50Ms${name}`] = rounded(lists.newest50, 2);
      metrics[`viewMs${name}`] = rounded(lists.view, 2);
      ratios[`vsRaw${name}`] = rounded(commit / raw, 2);
      ratios[`shownVsRaw${name}`] = rounded(shown / raw, 2);
      ratios[`commandVsRaw${name}`] = rounded(command / raw, 2);
      say(
        `${name}: commit ${commit.toFixed(2)} ms, raw ${raw.toFixed(2)}, single put ${rawPut.toFixed(2)}; ` +
          `shown ${shown.toFixed(2)}, answered ${command.toFixed(2)}; ` +
          `newest 50 ${lists.newest50.toFixed(2)}, view ${lists.view.toFixed(2)}`,
      );
    }
    return { name: "journal", metrics: { ...metrics, rounds: counted }, ratios };
  } finally {
    await site.stop();
    await tablet.remove();
    await rm(folder, { recursive: true, force: true });
  }
};
