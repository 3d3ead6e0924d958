import { describe, expect, it } from "vitest";
import {
  mayTakeByFloor,
  SAFE_OUTAGE_POLICY,
  worstLossMinor,
  type FloorFacts,
  type OutagePolicy,
} from "#domain/outage-policy.ts";

const HOUR_MS = 3_600_000;
const NOW_MS = 1_780_000_000_000;
const policy: OutagePolicy = {
  codeWay: "floor-limited",
  floorPerCodeMinor: 5_000,
  exposureMinor: 20_000,
  staleHours: 12,
};
const facts: FloorFacts = {
  amountMinor: 3_800,
  openMinor: 0,
  heardAtMs: NOW_MS - HOUR_MS,
  nowMs: NOW_MS,
  clockBack: false,
};
const judge = (known: Partial<FloorFacts>, rules: Partial<OutagePolicy> = {}) => {
  const may = mayTakeByFloor({ ...policy, ...rules }, { ...facts, ...known });
  return may.ok ? "taken" : may.refusal;
};

describe("PROTOCOL §11: a code taken without asking, by the floor", () => {
  it("B7: only where the owner chose it: leased and online-only never take one", () => {
    expect(judge({})).toBe("taken");
    for (const codeWay of ["leased", "online-only"] as const) {
      expect(judge({}, { codeWay })).toEqual({ code: "floor-not-chosen" });
    }
    expect(SAFE_OUTAGE_POLICY.codeWay).toBe("leased");
  });

  it("B7: one code is taken at exactly its limit, and refused one fen over it", () => {
    expect(judge({ amountMinor: 5_000 })).toBe("taken");
    expect(judge({ amountMinor: 5_001 })).toEqual({
      code: "floor-code",
      maxMinor: 5_000,
      amountMinor: 5_001,
    });
  });

  it("B7: a till is filled to exactly its limit, and refused one fen over it", () => {
    expect(judge({ openMinor: 16_200 })).toBe("taken");
    expect(judge({ openMinor: 16_201 })).toEqual({
      code: "floor-till",
      maxMinor: 20_000,
      openMinor: 16_201,
      amountMinor: 3_800,
    });
  });

  it("B7: rules are good at exactly their hours, and stale one millisecond later", () => {
    expect(judge({ heardAtMs: NOW_MS - 12 * HOUR_MS })).toBe("taken");
    expect(judge({ heardAtMs: NOW_MS - 12 * HOUR_MS - 1 })).toEqual({ code: "floor-stale", hours: 12 });
    expect(judge({ heardAtMs: null })).toEqual({ code: "floor-stale", hours: 12 });
  });

  it("§8: a clock set back makes no old rules young", () => {
    expect(judge({ clockBack: true })).toEqual({ code: "floor-stale", hours: 12 });
  });

  it("the worst loss is tills times limit, and nothing where nobody takes codes alone", () => {
    expect(worstLossMinor(policy, 3)).toBe(60_000);
    expect(worstLossMinor({ ...policy, codeWay: "leased" }, 3)).toBe(0);
    expect(worstLossMinor({ ...policy, codeWay: "online-only" }, 3)).toBe(0);
  });

  it("tablets that were stopped and do not know it yet count by what they last knew, whatever is chosen now", () => {
    const away = { tablets: 2, perTabletMinor: 500, leasedMinor: 300 };
    expect(worstLossMinor(policy, 3, away)).toBe(61_300);
    expect(worstLossMinor({ ...policy, codeWay: "online-only" }, 3, away)).toBe(1_300);
  });
});
