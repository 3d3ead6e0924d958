import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as clock from "#domain/clock.ts";
import type { TimeMark } from "#domain/clock.ts";

const MARK_MS = 1_764_000_000_000;
const mark: TimeMark = { markMs: MARK_MS, anchorMs: MARK_MS - 1000 };
const minute = 60_000;
const day = 86_400_000;

describe("PROTOCOL §8: what time it is", () => {
  it("B9: a clock that runs on as it should is believed, and moves the mark", () => {
    expect(clock.readTime(mark, minute, MARK_MS + minute + 5, false)).toEqual({
      nowMs: MARK_MS + minute + 5,
      quality: "plausible",
      mark: { markMs: MARK_MS + minute + 5, anchorMs: mark.anchorMs },
    });
  });

  it("an anchored till says so, a till that only counts says plausible", () => {
    expect(clock.readTime(mark, 0, MARK_MS, true).quality).toBe("anchored");
    expect(clock.readTime(mark, 0, MARK_MS, false).quality).toBe("plausible");
  });

  it("two minutes behind are borne, a millisecond more is set back; now runs on from the mark", () => {
    const counted = MARK_MS + minute;
    const at = (clockMs: number): ReturnType<typeof clock.readTime> =>
      clock.readTime(mark, minute, clockMs, true);
    expect(at(counted - clock.BACK_TOLERANCE_MS)).toMatchObject({ nowMs: counted, quality: "anchored" });
    expect(at(counted - clock.BACK_TOLERANCE_MS - 1)).toMatchObject({ nowMs: counted, quality: "back" });
    expect(at(0)).toMatchObject({ nowMs: counted, quality: "back", mark: { markMs: counted } });
    expect(clock.BACK_TOLERANCE_MS).toBe(2 * minute);
  });

  it("sixteen days ahead are borne, a millisecond more is a leap that moves nothing", () => {
    const at = (clockMs: number): ReturnType<typeof clock.readTime> => clock.readTime(mark, 0, clockMs, true);
    const limit = MARK_MS + clock.LEAP_LIMIT_MS;
    expect(at(limit)).toMatchObject({ nowMs: limit, quality: "anchored", mark: { markMs: limit } });
    expect(at(limit + 1)).toEqual({ nowMs: MARK_MS, quality: "leap", mark });
    expect(clock.LEAP_LIMIT_MS).toBe(16 * day);
  });

  it("B9: a clock that leapt and was put right is believed again: the leap has poisoned nothing", () => {
    const leapt = clock.readTime(mark, minute, MARK_MS + 400 * day, false);
    const right = clock.readTime(leapt.mark, 2 * minute, MARK_MS + 2 * minute, false);
    expect(right).toMatchObject({ nowMs: MARK_MS + 2 * minute, quality: "plausible" });
  });

  it("B9: whatever the clock shows and however it is turned, now never runs backwards", () => {
    const turns = fc.array(
      fc.record({
        passedMs: fc.nat({ max: 3 * day }),
        clockMs: fc.oneof(
          fc.integer({ min: MARK_MS - 800 * day, max: MARK_MS + 800 * day }),
          fc.integer({ min: MARK_MS - 5 * minute, max: MARK_MS + 20 * day }),
        ),
      }),
      { maxLength: 40 },
    );
    const ahead = fc.integer({ min: -800 * day, max: 800 * day });
    const forward = fc.property(turns, ahead, (readings, aheadMs) => {
      let kept: TimeMark = { ...mark, aheadMs };
      let sinceMarkMs = 0;
      let last = kept.markMs;
      for (const { passedMs, clockMs } of readings) {
        sinceMarkMs += passedMs;
        const reading = clock.readTime(kept, sinceMarkMs, clockMs, false);
        expect(reading.nowMs).toBeGreaterThanOrEqual(last);
        expect(reading.mark.anchorMs).toBe(mark.anchorMs);
        if (reading.mark.markMs !== kept.markMs) sinceMarkMs = 0;
        kept = reading.mark;
        last = reading.nowMs;
      }
    });
    expect(() => fc.assert(forward, { numRuns: 500 })).not.toThrow();
  });

  it("after a restart nobody counted: the mark is where time goes on from", () => {
    expect(clock.readTime(mark, 0, MARK_MS - day, false)).toMatchObject({ nowMs: MARK_MS, quality: "back" });
    expect(clock.readTime(mark, 0, MARK_MS + day, false)).toMatchObject({ nowMs: MARK_MS + day });
  });
});

describe("PROTOCOL §8: a clock that was wrong when the server last spoke", () => {
  const hour = 60 * minute;
  const wrongBy = (aheadMs: number): TimeMark => ({ markMs: MARK_MS, anchorMs: MARK_MS, aheadMs });

  it.each([-hour, hour, 5 * day, -400 * day, 3650 * day])(
    "B9: %i ms wrong, it is read as that much wrong, while the till runs and after it was off",
    (aheadMs) => {
      for (const [since, passed] of [
        [3 * hour, 3 * hour],
        [0, 3 * day],
      ] as const) {
        const reading = clock.readTime(wrongBy(aheadMs), since, MARK_MS + passed + aheadMs, true);
        expect(reading).toMatchObject({ nowMs: MARK_MS + passed, quality: "anchored", mark: { aheadMs } });
      }
    },
  );

  it("put right by hand, it is believed as it stands", () => {
    for (const aheadMs of [hour, 3650 * day, -400 * day]) {
      const reading = clock.readTime(wrongBy(aheadMs), minute, MARK_MS + minute, false);
      expect(reading).toMatchObject({ nowMs: MARK_MS + minute, quality: "plausible" });
    }
  });

  it("turned somewhere else, it is set back or a leap as ever, and time runs on from the mark", () => {
    const at = (clockMs: number): unknown => clock.readTime(wrongBy(hour), minute, clockMs, false);
    expect(at(MARK_MS - day)).toMatchObject({ nowMs: MARK_MS + minute, quality: "back" });
    expect(at(MARK_MS + 400 * day)).toMatchObject({ nowMs: MARK_MS + minute, quality: "leap" });
  });
});

describe("PROTOCOL §8: the server's answer", () => {
  it("sets mark and anchor, either way", () => {
    for (const serverMs of [MARK_MS - 100 * day, MARK_MS + 100 * day]) {
      const aheadMs = MARK_MS - serverMs;
      const set = { markMs: serverMs, anchorMs: serverMs, aheadMs };
      expect(clock.anchor(serverMs, 300, MARK_MS)).toEqual(set);
    }
  });

  it("tells nothing when it took longer than ten seconds, or less than no time", () => {
    expect(clock.anchor(MARK_MS, clock.ANCHOR_ROUND_TRIP_MS, MARK_MS)).not.toBeNull();
    expect(clock.anchor(MARK_MS, clock.ANCHOR_ROUND_TRIP_MS + 1, MARK_MS)).toBeNull();
    expect(clock.anchor(MARK_MS, -1, MARK_MS)).toBeNull();
    expect(clock.ANCHOR_ROUND_TRIP_MS).toBe(10_000);
  });
});
