/** Key epochs are weeks counted from 2024-01-01 00:00 UTC, a Monday (PROTOCOL §9). */
const FIRST_EPOCH_MS = 1_704_067_200_000;
export const KEY_EPOCH_MS: number = 7 * 24 * 60 * 60 * 1000;
/**
 * Tills hold the current epoch's key and those of the next two, so that two weeks without a network cost
 * nothing.
 */
export const KEY_EPOCHS_AHEAD = 2;

/** The key epoch in which a moment lies; 0 for anything before the first. */
export function keyEpochAt(nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - FIRST_EPOCH_MS) / KEY_EPOCH_MS));
}

/** The epochs a till should hold now: current and ahead. */
export function keyEpochsWanted(nowMs: number): readonly number[] {
  const current = keyEpochAt(nowMs);
  return Array.from({ length: KEY_EPOCHS_AHEAD + 1 }, (_, ahead) => current + ahead);
}
