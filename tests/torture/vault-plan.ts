// Which check a round kills, and at which of its steps.
import type { Target } from "./check-steps.ts";
import { CHECKS, type Check } from "./vault-judge.ts";

export interface VaultPlan {
  readonly seed: number;
  readonly check: Check;
  readonly target: Target;
}

/** Every step of each check, as they were seen when nobody was killed. */
export type KnownSteps = Readonly<Record<Check, readonly string[]>>;

/** Argon2 and what follows take about so long; a kill may fall into the middle of it. */
const LONGEST_AFTER_MS = 120;
/** One round in so many lets the step pass and kills a moment later. */
const ONE_LATER_IN = 4;
/** No multiple of the number of steps: neighbouring rounds fall far apart, and all steps come in turn. */
const STRIDE = 7;

/** The rounds go through the checks in turn, and through each one's steps. */
export function planVaultRound(seed: number, known: KnownSteps): VaultPlan {
  const check = CHECKS[seed % CHECKS.length] ?? "wrong-pin";
  const steps = known[check];
  const turn = Math.floor(seed / CHECKS.length);
  const at = (turn * stride(steps.length)) % steps.length;
  const name = steps[at] ?? "";
  const nth = steps.slice(0, at + 1).filter((one) => one === name).length;
  const isLater = turn % ONE_LATER_IN === ONE_LATER_IN - 1;
  const thenMs = isLater ? (seed * 37) % LONGEST_AFTER_MS : null;
  return { seed, check, target: { name, nth, thenMs } };
}

function stride(length: number): number {
  return length % STRIDE === 0 ? STRIDE + 1 : STRIDE;
}
