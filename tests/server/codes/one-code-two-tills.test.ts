import fc from "fast-check";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { upkeepRound } from "../../../server/journal/upkeep.ts";
import { decodeEntry, hashEntry, verifyEntry } from "../../../src/protocol/entry.ts";
import { decodeServerBody, type TenderBody } from "../../../src/protocol/entry-bodies.ts";
import { importPublicKey } from "../../../src/protocol/crypto.ts";
import { fromHex, sameBytes, toHex } from "../../../src/protocol/bytes.ts";
import type { IssuedCode, SaleDetail, SaleListRow, Page } from "../../../src/protocol/office-api.ts";
import { readCodeText } from "../../../src/protocol/payment-code-bytes.ts";
import { codeNow, openShop, type HeadlessTill, type Shop } from "../headless-till.ts";

/** A tender with this code that no till has judged: what a copied code or a broken till would book. */
async function tenderOf(
  shop: Shop,
  code: IssuedCode,
  amountMinor: number = code.amountMinor,
): Promise<TenderBody> {
  const cose = readCodeText(code.qrText ?? "");
  const row = await shop.server.services.db
    .selectFrom("books.codes")
    .select("cti")
    .where("short_id", "=", code.id)
    .executeTakeFirstOrThrow();
  if (!cose.ok) throw new Error("the code reads");
  const cti = new Uint8Array(row.cti);
  return { method: "payment-code", amountMinor, returnedMinor: 0, cti, via: "scan", cose: cose.value };
}

async function serverJournal(shop: Shop) {
  const rows = await shop.server.services.db
    .selectFrom("books.entries")
    .selectAll()
    .where("merchant_id", "=", shop.owner.merchantId)
    .where("till_id", "=", new TextEncoder().encode("server"))
    .orderBy("seq")
    .execute();
  return rows.map((row) => {
    const entry = decodeEntry(row.bytes);
    if (!entry) throw new Error("an entry of the server's journal reads");
    return { row, entry, body: decodeServerBody(entry.kind, entry.body) };
  });
}

