import { describe, expect, it } from "vitest";
import type { SaleOutcome } from "../../src/protocol/office-api.ts";
import { officeEn } from "../../src/ui/texts/office-en.ts";
import { officeZhCn } from "../../src/ui/texts/office-zh-cn.ts";

const outcomes: Record<SaleOutcome, true> = {
  "double-spend": true,
  "after-revocation": true,
  "unknown-code": true,
  "over-amount": true,
  late: true,
  booked: true,
  "does-not-add-up": true,
  "till-revoked": true,
};

describe("what became of a sale is said in words", () => {
  it.each(Object.keys(outcomes) as SaleOutcome[])("G13: %s has a sentence in both languages", (outcome) => {
    expect(officeZhCn.sale.outcomeNames[outcome]).toMatch(/^\p{Script=Han}.{5,}/u);
    expect(officeEn.sale.outcomeNames[outcome]).toMatch(/^[A-Z].{10,}/u);
  });
});
