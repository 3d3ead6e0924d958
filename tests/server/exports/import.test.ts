import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { randomBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import { sha256 } from "#protocol/crypto.ts";
import { MAX_EXPORT_BYTES } from "#protocol/export-file.ts";
import {
  encodeParcelPiece,
  MAX_PIECE_BYTES,
  openParcelAnswer,
  type ParcelAnswer,
} from "#protocol/export-parcel.ts";
import { shortId } from "#protocol/ids.ts";
import { decodeSignedAnswer, hashRequest } from "#protocol/push.ts";
import { TILL_API } from "#protocol/till-api.ts";
import { upkeepRound } from "../../../server/journal/upkeep.ts";
import { MAX_UNFINISHED } from "../../../server/exports/parcel-store.ts";
import { openNeighbour, openShop, type HeadlessTill, type Shop } from "../headless-till.ts";
import { importFile, sealedFile } from "./sealed-file.ts";

let shop: Shop;
let till: HeadlessTill;

beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

/** A till of its own for each story, with its genesis delivered. */
beforeEach(async () => {
  till = await shop.enrol(await shop.addTill("出口机"));
});

/** Sells so much in cash without delivering it. */
async function sells(...amounts: readonly number[]): Promise<void> {
  for (const amount of amounts) await till.sellCash(amount);
}
const unsent = (): HeadlessTill["journal"][number]["signed"][] =>
  till.journal.slice(till.receiptedSeq + 1).map((row) => row.signed);

async function books(): Promise<{ sales: number; sumMinor: number; entries: number; apart: number }> {
  const { db } = shop.books;
  const of = { merchant: till.certificate.merchant, till: till.certificate.till };
  const sales = await db
    .selectFrom("books.sales")
    .select("total_minor")
    .where("merchant_id", "=", of.merchant)
    .where("till_id", "=", of.till)
    .execute();
  const count = async (table: "books.entries" | "books.quarantined"): Promise<number> =>
    (await db.selectFrom(table).select("seq").where("till_id", "=", of.till).execute()).length;
  return {
    sales: sales.length,
    sumMinor: sales.reduce((sum, row) => sum + row.total_minor, 0),
    entries: await count("books.entries"),
    apart: await count("books.quarantined"),
  };
}
const piecesLeft = async (): Promise<number> =>
  (await shop.books.db.selectFrom("books.parcel_pieces").select("at").execute()).length;

describe("I3 I12: a file of a till that is gone brings its sales into the books, once", () => {
  it("stored, then there already; the audit log says who brought what; the sealed bytes go", async () => {
    await sells(3800, 1200);
    const file = await sealedFile(shop, unsent());
    const facts = { till: shortId(till.certificate.till), epoch: till.certificate.epoch };
    expect(await importFile(shop, file)).toEqual([
      200,
      {
        ...facts,
        tillName: "出口机",
        first: 1,
        last: 2,
        stored: 2,
        alreadyThere: 0,
        setApart: 0,
        waiting: null,
      },
    ]);
    expect(await books()).toEqual({ sales: 2, sumMinor: 5000, entries: 3, apart: 0 });
    expect(await importFile(shop, file)).toMatchObject([200, { stored: 0, alreadyThere: 2 }]);
    expect(await books()).toEqual({ sales: 2, sumMinor: 5000, entries: 3, apart: 0 });
    expect(await piecesLeft()).toBe(0);
    const audit = await shop.ask<{ rows: { what: string; detail: unknown }[] }>("GET", "/api/office/audit");
    expect(audit.rows[0]).toMatchObject({
      what: "export-imported",
      detail: { ...facts, fromSeq: 1, toSeq: 2, stored: 0, alreadyThere: 2 },
    });
  });

  it("then the till comes back and delivers by itself: nothing twice", async () => {
    await sells(3800, 1200);
    await importFile(shop, await sealedFile(shop, unsent()));
    await till.deliver();
    expect(till.receiptedSeq).toBe(2);
    expect(await books()).toEqual({ sales: 2, sumMinor: 5000, entries: 3, apart: 0 });
  });

  it("an old epoch's file, brought when its till is another tablet: booked as late, once", async () => {
    await sells(3800, 1200);
    const file = await sealedFile(shop, unsent());
    const fresh = await shop.enrol(shortId(till.certificate.till));
    await fresh.sellCash(100);
    await fresh.deliver();
    expect(await importFile(shop, file)).toMatchObject([200, { stored: 2, setApart: 0 }]);
    expect(await importFile(shop, file)).toMatchObject([200, { stored: 0, alreadyThere: 2 }]);
    const { db } = shop.books;
    const rows = await db
      .selectFrom("books.sales")
      .select(["epoch", "total_minor", "flagged"])
      .where("till_id", "=", till.certificate.till)
      .orderBy("epoch")
      .orderBy("seq")
      .execute();
    expect(rows).toEqual([
      { epoch: 1, total_minor: 3800, flagged: "late" },
      { epoch: 1, total_minor: 1200, flagged: "late" },
      { epoch: 2, total_minor: 100, flagged: null },
    ]);
  });

  it("more entries than one batch holds", async () => {
    await sells(...Array.from({ length: 230 }, () => 100));
    expect(await importFile(shop, await sealedFile(shop, unsent()))).toMatchObject([200, { stored: 230 }]);
    expect(await books()).toMatchObject({ sales: 230, sumMinor: 23_000 });
  });

  it("entries before them are missing: kept sealed, and brought in when those have come", async () => {
    await sells(3800, 1200, 500);
    const [one, ...others] = unsent();
    if (!one) throw new Error("test: nothing unsent");
    const later = await sealedFile(shop, others);
    const waiting = { why: "gap", needSeq: 1 };
    expect(await importFile(shop, later)).toMatchObject([200, { stored: 0, waiting }]);
    expect(await books()).toMatchObject({ sales: 0 });
    await importFile(shop, await sealedFile(shop, [one]));
    expect(await shop.ask("GET", "/api/office/exports")).toEqual({ rows: [] });
    expect(await books()).toMatchObject({ sales: 3, sumMinor: 5500 });
  });

  it("the till itself brings what was missing: the kept file follows without anybody asking", async () => {
    await sells(3800, 1200);
    const [, second] = unsent();
    if (!second) throw new Error("test: nothing unsent");
    await importFile(shop, await sealedFile(shop, [second]));
    await upkeepRound(shop.books);
    expect(await books()).toMatchObject({ sales: 0 });
    await till.push(till.journal.slice(1, 2));
    await upkeepRound(shop.books);
    expect(await books()).toMatchObject({ sales: 2, sumMinor: 5000 });
  });

  it("I7: another journal under the same numbers is a fork: set apart, nothing lost, nothing booked", async () => {
    const clone = till.rewind(till.journal);
    await sells(3800);
    await till.deliver();
    await clone.sellCash(100);
    await clone.sellCash(200);
    const file = await sealedFile(
      shop,
      clone.journal.slice(1).map((row) => row.signed),
    );
    expect(await importFile(shop, file)).toMatchObject([200, { stored: 0, setApart: 2 }]);
    expect(await books()).toEqual({ sales: 1, sumMinor: 3800, entries: 2, apart: 2 });
  });

  it("an entry that no signature vouches for: refused by its number, the authentic beginning is kept", async () => {
    await sells(100, 200, 300);
    const [a, b, c] = unsent();
    if (!a || !b || !c) throw new Error("test: nothing unsent");
    const spoiled = { ...c, signature: randomBytes(64) };
    const answer = await importFile(shop, await sealedFile(shop, [a, b, spoiled]));
    expect(answer).toEqual([422, { code: "entry-not-authentic", seq: 3 }]);
    expect(await books()).toMatchObject({ sales: 2, sumMinor: 300 });
    expect(await importFile(shop, await sealedFile(shop, unsent()))).toMatchObject([
      200,
      { stored: 1, alreadyThere: 2 },
    ]);
  });
});

describe("a file that is not whole or not ours is refused by name, and leaves nothing", () => {
  it("cut short, changed, another key, another shop, nonsense, nothing at all", async () => {
    await sells(3800, 1200);
    const file = await sealedFile(shop, unsent());
    const changed = file.slice();
    changed[file.length - 5] = (changed[file.length - 5] ?? 0) ^ 1;
    expect(await importFile(shop, file.slice(0, -1))).toEqual([422, { code: "export-cut-short" }]);
    expect(await importFile(shop, changed)).toEqual([422, { code: "export-damaged", chunk: 0 }]);
    const otherKey = await sealedFile(shop, unsent(), { kid: randomBytes(8) });
    expect(await importFile(shop, otherKey)).toEqual([422, { code: "export-key-unknown" }]);
    expect(await importFile(shop, randomBytes(1000))).toEqual([422, { code: "not-an-export" }]);
    expect(await importFile(shop, new Uint8Array(0))).toEqual([422, { code: "not-an-export" }]);
    const neighbour = await openNeighbour(shop);
    expect(await importFile(neighbour, file)).toEqual([422, { code: "export-other-merchant" }]);
    expect(await books()).toMatchObject({ sales: 0, entries: 1, apart: 0 });
    expect(await piecesLeft()).toBe(0);
  });

  it("the size limit at its edge: said by its length, and counted when nothing was said", async () => {
    const length = { "content-length": String(MAX_EXPORT_BYTES + 1) };
    const tooLarge = [413, { code: "export-too-large", maxBytes: MAX_EXPORT_BYTES }];
    expect(await importFile(shop, randomBytes(10), length)).toEqual(tooLarge);
    expect(await importFile(shop, zeros(MAX_EXPORT_BYTES + 1))).toEqual(tooLarge);
    expect(await importFile(shop, zeros(MAX_EXPORT_BYTES))).toEqual([422, { code: "not-an-export" }]);
    expect(await piecesLeft()).toBe(0);
  });

  it("nobody without a sign-in, no cashier, no page of somebody else, no other kind of body", async () => {
    const none = randomBytes(5);
    const setRole = (role: "owner" | "cashier"): Promise<unknown> =>
      shop.server.services.db
        .updateTable("control.memberships")
        .set({ role })
        .where("user_id", "=", shop.owner.userId)
        .execute();
    await sells(3800);
    const file = await sealedFile(shop, unsent());
    await setRole("cashier");
    const asked = await importFile(shop, file);
    await setRole("owner");
    expect(asked).toMatchObject([403, { code: "not-allowed" }]);
    expect(await books()).toMatchObject({ sales: 0 });
    expect(await piecesLeft()).toBe(0);
    expect(await importFile(shop, none, { cookie: "" })).toMatchObject([401, { code: "not-signed-in" }]);
    expect(await importFile(shop, none, { origin: "https://evil.example" })).toMatchObject([
      403,
      { code: "cross-origin" },
    ]);
    expect(await importFile(shop, none, { "content-type": "text/plain" })).toMatchObject([415, {}]);
  });
});

describe("PROTOCOL §5 §12: any till of the shop carries the file of another, unopened", () => {
  let carrier: HeadlessTill;
  beforeEach(async () => {
    carrier = await shop.enrol(await shop.addTill("送信机"));
  });

  /** One piece, sent as the carrying till does; the answer counts only with the server's signature. */
  async function send(file: Bytes, offset: number, bytes?: Bytes): Promise<ParcelAnswer | number> {
    const body = encodeParcelPiece({
      nonce: randomBytes(16),
      fileHash: await sha256(file),
      size: file.length,
      offset,
      bytes: bytes ?? file.slice(offset, offset + MAX_PIECE_BYTES),
    });
    const response = await shop.wire(TILL_API.parcel, {
      method: "POST",
      body,
      headers: { "content-type": "application/cbor", authorization: `Bearer ${carrier.token}` },
    });
    if (!response.ok) return response.status;
    const signed = decodeSignedAnswer(new Uint8Array(await response.arrayBuffer()));
    const answer = signed && (await openParcelAnswer(carrier.keyset, signed, await hashRequest(body)));
    if (!answer) throw new Error("test: an answer that is not signed for this request");
    return answer;
  }

  it("one piece: stored, signed; sent again, the same answer and nothing twice", async () => {
    await sells(3800, 1200);
    const file = await sealedFile(shop, unsent());
    expect(await send(file, 0)).toMatchObject({ state: "done", received: file.length, stored: 2 });
    expect(await send(file, 0)).toMatchObject({ state: "done", stored: 2 });
    expect(await books()).toMatchObject({ sales: 2, sumMinor: 5000 });
    expect(await piecesLeft()).toBe(0);
  });

  it("many pieces: from where the server stands; a piece twice or too early changes nothing", async () => {
    await sells(...Array.from({ length: 1100 }, () => 100));
    const file = await sealedFile(shop, unsent());
    expect(file.length).toBeGreaterThan(MAX_PIECE_BYTES);
    const partial = { state: "partial", received: MAX_PIECE_BYTES };
    expect(await send(file, MAX_PIECE_BYTES)).toMatchObject({ state: "partial", received: 0 });
    expect(await send(file, 0)).toMatchObject(partial);
    expect(await send(file, 0)).toMatchObject(partial);
    expect(await send(file, MAX_PIECE_BYTES)).toMatchObject({ state: "done", stored: 1100 });
    expect(await books()).toMatchObject({ sales: 1100 });
  });

  it("bytes other than the hash promised are begun again; a file of nobody is refused by name", async () => {
    await sells(3800);
    const file = await sealedFile(shop, unsent());
    const other = await send(file, 0, randomBytes(file.length));
    expect(other).toMatchObject({ state: "partial", received: 0 });
    expect(await send(file, 0)).toMatchObject({ state: "done", stored: 1 });
    const nonsense = randomBytes(100);
    expect(await send(nonsense, 0)).toMatchObject({ state: "refused", refusal: "not-an-export" });
  });

  it("waits for what comes before it, signed for as kept, and is done when asked again", async () => {
    await sells(3800, 1200);
    const [one, two] = unsent();
    if (!one || !two) throw new Error("test: nothing unsent");
    const second = await sealedFile(shop, [two]);
    expect(await send(second, 0)).toMatchObject({ state: "waiting", refusal: "gap" });
    expect(await send(await sealedFile(shop, [one]), 0)).toMatchObject({ state: "done" });
    expect(await send(second, 0)).toMatchObject({ state: "done", stored: 1 });
    expect(await books()).toMatchObject({ sales: 2 });
  });

  it("without a token nothing is taken; no till leaves more than so many unfinished files", async () => {
    await sells(3800);
    const file = await sealedFile(shop, unsent());
    const token = carrier.token;
    carrier.token = "nobody";
    expect(await send(file, 0)).toBe(401);
    carrier.token = token;
    const part = randomBytes(10);
    for (let n = 0; n < MAX_UNFINISHED; n++) {
      const other = randomBytes(20);
      expect(await send(other, 0, part)).toMatchObject({ state: "partial", received: 10 });
    }
    expect(await send(randomBytes(20), 0, part)).toBe(429);
    expect(toHex(part)).toHaveLength(20);
    shop.server.clock.ms += 8 * 86_400_000;
    await carrier.hello();
    expect(await send(file, 0)).toMatchObject({ state: "done" });
  });
});

/** So many bytes that are never all in memory. */
function zeros(length: number): ReadableStream<Uint8Array> {
  let left = length;
  return new ReadableStream({
    pull(controller) {
      const some = Math.min(left, 65_536);
      left -= some;
      if (some > 0) controller.enqueue(new Uint8Array(some));
      if (left === 0) controller.close();
    },
  });
}
