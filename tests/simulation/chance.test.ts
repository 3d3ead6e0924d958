import { describe, expect, it } from "vitest";
import { Chance } from "./chance.ts";

describe("the chance behind the schedules", () => {
  it("the same seed makes the same schedule, another seed another", () => {
    const draw = (seed: number): readonly number[] => {
      const chance = new Chance(seed);
      return Array.from({ length: 20 }, () => chance.between(0, 1000));
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
  });

  it("what weighs nothing never happens, what weighs more happens more", () => {
    const chance = new Chance(1);
    const seen = { never: 0, seldom: 0, often: 0 };
    for (let n = 0; n < 1000; n++) seen[chance.weighted({ never: 0, seldom: 1, often: 9 })]++;
    expect(seen.never).toBe(0);
    expect(seen.often).toBeGreaterThan(seen.seldom * 4);
  });
});
