import { describe, expect, it } from "vitest";
import { randomBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import { decodeCbor, encodeCbor, type Cbor } from "#protocol/cbor.ts";
import { hash } from "#protocol/crypto.ts";
import * as entries from "#protocol/entry.ts";
import type { Entry } from "#protocol/entry.ts";
import { newSigningKey, openShop, withByteChanged } from "./shop.ts";

const shop = await openShop();
const entry: Entry = {
  merchant: shop.merchant,
  till: shop.till,
  epoch: 1,
  seq: 7,
  prev: randomBytes(32),
  kind: "operator-in",
  time: { clockMs: 1_764_000_000_000, nowMs: 1_764_000_000_123, quality: "plausible" },
  versions: { feed: 12, keyset: 3, build: "0.1.0+3f2a" },
  body: [randomBytes(16)],
};
/** An entry whose bytes are exactly `length` long, by the size of its body. */
function ofLength(length: number): Bytes {
  const room = encodeCbor([
    ...members(entries.encodeEntry({ ...entry, body: new Uint8Array(60_000) })).slice(0, 9),
    new Uint8Array(0),
  ]).length;
  // The head of a byte string of this length is three bytes, of an empty one a single one.
  return entries.encodeEntry({ ...entry, body: new Uint8Array(length - room - 2) });
}

function members(bytes: Uint8Array): readonly Cbor[] {
  const decoded = decodeCbor(bytes);
  return decoded.ok ? (decoded.value as readonly Cbor[]) : [];
}

describe("PROTOCOL §4: an entry of the journal", () => {
  it("comes back as it was written, the till's and the server's own", () => {
    expect(entries.decodeEntry(entries.encodeEntry(entry))).toEqual(entry);
    const servers: Entry = { ...entry, till: entries.SERVER_TILL, epoch: 0, kind: "code-revoked" };
    expect(entries.decodeEntry(entries.encodeEntry(servers))).toEqual(servers);
  });

  it("stands at ten places in the order of the protocol", () => {
    const clock = [entry.time.clockMs, entry.time.nowMs, "plausible"];
    const where = [
      1,
      entry.merchant,
      entry.till,
      1,
      7,
      entry.prev,
      "operator-in",
      clock,
      [12, 3, "0.1.0+3f2a"],
    ];
    expect(toHex(entries.encodeEntry(entry))).toBe(toHex(encodeCbor([...where, entry.body])));
  });

  it("I9: a kind and a body of a later version are read and kept, whatever they say", () => {
    const bodies: Cbor[] = [null, 0, "", [], new Map([[1, "x"]]), new Uint8Array(3), [[[[]]]]];
    for (const body of bodies) {
      const later = { ...entry, kind: "from-the-future", body };
      expect(entries.decodeEntry(entries.encodeEntry(later))).toEqual(later);
    }
  });

  it("I9: an entry of a later version is kept too, with members behind those that never change", () => {
    const later = [...members(entries.encodeEntry({ ...entry, body: ["new"] })).with(0, 2), "more", [1]];
    const read = entries.decodeEntry(encodeCbor(later));
    expect(read).toEqual({ ...entry, body: ["new"], version: 2 });
    expect(entries.decodeEntry(encodeCbor(later.with(0, 1)))).toBeNull();
  });

  it.each<[string, number, Cbor]>([
    ["format version 0", 0, 0],
    ["merchant of 15 bytes", 1, new Uint8Array(15)],
    ["till named «Server»", 2, "Server"],
    ["till of 17 bytes", 2, new Uint8Array(17)],
    ["epoch below 0", 3, -1],
    ["seq below 0", 4, -1],
    ["prev of 31 bytes", 5, new Uint8Array(31)],
    ["kind of 41 characters", 6, "k".repeat(41)],
    ["kind that is a number", 6, 1],
    ["time without quality", 7, [1, 2]],
    ["unknown quality", 7, [1, 2, "sure"]],
    ["build of 41 characters", 8, [1, 2, "b".repeat(41)]],
    ["feed version below 0", 8, [-1, 2, "b"]],
  ])("with a %s it is no entry", (_what, at, value) => {
    const changed = members(entries.encodeEntry(entry)).with(at, value);
    expect(entries.decodeEntry(encodeCbor(changed))).toBeNull();
  });

  it("what no reader would take is not even written, so it can never be signed", () => {
    const wrong: readonly Partial<Entry>[] = [
      { kind: "k".repeat(41) },
      { versions: { ...entry.versions, build: "b".repeat(41) } },
      { prev: randomBytes(31) },
      { merchant: randomBytes(15) },
      { seq: -1 },
    ];
    for (const member of wrong) {
      expect(() => entries.encodeEntry({ ...entry, ...member })).toThrow("no reader would take it");
    }
  });

  it("with a place too many or too few it is no entry", () => {
    const all = members(entries.encodeEntry(entry));
    expect(entries.decodeEntry(encodeCbor(all.slice(0, 9)))).toBeNull();
    expect(entries.decodeEntry(encodeCbor([...all, null]))).toBeNull();
  });

  it("64 KiB are written and read, one byte more is neither", () => {
    const atLimit = ofLength(entries.MAX_ENTRY_BYTES);
    expect(atLimit.length).toBe(65_536);
    expect(entries.decodeEntry(atLimit)).not.toBeNull();
    expect(() => ofLength(entries.MAX_ENTRY_BYTES + 1)).toThrow("64 KiB");
    const whole = members(atLimit);
    const over = encodeCbor(whole.with(9, new Uint8Array((whole[9] as Uint8Array).length + 1)));
    expect(over.length).toBe(65_537);
    expect(entries.decodeEntry(over)).toBeNull();
  });

  it("a clock before 1970 is evidence like any other", () => {
    const early = { ...entry, time: { clockMs: -5, nowMs: 1, quality: "back" as const } };
    expect(entries.decodeEntry(entries.encodeEntry(early))).toEqual(early);
  });
});

describe("B10: hash and signature", () => {
  it("I3: any changed byte changes the hash, and the signature no longer holds", async () => {
    const signed = await entries.signEntry(shop.device.privateKey, entries.encodeEntry(entry));
    const original = toHex(await entries.hashEntry(signed.bytes));
    expect(await entries.verifyEntry(shop.device.publicKey, signed)).toBe(true);
    for (let at = 0; at < signed.bytes.length; at++) {
      const changed = { ...signed, bytes: withByteChanged(signed.bytes, at) };
      expect(toHex(await entries.hashEntry(changed.bytes))).not.toBe(original);
      expect(await entries.verifyEntry(shop.device.publicKey, changed)).toBe(false);
    }
    expect(await entries.verifyEntry((await newSigningKey()).publicKey, signed)).toBe(false);
  });

  it("signing twice gives two signatures and one hash: only the hash names an entry", async () => {
    const bytes = entries.encodeEntry(entry);
    const [one, two] = [
      await entries.signEntry(shop.device.privateKey, bytes),
      await entries.signEntry(shop.device.privateKey, bytes),
    ];
    expect(toHex(one.signature)).not.toBe(toHex(two.signature));
    expect(toHex(await entries.hashEntry(one.bytes))).toBe(toHex(await entries.hashEntry(two.bytes)));
  });

  it("entry 0 hangs on the certificate", async () => {
    const certificate = randomBytes(200);
    expect(await entries.genesisPrev(certificate)).toEqual(await hash("cert", certificate));
  });
});
