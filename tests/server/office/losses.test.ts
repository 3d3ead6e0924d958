import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { randomBytes, toHex } from "../../../src/protocol/bytes.ts";
import { feedPath } from "../../../src/protocol/feed.ts";
import type {
  ActivationAnswer,
  AuditRow,
  Me,
  OpenActivation,
  Page,
  SaleListRow,
  TillRow,
} from "../../../src/protocol/office-api.ts";
import type { LossesAnswer, LossEvent, QuarantineAnswer } from "../../../src/protocol/office-losses-api.ts";
import type { UnsentWords } from "../../../src/protocol/unsent-words.ts";
import { STUCK_AFTER_MS } from "../../../server/tills/delivery-words.ts";
import { HeadlessTill, openNeighbour, openShop, type Shop } from "../headless-till.ts";
import { OWNER } from "../services.ts";

const MINUTE = 60_000;

/** Asks for news with the till's own words, as its carrier does. */
async function say(shop: Shop, till: HeadlessTill, words: UnsentWords): Promise<void> {
  const path = feedPath(0, toHex(randomBytes(16)), words);
  const answered = await shop.wire(path, { headers: { authorization: `Bearer ${till.token ?? ""}` } });
  expect(answered.status).toBe(200);
}

async function rowOf(shop: Shop, id: string): Promise<TillRow> {
  const { rows } = await shop.ask<{ rows: TillRow[] }>("GET", "/api/office/tills");
  const row = rows.find((one) => one.id === id);
  if (row === undefined) throw new Error("no such till");
  return row;
}

