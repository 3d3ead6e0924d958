import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { WaitingEntries } from "../../../server/journal/apply-waiting.ts";
import { BODY_DECODERS } from "../../../server/journal/body-decoders.ts";
import { rebuildBooks } from "../../../server/journal/rebuild.ts";
import { payJournalDuties } from "../../../server/journal/server-journal.ts";
import { upkeepRound } from "../../../server/journal/upkeep.ts";
import { encodeTillBody, type TillBody } from "../../../src/protocol/entry-bodies.ts";
import { decodeEntry, hashEntry } from "../../../src/protocol/entry.ts";
import { encodeCbor } from "../../../src/protocol/cbor.ts";
import { newId } from "../../../src/protocol/ids.ts";
import type { Page, SaleDetail, SaleListRow, TodayAnswer } from "../../../src/protocol/office-api.ts";
import { decodeTillBody } from "../../../src/protocol/till-body-reader.ts";
import { HeadlessTill, openShop, type Shop } from "../headless-till.ts";

const tables = ["books.sales", "books.sale_tenders", "books.losses"] as const;

/** Every row of every projection, as text, in one order. */
async function projections(shop: Shop): Promise<readonly string[]> {
  const all: string[] = [];
  for (const table of tables) {
    const { rows } = await sql<{ row: string }>`select to_jsonb(t)::text as row
      from ${sql.raw(table)} t order by 1`.execute(shop.server.services.db);
    all.push(...rows.map(({ row }) => `${table} ${row}`));
  }
  return all;
}

/**
 * Sales by cash and code, a code used twice, one over its worth, a fork booked, a loss shrunk, a late sale.
 */
async function richHistory(shop: Shop): Promise<void> {
  const [first = ""] = await shop.tillIds();
  const till = await shop.enrol(first);
  const secondId = await shop.addTill("2号机");
  const other = await shop.enrol(secondId);
  const [one, two, three] = [
    await shop.issue({ tillId: first }),
    await shop.issue({ tillId: first, kind: "up-to", amountMinor: 9000 }),
    await shop.issue({ tillId: first }),
  ];
  await till.pull();
  await till.sellCash(1250);
  const clone = till.rewind(till.journal.slice(0, 2));
  await clone.pull();
  await till.sellCode(one.qrText ?? "", one.generatedPassword);
  await till.sellCode(two.qrText ?? "", two.generatedPassword, 4000);
  await till.deliver();
  await till.sell([{ method: "cash", amountMinor: 500, receivedMinor: 1000 }]);
  // Somebody's copy of the first till: its journal parts from ours, and spends a code that was spent too.
  await clone.sellCode(one.qrText ?? "", one.generatedPassword);
  await clone.sellCode(three.qrText ?? "", three.generatedPassword);
  await clone.push(clone.journal.slice(2));
  await shop.ask("POST", `/api/office/quarantine/${first}-1/decision`, { decide: "booked", entries: 2 });
  // The second till is lost with three sales, of which two turn up.
  for (const amount of [100, 200, 300]) await other.sellCash(amount);
  await other.hello();
  shop.server.clock.ms += 60_000;
  const path = `/api/office/tills/${secondId}/activation`;
  const { qrText } = await shop.ask<{ qrText: string }>("POST", path, { reason: "lost" });
  const fresh = await HeadlessTill.enrol(shop.wire, qrText, () => shop.server.clock.ms);
  if (!fresh.ok) throw new Error(fresh.refusal.code);
  await fresh.value.sellCash(7700);
  await fresh.value.deliver();
  shop.server.clock.ms += 60_000;
  await other.push(other.journal.slice(1, 3));
  // A code taken after its till was stopped.
  const last = await shop.issue({ tillId: secondId }).catch(() => null);
  await fresh.value.pull();
  await shop.ask("POST", `/api/office/tills/${secondId}/revoke`);
  if (last !== null) await fresh.value.sellCode(last.qrText ?? "", last.generatedPassword);
  await fresh.value.sellCash(20);
  await fresh.value.deliver();
  // Sold while it waited for «same», booked when it was said.
  const thirdId = await shop.addTill("3号机");
  const typed = await shop.ask<{ typedCode: string }>("POST", `/api/office/tills/${thirdId}/activation`);
  const third = await HeadlessTill.enrol(shop.wire, typed.typedCode, () => shop.server.clock.ms);
  if (!third.ok) throw new Error(third.refusal.code);
  await third.value.sellCash(4321);
  await third.value.deliver();
  shop.server.clock.ms += 60_000;
  await shop.ask("POST", `/api/office/tills/${thirdId}/compare`, { same: true });
}

