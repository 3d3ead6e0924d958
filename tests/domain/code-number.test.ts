import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  codeNumberFrom,
  dammDigit,
  drawCodeNumber,
  formatCodeNumber,
  isCodeNumber,
  isLuhnValid,
  readTypedNumber,
} from "#domain/code-number.ts";
import { foldCodeText } from "#domain/code-text.ts";

const randomDigits = fc.stringMatching(/^[0-9]{14}$/);
const aNumber = randomDigits
  .map(codeNumberFrom)
  .filter((drawn) => drawn.ok)
  .map((drawn) => drawn.value);

describe("the 16-digit number of a payment code", () => {
  it("PROTOCOL §9: is 9, the random digits, and a Damm check digit", () => {
    expect(dammDigit("572")).toBe(4);
    expect(codeNumberFrom("00000000000001")).toEqual({ ok: true, value: "9000000000000017" });
  });

  it("PROTOCOL §9: is never Luhn-valid, so no bank card number passes for one", () => {
    const notACard = fc.property(randomDigits, (digits) => {
      const drawn = codeNumberFrom(digits);
      if (drawn.ok) return !isLuhnValid(drawn.value) && isCodeNumber(drawn.value);
      return isLuhnValid(`9${digits}${dammDigit(`9${digits}`)}`);
    });
    expect(() => fc.assert(notACard)).not.toThrow();
  });

  it("one that a card terminal would take is none of ours, right Damm digit or not", () => {
    const luhnValid = Array.from({ length: 100 }, (_, n) => `9${String(n).padStart(14, "0")}`)
      .map((body) => `${body}${dammDigit(body)}`)
      .find((digits) => isLuhnValid(digits));
    expect(luhnValid).toMatch(/^9[0-9]{15}$/);
    expect(isCodeNumber(luhnValid ?? "")).toBe(false);
  });

  it("is drawn again while it would be Luhn-valid, and a stuck source of chance is a bug", () => {
    const luhnValid = Array.from({ length: 100 }, (_, n) => String(n).padStart(14, "0")).find(
      (digits) => !codeNumberFrom(digits).ok,
    );
    expect(luhnValid).toBeDefined();
    const draws = [luhnValid ?? "", "00000000000001"];
    expect(drawCodeNumber(() => draws.shift() ?? "")).toBe("9000000000000017");
    expect(() => drawCodeNumber(() => luhnValid ?? "")).toThrow("random digits");
    expect(() => codeNumberFrom("123")).toThrow("14 random digits");
  });

  it("every single wrong digit and every swap of neighbours is noticed", () => {
    const place = fc.integer({ min: 0, max: 15 });
    const noticed = fc.property(aNumber, place, fc.integer({ min: 1, max: 9 }), (number, at, by) => {
      const wrong = String((Number(number.charAt(at)) + by) % 10);
      const here = number.charAt(at);
      const next = number.charAt(at + 1);
      const swapped = number.slice(0, at) + next + here + number.slice(at + 2);
      return (
        !isCodeNumber(number.slice(0, at) + wrong + number.slice(at + 1)) &&
        (here === next || at === 15 || !isCodeNumber(swapped))
      );
    });
    expect(() => fc.assert(noticed)).not.toThrow();
  });
});

describe("a number typed by hand", () => {
  it("is read back from its four groups", () => {
    const readBack = fc.property(aNumber, (number) => {
      const shown = formatCodeNumber(number);
      const read = readTypedNumber(shown);
      return /^\d{4} \d{4} \d{4} \d{4}$/.test(shown) && read.ok && read.value === number;
    });
    expect(() => fc.assert(readBack)).not.toThrow();
  });

  it.each([
    ["hyphens", "9000-0000-0000-0017"],
    ["a Chinese input method's full-width digits and spaces", "９０００　００００　００００　００１７"],
    ["the letter O for zero", "9OOo 0000 〇○00 0017"],
    ["line breaks around it", "\r\n9000000000000017\t"],
    ["dots and long dashes", "9000.0000—0000–0017"],
  ])("forgives %s", (_, typed) => {
    expect(readTypedNumber(typed)).toEqual({ ok: true, value: "9000000000000017" });
  });

  it("forgives I, l and | for one", () => {
    const body = "911100000000000";
    const number = body + String(dammDigit(body));
    expect(readTypedNumber(number.replace("111", "Il|"))).toEqual({ ok: true, value: number });
  });

  it("is refused by name", () => {
    expect(readTypedNumber("")).toEqual({ ok: false, refusal: { code: "too-short", digits: 0 } });
    expect(readTypedNumber("9000 0000 0000 001")).toEqual({
      ok: false,
      refusal: { code: "too-short", digits: 15 },
    });
    expect(readTypedNumber("90000000000000171")).toEqual({
      ok: false,
      refusal: { code: "too-long", digits: 17 },
    });
    expect(readTypedNumber("9000000000000018")).toEqual({ ok: false, refusal: { code: "check-digit" } });
    expect(readTypedNumber("9000 x")).toEqual({ ok: false, refusal: { code: "not-a-number", at: 5 } });
    expect(readTypedNumber("9".repeat(300)).ok).toBe(false);
  });

  it("a bank card number is refused even where its Damm digit happens to fit", () => {
    const body = "622202000000000";
    expect(readTypedNumber(`${body}${dammDigit(body)}`)).toEqual({
      ok: false,
      refusal: { code: "check-digit" },
    });
  });

  it("never throws, whatever is typed", () => {
    const total = fc.property(
      fc.string({ unit: "binary" }),
      (text) => typeof readTypedNumber(text).ok === "boolean",
    );
    expect(() => fc.assert(total)).not.toThrow();
  });
});

describe("folding", () => {
  it("is idempotent and never lengthens", () => {
    const stable = fc.property(fc.string({ unit: "binary" }), (text) => {
      const folded = foldCodeText(text);
      return folded.length <= text.length && foldCodeText(folded) === folded;
    });
    expect(() => fc.assert(stable)).not.toThrow();
  });
});
