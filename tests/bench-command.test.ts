import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "..");

function bench(...words: readonly string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [join(root, "bench", "main.ts"), ...words], {
    cwd: root,
    encoding: "utf8",
  });
}

describe("npm run bench", () => {
  it("lists its benchmarks as one line of JSON and nothing beside it", () => {
    const { status, stdout } = bench("list", "--json");
    expect(status).toBe(0);
    expect(stdout.endsWith("\n")).toBe(true);
    expect(stdout.trim().split("\n")).toHaveLength(1);
    const line = JSON.parse(stdout) as { name: string; metrics: { names: string[] }; ratios: object };
    expect(line).toEqual({ name: "list", metrics: { names: line.metrics.names }, ratios: {} });
    for (const name of ["startup", "journal", "catch-up", "soak", "pin", "pin-attack"]) {
      expect(line.metrics.names).toContain(name);
    }
  });

  it("refuses a name it does not know, and says which it knows", () => {
    for (const name of ["nothing", "toString"]) {
      const { status, stdout, stderr } = bench(name, "--json");
      expect(status).toBe(2);
      expect(stdout).toBe("");
      expect(stderr).toContain("startup");
    }
  });
});
