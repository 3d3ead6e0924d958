import { spawnSync } from "node:child_process";
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// A wall that nobody has run against proves nothing: here somebody does, in a copy of the house without its
// people.

const root = join(import.meta.dirname, "..");
let house = "";

const trespasses: Record<string, readonly string[]> = {
  "src/domain/price.ts": ["export const price: number = 1;"],
  "src/domain/up.ts": ['import { wire } from "#protocol/wire.ts";', "export const up: number = wire;"],
  "src/domain/clock.ts": ["export const now: number = Date.now() + Math.random();"],
  "src/domain/net.ts": ['export const answer: unknown = fetch("/");'],
  "src/domain/left.ts": ['import { right } from "./right.ts";', "export const left: number = right;"],
  "src/domain/right.ts": ['import { left } from "./left.ts";', "export const right: number = left;"],
  "src/protocol/wire.ts": ['import { price } from "#domain/price.ts";', "export const wire: number = price;"],
  "src/protocol/ask.ts": ['export const asked: Promise<unknown> = fetch("/");'],
  "src/storage/rows.ts": ["export const rows: number = 1;"],
  "src/storage/cells.ts": ["export const cells: number = 1;"],
  "src/engine/table.ts": ['import { Dexie } from "dexie";', "export const table: string = Dexie.name;"],
  "src/till/reach.ts": ['import { rows } from "../storage/rows.ts";', "export const reach: number = rows;"],
  "src/till/alias.ts": ['import { cells } from "#storage/cells.ts";', "export const alias: number = cells;"],
  "src/till/careless.ts": [
    "export async function send(): Promise<void> {",
    '  await Promise.reject(new Error("lost"));',
    "}",
    "send();",
    'export function say(state: "paid" | "declined"): string {',
    '  switch (state) { case "paid": return "paid"; default: return "?"; }',
    "}",
    'console.log("here");',
  ],
  "server/direct.ts": [
    'import { rows } from "../src/storage/rows.ts";',
    "export const direct: number = rows;",
  ],
};

/** What a program prints, whether it is content or not. */
function said(program: string, args: readonly string[]): string {
  const path = join(root, "node_modules", ".bin", program);
  return spawnSync(path, args, { cwd: house, encoding: "utf8" }).stdout;
}

beforeAll(() => {
  house = mkdtempSync(join(tmpdir(), "guitai-layers-"));
  const kept = readdirSync(root).filter((name) =>
    /^(?:tsconfig.*\.json|\.oxlintrc\.json|package\.json)$/u.test(name),
  );
  const layers = readdirSync(join(root, "src")).map((name) => `src/${name}`);
  for (const path of [
    ...kept,
    ...[...layers, "workers", "server"].map((layer) => `${layer}/tsconfig.json`),
  ]) {
    mkdirSync(dirname(join(house, path)), { recursive: true });
    copyFileSync(join(root, path), join(house, path));
  }
  // Linked one by one: what the compiler notes in node_modules/.cache must stay in the copy.
  mkdirSync(join(house, "node_modules"));
  for (const name of readdirSync(join(root, "node_modules"))) {
    if (name !== ".cache") symlinkSync(join(root, "node_modules", name), join(house, "node_modules", name));
  }
  for (const [path, lines] of Object.entries(trespasses))
    writeFileSync(join(house, path), `${lines.join("\n")}\n`);
});

afterAll(() => {
  rmSync(house, { recursive: true, force: true });
});

describe("what the compiler refuses", () => {
  it("an import from a layer above, and a network in the domain", () => {
    const errors = said("tsc", ["-b", "src/domain"]);
    expect(errors).toContain("TS6307: File");
    expect(errors).toMatch(/up\.ts.*not listed within the file list of project '.*src\/domain/u);
    expect(errors).toMatch(/net\.ts.*Cannot find name 'fetch'/u);
  });

  it.each([
    ["src/till", "reach.ts", "a screen that opens the database"],
    ["src/till", "alias.ts", "the same by its alias"],
    ["server", "direct.ts", "a server that opens the till's database"],
  ])("%s/%s: %s", (layer, file) => {
    const errors = said("tsc", ["-b", layer]);
    expect(errors).toMatch(new RegExp(`${layer}/${file}.*TS6307`, "u"));
  });
});

describe("what the linter refuses, and where it sends you", () => {
  let report = "";
  beforeAll(() => {
    report = said("oxlint", ["--format=json"]);
  });

  it.each([
    ["src/domain/up.ts", "put the rule in #domain"],
    ["src/domain/clock.ts", "The caller brings the clock"],
    ["src/domain/clock.ts", "The caller brings the id"],
    ["src/domain/left.ts", "import(no-cycle)"],
    ["src/protocol/ask.ts", "the crossing is done in engine/ or server/"],
    ["src/engine/table.ts", "Only src/storage names Dexie"],
    ["src/till/reach.ts", "screens ask the engine"],
    ["src/till/alias.ts", "screens ask the engine"],
    ["src/till/careless.ts", "no-floating-promises"],
    ["src/till/careless.ts", "switch-exhaustiveness-check"],
    ["src/till/careless.ts", "no-console"],
    ["server/direct.ts", "reached through src/engine"],
  ])("%s: %s", (path, words) => {
    const { diagnostics } = JSON.parse(report) as { readonly diagnostics: readonly Diagnostic[] };
    const about = diagnostics.filter(({ filename }) => filename.endsWith(path));
    const messages = about.map(({ code, message, help }) => `${code} ${message} ${help ?? ""}`);
    expect(messages.join("\n")).toContain(words);
  });
});

interface Diagnostic {
  readonly code: string;
  readonly message: string;
  readonly help?: string;
  readonly filename: string;
}
