import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { JournalRow } from "../../../server/demo/headless-till.ts";
import { decodeEntry } from "../../../src/protocol/entry.ts";
import { toHex } from "../../../src/protocol/bytes.ts";
import type { CodeDetail, DoubleSpendsAnswer } from "../../../src/protocol/office-api.ts";
import { codeNow, openShop, type HeadlessTill, type Shop } from "../headless-till.ts";
import { askAgain, claim, ctiOf, dropClaim, tenderOf } from "./claiming.ts";

describe("codes nobody has leased: claimed once, at the server (PROTOCOL §11)", () => {
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
  const heldCount = async (): Promise<number> => {
    const rows = await shop.server.services.db
      .selectFrom("books.claims")
      .select("seq")
      .where("state", "=", "held")
      .execute();
    return rows.length;
  };

  it("B7: the first to ask gets it, the second hears who has it, and the sale ends it", async () => {
    const code = await shop.issue({});
    const cti = await ctiOf(shop, code);
    expect((await claim(shop, one, cti)).decision).toEqual({ kind: "granted" });
    expect((await claim(shop, two, cti)).decision).toEqual({
      kind: "held",
      by: "claim",
      tillName: "1号机",
    });
    expect(await codeNow(shop, code.id)).toMatchObject({ claim: { tillName: "1号机" }, lease: null });
    await one.sell([await tenderOf(shop, code)]);
    await one.deliver();
    expect((await claim(shop, two, cti)).decision).toMatchObject({ kind: "spent", tillName: "1号机" });
    expect(await codeNow(shop, code.id)).toMatchObject({ state: "spent", claim: null, lossMinor: 0 });
    await two.deliver();
    expect(await heldCount()).toBe(0);
  });

  it("B7: 50 claims of one code from two tills at once: exactly one till has it", async () => {
    const code = await shop.issue({});
    const cti = await ctiOf(shop, code);
    const entries = await Promise.all(
      [one, two].map(async (till) => ({ till, row: await till.write({ kind: "claim", cti, sale: cti }) })),
    );
    // One entry a till, asked for 25 times each: lost answers, impatient hands, a proxy that repeats.
    const asks = Array.from({ length: 50 }, (_, n) => entries[n % 2]).filter((ask) => ask !== undefined);
    const answers = await Promise.all(asks.map(({ till, row }) => askAgain(shop, till, { cti, row })));
    const granted = new Set(
      answers.flatMap((answer) => (answer?.decision.kind === "granted" ? [toHex(answer.till)] : [])),
    );
    expect(granted.size).toBe(1);
    expect(answers.filter((answer) => answer?.decision.kind === "granted")).toHaveLength(25);
    expect(answers.filter((answer) => answer?.decision.kind === "held")).toHaveLength(25);
    expect(await heldCount()).toBe(1);
    await shop.ask("POST", `/api/office/codes/${code.id}/release-claim`);
  });

  it("B7: 25 entries of each till at once: whoever wins, one till has it, by one claim", async () => {
    const code = await shop.issue({});
    const cti = await ctiOf(shop, code);
    const asks: { readonly till: HeadlessTill; readonly row: JournalRow }[] = [];
    for (let n = 0; n < 25; n++) {
      for (const till of [one, two]) {
        asks.push({ till, row: await till.write({ kind: "claim", cti, sale: cti }) });
      }
    }
    const answers = await Promise.all(asks.map(({ till, row }) => askAgain(shop, till, { cti, row })));
    const granted = answers.filter((answer) => answer?.decision.kind === "granted");
    expect(new Set(granted.map((answer) => toHex(answer?.till ?? new Uint8Array()))).size).toBe(1);
    expect(answers.every((answer) => answer !== null)).toBe(true);
    expect(await heldCount()).toBe(1);
    await shop.ask("POST", `/api/office/codes/${code.id}/release-claim`);
  });

  it("I10: a lost answer is asked for again by the same entry, and is the same", async () => {
    const code = await shop.issue({});
    const cti = await ctiOf(shop, code);
    const asked = await claim(shop, one, cti);
    for (let n = 0; n < 3; n++) {
      expect((await askAgain(shop, one, asked))?.decision).toEqual({ kind: "granted" });
    }
    const other = await claim(shop, two, cti);
    await dropClaim(one, asked);
    await one.deliver();
    // Decided once: that the code is free by now is another question, which another entry asks.
    expect((await askAgain(shop, two, other))?.decision).toMatchObject({ kind: "held" });
    await dropClaim(two, other);
    expect((await claim(shop, two, cti)).decision).toEqual({ kind: "granted" });
  });

  it("a claim that is dropped before its request arrives is never granted", async () => {
    const code = await shop.issue({});
    const cti = await ctiOf(shop, code);
    const row = await one.write({ kind: "claim", cti, sale: cti });
    await dropClaim(one, { cti, row, decision: null });
    await one.deliver();
    expect((await askAgain(shop, one, { cti, row }))?.decision).toEqual({ kind: "released" });
    expect((await claim(shop, two, cti)).decision).toEqual({ kind: "granted" });
  });

  it("a till that let go and asks again is not held up by its own drop, still on its way", async () => {
    const code = await shop.issue({});
    const cti = await ctiOf(shop, code);
    const first = await claim(shop, one, cti);
    await dropClaim(one, first);
    const second = await claim(shop, one, cti);
    expect(second.decision).toEqual({ kind: "granted" });
    await one.deliver();
    expect((await askAgain(shop, one, second))?.decision).toEqual({ kind: "granted" });
    expect((await claim(shop, two, cti)).decision).toMatchObject({ kind: "held", tillName: "1号机" });
  });

  it("an entry whose request never came claims when it is delivered; the answer is then the same", async () => {
    const code = await shop.issue({});
    const cti = await ctiOf(shop, code);
    const row = await one.write({ kind: "claim", cti, sale: cti });
    await one.deliver();
    expect((await claim(shop, two, cti)).decision).toMatchObject({ kind: "held", tillName: "1号机" });
    expect((await askAgain(shop, one, { cti, row }))?.decision).toEqual({ kind: "granted" });
  });

  it("I7: the same number with another entry is another claimant: a copied tablet gets nothing", async () => {
    const code = await shop.issue({});
    const cti = await ctiOf(shop, code);
    const asked = await claim(shop, one, cti);
    expect(asked.decision).toEqual({ kind: "granted" });
    const copied = { cti, row: { seq: asked.row.seq, hash: new Uint8Array(32) } };
    expect((await askAgain(shop, one, copied))?.decision).toMatchObject({ kind: "held" });
  });

  it("the server's no has a name: revoked, expired, unknown, leased, another till's, stopped", async () => {
    const revoked = await shop.issue({});
    await shop.ask("POST", `/api/office/codes/${revoked.id}/revoke`);
    const decisionOf = async (code: { readonly id: string }) =>
      (await claim(shop, one, await ctiOf(shop, code))).decision;
    expect(await decisionOf(revoked)).toEqual({ kind: "revoked" });
    const short = await shop.issue({ validDays: 1 });
    shop.server.clock.ms += 86_400_000;
    expect(await decisionOf(short)).toMatchObject({ kind: "expired" });
    expect((await claim(shop, one, new Uint8Array(16).fill(9))).decision).toEqual({ kind: "unknown" });
    const ids = await shop.tillIds();
    const leased = await shop.issue({ tillId: ids[1] ?? "" });
    expect(await decisionOf(leased)).toEqual({ kind: "held", by: "lease", tillName: "2号机" });
    const only = await shop.issue({ tillId: ids[1] ?? "", onlyThisTill: true });
    expect(await decisionOf(only)).toEqual({ kind: "unknown" });
    const third = await shop.addTill("3号机");
    const three = await shop.enrol(third);
    const code = await shop.issue({});
    await shop.ask("POST", `/api/office/tills/${third}/revoke`);
    expect((await claim(shop, three, await ctiOf(shop, code))).decision).toEqual({ kind: "stopped" });
  });

  it("without a token, of another epoch or lineage, or no claim at all: no signed answer", async () => {
    const code = await shop.issue({});
    const cti = await ctiOf(shop, code);
    const row = await one.write({ kind: "claim", cti, sale: cti });
    const bare = await shop.wire("/api/till/claim", {
      method: "POST",
      headers: { "content-type": "application/cbor" },
      body: new Uint8Array([1]),
    });
    expect(bare.status).toBe(401);
    await one.hello();
    const noise = await shop.wire("/api/till/claim", {
      method: "POST",
      headers: { "content-type": "application/cbor", authorization: `Bearer ${one.token}` },
      body: new Uint8Array([1]),
    });
    expect(noise.status).toBe(400);
    expect(await askAgain(shop, one, { cti, row }, new Uint8Array(8))).toBeNull();
    expect(await codeNow(shop, code.id)).toMatchObject({ claim: null });
  });

  it("the owner frees a code: its till is told, its claim stays over, and the server's journal says so", async () => {
    const code = await shop.issue({});
    const cti = await ctiOf(shop, code);
    const asked = await claim(shop, one, cti);
    const freed = await shop.ask<CodeDetail>("POST", `/api/office/codes/${code.id}/release-claim`);
    expect(freed.claim).toBeNull();
    // Twice is once.
    await shop.ask("POST", `/api/office/codes/${code.id}/release-claim`);
    expect((await askAgain(shop, one, asked))?.decision).toEqual({ kind: "released" });
    await one.deliver();
    await one.pull();
    const told = [...one.told.values()].filter((change) => change.type === "claim-released");
    expect(told.some((change) => change.type === "claim-released" && change.seq === asked.row.seq)).toBe(
      true,
    );
    expect((await claim(shop, two, cti)).decision).toEqual({ kind: "granted" });
    const entries = await shop.server.services.db
      .selectFrom("books.entries")
      .select("bytes")
      .where("kind", "=", "claim-released")
      .execute();
    const said = entries.map((row) => decodeEntry(row.bytes)).filter((entry) => entry !== null);
    expect(
      said.filter((entry) => Array.isArray(entry.body) && toHex(entry.body[0] as Uint8Array) === toHex(cti)),
    ).toHaveLength(1);
  });

  it("§11: who was given the code beats who took it by the floor, whoever's sale came first", async () => {
    const code = await shop.issue({ amountMinor: 4400 });
    const cti = await ctiOf(shop, code);
    expect((await claim(shop, two, cti)).decision).toEqual({ kind: "granted" });
    const floor = await one.sell([await tenderOf(shop, code)]);
    await one.deliver();
    await two.sell([await tenderOf(shop, code)]);
    await two.deliver();
    await one.pull();
    expect(one.told.get(`loss:1:${floor.seq}`)).toMatchObject({ lossMinor: 4400 });
    expect(one.told.get(`lost-to:1:${floor.seq}`)).toMatchObject({ tillName: "2号机" });
    expect(await codeNow(shop, code.id)).toMatchObject({ spent: { tillName: "2号机" }, lossMinor: 4400 });
  });

  it("§11: a claim given back wins nothing: then the order of arrival decides", async () => {
    const code = await shop.issue({ amountMinor: 5500 });
    const cti = await ctiOf(shop, code);
    const asked = await claim(shop, two, cti);
    await one.sell([await tenderOf(shop, code)]);
    await one.deliver();
    await dropClaim(two, asked);
    const late = await two.sell([await tenderOf(shop, code)]);
    await two.deliver();
    await two.pull();
    expect(two.told.get(`loss:1:${late.seq}`)).toMatchObject({ lossMinor: 5500 });
    expect(two.told.get(`lost-to:1:${late.seq}`)).toMatchObject({ tillName: "1号机" });
  });

  it("G13: the report names both tills, times, sums and who lost, with the total", async () => {
    const report = await shop.ask<DoubleSpendsAnswer>("GET", "/api/office/double-spends");
    expect(report).toMatchObject({ count: 2, totalMinor: 9900 });
    const row = report.rows.find((one) => one.lossMinor === 5500);
    expect(row).toMatchObject({
      winner: { tillName: "1号机", amountMinor: 5500 },
      loser: { tillName: "2号机", amountMinor: 5500 },
    });
    expect(row?.numberTail).toMatch(/^[0-9]{4}$/u);
    expect(row?.winner.saleId).toMatch(/^[0-9A-Z]{12}$/u);
    expect(row?.loser.saleId).not.toBe(row?.winner.saleId);
    expect(row?.loser.atMs).toBeGreaterThan(0);
  });
});
