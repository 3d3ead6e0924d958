import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { concat, randomBytes, type Bytes } from "#protocol/bytes.ts";
import { decodeCbor, encodeCbor, type Cbor } from "#protocol/cbor.ts";
import { sha256, sign } from "#protocol/crypto.ts";
import { MAX_ENTRY_BYTES, type SignedEntry } from "#protocol/entry.ts";
import * as push from "#protocol/push.ts";
import type { Answer, Hello, Push } from "#protocol/push.ts";
import { keysetRow, newSigningKey, openShop, withByteChanged } from "./shop.ts";

const shop = await openShop();
const requestHash = await push.hashRequest(randomBytes(40));
const answer: Answer = {
  lineage: shop.lineage,
  merchant: shop.merchant,
  till: shop.till,
  epoch: 1,
  seq: 41,
  headHash: randomBytes(32),
  result: "ok",
  detail: { kind: "none" },
  serverMs: 1_764_000_000_000,
  requestHash,
};
const entryOf = (length: number): SignedEntry => ({
  bytes: new Uint8Array(length),
  signature: new Uint8Array(64),
});
const pushOf = (lengths: readonly number[]): Push => ({
  nonce: randomBytes(16),
  lineage: shop.lineage,
  entries: lengths.map(entryOf),
});
/** Four long entries, and how long a fifth may be for the push to be 256 KiB to the byte. */
const almost = [65_000, 65_000, 65_000, 30_000];
const rest = push.MAX_PUSH_BYTES - (push.encodePush(pushOf([...almost, 36_000])).length - 36_000);

describe("PROTOCOL §5: hello", () => {
  const hello: Hello = {
    challenge: randomBytes(32),
    till: shop.till,
    epoch: 1,
    seq: 0,
    headHash: randomBytes(32),
    lineage: shop.lineage,
    feedVersion: 0,
  };

  it("C5: comes back whole, signed by this till's key and by no other", async () => {
    const received = push.decodeHello(await push.signHello(shop.device.privateKey, hello));
    expect(received).toMatchObject(hello);
    expect(await received?.signedBy(shop.device.point)).toBe(true);
    expect(await received?.signedBy((await newSigningKey()).point)).toBe(false);
  });

  it("every changed byte is unread or unsigned", async () => {
    const bytes = await push.signHello(shop.device.privateKey, hello);
    for (let at = 0; at < bytes.length; at++) {
      const received = push.decodeHello(withByteChanged(bytes, at));
      expect(received && (await received.signedBy(shop.device.point))).not.toBe(true);
    }
  });

  it("I7: the answer to a hello may carry the entry that a fork stands on, however long it is", async () => {
    const entry = entryOf(MAX_ENTRY_BYTES);
    const fork: Answer = { ...answer, result: "fork", detail: { kind: "entry", seq: 7, entry } };
    const signed = await push.signAnswer(shop.answer.privateKey, fork);
    const bytes = push.encodeHelloAnswer({ answer: signed, token: null });
    expect(push.decodeHelloAnswer(bytes)).toEqual({ answer: signed, token: null });
    expect(push.decodeSignedAnswer(push.encodeSignedAnswer(signed))).toEqual(signed);
    const token = { answer: await push.signAnswer(shop.answer.privateKey, answer), token: "t".repeat(200) };
    expect(push.decodeHelloAnswer(push.encodeHelloAnswer(token))).toEqual(token);
    expect(push.decodeHelloAnswer(push.encodeHelloAnswer({ ...token, token: "t".repeat(201) }))).toBeNull();
  });
});

describe("PROTOCOL §5: a push", () => {
  it("comes back with every entry's bytes as they were signed", () => {
    const sent = pushOf([0, 1, 300, 5000]);
    expect(push.decodePush(push.encodePush(sent))).toEqual(sent);
  });

  it("holds 500 entries and not one more", () => {
    expect(push.decodePush(push.encodePush(pushOf(Array.from({ length: 500 }, () => 10))))).not.toBeNull();
    expect(push.decodePush(push.encodePush(pushOf(Array.from({ length: 501 }, () => 10))))).toBeNull();
  });

  it("holds 256 KiB and not one byte more", () => {
    const full = push.encodePush(pushOf([...almost, rest]));
    expect(full.length).toBe(262_144);
    expect(push.decodePush(full)).not.toBeNull();
    expect(push.decodePush(push.encodePush(pushOf([...almost, rest + 1])))).toBeNull();
  });

  it("an entry longer than 64 KiB, a nonce or signature of another length: none", () => {
    expect(push.decodePush(push.encodePush(pushOf([MAX_ENTRY_BYTES])))).not.toBeNull();
    expect(push.decodePush(push.encodePush(pushOf([MAX_ENTRY_BYTES + 1])))).toBeNull();
    expect(push.decodePush(push.encodePush({ ...pushOf([]), nonce: randomBytes(15) }))).toBeNull();
    const unsigned = { bytes: new Uint8Array(9), signature: new Uint8Array(63) };
    expect(push.decodePush(push.encodePush({ ...pushOf([]), entries: [unsigned] }))).toBeNull();
  });

  it("C6: what is said to fit does fit, is never nothing, and leaves out little that would fit", () => {
    const lengths = fc.array(fc.oneof(fc.nat({ max: 3000 }), fc.nat({ max: MAX_ENTRY_BYTES })), {
      minLength: 1,
      maxLength: 140,
    });
    const fits = fc.property(lengths, (some) => {
      const entries = some.map(entryOf);
      const count = push.fittingPush(entries);
      expect(count).toBeGreaterThanOrEqual(1);
      expect(count).toBeLessThanOrEqual(push.MAX_PUSH_ENTRIES);
      expect(
        push.decodePush(push.encodePush({ ...pushOf([]), entries: entries.slice(0, count) })),
      ).not.toBeNull();
      const more = push.encodePush({ ...pushOf([]), entries: entries.slice(0, count + 1) });
      return (
        count === Math.min(entries.length, push.MAX_PUSH_ENTRIES) || more.length > push.MAX_PUSH_BYTES - 1000
      );
    });
    expect(() => fc.assert(fits, { numRuns: 60 })).not.toThrow();
    expect(push.fittingPush([])).toBe(0);
  });

  it("fits to the last entry at the edge of 256 KiB, where one byte decides", () => {
    const many = Array.from({ length: 499 }, () => 440);
    const room = push.MAX_PUSH_BYTES - (push.encodePush(pushOf([...many, 440])).length - 440);
    for (let spare = -40; spare <= 40; spare++) {
      for (const lengths of [
        [...almost, rest + spare],
        [...many, room + spare],
      ]) {
        const entries = lengths.map(entryOf);
        const taken = entries.slice(0, push.fittingPush(entries));
        expect(push.decodePush(push.encodePush({ ...pushOf([]), entries: taken }))).not.toBeNull();
      }
    }
  });

  it("never takes more than five hundred, however short they are", () => {
    expect(push.fittingPush(Array.from({ length: 540 }, () => entryOf(10)))).toBe(push.MAX_PUSH_ENTRIES);
  });
});

