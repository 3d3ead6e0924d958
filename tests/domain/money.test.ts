import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  allocate,
  formatAmount,
  formatMoney,
  isMinorUnits,
  parseMoney,
  sumMinor,
  toMinorUnits,
} from "#domain/money.ts";

const counts = fc
  .integer({ min: -Number.MAX_SAFE_INTEGER, max: Number.MAX_SAFE_INTEGER })
  .map((n) => toMinorUnits(n + 0));
const currencies = fc.constantFrom("CNY", "JPY", "KWD", "USD", "XXX");

describe("money", () => {
  it("is a whole count: a fraction, NaN, negative zero and what no longer counts exactly are bugs", () => {
    for (const bad of [0.5, Number.NaN, Number.POSITIVE_INFINITY, -0, 2 ** 53, -(2 ** 53)]) {
      expect(isMinorUnits(bad)).toBe(false);
      expect(() => toMinorUnits(bad)).toThrow("money is a whole, exact count");
    }
    expect(toMinorUnits(Number.MAX_SAFE_INTEGER)).toBe(Number.MAX_SAFE_INTEGER);
  });

  it("a total past the exact range throws instead of being off by one", () => {
    expect(() => sumMinor([toMinorUnits(Number.MAX_SAFE_INTEGER), toMinorUnits(1)])).toThrow("exact count");
    expect(sumMinor([])).toBe(0);
  });

  it("splits into shares that sum to the whole and differ by at most one fen, the first ones larger", () => {
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 40 }), (total, parts) => {
        const shares = allocate(total, parts);
        expect(shares).toHaveLength(parts);
        expect(shares.reduce((sum, share) => sum + BigInt(share), 0n)).toBe(BigInt(total));
        const sizes = shares.map(Math.abs);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        expect(sizes.toSorted((a, b) => b - a)).toEqual(sizes);
      }),
    );
    expect(allocate(toMinorUnits(1000), 3)).toEqual([334, 333, 333]);
  });

  it("cannot be split into none, a half or ten thousand and one parts", () => {
    for (const parts of [0, -1, 1.5, 10_001])
      expect(() => allocate(toMinorUnits(100), parts)).toThrow("parts");
    expect(allocate(toMinorUnits(1), 10_000)).toHaveLength(10_000);
  });

  it("what is written is read back as the same sum, in every currency", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }), currencies, (count, currency) => {
        expect(parseMoney(formatMoney(count, currency), currency)).toEqual({ ok: true, value: count });
        expect(parseMoney(formatAmount(count, currency), currency)).toEqual({ ok: true, value: count });
      }),
    );
  });

  it("is written with thousands and full decimals, UX §3", () => {
    expect(formatMoney(123450, "CNY")).toBe("¥1,234.50");
    expect(formatMoney(5, "CNY")).toBe("¥0.05");
    expect(formatMoney(-100, "CNY")).toBe("-¥1.00");
    expect(formatMoney(1234567, "JPY")).toBe("¥1,234,567");
    expect(formatMoney(1250, "KWD")).toBe("KWD 1.250");
  });

  it("is read as people type it, without floats and without guesses", () => {
    expect(parseMoney("0.29", "CNY")).toEqual({ ok: true, value: 29 });
    expect(parseMoney("38", "CNY")).toEqual({ ok: true, value: 3800 });
    expect(parseMoney("38.5", "CNY")).toEqual({ ok: true, value: 3850 });
    expect(parseMoney(".5", "CNY")).toEqual({ ok: true, value: 50 });
    expect(parseMoney(" ¥1,234.50 ", "CNY")).toEqual({ ok: true, value: 123450 });
    expect(parseMoney("３８．５０", "CNY")).toEqual({ ok: true, value: 3850 });
    for (const text of ["", "  ", "¥"])
      expect(parseMoney(text, "CNY")).toMatchObject({ refusal: { code: "empty" } });
    for (const text of ["abc", "3e2", "1,23", "12,34.00", ".", "1.2.3", "-5", "0x10"]) {
      expect(parseMoney(text, "CNY")).toMatchObject({ refusal: { code: "not-a-number" } });
    }
    expect(parseMoney("1.234", "CNY")).toMatchObject({ refusal: { code: "too-many-decimals" } });
    expect(parseMoney("1.0", "JPY")).toMatchObject({ refusal: { code: "too-many-decimals" } });
    expect(parseMoney("99999999999999999", "CNY")).toMatchObject({ refusal: { code: "too-large" } });
  });
});
