// `npm test`: every check there is, in one run. The last line is `N passed, N failed`.
//   node tests/run.mjs [STAGE…]   runs only the named stages (`npm run check` names those without tests)
// A check without tests of its own (format, lint, types, knip, build, size) counts as one.
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buildPages, installDependencies, pinnedNode, rootDir, run } from "../server/prepare.mjs";

const bin = (name) => join(rootDir, "node_modules", ".bin", name);

/** Stages in the order in which they tell most for least time. Each answers how many passed and failed. */
const stages = {
  format: () => check(bin("oxfmt"), ["--check", "."]),
  lint: () => check(bin("oxlint"), ["--deny-warnings"]),
  types: () => check(bin("tsc"), ["-b"]),
  knip: () => check(bin("knip"), ["--no-progress"]),
  unit: () => tests("unit", ["tests/domain"]),
  storage: () => tests("storage", ["tests/storage", "tests/engine", "tests/workers", "tests/attacks"]),
  server: () => tests("server", ["tests/server"]),
  simulation: () => tests("simulation", ["tests/simulation"]),
  build: async () => {
    await buildPages();
    return { passed: 1, failed: 0 };
  },
  size: async () => {
    await buildPages();
    return await check(bin("size-limit"), []);
  },
  e2e: async () => {
    await provideChromium();
    await buildPages();
    return await tests("e2e", ["tests/e2e"]);
  },
  torture: async () => {
    await provideChromium();
    await buildPages();
    return await tests("torture", ["tests/torture"]);
  },
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in stages));
if (unknown.length > 0) {
  console.error(`No stage ${unknown.join(", ")}. There are: ${Object.keys(stages).join(", ")}`);
  process.exit(2);
}

let passed = 0;
let failed = 0;
const lines = [];
await stage("install", async () => {
  await installDependencies();
  return { passed: 0, failed: 0 };
});
for (const [name, work] of Object.entries(stages)) {
  if (asked.length === 0 || asked.includes(name)) await stage(name, work);
}
console.log(`\n${lines.join("\n")}\n`);
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);

async function stage(name, work) {
  console.log(`\n== ${name}`);
  const startedMs = performance.now();
  let result;
  try {
    result = await work();
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    result = { passed: 0, failed: 1 };
  }
  passed += result.passed;
  failed += result.failed;
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  const [ok, bad] = [String(result.passed).padStart(5), String(result.failed).padStart(4)];
  lines.push(`${name.padEnd(12)} ${ok} passed ${bad} failed ${seconds.padStart(8)} s`);
  console.log(`== ${name}: ${result.passed} passed, ${result.failed} failed, ${seconds} s`);
}

async function check(command, args) {
  const code = await run(command, args);
  return code === 0 ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 };
}

/**
 * Runs one vitest project and counts its tests. A stage whose folders do not exist yet has nothing to say;
 * one that has folders and runs no test has failed, because a renamed folder would otherwise make it pass for
 * ever.
 */
async function tests(project, folders) {
  if (!folders.some((folder) => existsSync(join(rootDir, folder)))) {
    console.log(`${folders.join(", ")}: not there yet`);
    return { passed: 0, failed: 0 };
  }
  const scratch = await mkdtemp(join(tmpdir(), "guitai-tests-"));
  try {
    const report = join(scratch, "report.json");
    const vitest = join(rootDir, "node_modules", "vitest", "vitest.mjs");
    const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
    const code = await run(pinnedNode, [vitest, "run", "--project", project, ...reporters]);
    if (!existsSync(report)) return { passed: 0, failed: 1 };
    const counts = JSON.parse(await readFile(report, "utf8"));
    const broken = counts.testResults.filter(
      (file) => file.status === "failed" && file.assertionResults.every((test) => test.status !== "failed"),
    );
    const failures = counts.numFailedTests + counts.numPendingTests + counts.numTodoTests + broken.length;
    if (counts.numTotalTests === 0) console.error(`${project}: not one test ran`);
    const nothingRan = counts.numTotalTests === 0 || (code !== 0 && failures === 0);
    return { passed: counts.numPassedTests, failed: failures + (nothingRan ? 1 : 0) };
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Installs a Chromium when the machine has none: Debian's own as root on Debian, else Playwright's. */
async function provideChromium() {
  const look =
    "import('./tests/chromium.ts').then((c) => process.exit(c.findChromium() === undefined ? 1 : 0))";
  if ((await run(pinnedNode, ["-e", look])) === 0) return;
  console.log("Installing Chromium …");
  const asRoot = process.getuid?.() === 0;
  if (asRoot && existsSync("/usr/bin/apt-get")) {
    const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
    if ((await run("apt-get", ["update", "-qq"], { env })) !== 0) throw new Error("apt-get update failed");
    const packages = ["chromium", "fonts-noto-cjk"];
    const code = await run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", ...packages], {
      env,
    });
    if (code !== 0) throw new Error("apt-get could not install chromium");
    return;
  }
  const playwright = join(rootDir, "node_modules", "playwright-core", "cli.js");
  const code = await run(pinnedNode, [playwright, "install", "chromium"]);
  if (code !== 0) throw new Error("Playwright could not install a Chromium");
}
