import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { firstBroken, type Play } from "./guard-in-schedules.ts";
import { runTests } from "./guard-in-tests.ts";
import type { Guard } from "./guard.ts";
import { GUARDS } from "./guards.ts";

// `npm run test:guards [-- --only NAME,…] [--seeds N] [--from S] [--lanes L]`
// Takes each guard away in turn and looks whether anybody notices: the simulation within N schedules, or the
// ordinary test that the guard names. Whatever turned red is then run once more with every guard in place,
// and must be green: else it was no guard that was noticed. The last line is JSON: {guards, noticed}.

const { values } = parseArgs({
  options: {
    only: { type: "string", default: "" },
    seeds: { type: "string", default: "300" },
    from: { type: "string", default: "1" },
    lanes: { type: "string", default: String(availableParallelism()) },
  },
});
const [seeds, from, lanes] = [Number(values.seeds), Number(values.from), Number(values.lanes)];
const only = values.only === "" ? [] : values.only.split(",");
const strangers = only.filter((name) => GUARDS.every((guard) => guard.name !== name));
if (
  ![seeds, from, lanes].every((count) => Number.isSafeInteger(count) && count > 0) ||
  strangers.length > 0
) {
  console.error(`--seeds, --from and --lanes are whole numbers; no guard ${strangers.join(", ") || "wrong"}`);
  process.exit(2);
}

const guards = GUARDS.filter(({ name }) => only.length === 0 || only.includes(name));
const unnoticed: string[] = [];
const redAnyway: string[] = [];
const redTests: NonNullable<Guard["test"]>[] = [];
const waiting = [...guards];
await Promise.all(Array.from({ length: lanes }, () => lane()));
const sound = await withEveryGuard();
for (const name of unnoticed) console.log(`NOT NOTICED: ${name}`);
console.log(JSON.stringify({ guards: guards.length, noticed: guards.length - unnoticed.length }));
process.exit(unnoticed.length === 0 && sound ? 0 : 1);

async function lane(): Promise<void> {
  for (let guard = waiting.shift(); guard; guard = waiting.shift()) {
    const says = await noticedBy(guard).catch((cause: unknown) => {
      console.error(`${guard?.name ?? ""}: ${cause instanceof Error ? cause.message : String(cause)}`);
      return null;
    });
    if (says === null) unnoticed.push(guard.name);
    console.log(`${guard.name}: ${says ?? "nobody notices"}`);
  }
}

/** Who noticed, and what it said; null when nobody did. */
async function noticedBy({ name, bias, test }: Guard): Promise<string | null> {
  if (test) {
    const { failed } = await runTests([test], name);
    if (failed.length === 0) return null;
    redTests.push(test);
    return `${test.file}: ${failed[0] ?? ""}`;
  }
  for (let seed = from; seed < from + seeds; seed++) {
    const plays = Array.from({ length: from + seeds - seed }, (_, at): Play => ({ seed: seed + at, bias }));
    const broken = await firstBroken(plays, name);
    if (broken === null) return null;
    const says = `seed ${broken.play.seed}: ${broken.says}`;
    if ((await firstBroken([broken.play], null)) === null) return says;
    // A fault of its own: it says nothing of this guard, and must not be lost.
    redAnyway.push(`${says} (${JSON.stringify(bias ?? {})})`);
    ({ seed } = broken.play);
  }
  return null;
}

/** Are the tests that were red green with every guard in place? */
async function withEveryGuard(): Promise<boolean> {
  const tests = redTests.length === 0 ? null : await runTests(redTests, null);
  redAnyway.push(...(tests?.failed ?? []));
  for (const says of redAnyway) console.log(`RED WITH EVERY GUARD: ${says}`);
  return redAnyway.length === 0;
}
