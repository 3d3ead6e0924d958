import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";

// Schedules are played in processes of their own, without the test runner's transformations: they sit on both
// cores, and a seed is played here as `npm run simulate -- --from SEED --seeds 1 --steps` plays it again.

/** Far more than either run needs: counted, not timed, and a busy machine is no fault of a till. */
const ONE_RUN_MS = 30 * 60_000;
const run = promisify(execFile);
const command = fileURLToPath(new URL("run.ts", import.meta.url));

async function simulate(...args: readonly string[]): Promise<string> {
  try {
    return (await run(process.execPath, [command, ...args])).stdout;
  } catch (cause) {
    // What it printed names the seeds.
    return (cause as { readonly stdout?: string }).stdout ?? String(cause);
  }
}

describe("a street of tills and the real server with everything going wrong (DESIGN §11)", () => {
  it(
    "I1–I12: hold after every step of 2,000 seeded schedules",
    async () => {
      const printed = await simulate("--seeds", "2000", "--from", "1");
      expect(printed).toMatch(/^\{"schedules":2000,"broken":0,/mu);
    },
    ONE_RUN_MS,
  );

  it(
    "I1–I12: hold on a PostgreSQL with many connections, in 12 schedules",
    async () => {
      const printed = await simulate(
        "--seeds",
        "12",
        "--from",
        "10001",
        "--server",
        "postgres",
        "--players",
        "1",
      );
      expect(printed).toMatch(/^\{"schedules":12,"broken":0,/mu);
    },
    ONE_RUN_MS,
  );
});
