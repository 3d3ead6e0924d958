import "fake-indexeddb/auto";
import { parseArgs } from "node:util";

// `npm run simulate -- --seeds N --from S [--server real|stand-in] [--steps]`
// Runs seeds S … S+N−1. The last line is JSON; exit 1 and the seed's name with the first broken invariant.

const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    from: { type: "string", default: "1" },
    server: { type: "string", default: "real" },
    steps: { type: "boolean", default: false },
  },
});
const seeds = Number(values.seeds);
const from = Number(values.from);
if (!Number.isSafeInteger(seeds) || seeds < 1 || !Number.isSafeInteger(from) || from < 0) {
  console.error("--seeds and --from are whole numbers");
  process.exit(2);
}

// Loaded after the database stands in its place: Dexie looks for it once, when it is loaded.
const { simulate } = await import("./simulate.ts");
const done = await simulate({
  seeds,
  from,
  server: values.server === "stand-in" ? "stand-in" : "real",
  stopAtFirst: true,
});
for (const { seed, broken, steps } of done.broken) {
  console.log(`seed ${seed}: ${broken ?? ""}`);
  if (values.steps) console.log(steps.join("\n"));
}
const { schedules, perSecond } = done;
console.log(JSON.stringify({ schedules, broken: done.broken.length, perSecond }));
process.exit(done.broken.length === 0 ? 0 : 1);
