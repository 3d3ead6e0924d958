/**
 * How often a secret may be tried (PROTOCOL §10). A subject (an operator, a code) is slowed down and then
 * locked; the device as a whole only slows down, so that a prankster at the pad stops neither cash nor the
 * manager (G24).
 */
export interface Attempts {
  /** Tries counted since the last success; written before each check, so a kill never gives one back. */
  readonly count: number;
  /**
   * Monotonic reading of the last counted try; null when this start counted none: the wait then begins anew.
   */
  readonly lastAtMonotonicMs: number | null;
}

export const NO_ATTEMPTS: Attempts = { count: 0, lastAtMonotonicMs: null };
/** So many wrong tries are free; the next ones wait. */
export const FREE_TRIES = 5;
/** With this many the subject is locked. */
export const LOCK_AT = 10;
/** From this many tries on a device, whatever the subject, each one waits. */
export const DEVICE_SLOW_FROM = 10;
export const DEVICE_WAIT_MS = 30_000;

const MINUTE_MS = 60_000;
/** What to wait after the n-th wrong try before the next one. */
const WAITS_MS: ReadonlyMap<number, number> = new Map([
  [5, MINUTE_MS / 2],
  [6, MINUTE_MS],
  [7, 5 * MINUTE_MS],
  [8, 15 * MINUTE_MS],
  [9, 15 * MINUTE_MS],
]);

export type MayTry =
  | { readonly kind: "yes"; readonly triesLeft: number }
  | { readonly kind: "wait"; readonly waitMs: number; readonly tries: number }
  | { readonly kind: "locked" };

/**
 * May this subject be tried now? `nowMonotonicMs` runs from the start of this process and is never set back.
 * With `locks` false (the vault's passphrase: nobody could unlock it) the longest wait stands in for the
 * lock.
 */
export function mayTry(subject: Attempts, nowMonotonicMs: number, locks: boolean = true): MayTry {
  if (locks && subject.count >= LOCK_AT) return { kind: "locked" };
  const after = Math.min(subject.count, LOCK_AT - 1);
  const waitMs = remaining(subject, WAITS_MS.get(after) ?? 0, nowMonotonicMs);
  if (waitMs > 0) return { kind: "wait", waitMs, tries: subject.count };
  return {
    kind: "yes",
    triesLeft: subject.count < FREE_TRIES ? FREE_TRIES - subject.count : LOCK_AT - subject.count,
  };
}

/** May this device try anything of this class now? It slows down and never locks. */
export function mayTryOnDevice(device: Attempts, nowMonotonicMs: number): MayTry {
  const waitMs = remaining(device, device.count >= DEVICE_SLOW_FROM ? DEVICE_WAIT_MS : 0, nowMonotonicMs);
  if (waitMs > 0) return { kind: "wait", waitMs, tries: device.count };
  return { kind: "yes", triesLeft: LOCK_AT };
}

/** The count after one more try, to be on disk before the try is judged. */
export function counted(before: Attempts, nowMonotonicMs: number): Attempts {
  return { count: before.count + 1, lastAtMonotonicMs: nowMonotonicMs };
}

// After a restart nobody knows how long the till was off: the whole wait starts anew at the first question.
function remaining(attempts: Attempts, waitMs: number, nowMonotonicMs: number): number {
  if (waitMs === 0) return 0;
  const lastAt = attempts.lastAtMonotonicMs ?? 0;
  return Math.max(0, lastAt + waitMs - nowMonotonicMs);
}
