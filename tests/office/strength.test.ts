import { describe, expect, it } from "vitest";
import {
  guessingTimeS,
  GUESSES_PER_CORE_PER_S,
  PIN_GUESSES,
  spanOf,
} from "../../src/office/secrets/attack-figures.ts";
import { strengthOf } from "../../src/office/secrets/strength.ts";

describe("G21: the strength of a password as a figure", () => {
  it("is low for what keeps every rule of composition and is still guessed first", () => {
    expect(strengthOf("P@ssw0rd1!", []).score).toBeLessThanOrEqual(1);
    expect(strengthOf("Qwerty!23456", []).score).toBeLessThanOrEqual(2);
  });

  it("is high for what the generator makes", () => {
    expect(strengthOf("baishu-tenmai-4826", []).score).toBe(4);
  });

  it("falls where the shop's own name stands in it", () => {
    const text = "cornershop84!";
    const plain = strengthOf(text, []);
    expect(strengthOf(text, ["cornershop"]).guesses).toBeLessThan(plain.guesses / 100);
  });

  it("is reckoned for the first 64 characters of what is longer", () => {
    const long = "baishu-tenmai-4826-".repeat(10);
    expect(strengthOf(long, []).guesses).toBe(strengthOf(long.slice(0, 64), []).guesses);
    expect(strengthOf("", []).score).toBe(0);
  });
});

describe("how long guessing takes", () => {
  it("six digits fall in a quarter of an hour on eight cores", () => {
    expect(guessingTimeS(PIN_GUESSES)).toBeCloseTo(PIN_GUESSES / (8 * GUESSES_PER_CORE_PER_S));
    expect(spanOf(guessingTimeS(PIN_GUESSES))).toEqual({ unit: "minutes", count: 16 });
  });

  it("is said in the largest unit that says something, at each edge", () => {
    const hour = 3_600;
    const day = 24 * hour;
    const year = 365 * day;
    expect(spanOf(0.99)).toEqual({ unit: "moment", count: 0 });
    expect(spanOf(1)).toEqual({ unit: "seconds", count: 1 });
    expect(spanOf(89)).toEqual({ unit: "seconds", count: 89 });
    expect(spanOf(90)).toEqual({ unit: "minutes", count: 2 });
    expect(spanOf(1.5 * hour)).toEqual({ unit: "hours", count: 2 });
    expect(spanOf(36 * hour)).toEqual({ unit: "days", count: 2 });
    expect(spanOf(700 * day)).toEqual({ unit: "years", count: 2 });
    expect(spanOf(1_000 * year)).toEqual({ unit: "years", count: 1_000 });
    expect(spanOf(1_001 * year)).toEqual({ unit: "ages", count: 0 });
  });
});
