/**
 * What a thief can do who has copied a till's storage at the level «basic»: guesses of one core in a second
 * against profile 1 (Argon2id, 19 MiB, 2 passes), as native code makes them. `npm run bench -- pin-attack`
 * measures it anew.
 */
export const GUESSES_PER_CORE_PER_S = 130;
const CORES = 8;

/** Tries that a PIN of six digits leaves. */
export const PIN_GUESSES = 1_000_000;

/** What is told of: how long the digits are, and how many tries they leave at most. */
export const DIGIT_FIGURES: readonly { readonly digits: number; readonly guesses: number }[] = [4, 6, 8].map(
  (digits) => ({ digits, guesses: 10 ** digits }),
);

/** Seconds that a computer with eight cores needs for so many guesses. */
export function guessingTimeS(guesses: number): number {
  return guesses / (GUESSES_PER_CORE_PER_S * CORES);
}

export type SpanUnit = "moment" | "seconds" | "minutes" | "hours" | "days" | "years" | "ages";
/** A length of time as people say it; `count` is 0 where the unit has none. */
export interface Span {
  readonly unit: SpanUnit;
  readonly count: number;
}

const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;
const YEAR_S = 365 * DAY_S;

/** `seconds` in the largest unit that still says something: 961 s are 16 minutes. */
export function spanOf(seconds: number): Span {
  if (seconds < 1) return { unit: "moment", count: 0 };
  if (seconds < 90) return { unit: "seconds", count: Math.round(seconds) };
  if (seconds < 90 * MINUTE_S) return { unit: "minutes", count: Math.round(seconds / MINUTE_S) };
  if (seconds < 36 * HOUR_S) return { unit: "hours", count: Math.round(seconds / HOUR_S) };
  if (seconds < 700 * DAY_S) return { unit: "days", count: Math.round(seconds / DAY_S) };
  const years = Math.round(seconds / YEAR_S);
  return years <= 1000 ? { unit: "years", count: years } : { unit: "ages", count: 0 };
}
