import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { rebuildBooks } from "../../../server/journal/rebuild.ts";
import { payJournalDuties } from "../../../server/journal/server-journal.ts";
import { decodeEntry } from "../../../src/protocol/entry.ts";
import { decodeServerBody } from "../../../src/protocol/entry-bodies.ts";
import type { Page, SaleListRow, SaleDetail, TodayAnswer } from "../../../src/protocol/office-api.ts";
import type {
  LossesAnswer,
  LossEvent,
  QuarantineAnswer,
  RenewalReason,
} from "../../../src/protocol/office-losses-api.ts";
import { HeadlessTill, openShop, type Shop } from "../headless-till.ts";

describe("what is missing when a till ends is a loss by name, and shrinks with what comes late", () => {
  let shop: Shop;
  let first: string;
  let till: HeadlessTill;
  beforeEach(async () => {
    shop = await openShop();
    [first = ""] = await shop.tillIds();
    till = await shop.enrol(first);
  });
  afterEach(() => shop.close());

  async function renew(reason: RenewalReason): Promise<HeadlessTill> {
    shop.server.clock.ms += 1000;
    const path = `/api/office/tills/${first}/activation`;
    const { qrText } = await shop.ask<{ qrText: string }>("POST", path, { reason });
    const fresh = await HeadlessTill.enrol(shop.wire, qrText, () => shop.server.clock.ms);
    if (!fresh.ok) throw new Error(fresh.refusal.code);
    await fresh.value.deliver();
    shop.server.clock.ms += 1000;
    return fresh.value;
  }
  const losses = async (): Promise<readonly LossEvent[]> =>
    (await shop.ask<LossesAnswer>("GET", "/api/office/losses")).rows;
  const total = async (): Promise<number> =>
    (await shop.ask<TodayAnswer>("GET", "/api/office/today")).totalMinor;

  it.each(["lost", "data-lost"] as const)(
    "I5: %s: what the last hello claimed is missing",
    async (reason) => {
      await till.sellCash(100);
      await till.deliver();
      await till.sellCash(200);
      await till.sellCash(300);
      await till.hello();
      await renew(reason);
      const [loss] = await losses();
      expect(loss).toMatchObject({
        epoch: 1,
        reason,
        fromSeq: 2,
        knownHeadSeq: 3,
        sumMinor: null,
        state: "open",
      });
      // It turns up after all.
      expect(await till.push(till.journal.slice(2, 3))).toMatchObject({ result: "ok", seq: 2 });
      expect((await losses())[0]).toMatchObject({ state: "shrunk", cameLate: { count: 1, sumMinor: 200 } });
      await till.deliver();
      expect((await losses())[0]).toMatchObject({ state: "closed", cameLate: { count: 2, sumMinor: 500 } });
      expect(await total()).toBe(600);
      const { rows } = await shop.ask<Page<SaleListRow>>("GET", "/api/office/sales");
      const [latest] = rows;
      expect(await shop.ask<SaleDetail>("GET", `/api/office/sales/${latest?.id}`)).toMatchObject({
        outcomes: ["late"],
      });
    },
  );

  it("I5: nothing is known: the loss says so, until the tablet turns up and says how far it went", async () => {
    await till.sellCash(100);
    await till.deliver();
    await renew("lost");
    await till.sellCash(200);
    expect((await losses())[0]).toMatchObject({
      knownHeadSeq: null,
      count: null,
      sumMinor: null,
      source: "none",
    });
    await till.hello();
    await till.push(till.journal.slice(2));
    expect((await losses())[0]).toMatchObject({ knownHeadSeq: 2, state: "closed" });
  });

  it("§6 stolen: late entries are set apart; booked by the owner, they count once and are flagged", async () => {
    await till.sellCash(100);
    await till.deliver();
    await till.sellCash(200);
    await renew("stolen");
    expect(await till.push()).toMatchObject({ result: "quarantined" });
    expect(await total()).toBe(100);
    const path = `/api/office/quarantine/${first}-1/decision`;
    const { rows } = await shop.ask<QuarantineAnswer>("GET", "/api/office/quarantine");
    expect(rows).toMatchObject([{ id: `${first}-1`, entries: 1, count: 1, sumMinor: 200, decision: null }]);
    // Not about more than stood on the screen.
    expect(await shop.refusal("POST", path, { decide: "booked", entries: 2 })).toEqual([
      409,
      "quarantine-changed",
    ]);
    const decided = { decide: "booked", entries: 1 } as const;
    const answers = await Promise.all(
      [1, 2, 3].map(() => shop.ask("POST", path, decided).catch(() => "again")),
    );
    expect(answers.some((answer) => answer !== "again")).toBe(true);
    expect(await shop.ask("POST", path, decided)).toMatchObject({ decision: { decided: "booked" } });
    expect(await shop.refusal("POST", path, { decide: "rejected", entries: 1 })).toEqual([
      409,
      "quarantine-changed",
    ]);
    expect(await total()).toBe(300);
    const [latest] = (await shop.ask<Page<SaleListRow>>("GET", "/api/office/sales")).rows;
    const sale = await shop.ask<SaleDetail>("GET", `/api/office/sales/${latest?.id}`);
    expect(sale).toMatchObject({ amountMinor: 200, outcomes: ["booked"] });
    expect(await till.push()).toMatchObject({ result: "quarantined" });
    expect(await total()).toBe(300);
  });

  it("§6: a fork's two journals use one number: both sales are booked, each once, their codes too", async () => {
    const [one, two] = [await shop.issue({ tillId: first }), await shop.issue({ tillId: first })];
    await till.pull();
    const fromBackup = till.journal.slice(0, 1);
    await till.sellCode(one.qrText ?? "", one.generatedPassword);
    await till.deliver();
    const clone = till.rewind(fromBackup);
    await clone.pull();
    const sold = await clone.sellCode(two.qrText ?? "", two.generatedPassword);
    expect(sold.ok).toBe(true);
    expect(await clone.push(clone.journal.slice(1))).toMatchObject({ result: "fork" });
    await shop.ask("POST", `/api/office/quarantine/${first}-1/decision`, { decide: "booked", entries: 1 });
    expect(await total()).toBe(7600);
    const spent = async (id: string): Promise<string> =>
      (await shop.ask<{ spent: { saleId: string } }>("GET", `/api/office/codes/${id}`)).spent.saleId;
    const [saleOne, saleTwo] = [await spent(one.id), await spent(two.id)];
    expect(saleOne).not.toBe(saleTwo);
    for (const [id, code] of [
      [saleOne, one],
      [saleTwo, two],
    ] as const) {
      expect(await shop.ask<SaleDetail>("GET", `/api/office/sales/${id}`)).toMatchObject({ codeId: code.id });
    }
  });

  it("§6: rejected stays out of the books, and what comes after is another decision", async () => {
    await till.sellCash(200);
    await renew("stolen");
    await till.push();
    const path = `/api/office/quarantine/${first}-1/decision`;
    await shop.ask("POST", path, { decide: "rejected", entries: 1 });
    await till.sellCash(700);
    await till.push();
    const { rows } = await shop.ask<QuarantineAnswer>("GET", "/api/office/quarantine");
    expect(rows.map((row) => [row.sumMinor, row.decision?.decided ?? null])).toEqual([
      [700, null],
      [200, "rejected"],
    ]);
    await shop.ask("POST", path, { decide: "booked", entries: 1 });
    expect(await total()).toBe(700);
  });

  it("I5: entries past a gap say by their running figures what is missing before them", async () => {
    await till.sellCash(100);
    await till.deliver();
    for (const amount of [1000, 2000, 4000]) await till.sellCash(amount);
    await renew("stolen");
    // Two sales were never read again; the one after them came.
    await till.push(till.journal.slice(4));
    expect((await losses())[0]).toMatchObject({ fromSeq: 2, knownHeadSeq: 3, count: 2, sumMinor: 3000 });
    await till.push(till.journal.slice(2));
    expect((await losses())[0]).toMatchObject({ state: "closed" });
  });

  it.each(["booked", "rejected"] as const)(
    "I5: stolen and back, %s: what was set apart has come, and the loss closes as a rebuild says too",
    async (decide) => {
      await till.sellCash(100);
      await till.deliver();
      await till.sellCash(200);
      await till.sellCash(300);
      await till.sellCash(400);
      await till.hello();
      await renew("stolen");
      shop.server.clock.ms += 1000;
      await till.push(till.journal.slice(2, 3));
      const came = { count: 1, sumMinor: 200 };
      const part = { fromSeq: 2, nextSeq: 3, knownHeadSeq: 4, state: "shrunk", cameLate: came };
      expect((await losses())[0]).toMatchObject(part);
      await till.push(till.journal.slice(3));
      const path = `/api/office/quarantine/${first}-1/decision`;
      await shop.ask("POST", path, { decide, entries: 3 });
      const all = { nextSeq: 5, state: "closed", count: 3, cameLate: { count: 3, sumMinor: 900 } };
      expect((await losses())[0]).toMatchObject(all);
      const { differences } = await rebuildBooks(shop.server.services.db, shop.owner.merchantId);
      expect(differences).toEqual([]);
    },
  );

  it("I5: an ended epoch's hello opens its loss again, and what it claimed closes it", async () => {
    await till.sellCash(100);
    await till.deliver();
    await till.sellCash(200);
    await renew("stolen");
    await till.push();
    expect((await losses())[0]).toMatchObject({ state: "closed", knownHeadSeq: 2, nextSeq: 3 });
    await till.sellCash(300);
    await till.hello();
    expect((await losses())[0]).toMatchObject({ state: "shrunk", knownHeadSeq: 3, nextSeq: 3 });
    const { differences } = await rebuildBooks(shop.server.services.db, shop.owner.merchantId);
    expect(differences).toEqual([]);
    await till.push();
    expect((await losses())[0]).toMatchObject({ state: "closed", cameLate: { count: 2, sumMinor: 500 } });
  });

  it("I5: data-lost: the loss closes when the new epoch has carried all of it, without a hello", async () => {
    await till.sellCash(100);
    await till.deliver();
    await till.sellCash(200);
    const fresh = await renew("data-lost");
    expect((await losses())[0]).toMatchObject({ state: "open", knownHeadSeq: null });
    expect(await till.push()).toMatchObject({ result: "ok" });
    const closed = { state: "closed", knownHeadSeq: 2, count: 1, sumMinor: 200 };
    expect((await losses())[0]).toMatchObject(closed);
    await fresh.deliver();
    const { differences } = await rebuildBooks(shop.server.services.db, shop.owner.merchantId);
    expect(differences).toEqual([]);
  });

  it("I5: a gap among what was set apart is what is missing, and its rebuild says the same", async () => {
    await till.sellCash(100);
    await till.deliver();
    for (const amount of [1000, 2000, 4000]) await till.sellCash(amount);
    await renew("stolen");
    await till.push(till.journal.slice(2, 3));
    await till.push(till.journal.slice(4));
    const gap = { fromSeq: 2, nextSeq: 3, knownHeadSeq: 3, count: 1, sumMinor: 2000, state: "shrunk" };
    expect((await losses())[0]).toMatchObject(gap);
    await till.push(till.journal.slice(3));
    expect((await losses())[0]).toMatchObject({ state: "closed", nextSeq: 5, count: 3, sumMinor: 7000 });
    const { differences } = await rebuildBooks(shop.server.services.db, shop.owner.merchantId);
    expect(differences).toEqual([]);
  });

  it("§5: the loss stands in the server's own journal, and is recorded once", async () => {
    await till.sellCash(200);
    await till.hello();
    await renew("lost");
    await payJournalDuties(shop.books, shop.owner.merchantId);
    await payJournalDuties(shop.books, shop.owner.merchantId);
    const rows = await shop.server.services.db
      .selectFrom("books.entries")
      .select("bytes")
      .where("kind", "=", "loss")
      .execute();
    expect(rows).toHaveLength(1);
    const entry = decodeEntry(rows[0]?.bytes ?? new Uint8Array());
    expect(entry && decodeServerBody(entry.kind, entry.body)).toMatchObject({
      kind: "loss",
      epoch: 1,
      reason: "lost",
      fromSeq: 1,
      knownHeadSeq: 1,
      source: "claimed-head",
    });
  });

  it("a tablet that was replaced with everything delivered is no loss", async () => {
    await till.sellCash(100);
    await till.deliver();
    await till.hello();
    await renew("replaced");
    expect(await losses()).toEqual([]);
  });

  it("I12: sold while it waited for «same», then stopped: the owner may still book it", async () => {
    const id = await shop.addTill("2号机");
    const { typedCode } = await shop.ask<{ typedCode: string }>("POST", `/api/office/tills/${id}/activation`);
    const enrolled = await HeadlessTill.enrol(shop.wire, typedCode, () => shop.server.clock.ms);
    if (!enrolled.ok) throw new Error(enrolled.refusal.code);
    const waiting = enrolled.value;
    await waiting.sellCash(4200);
    await waiting.deliver();
    await shop.ask("POST", `/api/office/tills/${id}/revoke`);
    await waiting.sellCash(800);
    expect(await waiting.push()).toMatchObject({ result: "quarantined" });
    expect(await total()).toBe(0);
    const { rows } = await shop.ask<QuarantineAnswer>("GET", "/api/office/quarantine");
    expect(rows).toMatchObject([{ id: `${id}-1`, entries: 2, sumMinor: 5000, reason: "not-confirmed" }]);
    await shop.ask("POST", `/api/office/quarantine/${id}-1/decision`, { decide: "booked", entries: 2 });
    expect(await total()).toBe(5000);
  });

  it("a stopped till's later code sale is booked and flagged; its cash is not", async () => {
    const code = await shop.issue({ tillId: first });
    await till.pull();
    await shop.ask("POST", `/api/office/tills/${first}/revoke`);
    await till.sellCash(100);
    await till.sellCode(code.qrText ?? "", code.generatedPassword);
    await till.deliver();
    const flags = await shop.server.services.db
      .selectFrom("books.sales")
      .select(["total_minor", "flagged"])
      .orderBy("seq")
      .execute();
    expect(flags).toEqual([
      { total_minor: 100, flagged: null },
      { total_minor: 3800, flagged: "till-revoked" },
    ]);
  });
});
