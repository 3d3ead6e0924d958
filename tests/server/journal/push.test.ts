import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { upkeepRound } from "../../../server/journal/upkeep.ts";
import { toHex } from "../../../src/protocol/bytes.ts";
import { newSigningPair } from "../../../src/protocol/crypto.ts";
import {
  encodeEntry,
  decodeEntry,
  hashEntry,
  signEntry,
  type SignedEntry,
} from "../../../src/protocol/entry.ts";
import { decodeSignedAnswer, encodePush, openAnswer, hashRequest } from "../../../src/protocol/push.ts";
import { openNeighbour, openShop, type HeadlessTill, type Shop } from "../headless-till.ts";

/** How many entries of this till the server holds, and how many sales. */
async function held(
  shop: Shop,
  till: HeadlessTill,
): Promise<{ entries: number; sales: number; quarantined: number }> {
  const { db } = shop.server.services;
  const count = async (table: "books.entries" | "books.sales" | "books.quarantined"): Promise<number> => {
    const rows = await db
      .selectFrom(table)
      .select("seq")
      .where("till_id", "=", till.certificate.till)
      .where("epoch", "=", till.certificate.epoch)
      .execute();
    return rows.length;
  };
  const [entries, sales, quarantined] = await Promise.all(
    (["books.entries", "books.sales", "books.quarantined"] as const).map(count),
  );
  return { entries: entries ?? 0, sales: sales ?? 0, quarantined: quarantined ?? 0 };
}