describe("one code at two tills: one winner, decided once, and a loss with a name", () => {
  let shop: Shop;
  let one: HeadlessTill;
  let two: HeadlessTill;
  beforeAll(async () => {
    shop = await openShop();
    const [first = ""] = await shop.tillIds();
    one = await shop.enrol(first);
    two = await shop.enrol(await shop.addTill("2号机"));
  });
  afterAll(() => shop.close());
  const idOf = async (till: HeadlessTill): Promise<string> => {
    const rows = await shop.server.services.db
      .selectFrom("books.tills")
      .select("short_id")
      .where("till_id", "=", till.certificate.till)
      .executeTakeFirstOrThrow();
    return rows.short_id;
  };

  it("I8 G13: without a lease the first to arrive wins; the second sale is a named loss", async () => {
    const code = await shop.issue({});
    await one.sell([await tenderOf(shop, code)]);
    const second = await two.sell([await tenderOf(shop, code)]);
    await two.pull();
    await one.deliver();
    await two.deliver();
    expect(await codeNow(shop, code.id)).toMatchObject({ state: "spent", lossMinor: 3800 });
    const sales = await shop.ask<Page<SaleListRow>>("GET", "/api/office/sales");
    expect(sales.rows.map((row) => [row.tillName, row.amountMinor, row.lossMinor])).toEqual([
      ["2号机", 3800, 3800],
      ["1号机", 3800, 0],
    ]);
    const detail = await shop.ask<SaleDetail>("GET", `/api/office/sales/${sales.rows[0]?.id}`);
    expect(detail).toMatchObject({ outcomes: ["double-spend"], codeId: code.id, seq: second.seq });
    await one.pull();
    await two.pull();
    expect(two.told.get(`loss:1:${second.seq}`)).toMatchObject({ type: "loss", lossMinor: 3800 });
    expect([...one.told.keys()].some((key) => key.startsWith("loss:"))).toBe(false);
    const cti = (await tenderOf(shop, code)) as Extract<TenderBody, { method: "payment-code" }>;
    for (const till of [one, two]) expect(till.told.has(`spent:${toHex(cti.cti)}`)).toBe(true);
  });

  it("§11: the lease holder wins though the other came first; a third changes nothing", async () => {
    const code = await shop.issue({ tillId: await idOf(two), amountMinor: 900 });
    const loser = await one.sell([await tenderOf(shop, code)]);
    await one.deliver();
    expect(await codeNow(shop, code.id)).toMatchObject({ lossMinor: 0 });
    await two.sell([await tenderOf(shop, code)]);
    await two.deliver();
    const claim = await shop.server.services.db
      .selectFrom("books.code_claims")
      .selectAll()
      .where("amount_minor", "=", 900)
      .executeTakeFirstOrThrow();
    expect(toHex(claim.till_id)).toBe(toHex(two.certificate.till));
    await one.pull();
    expect(one.told.get(`loss:1:${loser.seq}`)).toMatchObject({ lossMinor: 900 });
    const third = await two.sell([await tenderOf(shop, code)]);
    await two.deliver();
    await two.pull();
    expect(two.told.get(`loss:1:${third.seq}`)).toMatchObject({ lossMinor: 900 });
    expect(await codeNow(shop, code.id)).toMatchObject({ lossMinor: 1800 });
  });

  it("§11: decided once it stays so, though the lease holder comes after the decision", async () => {
    const three = await shop.enrol(await shop.addTill("3号机"));
    const code = await shop.issue({ tillId: await idOf(two), amountMinor: 1100 });
    for (const till of [one, three, two]) {
      await till.sell([await tenderOf(shop, code)]);
      await till.deliver();
    }
    const claim = await shop.server.services.db
      .selectFrom("books.code_claims")
      .selectAll()
      .where("amount_minor", "=", 1100)
      .executeTakeFirstOrThrow();
    expect(toHex(claim.till_id)).toBe(toHex(one.certificate.till));
    expect(await codeNow(shop, code.id)).toMatchObject({ lossMinor: 2200 });
  });

  it("I3: a push that fails in the middle leaves nothing: pushed again, its code is spent once", async () => {
    const { db } = shop.server.services;
    const code = await shop.issue({ tillId: await idOf(one), amountMinor: 1234 });
    await one.sell([await tenderOf(shop, code)]);
    await sql`alter table books.sales add constraint no_room check (total_minor <> 1234)`.execute(db);
    await one.push(one.journal).catch(() => null);
    await sql`alter table books.sales drop constraint no_room`.execute(db);
    await one.deliver();
    expect(await codeNow(shop, code.id)).toMatchObject({ lossMinor: 0 });
  });

  it("I8: two pushes with the same codes in opposite orders: no deadlock, one winner each", async () => {
    const codes = await Promise.all([1, 2, 3, 4].map((n) => shop.issue({ amountMinor: 100 * n })));
    const tenders = await Promise.all(codes.map((code) => tenderOf(shop, code)));
    for (const tender of tenders) await one.sell([tender]);
    for (const tender of tenders.toReversed()) await two.sell([tender]);
    await Promise.all([one.deliver(), two.deliver()]);
    for (const code of codes) {
      expect(await codeNow(shop, code.id)).toMatchObject({ state: "spent", lossMinor: code.amountMinor });
    }
  });

  it("a code revoked before its sale arrived: the sale stands, the sum is a loss by name", async () => {
    const code = await shop.issue({ amountMinor: 660 });
    const sale = await one.sell([await tenderOf(shop, code)]);
    await shop.ask("POST", `/api/office/codes/${code.id}/revoke`);
    await one.deliver();
    await one.pull();
    expect(one.told.get(`loss:1:${sale.seq}`)).toMatchObject({ lossMinor: 660 });
    expect(await codeNow(shop, code.id)).toMatchObject({
      state: "spent",
      lossMinor: 660,
      returnedMinor: 660,
    });
  });

  it("I5: revoked, sold, and lost to the lease holder: each sale's sum is lost once", async () => {
    const code = await shop.issue({ tillId: await idOf(two), amountMinor: 770 });
    const tender = await tenderOf(shop, code);
    await shop.ask("POST", `/api/office/codes/${code.id}/revoke`);
    const first = await one.sell([tender]);
    await one.deliver();
    const second = await two.sell([tender]);
    await two.deliver();
    const sales = await shop.ask<Page<SaleListRow>>("GET", "/api/office/sales");
    const lost = sales.rows.filter((row) => row.amountMinor === 770).map((row) => row.lossMinor);
    expect(lost).toEqual([770, 770]);
    await one.pull();
    await two.pull();
    expect(one.told.get(`loss:1:${first.seq}`)).toMatchObject({ lossMinor: 770 });
    expect(two.told.get(`loss:1:${second.seq}`)).toMatchObject({ lossMinor: 770 });
  });

  it("a code nobody issued, and more than a code is worth: booked, and lost by name", async () => {
    const code = await shop.issue({ amountMinor: 500 });
    const tender = (await tenderOf(shop, code)) as Extract<TenderBody, { method: "payment-code" }>;
    const unknown = await one.sell([{ ...tender, cti: fromHex("ab".repeat(16)) }]);
    const over = await one.sell([{ ...tender, amountMinor: 730 }]);
    await one.deliver();
    await one.pull();
    expect(one.told.get(`loss:1:${unknown.seq}`)).toMatchObject({ lossMinor: 500 });
    expect(one.told.get(`loss:1:${over.seq}`)).toMatchObject({ lossMinor: 230 });
  });

  it("the rest of an up-to code goes back to the issuer's list", async () => {
    const code = await shop.issue({ kind: "up-to", amountMinor: 1000, tillId: await idOf(one) });
    await one.pull();
    const sold = await one.sellCode(code.qrText ?? "", code.generatedPassword, 640);
    expect(sold.ok).toBe(true);
    await one.deliver();
    expect(await codeNow(shop, code.id)).toMatchObject({
      state: "spent",
      returnedMinor: 360,
      spent: { amountMinor: 640 },
    });
  });

  it("I7: the server's own journal is one unbroken, signed chain, and says every decision once", async () => {
    await upkeepRound(shop.books);
    const journal = await serverJournal(shop);
    const key = await importPublicKey(shop.server.services.instance.answer.publicKey);
    for (const [i, { row, entry }] of journal.entries()) {
      expect(entry.seq).toBe(i);
      expect(
        await verifyEntry(key, {
          bytes: new Uint8Array(row.bytes),
          signature: new Uint8Array(row.signature),
        }),
      ).toBe(true);
      const before = journal[i - 1];
      const prev = before ? await hashEntry(before.row.bytes) : entry.prev;
      expect(sameBytes(entry.prev, prev)).toBe(true);
    }
    const doubles = journal.filter(({ body }) => body?.kind === "double-spend");
    const outcomes = await shop.server.services.db
      .selectFrom("books.outcomes")
      .selectAll()
      .where("kind", "=", "double-spend")
      .execute();
    const sum = (rows: readonly number[]): number => rows.reduce((total, row) => total + row, 0);
    expect(sum(doubles.map(({ body }) => (body?.kind === "double-spend" ? body.lossMinor : 0)))).toBe(
      sum(outcomes.map((row) => row.loss_minor)),
    );
    const duties = await shop.server.services.db.selectFrom("books.journal_duties").selectAll().execute();
    expect(duties).toEqual([]);
  });
});

