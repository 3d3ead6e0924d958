import { beforeAll, describe, expect, it } from "vitest";
import { toHex } from "../../src/protocol/bytes.ts";
import { newSigningPair } from "../../src/protocol/crypto.ts";
import type { PaidView } from "../../src/protocol/engine-calls.ts";
import { encodeEntry, hashEntry, signEntry } from "../../src/protocol/entry.ts";
import { encodeTillBody } from "../../src/protocol/entry-bodies.ts";
import { judge, type Evidence } from "./judge.ts";
import type { EntryAsRead } from "./till-as-read.ts";

// The judge is what every round stands on: it must see each kind of wrong it is asked to count.

const id = (byte: number): Uint8Array<ArrayBuffer> => new Uint8Array(16).fill(byte);
let sales: readonly EntryAsRead[];
let shown: readonly PaidView[];

beforeAll(async () => {
  const { privateKey } = await newSigningPair(false);
  const entries: EntryAsRead[] = [];
  let prev = new Uint8Array(32);
  for (const seq of [0, 1, 2]) {
    const body = encodeTillBody({
      kind: "sale",
      sale: id(seq + 1),
      operator: id(9),
      feedVersion: 1,
      currency: "CNY",
      totalMinor: 100,
      tenders: [{ method: "cash", amountMinor: 100, receivedMinor: 100 }],
      runningCount: seq + 1,
      runningMinor: (seq + 1) * 100,
    });
    const bytes = encodeEntry({
      merchant: id(7),
      till: id(8),
      epoch: 1,
      seq,
      prev,
      kind: "sale",
      time: { clockMs: 1, nowMs: 1, quality: "plausible" },
      versions: { feed: 1, keyset: 1, build: "test" },
      body,
    });
    const signed = await signEntry(privateKey, bytes);
    prev = await hashEntry(signed.bytes);
    entries.push({ epoch: 1, seq, kind: "sale", hash: toHex(prev), bytes: toHex(bytes) });
  }
  sales = entries;
  shown = entries.map((entry) => ({
    saleId: toHex(id(entry.seq + 1)),
    amountMinor: 100,
    method: "cash",
    receivedMinor: 100,
    changeMinor: 0,
    returnedMinor: 0,
    atMs: 1,
    epoch: 1,
    seq: entry.seq,
    headHex: entry.hash.slice(0, 8),
  }));
});

/** Three sales, everywhere as they should be. */
function evidence(): Evidence {
  const last = sales.at(-1);
  return {
    shown,
    signed: [{ epoch: 1, seq: 2, hash: last?.hash ?? "" }],
    base: { seq: -1, hash: "" },
    till: {
      till: toHex(id(8)),
      epoch: 1,
      headSeq: 2,
      headHash: last?.hash ?? "",
      runningCount: 3,
      runningMinor: 300,
      receiptedSeq: 2,
      receiptedSeqs: [[1, 2]],
      stop: null,
      carried: 0,
      before: 0,
      entries: sales,
      leases: [],
    },
    books: {
      entries: sales.map((entry) => ({ ...entry, arrival: entry.seq })),
      before: 0,
      booked: new Map([[1, { count: 3, sumMinor: 300 }]]),
      bookedTwice: [],
      fundedTwice: [],
      outcomes: 0,
      quarantined: 0,
      findings: [],
      states: ["open"],
    },
  };
}

describe("the judge of a torture's round", () => {
  it("finds nothing where nothing is wrong", async () => {
    expect(await judge(evidence())).toEqual({ lost: [], doubled: [], stuck: [] });
  });

  it("I1: a sale that was shown and is not in the till's journal is lost", async () => {
    const one = evidence();
    const till = { ...one.till, headSeq: 1, receiptedSeq: 1, entries: sales.slice(0, 2) };
    const { lost } = await judge({ ...one, till });
    expect(lost.some((sentence) => sentence.startsWith("I1"))).toBe(true);
  });

  it("I1: a number that now carries another sale is a loss", async () => {
    const one = evidence();
    const other = one.shown.map((paid) => ({ ...paid, headHex: "00000000" }));
    expect((await judge({ ...one, shown: other })).lost).toHaveLength(3);
  });

  it("I2: what the server signed for and no longer holds is lost", async () => {
    const one = evidence();
    const books = { ...one.books, entries: one.books.entries.slice(0, 2) };
    const { lost, stuck } = await judge({ ...one, books });
    expect(lost.some((sentence) => sentence.startsWith("I2"))).toBe(true);
    expect(stuck.some((sentence) => sentence.startsWith("I6"))).toBe(true);
  });

  it("I2: what was compared before and is gone now is lost", async () => {
    const one = evidence();
    const base = { seq: 0, hash: sales[0]?.hash ?? "" };
    const till = { ...one.till, before: 1, entries: sales.slice(1) };
    const stored = one.books.entries.slice(1);
    const right = {
      ...one,
      base,
      till,
      shown: shown.slice(1),
      books: { ...one.books, before: 1, entries: stored },
    };
    expect((await judge(right)).lost).toEqual([]);
    expect((await judge({ ...right, books: { ...right.books, before: 0 } })).lost).toHaveLength(1);
    expect((await judge({ ...right, till: { ...till, before: 0 } })).lost).toHaveLength(1);
  });

  it("I3: other bytes under the same number are a loss", async () => {
    const one = evidence();
    const entries = one.books.entries.map((entry, at) => (at === 1 ? { ...entry, bytes: "00" } : entry));
    expect((await judge({ ...one, books: { ...one.books, entries } })).lost).toHaveLength(1);
  });

  it("I5: money booked twice is doubled, money missing is lost", async () => {
    const one = evidence();
    const booked = (sumMinor: number): Evidence => ({
      ...one,
      books: { ...one.books, booked: new Map([[1, { count: 3, sumMinor }]]) },
    });
    expect((await judge(booked(400))).doubled).toHaveLength(1);
    expect((await judge(booked(200))).lost).toHaveLength(1);
    const twice = { ...one, books: { ...one.books, bookedTwice: ["aa"], fundedTwice: ["bb"] } };
    expect((await judge(twice)).doubled).toHaveLength(2);
  });

  it("I6 I7: a queue that stands, a quarantine, a stop and a finding hold the till up", async () => {
    const one = evidence();
    const till = { ...one.till, receiptedSeq: 1, stop: "fork" };
    const books = { ...one.books, quarantined: 2, findings: ["fork"] };
    expect((await judge({ ...one, till, books })).stuck).toHaveLength(4);
  });
});
