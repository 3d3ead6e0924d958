import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type AmountEntry,
  type AmountKey,
  type AmountRules,
  emptyEntry,
  entryMinor,
  entryOf,
  press,
} from "#domain/amount-entry.ts";

const yuan: AmountRules = { currency: "CNY", fractionDigits: 2, maxMinor: 5_000_000 };
const yen: AmountRules = { currency: "JPY", fractionDigits: 0, maxMinor: 5_000_000 };
const keys: readonly AmountKey[] = [
  "0",
  "1",
  "2",
  "3",
  "4",
  "5",
  "6",
  "7",
  "8",
  "9",
  "00",
  ".",
  "back",
  "clear",
];

function typed(pressed: readonly AmountKey[], rules: AmountRules = yuan): AmountEntry {
  return pressed.reduce<AmountEntry>((entry, key) => press(entry, key, rules), emptyEntry);
}

describe("typing an amount", () => {
  it("«38» means ¥38.00", () => {
    expect(entryMinor(typed(["3", "8"]), yuan)).toBe(3800);
  });

  it("a third decimal and a second point are ignored", () => {
    expect(typed(["3", "8", ".", "5", ".", "0", "9"]).text).toBe("38.50");
    expect(typed(["1", ".", "00", "0"]).text).toBe("1.00");
  });

  it("a point on an empty display starts at zero, and ⌫ takes it away whole", () => {
    expect(typed(["."]).text).toBe("0.");
    expect(typed([".", "back"]).text).toBe("");
  });

  it("leading zeros never stand before a sum", () => {
    expect(typed(["0", "0", "5"]).text).toBe("5");
    expect(typed(["00", "7"]).text).toBe("7");
    expect(typed(["0", ".", "0", "5"]).text).toBe("0.05");
  });

  it("清空 clears all", () => {
    expect(typed(["3", "8", "clear"])).toEqual(emptyEntry);
  });

  it("the limit is taken exactly; one fen more is not, and is said", () => {
    const limit = { ...yuan, maxMinor: 3800 };
    expect(typed(["3", "8"], limit)).toEqual({ text: "38", overLimit: false });
    expect(typed(["3", "8", ".", "0", "1"], limit)).toEqual({ text: "38.0", overLimit: true });
    expect(typed(["3", "00"], limit)).toEqual({ text: "3", overLimit: true });
    expect(typed(["3", "9", "back"], limit)).toEqual({ text: "", overLimit: false });
  });

  it("a quick key fills in the sum as if it had been typed, and never one over the limit", () => {
    expect(entryOf(5000, yuan)).toEqual({ text: "50", overLimit: false });
    expect(entryMinor(entryOf(3850, yuan), yuan)).toBe(3850);
    expect(entryOf(5_000_001, yuan)).toEqual({ text: "", overLimit: true });
  });

  it("a currency without decimals has no point", () => {
    expect(typed(["5", ".", "0"], yen).text).toBe("50");
  });

  it("whatever is pressed, a sum within the limit stands", () => {
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom(...keys), { maxLength: 40 }),
        fc.constantFrom(yuan, yen),
        (pressed, rules) => {
          const sum = entryMinor(typed(pressed, rules), rules);
          expect(sum).toBeGreaterThanOrEqual(0);
          expect(sum).toBeLessThanOrEqual(rules.maxMinor);
        },
      ),
    );
  });
});
