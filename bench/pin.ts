// What a check of a PIN costs on a real till, beside hash-wasm alone in an equally fresh worker; and what a
// hundred of them leave in the page's memory.
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Page } from "playwright-core";
import { openRig, type Rig } from "../tests/torture/rig.ts";
import { Tally } from "../tests/torture/tally.ts";
import { type Benchmark, median, rounded } from "./benchmark.ts";
import { watchMemory } from "./pin/page-memory.ts";
import { checkOnce, operatorOf, profileInUse } from "./pin/till-checks.ts";
import { serveMeasuringPage } from "./served-page.ts";

/** `npm run bench -- pin [ROUNDS] [CHECKS]`. */
const rounds = 40;
const checksForMemory = 100;
/** The till measures itself after its first checks and makes its record dearer; then it stays as it is. */
const warmUp = 6;
const port = 21_740;

/**
 * BENCH.md `pin`. Ours is the whole check as the cashier waits for it, from Confirm to the answer: the try in
 * the journal and on disk, Argon2id in a worker that was never used before, the vault opened, the MAC, the
 * success in the journal, the view. Theirs is `argon2id` of hash-wasm with the same parameters. Turns are
 * taken check by check, each page in front when it is its turn.
 */
export const measurePin: Benchmark = async ({ args, say }) => {
  const counted = Number(args[0] ?? rounds);
  const forMemory = Number(args[1] ?? checksForMemory);
  await buildPages();
  const folder = await mkdtemp(join(tmpdir(), "guitai-pin-"));
  const site = await serveMeasuringPage(join(import.meta.dirname, "pin"), join(folder, "page"));
  let rig: Rig | null = null;
  try {
    say("A shop and an enrolled tablet …");
    rig = await openRig({ port, backend: "leveldb", databaseUrl: null, tally: new Tally() });
    const till = rig.browser.page();
    const operatorId = await operatorOf(till);
    for (let check = 0; check < warmUp; check += 1) await checkOnce(till, operatorId);
    const memory = await measureMemory(till, operatorId, forMemory);
    say(
      `after ${forMemory}: ${memory.atRestMb.toFixed(1)} MB more at rest, ${memory.peakMb.toFixed(1)} at the peak`,
    );

    const { number, profile } = await profileInUse(till);
    const raw = await till.context().newPage();
    await raw.goto(site.url);
    const ours: number[] = [];
    const theirs: number[] = [];
    for (let round = -3; round < counted; round += 1) {
      const turns = [
        async () => {
          await till.bringToFront();
          return { of: ours, ms: await checkOnce(till, operatorId) };
        },
        async () => {
          await raw.bringToFront();
          return { of: theirs, ms: await raw.evaluate((asked) => globalThis.rawArgon2(asked), profile) };
        },
      ];
      for (const turn of round % 2 === 0 ? turns : turns.toReversed()) {
        const { of, ms } = await turn();
        if (round >= 0) of.push(ms);
      }
    }
    const [checkMs, rawMs] = [median(ours), median(theirs)];
    return {
      name: "pin",
      metrics: {
        checkMs: rounded(checkMs, 1),
        rawMs: rounded(rawMs, 1),
        heapGrowthMb100: rounded(memory.peakMb, 1),
        restGrowthMb100: rounded(memory.atRestMb, 1),
        profile: number,
        memoryKib: profile.memoryKib,
        iterations: profile.iterations,
        checks: forMemory,
        rounds: counted,
      },
      ratios: { vsRawHashWasm: rounded(checkMs / rawMs, 2) },
    };
  } finally {
    await rig?.close({ keep: false });
    await site.stop();
    await rm(folder, { recursive: true, force: true });
  }
};

/** How much more the page holds at the peak of a check, and at rest, after so many checks. */
async function measureMemory(
  till: Page,
  operatorId: string,
  checks: number,
): Promise<{ readonly peakMb: number; readonly atRestMb: number }> {
  const memory = await watchMemory(till);
  const some = Math.min(5, checks);
  const peakOf = async (): Promise<number> => {
    memory.beginPeak();
    for (let check = 0; check < some; check += 1) await checkOnce(till, operatorId);
    return memory.peak();
  };
  const before = { peak: await peakOf(), rest: await memory.atRest() };
  for (let check = 0; check < checks - some; check += 1) await checkOnce(till, operatorId);
  const after = { peak: await peakOf(), rest: await memory.atRest() };
  return { peakMb: after.peak - before.peak, atRestMb: after.rest - before.rest };
}

/** dist/ as the checkout is now; what the build says goes to standard error. */
async function buildPages(): Promise<void> {
  const child = spawn(process.execPath, ["server/start.mjs", "--build-only"], {
    cwd: resolve(import.meta.dirname, ".."),
    stdio: ["ignore", 2, 2],
  });
  const code = await new Promise((done) => child.once("exit", done));
  if (code !== 0) throw new Error("the pages could not be built: see the message above");
}
