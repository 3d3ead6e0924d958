import { fork } from "node:child_process";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { GUARDS } from "./guards.ts";
import type { PlayerOrder, PlayerReport } from "./player.ts";
import type { Verdict } from "./schedule.ts";
import { STEPS, type Step } from "./steps.ts";

// `npm run simulate -- --seeds N [--from S] [--players P] [--server pglite|postgres] [--mutate GUARD]
//   [--often STEP,…] [--keep-going] [--steps]`
// Plays seeds S … S+N−1, divided among processes. The last line is JSON: {schedules, broken, perSecond}.
// Every seed that broke something is printed with the first invariant that does not hold; then the exit code
// is 1.

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    players: { type: "string", default: String(availableParallelism()) },
    server: { type: "string", default: "pglite" },
    mutate: { type: "string" },
    often: { type: "string", default: "" },
    "keep-going": { type: "boolean", default: false },
    steps: { type: "boolean", default: false },
  },
});
const [seeds, from, players] = [Number(values.seeds), Number(values.from), Number(values.players)];
if (![seeds, from, players].every((number) => Number.isSafeInteger(number)) || seeds < 1 || players < 1) {
  console.error("--seeds, --from and --players are whole numbers");
  process.exit(2);
}
if (values.mutate !== undefined && GUARDS.every(({ name }) => name !== values.mutate)) {
  console.error(`No guard ${values.mutate}. There are: ${GUARDS.map(({ name }) => name).join(", ")}`);
  process.exit(2);
}

/** Together they weigh about as much as half of all others. */
const OFTEN = 40;
/** No schedule needs a second of a quiet core: one that runs for so long never ends by itself. */
const NEVER_ENDS_MS = 120_000;

const often = values.often.split(",").filter((step) => step !== "");
if (!often.every((step): step is Step => step in STEPS)) {
  console.error(`There are these steps: ${Object.keys(STEPS).join(", ")}`);
  process.exit(2);
}
const sought = Object.fromEntries(often.map((step) => [step, OFTEN / often.length]));
const bias = { ...GUARDS.find(({ name }) => name === values.mutate)?.bias, ...sought };
const startedMs = performance.now();
let schedules = 0;
let handedOut = 0;
const broken: Verdict[] = [];
const ends = await Promise.all(Array.from({ length: Math.min(players, seeds) }, () => play()));
const perSecond = Math.round((schedules / (performance.now() - startedMs)) * 10_000) / 10;
console.log(JSON.stringify({ schedules, broken: broken.length, perSecond }));
process.exit(ends.every(Boolean) && broken.length === 0 ? 0 : 1);

/** Said at once: a run of hours is looked at while it goes on. */
function found(verdict: Verdict): void {
  broken.push(verdict);
  console.log(`seed ${verdict.seed}: ${verdict.broken ?? ""}`);
  if (values.steps) console.log(verdict.steps.join("\n"));
}

/** One process that plays what it is handed; answers whether it ended in peace. */
function play(): Promise<boolean> {
  const args = [
    "--server",
    values.server,
    ...(values.mutate === undefined ? [] : ["--mutate", values.mutate]),
  ];
  // Nearly all that a schedule makes is gone with it: with room for that the collector has little to copy.
  const execArgv = [...process.execArgv, "--max-semi-space-size=64"];
  const player = fork(new URL("player.ts", import.meta.url), args, { execArgv });
  return new Promise((resolve) => {
    let playing: number | null = null;
    let watchdog: NodeJS.Timeout | undefined;
    const next = (): void => {
      const stop = handedOut >= seeds || (broken.length > 0 && !values["keep-going"]);
      playing = stop ? null : from + handedOut++;
      clearTimeout(watchdog);
      if (playing !== null) watchdog = setTimeout(() => player.kill("SIGKILL"), NEVER_ENDS_MS);
      player.send({ seed: playing, bias } satisfies PlayerOrder);
    };
    player.on("message", (report: PlayerReport) => {
      if (report.kind === "played") {
        schedules++;
        if (report.verdict.broken !== null) found(report.verdict);
      }
      next();
    });
    player.on("exit", (code, signal) => {
      clearTimeout(watchdog);
      if (playing === null) {
        resolve(code === 0);
        return;
      }
      schedules++;
      found({
        seed: playing,
        broken: `the process ended with ${signal ?? code} in the middle of it`,
        steps: [],
      });
      // The seeds that are left are played all the same.
      resolve(play());
    });
  });
}
