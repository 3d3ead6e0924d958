import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeNewPin, PIN_LENGTH, weakDigits } from "#domain/pin.ts";

describe("G21: an operator's PIN", () => {
  it.each([
    ["123456", "sequence"],
    ["234567", "sequence"],
    ["987654", "sequence"],
    ["654321", "sequence"],
    ["000000", "repeat"],
    ["888888", "repeat"],
    ["121212", "repeat"],
    ["112211", "repeat"],
    ["123123", "common"],
    ["520131", null],
    ["147258", "common"],
    ["168168", "common"],
    ["283746", null],
  ])("%s is weak as: %s", (digits, why) => {
    expect(weakDigits(digits)).toBe(why);
    expect(judgeNewPin(digits)).toEqual(why && { code: "pin-too-weak", why });
  });

  it("five digits are too short, letters are none, and nothing is nothing", () => {
    for (const wrong of ["", "28374", "28374a", "２８３７４６", "28 746"]) {
      expect(judgeNewPin(wrong)).toEqual({ code: "pin-too-short", min: PIN_LENGTH });
    }
    expect(judgeNewPin("283746")).toBeNull();
  });

  it("every run up or down and every single digit repeated is weak, of any length from six", () => {
    const run = fc.property(fc.nat({ max: 9 }), fc.constantFrom(-1, 0, 1), (from, step) => {
      let digits = "";
      for (let digit = from; digit >= 0 && digit <= 9 && digits.length < 10; digit += step)
        digits += String(digit);
      return digits.length < PIN_LENGTH || weakDigits(digits) !== null;
    });
    expect(() => fc.assert(run)).not.toThrow();
  });

  it("of a million PINs few are refused: an owner's own choice is seldom in the way", () => {
    let weak = 0;
    for (let pin = 0; pin < 1_000_000; pin += 7)
      if (weakDigits(String(pin).padStart(6, "0")) !== null) weak++;
    expect(weak / (1_000_000 / 7)).toBeLessThan(0.005);
  });
});
