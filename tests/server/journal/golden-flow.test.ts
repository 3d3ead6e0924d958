import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Page, SaleListRow, TodayAnswer } from "../../../src/protocol/office-api.ts";
import { codeNow, openShop, type Shop } from "../headless-till.ts";

describe("from the owner's link to the accepted code, over the real routes", () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop.close());

  it("G7 G9: a code is issued, taken by scan and by number, arrives once, and is spent", async () => {
    const [first = ""] = await shop.tillIds();
    const till = await shop.enrol(first);
    const byScan = await shop.issue({});
    const byNumber = await shop.issue({ amountMinor: 1250 });
    expect(byScan.state).toBe("issued");
    expect(byScan.generatedPassword).toMatch(/^[0-9]{6}$/u);
    await till.pull();
    const wrong = await till.sellCode(byScan.qrText ?? "", "000000");
    expect(wrong).toMatchObject({ ok: false, refusal: { code: "password-wrong" } });
    expect((await till.sellCode(byScan.qrText ?? "", byScan.generatedPassword)).ok).toBe(true);
    expect((await till.sellCode(byNumber.number ?? "", byNumber.generatedPassword)).ok).toBe(true);
    await till.deliver();
    await till.deliver();
    const sales = await shop.ask<Page<SaleListRow>>("GET", "/api/office/sales");
    expect(sales.rows.map((row) => row.amountMinor)).toEqual([1250, 3800]);
    expect(await codeNow(shop, byScan.id)).toMatchObject({ state: "spent", qrText: null, number: null });
    const today = await shop.ask<TodayAnswer>("GET", "/api/office/today?sinceMs=1");
    expect(today).toMatchObject({ count: 2, totalMinor: 5050, codeMinor: 5050, cashMinor: 0, openCodes: 0 });
    expect(await shop.refusal("POST", `/api/office/codes/${byScan.id}/revoke`)).toEqual([
      409,
      "code-not-open",
    ]);
    await till.pull();
    const again = await till.sellCode(byScan.qrText ?? "", byScan.generatedPassword);
    expect(again).toMatchObject({ ok: false, refusal: { code: "spent" } });
  });
});
