// `npm run bench -- NAME [--json]`: measures one thing and prints it as a table, or with --json as one line.
// `npm run bench -- list` names what there is.
import type { Benchmark, BenchmarkResult } from "./benchmark.ts";

const benchmarks: Readonly<Record<string, () => Promise<Benchmark>>> = {
  startup: async () => (await import("./startup.ts")).measureStartup,
  "catch-up": async () => (await import("./catch-up.ts")).measureCatchUp,
  soak: async () => (await import("./soak.ts")).measureSoak,
  journal: async () => (await import("./journal.ts")).measureJournal,
  ingest: async () => (await import("./ingest.ts")).measureIngest,
  pin: async () => (await import("./pin.ts")).measurePin,
  "pin-attack": async () => (await import("./pin-attack.ts")).measurePinAttack,
};

const given = process.argv.slice(2);
const json = given.includes("--json");
const [name, ...args] = given.filter((word) => word !== "--json");
const names = Object.keys(benchmarks);

if (name === "list") {
  print({ name: "list", metrics: { names }, ratios: {} });
} else {
  const load = name !== undefined && Object.hasOwn(benchmarks, name) ? benchmarks[name] : undefined;
  if (load === undefined) {
    console.error(name === undefined ? "Which benchmark?" : `There is no benchmark ${name}.`);
    console.error(`There are: ${names.join(", ")}. For example: npm run bench -- startup --json`);
    process.exit(2);
  }
  const measure = await load();
  print(await measure({ args, say: (words) => console.error(words) }));
}

function print(result: BenchmarkResult): void {
  if (json) {
    console.log(JSON.stringify(result));
    return;
  }
  const rows = [
    ...Object.entries(result.metrics),
    ...Object.entries(result.ratios).map(([key, ratio]) => [`${key} (ratio)`, ratio] as const),
  ].map(([key, value]) => [key, typeof value === "string" ? value : JSON.stringify(value)] as const);
  const width = Math.max(...rows.map(([key]) => key.length));
  console.log(result.name);
  for (const [key, value] of rows) console.log(`  ${key.padEnd(width)}  ${value}`);
}
