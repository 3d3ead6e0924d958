import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { looksLikeCard } from "#domain/card-number.ts";
import { dammDigit, drawCodeNumber, formatCodeNumber, isLuhnValid } from "#domain/code-number.ts";
import { hasGtinCheckDigit } from "#domain/ean.ts";

/** Test numbers that card schemes publish for this purpose. */
const cards = [
  ["Visa", "4111111111111111"],
  ["Visa, 19 digits", "4000000000000000006"],
  ["Mastercard", "5555555555554444"],
  ["Mastercard, 2 series", "2223003122003222"],
  ["American Express", "378282246310005"],
  ["UnionPay", "6200000000000005"],
  ["UnionPay, 19 digits", "6205500000000000004"],
  ["JCB", "3530111333300000"],
  ["Diners Club", "30569309025904"],
  ["Visa, 13 digits", "4222222222222"],
] as const;

const digitsOf = (length: number): fc.Arbitrary<string> =>
  fc.stringMatching(new RegExp(`^[0-9]{${length}}$`, "u"));

/** The digits with the one in front of the last made so that Luhn holds. */
function luhnValid(digits: string): string {
  const made = Array.from({ length: 10 }, (_, check) => digits.slice(0, -1) + String(check));
  return made.find((one) => isLuhnValid(one)) ?? "";
}

describe("card numbers do not belong here", () => {
  it.each(cards)("a %s number is known, alone and among words", (_scheme, digits) => {
    expect(looksLikeCard(digits)).toBe(true);
    expect(looksLikeCard(`王阿姨 卡号${digits}，下次再付`)).toBe(true);
    expect(looksLikeCard(`x${digits}x`)).toBe(true);
  });

  it("in groups, with dashes, dots, full-width digits or marks nobody sees, it is the same number", () => {
    for (const written of [
      "4111 1111 1111 1111",
      "4111-1111-1111-1111",
      "4111.1111.1111.1111",
      "4111–1111—1111−1111",
      "4111\u00a01111\u30001111\u20091111",
      "４１１１１１１１１１１１１１１１",
      "４１１１　１１１１　１１１１　１１１１",
      "41\u200b11\u200d1111\ufeff1111\u20601111",
      "3782 822463 10005",
      "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
      "𝟜𝟙𝟙𝟙𝟙𝟙𝟙𝟙𝟙𝟙𝟙𝟙𝟙𝟙𝟙𝟙",
    ]) {
      expect(looksLikeCard(written), written).toBe(true);
    }
  });

  it("a date, a sum or a telephone number beside it does not hide it", () => {
    expect(looksLikeCard("2026-11-23 4111 1111 1111 1111")).toBe(true);
    expect(looksLikeCard("4111 1111 1111 1111 / 138 0013 8000")).toBe(true);
    expect(looksLikeCard("12/28 4111111111111111 123")).toBe(true);
  });

  it("13 to 19 digits that are Luhn-valid are a card's; 12 and 20 are not", () => {
    const known = fc.property(fc.integer({ min: 15, max: 19 }).chain(digitsOf), (digits) =>
      looksLikeCard(luhnValid(digits)),
    );
    expect(() => fc.assert(known, { numRuns: 500 })).not.toThrow();
    for (const length of [12, 20]) {
      const free = fc.property(digitsOf(length), (digits) => !looksLikeCard(luhnValid(digits)));
      expect(() => fc.assert(free, { numRuns: 200 })).not.toThrow();
    }
  });

  it("one digit wrong, and it is nobody's card", () => {
    for (const [, digits] of cards) {
      const wrong = digits.slice(0, -1) + String((Number(digits.at(-1)) + 1) % 10);
      expect(looksLikeCard(wrong), wrong).toBe(false);
    }
  });

  it("PROTOCOL §9: no payment code's number is taken for a card, however it is written", () => {
    const ours = fc.property(fc.array(digitsOf(14), { minLength: 40, maxLength: 40 }), (draws) => {
      const number = drawCodeNumber(() => draws.pop() ?? "");
      return !looksLikeCard(number) && !looksLikeCard(formatCodeNumber(number));
    });
    expect(() => fc.assert(ours, { numRuns: 500 })).not.toThrow();
  });

  it("what is 9 with a Damm digit and Luhn-valid too was never drawn: a card's", () => {
    const both = Array.from({ length: 200 }, (_, n) => `9${String(n).padStart(14, "0")}`)
      .map((body) => `${body}${dammDigit(body)}`)
      .find((digits) => isLuhnValid(digits));
    expect(looksLikeCard(both ?? "")).toBe(true);
  });

  it("a product's GTIN-13 or -14 that happens to be Luhn-valid is a product's", () => {
    for (const length of [13, 14]) {
      const both = Array.from({ length: 1000 }, (_, n) => String(6_900_000_000_000 + n).padStart(length, "1"))
        .filter((digits) => hasGtinCheckDigit(digits) && isLuhnValid(digits))
        .at(0);
      expect(both).toHaveLength(length);
      expect(looksLikeCard(both ?? "")).toBe(false);
    }
  });

  it("what a shop writes every day is no card", () => {
    for (const text of [
      "",
      "和平路早餐店",
      "1号机",
      "13800138000",
      "138 0013 8000",
      "+86 138-0013-8000",
      "91310000MA1FL0A123",
      "2026-11-23 14:07",
      "999,999.99",
      "38.00",
      "1-42",
      "王芳 13800138000 李明 13900139000",
    ]) {
      expect(looksLikeCard(text), text).toBe(false);
    }
  });

  it("any string has an answer, and a long one has it at once", () => {
    const total = fc.property(fc.string({ unit: "binary", maxLength: 200 }), (text) =>
      [true, false].includes(looksLikeCard(text)),
    );
    expect(() => fc.assert(total)).not.toThrow();
    const startedAt = performance.now();
    looksLikeCard("1 ".repeat(1_000_000));
    looksLikeCard("4".repeat(1_000_000));
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});
