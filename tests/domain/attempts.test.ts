import fc from "fast-check";
import { describe, expect, it } from "vitest";
import * as attempts from "#domain/attempts.ts";
import type { Attempts } from "#domain/attempts.ts";

const minute = 60_000;
const after = (count: number, lastAtMonotonicMs: number | null = 0): Attempts => ({
  count,
  lastAtMonotonicMs,
});

describe("PROTOCOL §10: how often a secret may be tried", () => {
  it.each([
    [0, 0],
    [1, 0],
    [2, 0],
    [3, 0],
    [4, 0],
    [5, minute / 2],
    [6, minute],
    [7, 5 * minute],
    [8, 15 * minute],
    [9, 15 * minute],
  ])("C4: after wrong try %i the next waits %i ms, to the millisecond", (count, waitMs) => {
    expect(attempts.mayTry(after(count, 1000), 1000 + waitMs)).toMatchObject({ kind: "yes" });
    if (waitMs === 0) return;
    expect(attempts.mayTry(after(count, 1000), 1000)).toEqual({ kind: "wait", waitMs, tries: count });
    expect(attempts.mayTry(after(count, 1000), 999 + waitMs)).toEqual({
      kind: "wait",
      waitMs: 1,
      tries: count,
    });
  });

  it("the tenth locks the subject, however long one waits", () => {
    for (const count of [10, 11, 500]) {
      expect(attempts.mayTry(after(count), Number.MAX_SAFE_INTEGER)).toEqual({ kind: "locked" });
    }
  });

  it("says how many tries are left: before the first wait, then before the lock", () => {
    const left = (count: number): unknown => attempts.mayTry(after(count), 60 * minute);
    expect([0, 4, 5, 9].map(left)).toEqual([
      { kind: "yes", triesLeft: 5 },
      { kind: "yes", triesLeft: 1 },
      { kind: "yes", triesLeft: 5 },
      { kind: "yes", triesLeft: 1 },
    ]);
  });

  it("a restart starts the wait anew and gives no try back", () => {
    const restarted = after(7, null);
    expect(attempts.mayTry(restarted, 0)).toEqual({ kind: "wait", waitMs: 5 * minute, tries: 7 });
    expect(attempts.mayTry(restarted, 5 * minute)).toMatchObject({ kind: "yes" });
    expect(attempts.mayTry(after(10, null), 0)).toEqual({ kind: "locked" });
  });

  it("I11: every try counts one, before it is judged", () => {
    expect(attempts.counted(attempts.NO_ATTEMPTS, 500)).toEqual({ count: 1, lastAtMonotonicMs: 500 });
    const never = fc.property(fc.nat({ max: 100 }), fc.nat(), (count, nowMs) => {
      expect(attempts.counted(after(count), nowMs).count).toBe(count + 1);
    });
    expect(() => fc.assert(never)).not.toThrow();
  });

  it("I11: nobody gets more than ten tries, whenever they come back", () => {
    const patient = fc.property(fc.array(fc.nat({ max: 20 * minute }), { maxLength: 60 }), (pauses) => {
      let subject = attempts.NO_ATTEMPTS;
      let nowMs = 0;
      let tried = 0;
      for (const pauseMs of pauses) {
        nowMs += pauseMs;
        if (attempts.mayTry(subject, nowMs).kind !== "yes") continue;
        subject = attempts.counted(subject, nowMs);
        tried++;
      }
      expect(tried).toBeLessThanOrEqual(10);
      expect(tried).toBe(subject.count);
    });
    expect(() => fc.assert(patient)).not.toThrow();
  });
});

describe("G24: the device slows down and never locks", () => {
  it("nine tries of anything are free, from the tenth on each waits thirty seconds", () => {
    expect(attempts.mayTryOnDevice(after(9, 0), 0)).toMatchObject({ kind: "yes" });
    for (const count of [10, 11, 10_000]) {
      expect(attempts.mayTryOnDevice(after(count, 0), 29_999)).toEqual({
        kind: "wait",
        waitMs: 1,
        tries: count,
      });
      expect(attempts.mayTryOnDevice(after(count, 0), 30_000)).toMatchObject({ kind: "yes" });
    }
  });
});
