/**
 * What time it is for a till that nobody can set right (PROTOCOL §8). A mark only ever moves by a server's
 * signed answer or by plausible running on; a clock set back revives nothing, a clock that jumped ahead
 * poisons nothing.
 */

/** The mark M and the monotonic reading that belongs to it. */
export interface TimeMark {
  /** The latest moment this till believes to have been. */
  readonly markMs: number;
  /** The last moment a verified answer of the server named; the mark is never lowered under it. */
  readonly anchorMs: number;
  /**
   * So far the device's clock stood before the server's time at that answer; absent where nobody noted it.
   */
  readonly aheadMs?: number;
}

export type Quality = "anchored" | "plausible" | "back" | "leap";

export interface TimeReading {
  readonly nowMs: number;
  readonly quality: Quality;
  /** The mark to keep. */
  readonly mark: TimeMark;
}

/** A clock may stand this far behind the mark and still be believed. */
export const BACK_TOLERANCE_MS: number = 2 * 60 * 1000;
/** A till may have been off this long; a clock further ahead is a leap. */
export const LEAP_LIMIT_MS: number = 16 * 24 * 60 * 60 * 1000;
/** An answer that took longer than this says too little about now. */
export const ANCHOR_ROUND_TRIP_MS = 10_000;

/**
 * Reads the time. `sinceMarkMs` is the monotonic time since the mark was kept (0 after a restart, when nobody
 * counted), `clockMs` what the device's clock says. `anchoredHere`: a server answer set the mark since this
 * start. A clock that was wrong when the server last spoke is read as that much wrong, where this can be
 * believed: else an hour's error would be back a moment after each answer.
 */
export function readTime(
  mark: TimeMark,
  sinceMarkMs: number,
  clockMs: number,
  anchoredHere: boolean,
): TimeReading {
  const counted = mark.markMs + sinceMarkMs;
  const { aheadMs = 0 } = mark;
  // Put right meanwhile, the clock is believed as it stands.
  if (aheadMs !== 0 && isBelieved(clockMs - aheadMs, counted)) clockMs -= aheadMs;
  if (clockMs < counted - BACK_TOLERANCE_MS)
    return { nowMs: counted, quality: "back", mark: { ...mark, markMs: counted } };
  // M stays: had the leap been kept, a clock put right afterwards would read as set back for ever.
  if (clockMs > counted + LEAP_LIMIT_MS) return { nowMs: counted, quality: "leap", mark };
  const nowMs = Math.max(clockMs, counted);
  return { nowMs, quality: anchoredHere ? "anchored" : "plausible", mark: { ...mark, markMs: nowMs } };
}

function isBelieved(clockMs: number, countedMs: number): boolean {
  return clockMs >= countedMs - BACK_TOLERANCE_MS && clockMs <= countedMs + LEAP_LIMIT_MS;
}

/**
 * The mark after a verified answer: it moves either way. `clockMs`: what the device's clock says now. Null
 * when the round trip was too long to tell.
 */
export function anchor(serverMs: number, roundTripMs: number, clockMs: number): TimeMark | null {
  if (roundTripMs > ANCHOR_ROUND_TRIP_MS || roundTripMs < 0) return null;
  return { markMs: serverMs, anchorMs: serverMs, aheadMs: clockMs - serverMs };
}
