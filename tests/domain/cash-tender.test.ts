import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { changeFor, likelyCash } from "#domain/cash-tender.ts";
import { formatMoneyShort, spokenAmount } from "#domain/money.ts";

describe("cash", () => {
  it("the change is what was received less what is due; below zero it tells what is missing", () => {
    expect(changeFor(5000, 3800)).toBe(1200);
    expect(changeFor(3800, 3800)).toBe(0);
    expect(changeFor(3000, 3800)).toBe(-800);
  });

  it("offers the sums people put down for ¥38.00: ¥40, ¥50, ¥100", () => {
    expect(likelyCash(3800, 100)).toEqual([4000, 5000, 10000]);
    expect(likelyCash(1250, 100)).toEqual([1500, 2000, 5000]);
    expect(likelyCash(10000, 100)).toEqual([]);
  });

  it("never offers the exact sum or less, and never more than three keys", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 5_000_000 }), (due) => {
        const sums = likelyCash(due, 100);
        expect(sums.length).toBeLessThanOrEqual(3);
        for (const sum of sums) expect(sum).toBeGreaterThan(due);
      }),
    );
  });

  it("a quick key drops the zeros of a whole sum, and the voice reads no sign and no closing zero", () => {
    expect(formatMoneyShort(10000, "CNY")).toBe("¥100");
    expect(formatMoneyShort(3850, "CNY")).toBe("¥38.50");
    expect(spokenAmount(3800, "CNY")).toBe("38");
    expect(spokenAmount(123450, "CNY")).toBe("1234.5");
    expect(spokenAmount(100000, "CNY")).toBe("1000");
    expect(spokenAmount(100, "JPY")).toBe("100");
  });
});
