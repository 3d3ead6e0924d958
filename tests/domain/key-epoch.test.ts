import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { KEY_EPOCH_MS, KEY_EPOCHS_AHEAD, keyEpochAt, keyEpochsWanted } from "#domain/key-epoch.ts";

describe("PROTOCOL §9: key epochs are weeks", () => {
  const monday = Date.UTC(2024, 0, 1);

  it("the first begins on Monday, 1 January 2024, 00:00 UTC", () => {
    expect(new Date(monday).getUTCDay()).toBe(1);
    expect(keyEpochAt(monday)).toBe(0);
    expect(keyEpochAt(monday + KEY_EPOCH_MS - 1)).toBe(0);
    expect(keyEpochAt(monday + KEY_EPOCH_MS)).toBe(1);
    expect(keyEpochAt(Date.UTC(2025, 11, 1))).toBe(100);
  });

  it("whatever lies before is the first one: a clock at 1970 asks for no negative week", () => {
    for (const nowMs of [monday - 1, 0, -1]) expect(keyEpochAt(nowMs)).toBe(0);
  });

  it("every epoch lasts seven days to the millisecond and none is left out", () => {
    const weekly = fc.property(fc.integer({ min: monday, max: monday + 5200 * KEY_EPOCH_MS }), (nowMs) => {
      expect(keyEpochAt(nowMs + KEY_EPOCH_MS)).toBe(keyEpochAt(nowMs) + 1);
      expect(keyEpochAt(nowMs + 1) - keyEpochAt(nowMs)).toBeLessThanOrEqual(1);
    });
    expect(() => fc.assert(weekly)).not.toThrow();
  });

  it("C6: a till holds the current one and two ahead, so two weeks without a network cost nothing", () => {
    expect(keyEpochsWanted(Date.UTC(2025, 11, 3))).toEqual([100, 101, 102]);
    const fortnightLater = keyEpochAt(Date.UTC(2025, 11, 3) + 2 * KEY_EPOCH_MS);
    expect(keyEpochsWanted(Date.UTC(2025, 11, 3))).toContain(fortnightLater);
    expect(KEY_EPOCHS_AHEAD).toBe(2);
  });
});
