import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Guard } from "./guard.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
const config = fileURLToPath(new URL("guards.vitest.mjs", import.meta.url));

/** What became of the tests that were asked for, by title. */
export interface TestsRun {
  readonly passed: readonly string[];
  readonly failed: readonly string[];
}

type Test = NonNullable<Guard["test"]>;

/** Runs these tests with a guard taken away, or with none. Throws when not one of them ran. */
export async function runTests(tests: readonly Test[], without: string | null): Promise<TestsRun> {
  const scratch = await mkdtemp(join(tmpdir(), "guards-"));
  try {
    const report = join(scratch, "report.json");
    const files = [...new Set(tests.map(({ file }) => file))];
    const titles = tests.map(({ title }) => title.replaceAll(/[.*+?^${}()|[\]\\]/gu, String.raw`\$&`));
    const reporters = ["--reporter=json", `--outputFile.json=${report}`];
    const args = [vitest, "run", "--config", config, ...reporters, "-t", titles.join("|"), ...files];
    const said = await run(args, without ?? "");
    return read(await readFile(report, "utf8").catch(() => "{}"), said);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

function run(args: readonly string[], without: string): Promise<string> {
  // What one guard's run has transformed must be nobody else's: the runner's cache does not know of guards.
  const env = { ...process.env, GUITAI_WITHOUT_GUARD: without, VITEST_FS_MODULE_CACHE: "false" };
  const child = spawn(process.execPath, args, { cwd: root, env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (piece) => (said += String(piece)));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", () => resolve(said));
  });
}

interface Report {
  readonly testResults?: readonly {
    readonly assertionResults: readonly { readonly status: string; readonly title: string }[];
  }[];
}

function read(text: string, said: string): TestsRun {
  const results = (JSON.parse(text) as Report).testResults ?? [];
  const all = results.flatMap((file) => file.assertionResults);
  const titled = (status: string): readonly string[] =>
    all.filter((test) => test.status === status).map(({ title }) => title);
  const [passed, failed] = [titled("passed"), titled("failed")];
  // A file that cannot even be loaded says nothing about the guard.
  if (passed.length + failed.length === 0) throw new Error(`guards: not one test ran: ${said.slice(-2000)}`);
  return { passed, failed };
}
