import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { TenderBody } from "../../../src/protocol/entry-bodies.ts";
import { fromHex, randomBytes } from "../../../src/protocol/bytes.ts";
import { newId } from "../../../src/protocol/ids.ts";
import type {
  IssuedCode,
  SaleDetail,
  SaleListRow,
  Page,
  TodayAnswer,
} from "../../../src/protocol/office-api.ts";
import { readCodeText } from "../../../src/protocol/payment-code-bytes.ts";
import { codeNow, HeadlessTill, openShop, type Shop } from "../headless-till.ts";

const HUGE = Number.MAX_SAFE_INTEGER;

/** A sale that no till of ours would write, signed all the same by a till's own key. */
async function writeSale(
  till: HeadlessTill,
  totalMinor: number,
  tenders: readonly TenderBody[],
): Promise<void> {
  await till.write({
    kind: "sale",
    sale: newId(),
    operator: till.operator,
    feedVersion: till.feedVersion,
    currency: "CNY",
    totalMinor,
    tenders,
    runningCount: 1,
    runningMinor: totalMinor,
  });
}

async function tenderOf(
  shop: Shop,
  code: IssuedCode,
  amountMinor: number,
  returnedMinor = 0,
): Promise<TenderBody> {
  const cose = readCodeText(code.qrText ?? "");
  const row = await shop.server.services.db
    .selectFrom("books.codes")
    .select("cti")
    .where("short_id", "=", code.id)
    .executeTakeFirstOrThrow();
  if (!cose.ok) throw new Error("the code reads");
  const cti = new Uint8Array(row.cti);
  return { method: "payment-code", amountMinor, returnedMinor, cti, via: "scan", cose: cose.value };
}