describe("pushes: each (epoch, seq) is stored once, whatever the line does", () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop.close());
  const freshTill = async (): Promise<HeadlessTill> => await shop.enrol(await shop.addTill("till"));

  it("I3: the same batch ten times, four at once, is stored once and receipted each time alike", async () => {
    const till = await freshTill();
    for (let n = 1; n <= 5; n++) await till.sellCash(100 * n);
    const rows = till.journal.slice(1);
    const answers = [await till.push(rows), ...(await Promise.all([1, 2, 3, 4].map(() => till.push(rows))))];
    for (let n = 0; n < 5; n++) answers.push(await till.push(rows));
    expect(
      new Set(
        answers.map(
          (answer) => `${answer?.result} ${answer?.seq} ${toHex(answer?.headHash ?? till.head.hash)}`,
        ),
      ),
    ).toEqual(new Set([`ok 5 ${toHex(till.head.hash)}`]));
    expect(await held(shop, till)).toEqual({ entries: 6, sales: 5, quarantined: 0 });
  });

  it("I3: overlapping batches sent at the same moment store every entry once", async () => {
    const till = await freshTill();
    for (let n = 1; n <= 12; n++) await till.sellCash(n);
    const pushes = [4, 12, 8, 10, 6].map((to) => till.push(till.journal.slice(1, to + 1)));
    // Each waits for the one before it; none fails over what another stored meanwhile.
    for (const answer of await Promise.all(pushes)) expect(answer).toMatchObject({ result: "ok" });
    expect(await till.push(till.journal.slice(1))).toMatchObject({ result: "ok", seq: 12 });
    expect(await held(shop, till)).toEqual({ entries: 13, sales: 12, quarantined: 0 });
  });

  it("I7: a batch after a hole is answered «gap» with what is needed, and stores nothing", async () => {
    const till = await freshTill();
    for (let n = 1; n <= 4; n++) await till.sellCash(n);
    const answer = await till.push(till.journal.slice(3));
    expect(answer).toMatchObject({ result: "gap", seq: 0, detail: { kind: "need", seq: 1 } });
    expect(await held(shop, till)).toMatchObject({ entries: 1 });
    expect(await till.push(till.journal.slice(1))).toMatchObject({ result: "ok", seq: 4 });
  });

  it("a chain is taken on its last signature; the job names a bad one inside it", async () => {
    const till = await freshTill();
    for (let n = 1; n <= 3; n++) await till.sellCash(n);
    const entries = till.journal.slice(1).map((row) => row.signed);
    const spoiled = entries.map((entry, i) =>
      i === 1 ? { ...entry, signature: new Uint8Array(64) } : entry,
    );
    expect(await till.pushEntries(spoiled)).toMatchObject({ result: "ok", seq: 3 });
    for (let rounds = 0; rounds < 3; rounds++) await upkeepRound(shop.books);
    const findings = await shop.server.services.db
      .selectFrom("books.findings")
      .select(["kind", "seq"])
      .where("till_id", "=", till.certificate.till)
      .execute();
    expect(findings).toEqual([{ kind: "bad-signature", seq: 2 }]);
  });

  it("the last signature is another key's: the prefix that verifies is taken, «damaged»", async () => {
    const till = await freshTill();
    for (let n = 1; n <= 3; n++) await till.sellCash(n);
    const stranger = await newSigningPair(false);
    const [one, two, three] = till.journal.slice(1).map((row) => row.signed) as [
      SignedEntry,
      SignedEntry,
      SignedEntry,
    ];
    const forged = await signEntry(stranger.privateKey, three.bytes);
    expect(await till.pushEntries([one, two, forged])).toMatchObject({ result: "damaged", seq: 2 });
    expect(await held(shop, till)).toMatchObject({ entries: 3, quarantined: 0 });
    expect(await till.push(till.journal.slice(3))).toMatchObject({ result: "ok", seq: 3 });
  });

  it("an entry nobody signed is not stored: nothing is authentic, nothing changes", async () => {
    const till = await freshTill();
    await till.sellCash(100);
    const [sale] = till.journal.slice(1);
    const unsigned = { bytes: sale?.signed.bytes ?? new Uint8Array(), signature: new Uint8Array(64) };
    expect(await till.pushEntries([unsigned])).toMatchObject({ result: "damaged", seq: 0 });
    expect(await held(shop, till)).toEqual({ entries: 1, sales: 0, quarantined: 0 });
  });

  it("I12: a chain the till itself broke: prefix booked, rest set apart, the queue drains", async () => {
    const till = await freshTill();
    await till.sellCash(100);
    await till.sellCash(200);
    const [, one, two] = till.journal;
    if (!one || !two) throw new Error("two sales were written");
    const entry = decodeEntry(two.signed.bytes);
    if (!entry) throw new Error("the entry reads");
    // The row between was lost and the disk's head was wrong: the till signed on from somewhere else.
    const broken = till.journal.length;
    const bytes = encodeEntry({ ...entry, seq: broken, prev: new Uint8Array(32) });
    const resigned = await till.resign(bytes);
    expect(await till.pushEntries([one.signed, two.signed, resigned])).toMatchObject({
      result: "damaged",
      seq: 2,
    });
    expect(await held(shop, till)).toEqual({ entries: 3, sales: 2, quarantined: 1 });
    expect(await till.pushEntries([resigned])).toMatchObject({ result: "quarantined", seq: 2 });
    expect(await held(shop, till)).toEqual({ entries: 3, sales: 2, quarantined: 1 });
    expect(await till.hello()).toMatchObject({ result: "damaged", seq: 2 });
  });

  it("I7: two journals under one name: our entry is shown, the rest set apart and drained", async () => {
    const till = await freshTill();
    await till.sellCash(100);
    await till.deliver();
    const fromBackup = till.journal.slice(0, 1);
    await till.sellCash(200);
    await till.deliver();
    const ours = till.journal[1];
    const clone = till.rewind(fromBackup);
    await clone.sellCash(999);
    await clone.sellCash(998);
    const answer = await clone.push(clone.journal.slice(1));
    expect(answer).toMatchObject({ result: "fork", seq: 2, detail: { kind: "entry", seq: 1 } });
    const shown = answer?.detail.kind === "entry" ? await hashEntry(answer.detail.entry.bytes) : null;
    expect(toHex(shown ?? new Uint8Array())).toBe(toHex(ours?.hash ?? new Uint8Array(1)));
    expect(await held(shop, till)).toEqual({ entries: 3, sales: 2, quarantined: 2 });
    await clone.sellCash(997);
    expect(await clone.push(clone.journal.slice(1))).toMatchObject({ result: "quarantined" });
    expect(await held(shop, till)).toEqual({ entries: 3, sales: 2, quarantined: 3 });
    // The true till's own repeat is still answered as held.
    expect(await till.push(till.journal.slice(1))).toMatchObject({ result: "ok", seq: 2 });
    expect(await clone.hello()).toMatchObject({ result: "quarantined" });
  });

  it("I7: a copy goes on from an entry of its own: a fork, though its next number is free", async () => {
    const till = await freshTill();
    await till.sellCash(100);
    await till.deliver();
    const fromBackup = till.journal.slice(0, 1);
    await till.sellCash(200);
    await till.deliver();
    const clone = till.rewind(fromBackup);
    for (const amountMinor of [999, 998, 997]) await clone.sellCash(amountMinor);
    // Only what stands behind our head: nothing in it differs from anything that is held.
    expect(await clone.push(clone.journal.slice(3))).toMatchObject({ result: "fork" });
    expect(await held(shop, till)).toMatchObject({ entries: 3, sales: 2 });
  });

  it("a till whose head differs from ours is told at hello, with our entry", async () => {
    const till = await freshTill();
    await till.sellCash(100);
    await till.deliver();
    const clone = till.rewind(till.journal.slice(0, 1));
    await clone.sellCash(5);
    expect(await clone.hello()).toMatchObject({ result: "fork", detail: { kind: "entry", seq: 1 } });
  });

  it("what a replaced tablet still holds comes in late: booked, flagged, receipted", async () => {
    const tillId = await shop.addTill("replaced");
    const old = await shop.enrol(tillId);
    await old.sellCash(700);
    const fresh = await shop.enrol(tillId);
    expect(fresh.certificate.epoch).toBe(old.certificate.epoch + 1);
    expect(await old.hello()).toMatchObject({ result: "closed" });
    expect(await old.push()).toMatchObject({ result: "ok", seq: 1 });
    const sale = await shop.server.services.db
      .selectFrom("books.sales")
      .select(["total_minor", "flagged"])
      .where("till_id", "=", old.certificate.till)
      .executeTakeFirstOrThrow();
    expect(sale).toEqual({ total_minor: 700, flagged: "late" });
  });

  it("I12: a revoked till's push is stored and receipted like any other", async () => {
    const tillId = await shop.addTill("revoked");
    const till = await shop.enrol(tillId);
    await till.sellCash(300);
    await shop.ask("POST", `/api/office/tills/${tillId}/revoke`);
    expect(await till.hello()).toMatchObject({ result: "ok", detail: { kind: "revoked" } });
    expect(await till.push()).toMatchObject({ result: "ok", seq: 1 });
    expect(await held(shop, till)).toMatchObject({ sales: 1 });
  });

  it("a body of a later version is stored and receipted, and left for later", async () => {
    const till = await freshTill();
    await till.writeUnknown("loyalty-points", [1, "later"]);
    await till.sellCash(100);
    expect(await till.push()).toMatchObject({ result: "ok", seq: 2 });
    const rows = await shop.server.services.db
      .selectFrom("books.entries")
      .select(["seq", "kind", "applied_version"])
      .where("till_id", "=", till.certificate.till)
      .orderBy("seq")
      .execute();
    expect(rows.slice(1)).toEqual([
      { seq: 1, kind: "loyalty-points", applied_version: null },
      { seq: 2, kind: "sale", applied_version: 1 },
    ]);
  });

  it("I2: killed between commit and answer, the repeated push gets the same receipt", async () => {
    const till = await freshTill();
    await till.sellCash(4200);
    await till.hello();
    const body = encodePush({
      nonce: new Uint8Array(16),
      lineage: till.certificate.lineage,
      entries: till.journal.slice(1).map((row) => row.signed),
    });
    const headers = { "content-type": "application/cbor", authorization: `Bearer ${till.token ?? ""}` };
    // The first answer is thrown away, as a dying server or line would.
    await shop.wire("/api/till/push", { method: "POST", headers, body });
    const response = await shop.wire("/api/till/push", { method: "POST", headers, body });
    const signed = decodeSignedAnswer(new Uint8Array(await response.arrayBuffer()));
    const answer = signed && (await openAnswer(till.keyset, signed, await hashRequest(body)));
    expect(answer).toMatchObject({ result: "ok", seq: 1 });
    expect(toHex(answer?.headHash ?? new Uint8Array())).toBe(toHex(till.head.hash));
    expect(await held(shop, till)).toMatchObject({ entries: 2, sales: 1 });
  });

  it("I12: what an ended epoch left is carried in by the till's new one, and by another till", async () => {
    const tillId = await shop.addTill("carried");
    const old = await shop.enrol(tillId);
    await old.sellCash(700);
    await old.sellCash(800);
    const fresh = await shop.enrol(tillId);
    const left = old.journal.map((row) => row.signed);
    expect(await fresh.pushEntries(left.slice(0, 2))).toMatchObject({ result: "ok", epoch: 1, seq: 1 });
    const other = await freshTill();
    expect(await other.pushEntries(left)).toMatchObject({ result: "ok", epoch: 1, seq: 2 });
    expect(await held(shop, old)).toEqual({ entries: 3, sales: 2, quarantined: 0 });
  });

  it("§6: a chain the till broke is damaged; activated anew, it sells on in a new epoch", async () => {
    const tillId = await shop.addTill("broken");
    const till = await shop.enrol(tillId);
    await till.sellCash(100);
    const row = await till.sellCash(200);
    const entry = decodeEntry(row.signed.bytes);
    if (!entry) throw new Error("the entry reads");
    const past = await till.resign(encodeEntry({ ...entry, seq: 5, prev: new Uint8Array(32) }));
    expect(await till.push(till.journal.slice(1))).toMatchObject({ result: "ok", seq: 2 });
    // A head above ours with nothing to show for it is told what we hold, and no more: it may come yet.
    const ahead = till.rewind([...till.journal, { ...row, seq: 9, hash: new Uint8Array(32) }]);
    expect(await ahead.hello()).toMatchObject({ result: "ok", seq: 2 });
    expect(await till.pushEntries([past])).toMatchObject({ result: "gap", seq: 2 });
    const fresh = await shop.enrol(tillId);
    await fresh.sellCash(300);
    expect(await fresh.push()).toMatchObject({ result: "ok" });
    expect(await till.pushEntries([past])).toMatchObject({ result: "gap" });
  });

  it("another till of the shop may carry a journal; another shop's token may not", async () => {
    const [carrier, till] = [await freshTill(), await freshTill()];
    await till.sellCash(100);
    expect(await carrier.pushEntries(till.journal.map((row) => row.signed))).toMatchObject({
      result: "ok",
      seq: 1,
    });
    const stranger = await openNeighbour(shop);
    const [first = ""] = await stranger.tillIds();
    const foreign = await stranger.enrol(first);
    till.token = foreign.token;
    await till.sellCash(100);
    expect(await till.push()).toBeNull();
    expect(await held(shop, till)).toMatchObject({ sales: 1 });
  });

  it("no push, no token, an old token: refused without a signature, nothing stored", async () => {
    const till = await freshTill();
    const send = async (body: Uint8Array<ArrayBuffer>, token: string): Promise<number> => {
      const headers = { "content-type": "application/cbor", authorization: `Bearer ${token}` };
      return (await shop.wire("/api/till/push", { method: "POST", headers, body })).status;
    };
    expect(await send(new Uint8Array([1, 2, 3]), till.token ?? "")).toBe(400);
    expect(await send(new Uint8Array(), till.token ?? "")).toBe(400);
    expect(await send(new Uint8Array([1]), "nonsense")).toBe(401);
    const { token } = till;
    shop.server.clock.ms += 61 * 60_000;
    expect(await send(new Uint8Array([1, 2, 3]), token ?? "")).toBe(401);
  });

  it("a bearer gone wild is told to wait, unsigned; waited, its money is taken like any other's", async () => {
    const [wild, other] = [await freshTill(), await freshTill()];
    await wild.sellCash(100);
    const headers = { "content-type": "application/cbor", authorization: `Bearer ${wild.token ?? ""}` };
    const body = new Uint8Array([1]);
    const send = async (): Promise<Response> =>
      await shop.wire("/api/till/push", { method: "POST", headers, body });
    const answers = await Promise.all(Array.from({ length: 2500 }, send));
    const told = answers.find((answer) => answer.status === 429);
    expect(told?.headers.get("retry-after")).toBe("1");
    await other.sellCash(100);
    expect(await other.push()).toMatchObject({ result: "ok" });
    await vi.waitUntil(async () => (await wild.push())?.result === "ok", { timeout: 5000 });
    expect(await held(shop, wild)).toMatchObject({ sales: 1 });
  });

  it("a challenge is good once, and for two minutes", async () => {
    const till = await freshTill();
    const challenge = await (await shop.wire("/api/till/challenge", { method: "GET" })).arrayBuffer();
    const body = await till.signedHello(new Uint8Array(challenge));
    const headers = { "content-type": "application/cbor" };
    const send = async (): Promise<number> =>
      (await shop.wire("/api/till/hello", { method: "POST", headers, body })).status;
    expect([await send(), await send()]).toEqual([200, 403]);
    const late = await (await shop.wire("/api/till/challenge", { method: "GET" })).arrayBuffer();
    const lateBody = await till.signedHello(new Uint8Array(late));
    shop.server.clock.ms += 121_000;
    expect((await shop.wire("/api/till/hello", { method: "POST", headers, body: lateBody })).status).toBe(
      403,
    );
  });

  it("PROTOCOL §8: a server whose clock was set back signs no time", async () => {
    const till = await freshTill();
    expect((await till.hello())?.serverMs).toBe(shop.server.clock.ms);
    shop.server.clock.ms -= 59_000;
    expect((await till.hello())?.serverMs).toBe(shop.server.clock.ms);
    shop.server.clock.ms -= 3000;
    expect((await till.hello())?.serverMs).toBeNull();
    shop.server.clock.ms += 62_000;
  });
});