describe("I5: money on the server is the money of the tills' journals, whatever the line does", () => {
  it("codes used twice, batches repeated, cut and reordered: sums agree, a code pays once", async () => {
    const shop = await openShop();
    const [first = ""] = await shop.tillIds();
    const tills = [
      await shop.enrol(first),
      await shop.enrol(await shop.addTill("b")),
      await shop.enrol(await shop.addTill("c")),
    ];
    const step = fc.oneof(
      fc.record({
        kind: fc.constant("cash" as const),
        till: fc.nat(2),
        amount: fc.integer({ min: 1, max: 99_999 }),
      }),
      fc.record({
        kind: fc.constant("code" as const),
        till: fc.nat(2),
        code: fc.nat(3),
        amount: fc.constant(0),
      }),
      fc.record({ kind: fc.constant("push" as const), till: fc.nat(2), from: fc.nat(6), count: fc.nat(6) }),
      fc.record({ kind: fc.constant("both" as const), from: fc.nat(3) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), async (steps) => {
        const codes = await Promise.all(
          [1, 2, 3, 4].map((n) => shop.issue({ amountMinor: 10 * n, password: { mode: "generate" } })),
        );
        const tenders = await Promise.all(codes.map((code) => tenderOf(shop, code)));
        const used = new Map<string, number>();
        for (const action of steps) {
          const till = tills["till" in action ? action.till : 0] as HeadlessTill;
          if (action.kind === "cash") await till.sellCash(action.amount);
          else if (action.kind === "code") {
            const tender = tenders[action.code] as TenderBody;
            used.set(String(action.code), (used.get(String(action.code)) ?? 0) + 1);
            await till.sell([tender]);
          } else if (action.kind === "push") {
            const from = Math.max(0, till.receiptedSeq - action.from);
            await till.push(till.journal.slice(from, from + action.count + 1));
          } else {
            await Promise.all(
              tills.map((each) =>
                each.push(each.journal.slice(Math.max(0, each.receiptedSeq - action.from))),
              ),
            );
          }
        }
        await Promise.all(tills.map((till) => till.deliver()));
        const inJournals = tills
          .flatMap((till) => till.journal)
          .reduce((sum, row) => sum + (row.body?.kind === "sale" ? row.body.totalMinor : 0), 0);
        const rows = await shop.server.services.db
          .selectFrom("books.sales")
          .select(["total_minor", "loss_minor"])
          .execute();
        expect(rows.reduce((sum, row) => sum + row.total_minor, 0)).toBe(inJournals);
        for (const [n, code] of codes.entries()) {
          const uses = used.get(String(n)) ?? 0;
          const now = await codeNow(shop, code.id);
          expect(now.lossMinor).toBe(Math.max(0, uses - 1) * code.amountMinor);
          expect(now.state).toBe(uses > 0 ? "spent" : "issued");
        }
        for (const till of tills) expect(till.receiptedSeq).toBe(till.head.seq);
      }),
      { numRuns: 8 },
    );
    await shop.close();
  }, 180_000);
});