describe("how a till's delivery stands, as the office sees it", () => {
  let shop: Shop;
  let id: string;
  let till: HeadlessTill;
  beforeAll(async () => {
    shop = await openShop();
    [id = ""] = await shop.tillIds();
    till = await shop.enrol(id);
  });
  afterAll(() => shop.close());

  it("the till's own words stand beside what the server knows: count, sum, age, when it said so", async () => {
    await say(shop, till, { count: 3, sumMinor: 11_400, oldestMs: 7_200_000 });
    expect((await rowOf(shop, id)).health.unsent).toEqual({
      count: 3,
      sumMinor: 11_400,
      oldestMs: 7_200_000,
      saidAtMs: shop.server.clock.ms,
    });
    await say(shop, till, { count: 0, sumMinor: 0, oldestMs: 0 });
    expect((await rowOf(shop, id)).health.unsent).toMatchObject({ count: 0, oldestMs: null });
  });

  it("I6: a till that speaks for ten minutes and delivers nothing of what waits is stuck, since its first word", async () => {
    const since = shop.server.clock.ms;
    const words = { count: 2, sumMinor: 5_000, oldestMs: 1_000 };
    await say(shop, till, words);
    shop.server.clock.ms += STUCK_AFTER_MS - 1;
    await say(shop, till, words);
    expect((await rowOf(shop, id)).health.stuckSinceMs).toBeNull();
    shop.server.clock.ms += 1;
    await say(shop, till, words);
    expect((await rowOf(shop, id)).health.stuckSinceMs).toBe(since);
  });

  it("I6: what arrives ends the alarm, and a till that falls silent raises none", async () => {
    await till.sellCash(2500);
    await till.deliver();
    expect((await rowOf(shop, id)).health.stuckSinceMs).toBeNull();
    await say(shop, till, { count: 1, sumMinor: 2_500, oldestMs: 1_000 });
    shop.server.clock.ms += 20 * MINUTE;
    expect((await rowOf(shop, id)).health.stuckSinceMs).toBeNull();
    // The hour of its token is not over: it speaks again, and only now ten minutes have been spoken through.
    await say(shop, till, { count: 1, sumMinor: 2_500, oldestMs: 21 * MINUTE });
    expect((await rowOf(shop, id)).health.stuckSinceMs).not.toBeNull();
    await say(shop, till, { count: 0, sumMinor: 0, oldestMs: 0 });
    expect((await rowOf(shop, id)).health.stuckSinceMs).toBeNull();
  });

  it("a hello that claims more than has come counts as waiting too", async () => {
    await till.sellCash(1000);
    const since = shop.server.clock.ms;
    await till.hello();
    shop.server.clock.ms += STUCK_AFTER_MS;
    await till.hello();
    expect((await rowOf(shop, id)).health.stuckSinceMs).toBe(since);
    await till.deliver();
    expect((await rowOf(shop, id)).health.stuckSinceMs).toBeNull();
  });

  it("words that cannot be are no words", async () => {
    const before = (await rowOf(shop, id)).health.unsent;
    for (const unsent of ["1.2", "-1.5.0", "1.2.3.4", "9".repeat(30), "a.b.c"]) {
      const path = `${feedPath(0, toHex(randomBytes(16)))}&unsent=${unsent}`;
      await shop.wire(path, { headers: { authorization: `Bearer ${till.token ?? ""}` } });
    }
    expect((await rowOf(shop, id)).health.unsent).toEqual(before);
  });

  it("the office learns under which addresses the server is found", async () => {
    const { addresses } = await shop.ask<Me>("GET", "/api/office/me");
    expect(addresses[0]).toMatch(/^https?:\/\//u);
  });
});

describe("losses, receipts and quarantine", () => {
  let shop: Shop;
  let id: string;
  let till: HeadlessTill;
  beforeAll(async () => {
    shop = await openShop();
    [id = ""] = await shop.tillIds();
    till = await shop.enrol(id);
    await till.sellCash(3800);
    await till.deliver();
    await shop.server.services.db
      .insertInto("books.losses")
      .values({
        merchant_id: shop.owner.merchantId,
        till_id: till.certificate.till,
        epoch: 1,
        reason: "lost",
        source: "claimed-head",
        from_seq: till.head.seq + 1,
        known_head_seq: till.head.seq + 4,
        count: null,
        sum_minor: null,
        next_seq: till.head.seq + 1,
        state: "open",
        at_ms: shop.server.clock.ms,
      })
      .execute();
  });
  afterAll(() => shop.close());
  const losses = (): Promise<LossesAnswer> => shop.ask<LossesAnswer>("GET", "/api/office/losses");
  const name = (): string => `${id}-1`;

  it("I5: a loss stands by name: till, epoch, from which entry on, and «not known» is not zero", async () => {
    const { rows } = await losses();
    expect(rows).toMatchObject([
      {
        id: name(),
        tillName: "1号机",
        epoch: 1,
        fromSeq: till.head.seq + 1,
        knownHeadSeq: till.head.seq + 4,
        count: null,
        sumMinor: null,
        state: "open",
        receipts: [],
      },
    ]);
    expect((await rowOf(shop, id)).health.openLosses).toBe(1);
  });

  it("B10: a paper receipt is evidence: of a sale that never came, that came, or that came otherwise", async () => {
    const sale = till.journal.find((row) => row.seq === till.head.seq);
    const headHex = toHex(sale?.hash ?? new Uint8Array()).slice(0, 8);
    const enter = (receipt: object): Promise<LossEvent> =>
      shop.ask<LossEvent>("POST", `/api/office/losses/${name()}/receipts`, receipt);
    await enter({ seq: till.head.seq + 2, headHex: "a3f09c1e", amountMinor: 1250 });
    await enter({ seq: till.head.seq, headHex: headHex.toUpperCase(), amountMinor: 3800 });
    const { receipts } = await enter({ seq: till.head.seq, headHex: "00000000", amountMinor: 3800 });
    expect(receipts.map(({ seq, verdict }) => [seq - till.head.seq, verdict])).toEqual(
      expect.arrayContaining([
        [2, "missing"],
        [0, "arrived"],
        [0, "differs"],
      ]),
    );
    // Entered twice is entered once.
    expect((await enter({ seq: till.head.seq, headHex, amountMinor: 3800 })).receipts).toHaveLength(3);
    const audit = await shop.ask<Page<AuditRow>>("GET", "/api/office/audit?limit=50");
    expect(audit.rows.filter((row) => row.what === "loss-receipt-entered")).toHaveLength(3);
  });

  it("B10: a receipt that cannot be one, or for a loss that is none, is not taken", async () => {
    const path = `/api/office/losses/${name()}/receipts`;
    const good = { seq: 3, headHex: "a3f09c1e", amountMinor: 1250 };
    for (const bad of [{ seq: 0 }, { headHex: "a3f09c1" }, { headHex: "xyz09c1e" }, { amountMinor: 0 }]) {
      expect(await shop.refusal("POST", path, { ...good, ...bad })).toEqual([400, "invalid-input"]);
    }
    expect(await shop.refusal("POST", `/api/office/losses/${id}-2/receipts`, good)).toEqual([
      404,
      "not-found",
    ]);
    expect(await shop.refusal("POST", "/api/office/losses/nonsense/receipts", good)).toEqual([
      404,
      "not-found",
    ]);
  });

  it("I9: what is set apart stands with count, sum and reason until the owner decides", async () => {
    const nowMs = shop.server.clock.ms;
    const values = [3800, null, 1200].map((saleMinor, at) => ({
      merchant_id: shop.owner.merchantId,
      till_id: till.certificate.till,
      epoch: 1,
      hash: randomBytes(32),
      seq: 10 + at,
      bytes: randomBytes(40),
      signature: randomBytes(64),
      reason: "fork",
      received_at_ms: nowMs + at,
      sale_minor: saleMinor,
    }));
    await shop.server.services.db.insertInto("books.quarantined").values(values).execute();
    const { rows } = await shop.ask<QuarantineAnswer>("GET", "/api/office/quarantine");
    expect(rows).toEqual([
      {
        id: name(),
        tillId: id,
        tillName: "1号机",
        epoch: 1,
        fromSeq: 10,
        toSeq: 12,
        entries: 3,
        count: 2,
        sumMinor: 5000,
        reason: "fork",
        firstAtMs: nowMs,
        lastAtMs: nowMs + 2,
        decision: null,
      },
    ]);
    expect((await rowOf(shop, id)).health.quarantined).toEqual({ count: 3, sumMinor: 5000 });
  });

  it("another shop sees none of it", async () => {
    const neighbour = await openNeighbour(shop);
    expect((await neighbour.ask<LossesAnswer>("GET", "/api/office/losses")).rows).toEqual([]);
    expect((await neighbour.ask<QuarantineAnswer>("GET", "/api/office/quarantine")).rows).toEqual([]);
    expect(await neighbour.refusal("GET", `/api/office/tills/${id}/activation`)).toEqual([404, "not-found"]);
    const path = `/api/office/losses/${name()}/receipts`;
    const receipt = { seq: 3, headHex: "a3f09c1e", amountMinor: 1250 };
    expect(await neighbour.refusal("POST", path, receipt)).toEqual([404, "not-found"]);
  });

  it("B3: an existing till is activated anew for a reason, which is kept with the code", async () => {
    await shop.ask("POST", `/api/office/tills/${id}/activation`, { reason: "stolen" });
    const kept = await shop.server.services.db
      .selectFrom("books.activations")
      .select("reason")
      .where("merchant_id", "=", shop.owner.merchantId)
      .where("killed", "=", false)
      .where("used_epoch", "is", null)
      .execute();
    expect(kept).toEqual([{ reason: "stolen" }]);
    const path = `/api/office/tills/${id}/activation`;
    // A page that is opened again shows the same code, and why it was asked for.
    const made = await shop.ask<ActivationAnswer>("POST", path, { reason: "lost" });
    const open = (): Promise<{ open: OpenActivation | null }> => shop.ask("GET", path);
    expect(await open()).toEqual({ open: { ...made, reason: "lost" } });
    shop.server.clock.ms = made.expiresAtMs;
    expect(await open()).toEqual({ open: null });
    expect(await shop.refusal("POST", path, { reason: "bored" })).toEqual([400, "invalid-input"]);
  });
});

describe("a stolen tablet, from its last hello to the owner's decision", () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop.close());

  it("B3 I5: the loss is a stated number, what comes late waits, and once booked it is in the sales", async () => {
    const [id = ""] = await shop.tillIds();
    const stolen = await shop.enrol(id);
    await stolen.sellCash(2600);
    await stolen.deliver();
    for (const amountMinor of [1900, 4500, 880]) await stolen.sellCash(amountMinor);
    await stolen.hello();
    const path = `/api/office/tills/${id}/activation`;
    const { qrText } = await shop.ask<{ qrText: string }>("POST", path, { reason: "stolen" });
    const next = await HeadlessTill.enrol(shop.wire, qrText, () => shop.server.clock.ms);
    expect(next.ok).toBe(true);
    // Used up by the new tablet: nothing waits any more.
    expect(await shop.ask("GET", path)).toEqual({ open: null });
    const { rows } = await shop.ask<LossesAnswer>("GET", "/api/office/losses");
    expect(rows).toMatchObject([
      { id: `${id}-1`, reason: "stolen", state: "open", fromSeq: stolen.receiptedSeq + 1 },
    ]);
    expect(rows[0]?.knownHeadSeq).toBe(stolen.head.seq);

    await stolen.push();
    const waiting = await shop.ask<QuarantineAnswer>("GET", "/api/office/quarantine");
    expect(waiting.rows).toMatchObject([
      { id: `${id}-1`, reason: "stolen", count: 3, sumMinor: 7280, decision: null },
    ]);
    const entries = waiting.rows[0]?.entries ?? 0;
    const decision = `/api/office/quarantine/${id}-1/decision`;
    expect(await shop.refusal("POST", decision, { decide: "booked", entries: entries + 1 })).toEqual([
      409,
      "quarantine-changed",
    ]);
    await shop.ask("POST", decision, { decide: "booked", entries });
    const after = await shop.ask<QuarantineAnswer>("GET", "/api/office/quarantine");
    expect(after.rows).toMatchObject([{ decision: { decided: "booked", by: OWNER.email } }]);
    const sales = await shop.ask<Page<SaleListRow>>("GET", "/api/office/sales?limit=50");
    expect(sales.rows.map((row) => row.amountMinor).toSorted((a, b) => a - b)).toEqual([
      880, 1900, 2600, 4500,
    ]);
    expect((await rowOf(shop, id)).health.quarantined.count).toBe(0);

    // The paper receipt of a sale that came and was set apart is no sale that never came.
    const sale = stolen.journal.at(-1);
    const headHex = toHex(sale?.hash ?? new Uint8Array()).slice(0, 8);
    const receipts = `/api/office/losses/${id}-1/receipts`;
    await shop.ask("POST", receipts, { seq: sale?.seq, headHex, amountMinor: 880 });
    const held = await shop.ask<LossEvent>("POST", receipts, {
      seq: sale?.seq,
      headHex: "00000000",
      amountMinor: 880,
    });
    expect(held.receipts.find((one) => one.headHex === headHex)?.verdict).toBe("arrived");
    expect(held.receipts.find((one) => one.headHex === "00000000")?.verdict).toBe("missing");
  });
});
