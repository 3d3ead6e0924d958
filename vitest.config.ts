import { defineConfig } from "vitest/config";

const everywhere = { environment: "node", restoreMocks: true, unstubGlobals: true } as const;

/** Tests are grouped by what they need: nothing, a database in memory, a real server, a real browser. */
export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  test: {
    // Tests cut the power by closing the database under a running engine; what that engine still asks of it
    // is nobody's concern. In the product the database is never closed under its engine.
    onUnhandledError: (error) => error.name !== "DatabaseClosedError",
    projects: [
      {
        extends: true,
        test: {
          ...everywhere,
          name: "unit",
          include: [
            "tests/*.test.ts",
            "tests/{domain,protocol,devices,ui,till,office,contract}/**/*.test.{ts,tsx}",
          ],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          ...everywhere,
          name: "storage",
          include: ["tests/{storage,engine,workers,attacks}/**/*.test.ts"],
          setupFiles: ["fake-indexeddb/auto"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        extends: true,
        test: {
          ...everywhere,
          name: "server",
          include: ["tests/server/**/*.test.ts"],
          globalSetup: ["tests/server/cluster-for-all.ts"],
          testTimeout: 60_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          ...everywhere,
          name: "simulation",
          include: ["tests/simulation/**/*.test.ts"],
          setupFiles: ["fake-indexeddb/auto"],
          testTimeout: 300_000,
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          ...everywhere,
          name: "e2e",
          include: ["tests/e2e/**/*.test.ts"],
          // One browser at a time: two would share the two cores and make every wait a guess.
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 240_000,
          hookTimeout: 240_000,
        },
      },
      {
        extends: true,
        test: {
          ...everywhere,
          name: "torture",
          include: ["tests/torture/**/*.test.ts"],
          // One shop at a time: what is measured here is what a kill leaves, not who got the processor.
          fileParallelism: false,
          maxWorkers: 1,
          testTimeout: 300_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
