import { beforeAll, describe, expect, it } from "vitest";
import { concat, randomBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import { thumbprint } from "#protocol/crypto.ts";
import { asStream } from "#protocol/export-bytes.ts";
import {
  encodeJournalRecord,
  NOTHING_BOOKED,
  signJournalEnd,
  type JournalRecord,
} from "#protocol/export-journal.ts";
import { verifyJournal, type JournalVerdict } from "#protocol/export-verify.ts";
import type { TillBody } from "#protocol/entry-bodies.ts";
import {
  chain,
  decisionOf,
  EPOCH,
  journalFile,
  journalRecords,
  salesBodies,
  type ChainedEntry,
} from "./export-shop.ts";
import { openShop, withByteChanged, type Shop } from "./shop.ts";

let shop: Shop;
let entries: readonly ChainedEntry[];
let records: readonly JournalRecord[];
/** Of the records: journal, certificate, keyset, then entry 0. */
const FIRST = 3;

beforeAll(async () => {
  shop = await openShop();
  entries = await chain(shop, salesBodies(6));
  records = await journalRecords(shop, entries);
});

const check = (
  made: readonly JournalRecord[],
  trusted: ReadonlySet<string> | null = null,
): Promise<JournalVerdict> => verifyJournal(asStream(journalFile(made)), trusted);

/** The fault's name and entry, or «ok». */
async function fault(
  made: readonly JournalRecord[],
  trusted: ReadonlySet<string> | null = null,
): Promise<string> {
  const verdict = await check(made, trusted);
  return verdict.ok ? "ok" : `${verdict.fault.code} ${verdict.fault.epoch}/${verdict.fault.seq}`;
}

const changed = (at: number, record: JournalRecord): readonly JournalRecord[] => records.with(at, record);
const at = <T extends JournalRecord["type"]>(index: number, type: T): Extract<JournalRecord, { type: T }> => {
  const record = records[index];
  if (record?.type !== type) throw new Error(`test: record ${index} is no ${type}`);
  return record as Extract<JournalRecord, { type: T }>;
};
/** Where the entry of this seq stands among the records: one receipt stands behind entry 2. */
const placeOf = (seq: number): number => FIRST + seq + (seq > 2 ? 1 : 0);

describe("B10: anybody can check a journal with public keys alone", () => {
  it("a good file: entries, sales, sums by currency and method, receipts, head", async () => {
    const verdict = await check(records);
    expect(verdict).toMatchObject({
      ok: true,
      summary: {
        epoch: EPOCH,
        entries: 7,
        headSeq: 6,
        sales: 6,
        sums: [{ currency: "CNY", method: "cash", count: 6, sumMinor: 2100 }],
        receiptedSeq: 6,
        notUnderstood: 0,
        headHex: toHex(entries[6]?.hash ?? new Uint8Array(0)),
        roots: [toHex(await thumbprint(shop.root.point))],
      },
    });
  });

  it("the reader's own keys: the right root is taken, another one refused by name", async () => {
    expect(await fault(records, new Set([toHex(await thumbprint(shop.root.point))]))).toBe("ok");
    const other = new Set([toHex(await thumbprint(shop.answer.point))]);
    expect(await fault(records, other)).toBe(`root-not-trusted ${EPOCH}/0`);
    expect(await fault(records, new Set())).toBe(`root-not-trusted ${EPOCH}/0`);
  });

  it("a whole file made by somebody else under the till's name: good by its own keys, refused by ours", async () => {
    const forger = { ...(await openShop()), merchant: shop.merchant, till: shop.till, lineage: shop.lineage };
    const forged = await journalRecords(forger, await chain(forger, salesBodies(3)));
    expect(await fault(forged)).toBe("ok");
    const ours = new Set([toHex(await thumbprint(shop.root.point))]);
    expect(await fault(forged, ours)).toBe(`root-not-trusted ${EPOCH}/0`);
  });

  it("one root for the certificate and another for the keys is one too many", async () => {
    const other = await openShop();
    const keyset = at(2, "keyset");
    const { signKeyset } = await import("#protocol/keyset.ts");
    const signature = await signKeyset(other.root.privateKey, keyset.bytes);
    const made = changed(2, { ...keyset, root: other.root.point, signature });
    expect(await fault(made)).toBe(`root-not-trusted ${EPOCH}/0`);
  });

  it("a changed certificate, keyset, signature of either", async () => {
    const certificate = at(1, "certificate");
    const keyset = at(2, "keyset");
    for (const made of [
      changed(1, { ...certificate, bytes: withByteChanged(certificate.bytes, 40) }),
      changed(1, { ...certificate, signature: withByteChanged(certificate.signature, 9) }),
    ])
      expect(await fault(made)).toBe(`certificate-bad ${EPOCH}/0`);
    for (const made of [
      changed(2, { ...keyset, bytes: withByteChanged(keyset.bytes, 40) }),
      changed(2, { ...keyset, signature: withByteChanged(keyset.signature, 9) }),
    ])
      expect(await fault(made)).toBe(`keyset-bad ${EPOCH}/0`);
  });

  it("a byte of an entry or of its signature: this entry, by its number", async () => {
    const { entry } = at(placeOf(4), "entry");
    const names = new Set<string>();
    for (let byte = 0; byte < entry.bytes.length; byte++) {
      const bytes = withByteChanged(entry.bytes, byte);
      names.add(
        (await fault(changed(placeOf(4), { type: "entry", entry: { ...entry, bytes } }))).split(" ")[0] ?? "",
      );
    }
    expect([...names].toSorted()).toEqual([
      "chain-broken",
      "entry-elsewhere",
      "entry-unreadable",
      "gap",
      "signature-bad",
    ]);
    const signature = withByteChanged(entry.signature, 0);
    const made = changed(placeOf(4), { type: "entry", entry: { ...entry, signature } });
    expect(await fault(made)).toBe(`signature-bad ${EPOCH}/4`);
  });

  it("an entry left out is a gap; two that changed places are not; one that stands twice neither", async () => {
    expect(await fault(records.toSpliced(placeOf(4), 1))).toBe(`gap ${EPOCH}/4`);
    const swapped = records
      .with(placeOf(4), at(placeOf(5), "entry"))
      .with(placeOf(5), at(placeOf(4), "entry"));
    expect(await fault(swapped)).toBe(`out-of-order ${EPOCH}/5`);
    expect(await fault(records.toSpliced(placeOf(4), 0, at(placeOf(4), "entry")))).toBe(
      `out-of-order ${EPOCH}/4`,
    );
  });

  it("the tail cut off, wherever: never «ok»", async () => {
    const file = journalFile(records);
    for (let length = 0; length < file.length; length += 7) {
      const verdict = await verifyJournal(asStream(file.slice(0, length)), null);
      expect(verdict.ok ? "ok" : verdict.fault.code).toBe(length < 4 ? "not-a-journal" : "cut-short");
    }
    expect(await fault(records.slice(0, -3))).toBe(`cut-short ${EPOCH}/6`);
  });

  it("the last entry cut off and the server's words left: the receipt tells", async () => {
    expect(await fault(records.toSpliced(-3, 1))).toBe(`receipt-ahead ${EPOCH}/6`);
    expect(await fault(records.toSpliced(-3, 2))).toBe(`end-differs ${EPOCH}/6`);
  });

  it("a receipt changed, of another entry, of another till", async () => {
    const receipt = at(records.length - 2, "receipt");
    const bytes = withByteChanged(receipt.answer.bytes, 60);
    const made = changed(records.length - 2, { ...receipt, answer: { ...receipt.answer, bytes } });
    expect(await fault(made)).toBe(`receipt-bad ${EPOCH}/7`);
    const fork = await chain(shop, salesBodies(6));
    const otherBooks = await journalRecords(shop, fork);
    const foreign = otherBooks.at(-2);
    if (foreign === undefined) throw new Error("test: no receipt");
    expect(await fault(changed(records.length - 2, foreign))).toBe(`receipt-differs ${EPOCH}/6`);
    const elsewhere = await journalRecords({ ...shop, till: randomBytes(16) }, fork);
    const stray = elsewhere.at(-2);
    if (stray === undefined) throw new Error("test: no receipt");
    expect(await fault(changed(records.length - 2, stray))).toBe(`receipt-elsewhere ${EPOCH}/6`);
  });

  it("a till that forges with its own key: a total, a running sum, a running count", async () => {
    const bodies = salesBodies(6);
    const forged = async (change: Partial<Extract<TillBody, { kind: "sale" }>>): Promise<string> => {
      const made = bodies.map((body, seq) =>
        seq === 3 && body.kind === "sale" ? { ...body, ...change } : body,
      );
      return fault(await journalRecords(shop, await chain(shop, made)));
    };
    expect(await forged({})).toBe("ok");
    expect(await forged({ totalMinor: 301 })).toBe(`sale-total ${EPOCH}/3`);
    expect(await forged({ runningMinor: 601 })).toBe(`running-total ${EPOCH}/3`);
    expect(await forged({ runningCount: 4 })).toBe(`running-total ${EPOCH}/3`);
  });

  it("the server's statement: changed, or of other figures than the file's", async () => {
    const end = at(records.length - 1, "end");
    const bytes = withByteChanged(end.bytes, 60);
    expect(await fault(changed(records.length - 1, { ...end, bytes }))).toBe(`end-bad ${EPOCH}/7`);
    const facts = {
      lineage: shop.lineage,
      merchant: shop.merchant,
      till: shop.till,
      epoch: EPOCH,
      entries: 7,
      headHash: entries[6]?.hash ?? randomBytes(32),
      sales: 6,
      sums: [{ currency: "CNY", method: "cash", count: 6, sumMinor: 2100 }],
      serverMs: null,
      booked: NOTHING_BOOKED,
    };
    const stated = async (over: Partial<typeof facts>): Promise<string> =>
      fault(changed(records.length - 1, await signJournalEnd(shop.answer.privateKey, { ...facts, ...over })));
    expect(await stated({})).toBe("ok");
    expect(await stated({ entries: 8 })).toBe(`end-differs ${EPOCH}/7`);
    expect(await stated({ headHash: randomBytes(32) })).toBe(`end-differs ${EPOCH}/7`);
    expect(await stated({ sales: 7 })).toBe(`end-differs ${EPOCH}/7`);
    expect(await stated({ sums: [] })).toBe(`end-differs ${EPOCH}/7`);
    expect(await stated({ till: randomBytes(16) })).toBe(`end-differs ${EPOCH}/7`);
  });

  describe("what was booked out of quarantine stands beside the chain", () => {
    /** A copy's sales of 1, 2 and 3 yuan. */
    let apart: readonly ChainedEntry[];
    let made: readonly JournalRecord[];
    beforeAll(async () => {
      apart = (await chain(shop, salesBodies(3))).slice(1);
      made = await journalRecords(shop, entries, apart);
    });
    /** Where the decision stands: its three entries and the statement come behind. */
    const decision = -5;

    it("its entries, sales and sums are told apart from the till's own", async () => {
      expect(await check(made)).toMatchObject({
        ok: true,
        summary: {
          entries: 7,
          sales: 6,
          sums: [{ sumMinor: 2100 }],
          booked: {
            entries: 3,
            sales: 3,
            sums: [{ currency: "CNY", method: "cash", count: 3, sumMinor: 600 }],
          },
        },
      });
    });

    it("without the server's decision, or named by none, nothing counts", async () => {
      expect(await fault(made.toSpliced(decision, 1))).toBe(`booked-undecided ${EPOCH}/7`);
      const other = await decisionOf(shop, [randomBytes(32)]);
      expect(await fault(made.with(decision, other))).toBe(`booked-undecided ${EPOCH}/1`);
      const rejected = await decisionOf(
        shop,
        apart.map(({ hash }) => hash),
        { decided: "rejected" },
      );
      expect(await fault(made.with(decision, rejected))).toBe(`decision-bad ${EPOCH}/7`);
    });

    it("a decision that the server did not sign, or about another epoch, is refused by its name", async () => {
      const hashes = apart.map(({ hash }) => hash);
      const forged = await decisionOf({ ...shop, answer: shop.device }, hashes);
      expect(await fault(made.with(decision, forged))).toBe(`decision-bad ${EPOCH}/7`);
      const elsewhere = await decisionOf(shop, hashes, { epoch: EPOCH + 1 });
      expect(await fault(made.with(decision, elsewhere))).toBe(`decision-elsewhere ${EPOCH}/7`);
    });

    it("an entry that the till did not sign, one twice, one too few", async () => {
      const first = made.at(-4);
      if (first?.type !== "booked") throw new Error("test: nothing booked");
      const signature = withByteChanged(first.entry.signature, 5);
      const unsigned = made.with(-4, { ...first, entry: { ...first.entry, signature } });
      expect(await fault(unsigned)).toBe(`signature-bad ${EPOCH}/1`);
      expect(await fault(made.toSpliced(-4, 0, first))).toBe(`booked-twice ${EPOCH}/1`);
      expect(await fault(made.toSpliced(-4, 1))).toBe(`end-differs ${EPOCH}/7`);
    });

    it("behind a decision the chain is over", async () => {
      const last = made[placeOf(6)];
      if (last?.type !== "entry") throw new Error("test: no entry");
      expect(await fault(made.toSpliced(-1, 0, last))).toBe(`record-out-of-place ${EPOCH}/7`);
    });
  });

  it("signed by a till's key and not by the server: no receipt, no statement", async () => {
    const cheat = { ...shop, answer: shop.device };
    const made = await journalRecords(cheat, entries);
    expect(await fault(made)).toBe(`receipt-bad ${EPOCH}/3`);
  });

  it("anything behind the end, and records in the wrong place", async () => {
    expect(await fault([...records, at(placeOf(6), "entry")])).toBe(`after-the-end ${EPOCH}/null`);
    const file = concat(journalFile(records), Uint8Array.of(0));
    expect(await verifyJournal(asStream(file), null)).toMatchObject({ fault: { code: "after-the-end" } });
    expect(await fault(records.slice(1))).toBe("record-out-of-place null/null");
    expect(await fault(records.toSpliced(placeOf(4), 0, at(1, "certificate")))).toBe(
      `record-out-of-place ${EPOCH}/4`,
    );
    const nonsense = concat(encodeJournalRecord(at(0, "journal")), Uint8Array.of(0, 0, 0, 1, 0x80));
    const magic = journalFile([]);
    expect(await verifyJournal(asStream(concat(magic, nonsense)), null)).toMatchObject({
      fault: { code: "record-unreadable" },
    });
  });

  it("2,000 random changes: never «ok», never a crash", async () => {
    const file = journalFile(records);
    const starts: { readonly from: number; readonly to: number }[] = [];
    let from = 4;
    for (const record of records) {
      const to = from + encodeJournalRecord(record).length;
      starts.push({ from, to });
      from = to;
    }
    let seed = 20_261_123;
    const chance = (below: number): number => {
      seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
      return seed % below;
    };
    const kinds: readonly ((bytes: Bytes) => Bytes)[] = [
      (bytes) => withByteChanged(bytes, chance(bytes.length), 1 << chance(8)),
      (bytes) => bytes.slice(0, chance(bytes.length)),
      (bytes) => {
        const where = chance(bytes.length);
        return concat(bytes.slice(0, where), bytes.slice(where + 1 + chance(40)));
      },
      (bytes) => {
        const where = chance(bytes.length);
        return concat(bytes.slice(0, where), randomBytes(1 + chance(40)), bytes.slice(where));
      },
      (bytes) => {
        // Whole records: one goes, or two change places.
        const [a, b] = [chance(starts.length), chance(starts.length)].sort((x, y) => x - y);
        const one = starts[a ?? 0];
        const two = starts[b ?? 0];
        if (!one || !two) return bytes;
        const [first, second] = [bytes.slice(one.from, one.to), bytes.slice(two.from, two.to)];
        // Without a receipt the file says less and nothing false.
        const isReceipt = records[starts.indexOf(one)]?.type === "receipt";
        if (one === two && isReceipt) return bytes;
        if (one === two) return concat(bytes.slice(0, one.from), bytes.slice(one.to));
        return concat(
          bytes.slice(0, one.from),
          second,
          bytes.slice(one.to, two.from),
          first,
          bytes.slice(two.to),
        );
      },
    ];
    for (let round = 0; round < 2000; round++) {
      const mutate = kinds[round % kinds.length];
      const mutated = mutate?.(file) ?? file;
      if (toHex(mutated) === toHex(file)) continue;
      const verdict = await verifyJournal(asStream(mutated), null);
      expect(verdict.ok, `round ${round}`).toBe(false);
    }
  });
});
