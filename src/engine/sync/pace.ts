import { MAX_PUSH_BYTES } from "#protocol/push.ts";

/**
 * How much goes into one push: so much that it ends in time on the line as it is. A batch that is too long
 * for 2G is cut off, sent again, cut off again, and nothing ever arrives.
 */

/** A batch should be through in this time; a request is given up after 20 s. */
const TARGET_MS = 8000;
/** The first guess, and the largest when nothing is known: 8 s of GPRS. */
export const FIRST_PACE_BYTES: number = 32 * 1024;
/** An entry of its own goes out whatever its length. */
export const LEAST_PACE_BYTES: number = 1024;
/** A line is believed to have become better by no more than this at a time. */
const GROWTH = 4;

/** The pace after a push of so many bytes took so long, or was not answered (null). */
export function nextPace(
  paceBytes: number,
  took: { readonly bytes: number; readonly ms: number } | null,
): number {
  if (took === null) return Math.max(LEAST_PACE_BYTES, Math.floor(paceBytes / GROWTH));
  const inTime = Math.floor((took.bytes / Math.max(1, took.ms)) * TARGET_MS);
  return Math.max(LEAST_PACE_BYTES, Math.min(MAX_PUSH_BYTES, paceBytes * GROWTH, inTime));
}
