import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { sql } from "kysely";
import { upkeepRound } from "../../../server/journal/upkeep.ts";
import { encodeCbor } from "../../../src/protocol/cbor.ts";
import { randomBytes } from "../../../src/protocol/bytes.ts";
import { newSigningPair } from "../../../src/protocol/crypto.ts";
import type { TillRow } from "../../../src/protocol/office-api.ts";
import { signHello } from "../../../src/protocol/push.ts";
import { HeadlessTill, openNeighbour, openShop, type Shop } from "../headless-till.ts";

const DAY_MS = 86_400_000;

describe("a tablet the shop does not trust, or no more", () => {
  let shop: Shop;
  let first: string;
  beforeEach(async () => {
    shop = await openShop();
    first = (await shop.tillIds())[0] ?? "";
  });
  afterEach(() => shop.close());

  it("§10: a tablet that waits for «same» hears that its till was revoked meanwhile", async () => {
    const { typedCode } = await shop.ask<{ typedCode: string }>(
      "POST",
      `/api/office/tills/${first}/activation`,
    );
    const enrolled = await HeadlessTill.enrol(shop.wire, typedCode, () => shop.server.clock.ms);
    if (!enrolled.ok) throw new Error(enrolled.refusal.code);
    const till = enrolled.value;
    await till.deliver();
    await shop.ask("POST", `/api/office/tills/${first}/revoke`);
    expect(await till.hello()).toMatchObject({ result: "ok", detail: { kind: "revoked" } });
    const page = await till.pullPage();
    expect(page?.changes.map((change) => change.type)).toEqual(["shop", "till-state"]);
    expect(page?.changes).toContainEqual({ type: "till-state", state: "revoked" });
  });

  it("§3: a code used and replaced in the same moment: no deadlock, one of the two is first", async () => {
    const { db } = shop.server.services;
    const activated = await shop.ask<{ qrText: string }>("POST", `/api/office/tills/${first}/activation`);
    const merchant = shop.owner.merchantId;
    const enrolling = await db.transaction().execute(async (tx) => {
      // As the office does it: the till first, then its codes.
      await tx
        .selectFrom("books.tills")
        .select("name")
        .where("merchant_id", "=", merchant)
        .forUpdate()
        .execute();
      const tablet = HeadlessTill.enrol(shop.wire, activated.qrText, () => shop.server.clock.ms);
      for (let waiting = 0; waiting === 0;) {
        const rows = await sql<{ count: number }>`select count(*)::int as count from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
        waiting = rows.rows[0]?.count ?? 0;
      }
      await tx
        .updateTable("books.activations")
        .set({ killed: true })
        .where("merchant_id", "=", merchant)
        .execute();
      return { tablet };
    });
    expect(await enrolling.tablet).toEqual({ ok: false, refusal: { code: "activation-killed" } });
  });

  it("§3: «same» is said of the tablet whose digits were on the screen, and of no other", async () => {
    const tablet = async (): Promise<HeadlessTill> => {
      const path = `/api/office/tills/${first}/activation`;
      const { typedCode } = await shop.ask<{ typedCode: string }>("POST", path);
      const enrolled = await HeadlessTill.enrol(shop.wire, typedCode, () => shop.server.clock.ms);
      if (!enrolled.ok) throw new Error(enrolled.refusal.code);
      return enrolled.value;
    };
    const seen = await tablet();
    const other = await tablet();
    const compare = async (epoch: number): Promise<TillRow> =>
      await shop.ask<TillRow>("POST", `/api/office/tills/${first}/compare`, { same: true, epoch });
    expect(await compare(seen.certificate.epoch)).toMatchObject({ state: "comparing", epoch: 2 });
    expect(await compare(other.certificate.epoch)).toMatchObject({ state: "active", epoch: 2 });
  });

  it("§3: a used code, sent again and again, buys no more guesses at the others", async () => {
    const { qrText } = await shop.ask<{ qrText: string }>("POST", `/api/office/tills/${first}/activation`);
    let recorded: RequestInit = {};
    const wire: typeof shop.wire = async (path, init) => {
      recorded = init ?? {};
      return await shop.wire(path, init);
    };
    expect((await HeadlessTill.enrol(wire, qrText, () => shop.server.clock.ms)).ok).toBe(true);
    const statuses: number[] = [];
    for (let n = 0; n < 15; n++) {
      const body = Uint8Array.of(0xf6);
      statuses.push((await shop.wire("/api/till/enrol", { ...recorded, body })).status);
      await shop.wire("/api/till/enrol", recorded);
    }
    expect(statuses).toContain(429);
  });

  it("one tablet's streams leave room for everybody else's", async () => {
    const stolen = await shop.enrol(first);
    const open = async (): Promise<Response> =>
      await shop.wire("/api/till/events", { headers: { authorization: `Bearer ${stolen.token ?? ""}` } });
    const answers = await Promise.all(Array.from({ length: 120 }, open));
    expect(answers.map((answer) => answer.status)).toEqual(Array<number>(120).fill(200));
    // The oldest is over after its first line; the newest stays.
    expect(await answers[0]?.text()).toBe("retry: 3000\n\n");
    const office = await shop.server.send("GET", "/api/office/events", undefined, {
      cookie: shop.owner.cookie,
    });
    expect(office.status).toBe(200);
    for (const answer of [...answers.slice(1), office]) await answer.body?.cancel();
    // Streams that ended give their place back.
    const again = await open();
    expect(again.status).toBe(200);
    await again.body?.cancel();
  });

  it("a hello with an epoch that no till can have is answered as unknown", async () => {
    const challenge = new Uint8Array(await (await shop.wire("/api/till/challenge", {})).arrayBuffer());
    const till = await shop.enrol(first);
    const body = await signHello((await newSigningPair(false)).privateKey, {
      challenge,
      till: till.certificate.till,
      epoch: 2 ** 40,
      seq: 0,
      headHash: randomBytes(32),
      lineage: till.certificate.lineage,
      feedVersion: 0,
    });
    const headers = { "content-type": "application/cbor" };
    const answer = await shop.wire("/api/till/hello", { method: "POST", headers, body });
    expect(answer.status).toBe(400);
  });

  it("§7: a new tablet's full page does not carry the codes of years that are over", async () => {
    const old = await shop.issue({ validDays: 1 });
    shop.server.clock.ms += 92 * DAY_MS;
    const live = await shop.issue({});
    const till = await shop.enrol(first);
    const codes = [...till.told.keys()].filter((key) => key.startsWith("code:"));
    expect(codes).toHaveLength(1);
    expect([...till.told.keys()].filter((key) => key.startsWith("lease:"))).toHaveLength(1);
    expect(old.id).not.toBe(live.id);
  });

  it("G2: one shop's broken duty holds up neither the duties nor the checks of the others", async () => {
    const other = await openNeighbour(shop);
    const { db, nowMs } = shop.server.services;
    const duty = { kind: "double-spend", created_at_ms: nowMs() };
    const till = await shop.enrol(first);
    await till.sellCash(100);
    await till.deliver();
    for (const merchant of [shop.owner.merchantId, other.owner.merchantId]) {
      await db
        .insertInto("books.journal_duties")
        .values({ merchant_id: merchant, duty_id: randomBytes(16), body: encodeCbor(["broken"]), ...duty })
        .execute();
    }
    expect(await upkeepRound(shop.books)).toBe(2);
    expect(shop.server.logged.join("")).toContain("upkeep-failed");
  });
});
