// What a round does, drawn from its seed: customers, weather, and what is killed when.
import { Chance } from "../simulation/chance.ts";
import { FATES, type Fate, type Weather } from "./faulty-line.ts";

/** What can be killed or cut in a round. */
export type Blow = "browser" | "page" | "network-process" | "service-worker" | "server" | "database" | "line";

export interface PlannedBlow {
  readonly blow: Blow;
  /** After the beginning of the round. */
  readonly atMs: number;
  /** How long a cut line stays cut. */
  readonly forMs: number;
}

export interface Plan {
  readonly seed: number;
  readonly weather: Weather;
  readonly customers: number;
  readonly longestThinkMs: number;
  readonly blows: readonly PlannedBlow[];
  /** The last sale is keyed in on the glass; else it goes over the engine's link. */
  readonly lastByHand: boolean;
  /** The browser comes back with its other IndexedDB, which knows nothing of the first. */
  readonly changesBackend: boolean;
  /** Nothing is sold or pressed after the faults: the queue must drain by itself. */
  readonly patient: boolean;
}

/** The blows of a round come within this time. */
const ROUND_MS = 1600;

export function planRound(seed: number): Plan {
  const chance = new Chance(seed);
  const weights = Object.fromEntries(
    FATES.map((fate) => [fate, chance.happens(0.6) ? chance.between(1, 5) : 0]),
  ) as Record<Fate, number>;
  // The duplicate-makers always blow: they are what this is for.
  weights["reset-after"] += 2;
  weights["lost-answer"] += 2;
  const heavy: Record<string, number> = { browser: 4, page: 2, server: 3, database: 3, none: 1 };
  const blows: PlannedBlow[] = [];
  const at = (): number => chance.between(50, ROUND_MS);
  const strike = (blow: Blow, forMs = 0): void => {
    blows.push({ blow, atMs: at(), forMs });
  };
  const first = chance.weighted(heavy);
  if (first !== "none") strike(first as Blow);
  if (chance.happens(0.4)) {
    const second = chance.weighted({ ...heavy, [first]: 0 });
    if (second !== "none") strike(second as Blow);
  }
  for (let stops = chance.between(0, 2); stops > 0; stops -= 1) strike("service-worker");
  if (chance.happens(0.15)) strike("network-process");
  if (chance.happens(0.35)) strike("line", chance.between(50, 900));
  return {
    seed,
    weather: { share: chance.between(30, 85) / 100, weights, longestDelayMs: chance.between(50, 900) },
    customers: chance.between(12, 40),
    longestThinkMs: chance.between(10, 90),
    blows: blows.toSorted((a, b) => a.atMs - b.atMs),
    lastByHand: chance.happens(0.2),
    patient: chance.happens(0.03),
    changesBackend: chance.happens(0.03),
  };
}
