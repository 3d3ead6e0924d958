import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { drawFrom, generatePassword, LETTERS_BITS, readAloud } from "#domain/password-generator.ts";
import { brokenRules, type KnownOfShop } from "#domain/password-rules.ts";

const known: KnownOfShop = { names: ["Lin's Corner Shop"], phones: ["13812345678"] };
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 });

/** Draws from a list, then counts on: never the same for ever. */
function drawsOf(given: readonly number[]): (below: number) => number {
  let at = 0;
  return drawFrom(() => given[at++] ?? (at * 2_654_435_761) % 2 ** 32);
}

describe("G21: the generator", () => {
  it("makes passwords that keep every rule, of both kinds", () => {
    fc.assert(
      fc.property(fc.array(uint32), fc.constantFrom("digits", "letters"), (given, kind) => {
        expect(brokenRules(generatePassword(kind, drawsOf(given), known), kind, known)).toEqual([]);
      }),
      { numRuns: 500 },
    );
  });

  it("draws again where chance breaks a rule", () => {
    const first = [1, 2, 3, 4, 5, 6, 4, 0, 2, 9, 1, 7];
    let at = 0;
    expect(generatePassword("digits", () => first[at++] ?? 0, known)).toBe("402917");
  });

  it("uses no letter or digit that is read or heard as another", () => {
    fc.assert(
      fc.property(fc.array(uint32, { minLength: 8 }), (given) => {
        const text = generatePassword("letters", drawsOf(given), known);
        expect(text).toMatch(/^[abcdefghikmnprstuwy]+-[abcdefghikmnprstuwy]+-[2-9]{4}$/u);
        expect(text).not.toMatch(/[lo01A-Z]/u);
      }),
    );
  });

  it("is worth more than 37 bits", () => expect(LETTERS_BITS).toBeGreaterThan(37));

  it("is read out in parts of three digits, or word by word with the dashes said", () => {
    expect(readAloud("402917")).toEqual(["402", "917"]);
    expect(readAloud("baishu-tenmai-4826")).toEqual(["baishu", "-", "tenmai", "-", "4826"]);
    expect(readAloud("40291738")).toEqual(["4029", "1738"]);
    expect(readAloud("")).toEqual([]);
  });
});

describe("an even draw", () => {
  it("throws away what lies beyond the last full round", () => {
    const given = [2 ** 32 - 1, 7];
    // 2^32 leaves a rest of 6 by 10: its last six numbers would make 0 to 5 a little likelier.
    expect(drawFrom(() => given.shift() ?? 0)(10)).toBe(7);
    expect(drawFrom(() => 2 ** 32 - 7)(10)).toBe(9);
  });
});