describe("PROTOCOL §5: an answer counts when it is signed and meant for this request", () => {
  const open = (
    signed: push.SignedAnswer,
    keyset = shop.keyset,
    hash = requestHash,
  ): Promise<Answer | null> => push.openAnswer(keyset, signed, hash);

  it.each<[Answer["result"], Answer["detail"]]>([
    ["ok", { kind: "none" }],
    ["ok", { kind: "revoked" }],
    ["ok", { kind: "pending" }],
    ["gap", { kind: "need", seq: 12 }],
    ["fork", { kind: "entry", seq: 9, entry: entryOf(500) }],
    ["damaged", { kind: "need", seq: 0 }],
    ["quarantined", { kind: "none" }],
    ["closed", { kind: "none" }],
  ])("«%s» with %j comes back whole", async (result, detail) => {
    const said: Answer = { ...answer, result, detail, serverMs: null, seq: -1 };
    expect(await open(await push.signAnswer(shop.answer.privateKey, said))).toEqual(said);
  });

  it("I10: unsigned, signed by another, by the issuer, for another purpose: no answer", async () => {
    const { bytes } = await push.signAnswer(shop.answer.privateKey, answer);
    expect(await open({ bytes, signature: new Uint8Array(64) })).toBeNull();
    expect(await open(await push.signAnswer((await newSigningKey()).privateKey, answer))).toBeNull();
    expect(await open(await push.signAnswer(shop.issuer.privateKey, answer))).toBeNull();
    expect(await open({ bytes, signature: await sign(shop.answer.privateKey, "feed", bytes) })).toBeNull();
  });

  it("the answer to another request is no answer to this one", async () => {
    const signed = await push.signAnswer(shop.answer.privateKey, answer);
    expect(await open(signed)).toEqual(answer);
    expect(await open(signed, shop.keyset, await push.hashRequest(randomBytes(40)))).toBeNull();
  });

  it("a retired answer key still vouches for old receipts, a withdrawn one for nothing", async () => {
    const signed = await push.signAnswer(shop.answer.privateKey, answer);
    const withKey = (state: "retired" | "withdrawn"): typeof shop.keyset => ({
      ...shop.keyset,
      keys: [keysetRow(shop.answer, "answer", null, state)],
    });
    expect(await open(signed, withKey("retired"))).toEqual(answer);
    expect(await open(signed, withKey("withdrawn"))).toBeNull();
  });

  it("every changed byte makes it no answer", async () => {
    const signed = await push.signAnswer(shop.answer.privateKey, answer);
    for (let at = 0; at < signed.bytes.length; at++) {
      expect(await open({ ...signed, bytes: withByteChanged(signed.bytes, at) })).toBeNull();
    }
    for (let at = 0; at < 64; at++) {
      expect(await open({ ...signed, signature: withByteChanged(signed.signature, at) })).toBeNull();
    }
  });

  it.each<[string, number, Cbor]>([
    ["an unknown result", 7, "perhaps"],
    ["a seq below −1", 5, -2],
    ["epoch 0", 4, 0],
    ["an unknown detail", 8, ["later"]],
    ["a detail with a place too many", 8, ["none", 1]],
    ["a time that is text", 9, "now"],
  ])("with %s it is none, signed or not", (_what, at, value) => {
    const decoded = decodeCbor(push.encodeAnswer(answer));
    const members = decoded.ok ? (decoded.value as readonly Cbor[]) : [];
    expect(push.decodeAnswer(encodeCbor(members.with(at, value)))).toBeNull();
  });

  it("a request's hash is SHA-256 of the body, or of a GET's path with its nonce", async () => {
    const body: Bytes = concat(Uint8Array.of(1, 2, 3));
    expect(await push.hashRequest(body)).toEqual(await sha256(body));
    const path = "/api/till/feed?from=3&nonce=00ff";
    expect(await push.hashGet(path)).toEqual(await sha256(new TextEncoder().encode(path)));
  });
});