describe("the books are made again from what was signed and decided", () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
    await richHistory(shop);
  });
  afterAll(() => shop.close());

  it("I5: rebuilt over themselves, nothing differs, and every kind of row was there", async () => {
    const before = await projections(shop);
    const { rows, differences } = await rebuildBooks(shop.server.services.db, shop.owner.merchantId);
    expect(differences).toEqual([]);
    expect(await projections(shop)).toEqual(before);
    const flags = await shop.server.services.db
      .selectFrom("books.sales")
      .select("flagged")
      .distinct()
      .execute();
    expect(flags.map((row) => row.flagged)).toEqual(
      expect.arrayContaining(["booked", "late", "till-revoked"]),
    );
    expect(before.some((row) => /"loss_minor": [1-9]/u.test(row))).toBe(true);
    expect(rows).toMatchObject({ losses: 1 });
  });

  it("I5: wrecked, they come back row for row, and the difference is named", async () => {
    const { db } = shop.server.services;
    const before = await projections(shop);
    await sql`delete from books.sales where total_minor = 1250`.execute(db);
    await sql`update books.sales set total_minor = total_minor + 1 where flagged = 'late'`.execute(db);
    await sql`update books.sales set loss_minor = 0`.execute(db);
    await sql`delete from books.sale_tenders where method = 'cash'`.execute(db);
    await sql`update books.losses set state = 'closed', late_minor = 0`.execute(db);
    const { differences } = await rebuildBooks(db, shop.owner.merchantId);
    expect(await projections(shop)).toEqual(before);
    expect(differences.map(({ table }) => table)).toEqual(["sales", "sale_tenders", "losses"]);
    expect(differences[0]?.examples.some((row) => row.startsWith("+ ") && row.includes("1250"))).toBe(true);
    const again = await rebuildBooks(db, shop.owner.merchantId);
    expect(again.differences).toEqual([]);
  });

  it("the loss is rebuilt whether the server's journal has said it yet or not", async () => {
    const { db } = shop.server.services;
    await payJournalDuties(shop.books, shop.owner.merchantId);
    expect((await rebuildBooks(db, shop.owner.merchantId)).differences).toEqual([]);
  });

  it("a sale that does not add up is stored, receipted, booked as it says, and named", async () => {
    const till = await shop.enrol(await shop.addTill("4号机"));
    await till.write({
      kind: "sale",
      sale: newId(),
      operator: till.operator,
      feedVersion: 0,
      currency: "CNY",
      totalMinor: 1000,
      tenders: [{ method: "cash", amountMinor: 900, receivedMinor: 900 }],
      runningCount: 1,
      runningMinor: 1000,
    });
    await till.sellCash(5);
    await till.deliver();
    const { rows } = await shop.ask<Page<SaleListRow>>("GET", "/api/office/sales");
    const odd = rows.find((row) => row.amountMinor === 1000);
    const sale = await shop.ask<SaleDetail>("GET", `/api/office/sales/${odd?.id}`);
    expect(sale).toMatchObject({ outcomes: ["does-not-add-up"], lossMinor: 0 });
    const findings = await shop.server.services.db
      .selectFrom("books.findings")
      .select(["kind", "seq"])
      .where("kind", "=", "sale-does-not-add-up")
      .execute();
    expect(findings).toEqual([{ kind: "sale-does-not-add-up", seq: 1 }]);
  });

  it("§5: a kind nobody knew is receipted, and applied once by the build that knows it", async () => {
    const till = await shop.enrol(await shop.addTill("5号机"));
    const today = async (): Promise<number> =>
      (await shop.ask<TodayAnswer>("GET", "/api/office/today")).totalMinor;
    const before = await today();
    const body: TillBody = {
      kind: "sale",
      sale: newId(),
      operator: till.operator,
      feedVersion: 0,
      currency: "CNY",
      totalMinor: 6600,
      tenders: [{ method: "cash", amountMinor: 6600, receivedMinor: 6600 }],
      runningCount: 1,
      runningMinor: 6600,
    };
    await till.writeUnknown("sale-of-tomorrow", encodeTillBody(body));
    // And a whole entry of a later version, with a member that nobody knows.
    const row = await till.writeUnknown("sale", encodeTillBody({ ...body, sale: newId(), totalMinor: 6600 }));
    const entry = decodeEntry(row.signed.bytes);
    if (entry === null) throw new Error("the entry reads");
    const { merchant, epoch, seq, prev, kind, time, versions } = entry;
    const later = encodeCbor([
      2,
      merchant,
      till.certificate.till,
      epoch,
      seq,
      prev,
      kind,
      [time.clockMs, time.nowMs, time.quality],
      [versions.feed, versions.keyset, versions.build],
      entry.body,
      "tomorrow",
    ]);
    const signed = await till.resign(later);
    till.journal[seq] = { ...row, signed, hash: await hashEntry(later) };
    await till.sellCash(34);
    await till.deliver();
    expect(await today()).toBe(before + 34);
    await upkeepRound(shop.books);
    expect(await today()).toBe(before + 34);
    const tomorrow = new WaitingEntries(
      new Map([
        ...BODY_DECODERS,
        [1, (of, encoded) => decodeTillBody(of === "sale-of-tomorrow" ? "sale" : of, encoded)],
        [2, decodeTillBody],
      ]),
    );
    expect(await tomorrow.round(shop.books)).toBe(2);
    expect(await tomorrow.round(shop.books)).toBe(0);
    expect(await today()).toBe(before + 34 + 13_200);
  });
});
