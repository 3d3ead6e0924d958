import { describe, expect, it } from "vitest";
import { randomBytes } from "#protocol/bytes.ts";
import { decodeCbor, encodeCbor, type Cbor } from "#protocol/cbor.ts";
import { sign } from "#protocol/crypto.ts";
import * as feed from "#protocol/feed.ts";
import type { FeedChange, FeedPage, SignedPage } from "#protocol/feed.ts";
import { hashGet } from "#protocol/push.ts";
import { keysetRow, newSigningKey, openShop, withByteChanged } from "./shop.ts";

const shop = await openShop();
const path = feed.feedPath(12, "00112233445566778899aabbccddeeff");
const cti = randomBytes(16);
const changes: readonly FeedChange[] = [
  {
    type: "policy",
    policy: {
      validDays: 30,
      latestExpiryMs: null,
      passwordRule: "above",
      passwordAboveMinor: 5000,
      passwordKind: "digits",
      maxCodeMinor: 100_000,
    },
  },
  { type: "shop", shopName: "晨光便利店", tillName: "一号柜台", currency: "CNY" },
  { type: "operator", operator: randomBytes(16), name: "林晓", role: "cashier", active: true },
  { type: "code", numberTag: randomBytes(16), cose: randomBytes(180), cti },
  { type: "lease", cti, till: shop.till, tillName: "一号柜台" },
  { type: "lease", cti, till: null, tillName: "" },
  { type: "revoked", cti, untilMs: 1_800_000_000_000 },
  {
    type: "spent",
    cti,
    till: shop.till,
    tillName: "二号柜台",
    atMs: 1_764_000_000_000,
    amountMinor: 3800,
    untilMs: 1_800_000_000_000,
  },
  { type: "loss", epoch: 1, seq: 40, lossMinor: 3800 },
  { type: "keyset", keyset: randomBytes(300), signature: randomBytes(64) },
  { type: "site-key", keyEpoch: 99, sealed: randomBytes(113) },
  { type: "till-state", state: "revoked" },
];
const page: FeedPage = {
  lineage: shop.lineage,
  merchant: shop.merchant,
  till: shop.till,
  from: 12,
  to: 15,
  full: false,
  changes,
  serverMs: 1_764_000_000_000,
  requestHash: await hashGet(path),
};

function open(signed: SignedPage, hash: Uint8Array | null = page.requestHash): Promise<FeedPage | null> {
  return feed.openFeedPage(shop.keyset, signed, hash);
}

/** The page with some of its members replaced, signed as genuinely as any. */
async function pageWith(members: Readonly<Record<number, Cbor>>): Promise<SignedPage> {
  const { bytes } = await feed.signFeedPage(shop.answer.privateKey, page);
  const decoded = decodeCbor(bytes);
  let tree = decoded.ok ? (decoded.value as readonly Cbor[]) : [];
  for (const [at, value] of Object.entries(members)) tree = tree.with(Number(at), value);
  const changed = encodeCbor(tree);
  return { bytes: changed, signature: await sign(shop.answer.privateKey, "feed", changed) };
}

describe("PROTOCOL §7: a page of the feed", () => {
  it("G11: brings every kind of change as the server wrote it", async () => {
    const signed = await feed.signFeedPage(shop.answer.privateKey, page);
    const received = feed.decodeSignedPage(feed.encodeSignedPage(signed));
    expect(received).toEqual(signed);
    expect(received && (await open(received))).toEqual(page);
  });

  it("a change of a kind to come is skipped, and what stands around it is applied", async () => {
    const later: Cbor[] = [
      ["loyalty-card", [1, 2, 3]],
      ["till-state", ["active"]],
      ["gift", null],
    ];
    const received = await open(await pageWith({ 7: later }));
    expect(received?.changes).toEqual([{ type: "till-state", state: "active" }]);
    expect(received?.to).toBe(15);
  });

  it("a known change that says more than this version knows is skipped, too", async () => {
    const received = await open(
      await pageWith({
        7: [
          ["revoked", [cti, 5, "why"]],
          ["revoked", [cti, 5]],
        ],
      }),
    );
    expect(received?.changes).toEqual([{ type: "revoked", cti, untilMs: 5 }]);
  });

  it("every changed byte makes it no answer", async () => {
    const signed = await feed.signFeedPage(shop.answer.privateKey, { ...page, changes: changes.slice(0, 4) });
    for (let at = 0; at < signed.bytes.length; at++) {
      expect(await open({ ...signed, bytes: withByteChanged(signed.bytes, at) })).toBeNull();
    }
    for (let at = 0; at < 64; at++) {
      expect(await open({ ...signed, signature: withByteChanged(signed.signature, at) })).toBeNull();
    }
  });

  it("signed by another key, by a withdrawn one, or as an answer: no page", async () => {
    const signed = await feed.signFeedPage(shop.answer.privateKey, page);
    expect(await open(await feed.signFeedPage((await newSigningKey()).privateKey, page))).toBeNull();
    const withdrawn = { ...shop.keyset, keys: [keysetRow(shop.answer, "answer", null, "withdrawn")] };
    expect(await feed.openFeedPage(withdrawn, signed, page.requestHash)).toBeNull();
    const asAnswer = { ...signed, signature: await sign(shop.answer.privateKey, "answer", signed.bytes) };
    expect(await open(asAnswer)).toBeNull();
  });

  it("asked for in another request: no page, unless only its source matters any more", async () => {
    const signed = await feed.signFeedPage(shop.answer.privateKey, page);
    expect(await open(signed, await hashGet(feed.feedPath(12, "ff")))).toBeNull();
    expect(await open(signed, null)).toEqual(page);
  });

  it.each<[string, number, Cbor]>([
    ["format version 2", 0, 2],
    ["a lineage of 9 bytes", 1, new Uint8Array(9)],
    ["a beginning below 0", 4, -1],
    ["neither full nor not", 6, 1],
    ["changes that are no list", 7, "none"],
    ["a change without a body", 7, [["revoked"]]],
    ["a change with a third part", 7, [["till-state", ["active"], 1]]],
    ["a kind of 41 letters", 7, [["k".repeat(41), []]]],
    ["a request hash of 31 bytes", 9, new Uint8Array(31)],
  ])("with %s it is none, however genuinely signed", async (_what, at, value) => {
    expect(await open(await pageWith({ [at]: value }))).toBeNull();
  });

  it("holds 2,000 changes and not one more", async () => {
    const of = (length: number): Promise<SignedPage> =>
      pageWith({ 7: Array.from({ length }, (): Cbor => ["till-state", ["active"]]) });
    expect((await open(await of(feed.MAX_FEED_CHANGES)))?.changes.length).toBe(2000);
    expect(await open(await of(feed.MAX_FEED_CHANGES + 1))).toBeNull();
  });

  it("a full page of the longest codes still fits one message", async () => {
    const longest: FeedChange = { type: "code", numberTag: randomBytes(16), cose: randomBytes(1024), cti };
    const full = {
      ...page,
      full: true,
      changes: Array.from({ length: feed.MAX_FEED_CHANGES }, () => longest),
    };
    const sent = feed.encodeSignedPage(await feed.signFeedPage(shop.answer.privateKey, full));
    const received = feed.decodeSignedPage(sent);
    expect(received && (await open(received))?.changes.length).toBe(2000);
  });

  it("is asked for by what the till has applied, and a nonce", () => {
    expect(path).toBe("/api/till/feed?from=12&nonce=00112233445566778899aabbccddeeff");
    expect(feed.feedPath("full", "00")).toBe("/api/till/feed?from=full&nonce=00");
  });
});
