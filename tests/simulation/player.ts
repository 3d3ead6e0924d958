import "fake-indexeddb/auto";
import { registerHooks } from "node:module";
import { parseArgs } from "node:util";
import { takeGuardAway } from "./take-guard-away.ts";
import type { Verdict } from "./schedule.ts";
import type { Bias } from "./steps.ts";

// One process of the simulation: sets the platform up before anything of ours is loaded, then plays one seed
// after the other as it is handed them.

/** The next seed to play; null: there is none. */
export interface PlayerOrder {
  readonly seed: number | null;
  readonly bias?: Bias;
}

export type PlayerReport =
  | { readonly kind: "ready" }
  | { readonly kind: "played"; readonly verdict: Verdict };

const { values } = parseArgs({
  options: { server: { type: "string", default: "pglite" }, mutate: { type: "string" } },
});
if (values.mutate !== undefined) takeGuardAway(values.mutate);

const realTime = values.server === "postgres";
if (!realTime) {
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === "@node-rs/argon2"
        ? next(new URL("quick-argon2.ts", import.meta.url).href, context)
        : next(specifier, context),
  });
  const { useQuickCrypto } = await import("./quick-crypto.ts");
  const { useQuickPlatform } = await import("./quick-platform.ts");
  useQuickCrypto();
  useQuickPlatform();
}

const { runSchedule } = await import("./schedule.ts");
const house = realTime
  ? await (await import("./postgres-house.ts")).openPostgresHouse()
  : await (await import("./pglite-house.ts")).openPgliteHouse();

process.on("message", ({ seed, bias }: PlayerOrder) => {
  if (seed === null) {
    void house.close().then(() => process.exit(0));
    return;
  }
  void runSchedule(seed, house, bias).then((verdict) => tell({ kind: "played", verdict }));
});
tell({ kind: "ready" });

function tell(report: PlayerReport): void {
  process.send?.(report);
}