describe("a till whose cashier signs what he likes harms nobody's books but his own", () => {
  let shop: Shop;
  let first: string;
  let bad: HeadlessTill;
  beforeEach(async () => {
    shop = await openShop();
    first = (await shop.tillIds())[0] ?? "";
    bad = await shop.enrol(first);
  });
  afterEach(() => shop.close());

  it("I5: sums beyond any sale are stored and receipted, and the owner still sees the day", async () => {
    for (let n = 0; n < 2; n++) {
      await writeSale(bad, HUGE, [{ method: "cash", amountMinor: HUGE, receivedMinor: HUGE }]);
    }
    await writeSale(bad, 1250, [{ method: "cash", amountMinor: 1250, receivedMinor: 1250 }]);
    await bad.deliver();
    const today = await shop.ask<TodayAnswer>("GET", "/api/office/today");
    expect(today).toMatchObject({ totalMinor: 1250, cashMinor: 1250, count: 1 });
    expect((await shop.ask<Page<SaleListRow>>("GET", "/api/office/sales")).rows).toHaveLength(1);
    const findings = await shop.server.services.db
      .selectFrom("books.findings")
      .select(["kind", "seq"])
      .execute();
    expect(findings).toEqual([
      { kind: "sale-not-understood", seq: 1 },
      { kind: "sale-not-understood", seq: 2 },
    ]);
  });

  it("§6: what one till booked never makes another till's delivery fail", async () => {
    const secondId = await shop.addTill("2号机");
    const good = await shop.enrol(secondId);
    const code = await shop.issue({ tillId: secondId });
    const unknown: TenderBody = {
      method: "payment-code",
      amountMinor: HUGE,
      returnedMinor: 0,
      cti: newId(),
      via: "scan",
      cose: fromHex("f6"),
    };
    await writeSale(bad, HUGE, [unknown, await tenderOf(shop, code, 1)]);
    await bad.deliver();
    await good.sell([await tenderOf(shop, code, 3800)]);
    await good.deliver();
    expect(good.receiptedSeq).toBe(good.head.seq);
    expect(await codeNow(shop, code.id)).toMatchObject({ state: "spent" });
  });

  it("§9: what goes back is what the code was worth less what was sold, whoever says more", async () => {
    const upTo = await shop.issue({ kind: "up-to", amountMinor: 10_000, tillId: first });
    const exact = await shop.issue({ amountMinor: 3800, tillId: first });
    await bad.sell([await tenderOf(shop, upTo, 1000, 99_000_000)]);
    await bad.sell([await tenderOf(shop, exact, 3800, 5000)]);
    await bad.deliver();
    expect(await codeNow(shop, upTo.id)).toMatchObject({ state: "spent", returnedMinor: 9000 });
    expect(await codeNow(shop, exact.id)).toMatchObject({ state: "spent", returnedMinor: 0 });
  });

  it("§11: a lease does not hide that more was taken than the code is worth", async () => {
    const code = await shop.issue({ amountMinor: 900, tillId: first });
    const good = await shop.enrol(await shop.addTill("2号机"));
    await good.sell([await tenderOf(shop, code, 900)]);
    await good.deliver();
    await bad.sell([await tenderOf(shop, code, 5900)]);
    await bad.deliver();
    // The other till's ¥9.00 came second, and ¥50.00 of the lease holder's were never in the code.
    expect(await codeNow(shop, code.id)).toMatchObject({ lossMinor: 900 + 5000 });
    const [latest] = (await shop.ask<Page<SaleListRow>>("GET", "/api/office/sales")).rows;
    const sale = await shop.ask<SaleDetail>("GET", `/api/office/sales/${latest?.id}`);
    expect(sale).toMatchObject({ lossMinor: 5000, outcomes: ["over-amount"] });
  });

  it("G15: a sale paid by code and by cash says so, not by code alone", async () => {
    const code = await shop.issue({ kind: "up-to", amountMinor: 1000, tillId: first });
    const cash: TenderBody = { method: "cash", amountMinor: 250, receivedMinor: 300 };
    await bad.sell([await tenderOf(shop, code, 1000), cash]);
    await bad.deliver();
    const { rows } = await shop.ask<Page<SaleListRow>>("GET", "/api/office/sales");
    expect(rows).toMatchObject([{ method: "mixed", amountMinor: 1250 }]);
  });

  it("§6: what is past a fork stays set apart when the till is activated anew", async () => {
    const fromBackup = bad.journal.slice(0, 1);
    await bad.sellCash(100);
    await bad.deliver();
    const clone = bad.rewind(fromBackup);
    await clone.sellCash(999);
    expect(await clone.push(clone.journal.slice(1))).toMatchObject({ result: "fork" });
    const fresh = await shop.enrol(first);
    expect(fresh.certificate.epoch).toBe(2);
    await bad.sellCash(5000);
    expect(await bad.push()).toMatchObject({ result: "quarantined" });
    const today = await shop.ask<TodayAnswer>("GET", "/api/office/today");
    expect(today).toMatchObject({ totalMinor: 100, count: 1 });
    const apart = await shop.server.services.db
      .selectFrom("books.quarantined")
      .select("seq")
      .orderBy("seq")
      .execute();
    expect(apart.map((row) => row.seq)).toEqual([1, 2]);
  });

  it("text with a zero byte is no reason to refuse a delivery for ever", async () => {
    await bad.write({
      kind: "sale",
      sale: newId(),
      operator: bad.operator,
      feedVersion: 0,
      currency: "C\0Y",
      totalMinor: 100,
      tenders: [{ method: "cash", amountMinor: 100, receivedMinor: 100 }],
      runningCount: 1,
      runningMinor: 100,
    });
    await bad.sellCash(200);
    await bad.deliver();
    expect(bad.receiptedSeq).toBe(bad.head.seq);
  });

  it("a tablet's long wait for «same» is booked whole, however much it sold", async () => {
    const tillId = await shop.addTill("3号机");
    const { typedCode } = await shop.ask<{ typedCode: string }>(
      "POST",
      `/api/office/tills/${tillId}/activation`,
    );
    const enrolled = await HeadlessTill.enrol(shop.wire, typedCode, () => shop.server.clock.ms);
    if (!enrolled.ok) throw new Error(enrolled.refusal.code);
    const till = enrolled.value;
    const operator = randomBytes(16);
    const sales = 5000;
    for (let n = 1; n <= sales; n++) {
      await till.write({
        kind: "sale",
        sale: newId(),
        operator,
        feedVersion: 0,
        currency: "CNY",
        totalMinor: 100,
        tenders: [{ method: "cash", amountMinor: 100, receivedMinor: 100 }],
        runningCount: n,
        runningMinor: 100 * n,
      });
    }
    await till.deliver();
    await shop.ask("POST", `/api/office/tills/${tillId}/compare`, { same: true });
    expect(await shop.ask<TodayAnswer>("GET", "/api/office/today")).toMatchObject({
      totalMinor: 100 * sales,
    });
  }, 180_000);
});
