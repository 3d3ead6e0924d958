import "fake-indexeddb/auto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { ParcelDesk } from "#engine/export-parcels.ts";
import { randomBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import { newSigningPair } from "#protocol/crypto.ts";
import type { ParcelView } from "#protocol/engine-calls.ts";
import { ParcelDatabase } from "#storage/parcel-database.ts";
import { TillDatabase } from "#storage/till-database.ts";
import { openNeighbour, openShop, type HeadlessTill, type Shop } from "../headless-till.ts";
import { sealedFile } from "./sealed-file.ts";

let shop: Shop;
/** Whose file it is, and who carries it. */
let gone: HeadlessTill;
let carrier: HeadlessTill;
let db: TillDatabase;
let isLineDown = false;
/** The answer to the n-th request from now on is lost on the way back. */
let loseAnswer = -1;

beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

beforeEach(async () => {
  isLineDown = false;
  loseAnswer = -1;
  gone = await shop.enrol(await shop.addTill("坏了的"));
  carrier = await shop.enrol(await shop.addTill("送信的"));
  db = new TillDatabase(`till-${toHex(randomBytes(6))}`);
  const { certificate: own, certificateBytes } = carrier;
  const pair = await newSigningPair(false);
  await db.identity.put({
    key: "till",
    certificate: certificateBytes,
    rootSignature: new Uint8Array(64),
    merchant: own.merchant,
    store: own.store,
    till: own.till,
    epoch: own.epoch,
    rootKey: own.rootKey,
    devicePrivate: pair.privateKey,
    compareDigits: null,
  });
  await giveToken();
});

/** What a round of delivery leaves behind. */
async function giveToken(): Promise<void> {
  await carrier.hello();
  const untilMs = shop.server.clock.ms + 3_000_000;
  await db.delivery.put({ key: "token", token: carrier.token ?? "", untilMs });
}

function desk(askServer: () => Promise<void> = () => Promise.resolve()): ParcelDesk {
  const fetch = async (path: string, init: RequestInit): Promise<Response> => {
    if (isLineDown) throw new TypeError("no network");
    const response = await shop.wire(path, init);
    if (loseAnswer-- === 0) throw new TypeError("the line broke");
    return response;
  };
  const surroundings = { fetch, clockMs: () => shop.server.clock.ms, randomBytes };
  return new ParcelDesk({ db, surroundings, keyset: () => carrier.keyset, askServer });
}

async function fileOf(...amounts: readonly number[]): Promise<Bytes> {
  for (const amount of amounts) await gone.sellCash(amount);
  return await sealedFile(
    shop,
    gone.journal.slice(1).map((row) => row.signed),
  );
}

async function booked(): Promise<number> {
  const till = gone.certificate.till;
  return (await shop.books.db.selectFrom("books.sales").select("seq").where("till_id", "=", till).execute())
    .length;
}

async function only(on: ParcelDesk): Promise<ParcelView> {
  const [parcel, ...others] = await on.list();
  if (!parcel || others.length > 0) throw new Error("test: not one parcel");
  return parcel;
}

describe("PROTOCOL §5 §12: a till carries another till's file", () => {
  it("taken, carried, signed for; the same file again is the same parcel", async () => {
    const file = await fileOf(3800, 1200);
    const on = desk();
    expect(await on.take(file)).toMatchObject({ ok: true, value: { state: "carrying", first: 1, last: 2 } });
    await on.carry();
    expect(await only(on)).toMatchObject({ state: "done", stored: 2, received: file.length });
    expect(await on.take(file)).toMatchObject({ ok: true, value: { state: "done" } });
    expect(await booked()).toBe(2);
  });

  it("without network it waits, a new start goes on; answers lost on the way cost nothing", async () => {
    const file = await fileOf(...Array.from({ length: 1100 }, () => 100));
    isLineDown = true;
    const before = desk();
    await before.take(file);
    await before.carry();
    expect(await only(before)).toMatchObject({ state: "carrying", received: 0 });
    isLineDown = false;
    for (let lost = 0; lost < 2; lost++) {
      loseAnswer = lost;
      await desk().resume(shop.server.clock.ms);
    }
    loseAnswer = -1;
    const after = desk();
    await after.resume(shop.server.clock.ms);
    expect(await only(after)).toMatchObject({ state: "done", stored: 1100 });
    expect(await booked()).toBe(1100);
  });

  it("an old token is no reason to give up: a round of delivery brings a new one", async () => {
    const file = await fileOf(3800);
    await db.delivery.delete("token");
    let asked = 0;
    const on = desk(async () => {
      asked++;
      await giveToken();
    });
    await on.take(file);
    await on.carry();
    expect(asked).toBe(1);
    expect(await only(on)).toMatchObject({ state: "done" });
  });

  it("an answer that the server did not sign is no answer", async () => {
    const file = await fileOf(3800);
    const stranger = await openShop();
    const keyset = (await stranger.enrol((await stranger.tillIds())[0] ?? "")).keyset;
    const surroundings = {
      fetch: async (path: string, init: RequestInit) => shop.wire(path, init),
      clockMs: () => shop.server.clock.ms,
      randomBytes,
    };
    const on = new ParcelDesk({ db, surroundings, keyset: () => keyset, askServer: () => Promise.resolve() });
    await on.take(file);
    await on.carry();
    expect(await only(on)).toMatchObject({ state: "carrying", received: 0 });
    await stranger.close();
  });

  it("refused by name: no file of ours, another shop's, not activated; a damaged one by the server", async () => {
    const file = await fileOf(3800);
    expect(await desk().take(randomBytes(500))).toEqual({ ok: false, refusal: { code: "not-an-export" } });
    const neighbour = await openNeighbour(shop);
    const other = await neighbour.enrol(await neighbour.addTill("邻居的"));
    await other.sellCash(100);
    const foreign = await sealedFile(
      neighbour,
      other.journal.map((row) => row.signed),
    );
    expect(await desk().take(foreign)).toEqual({ ok: false, refusal: { code: "export-other-merchant" } });
    const damaged = file.slice();
    damaged[file.length - 9] = (damaged[file.length - 9] ?? 0) ^ 1;
    const on = desk();
    await on.take(damaged);
    await on.carry();
    expect(await only(on)).toMatchObject({ state: "refused", refusal: "export-damaged" });
    await db.identity.clear();
    expect(await desk().take(file)).toEqual({ ok: false, refusal: { code: "not-enrolled" } });
  });

  it("goes 30 days after the server signed for it, and never before", async () => {
    const file = await fileOf(3800);
    const on = desk();
    await on.take(file);
    await on.carry();
    const signedMs = shop.server.clock.ms;
    await on.resume(signedMs + 30 * 86_400_000 - 1);
    expect(await on.list()).toHaveLength(1);
    await on.resume(signedMs + 30 * 86_400_000);
    expect(await on.list()).toHaveLength(0);
    expect(await new ParcelDatabase(db.name).pieces.count()).toBe(0);
  });
});
