import { concat, utf8, type Bytes } from "./bytes.ts";
import { decodeCbor, encodeCbor, type Cbor } from "./cbor.ts";
import { sign } from "./crypto.ts";
import { MAX_ENTRY_BYTES, MAX_EPOCH, SERVER_TILL, type SignedEntry } from "./entry.ts";
import { LINEAGE_BYTES } from "./keyset.ts";
import type { SignedAnswer } from "./push.ts";
import { readShape, type Shape } from "./shape.ts";
import { ByteSource } from "./export-bytes.ts";

/**
 * «GTJ1»: one journal (of a till's epoch, or the server's own) in plain, for anybody to check with public
 * keys alone (B10). The file is `GTJ1` and then records, each its length in 4 bytes and a CBOR list: first
 * `journal`, then `certificate` (of a till), `keyset`s, the entries in order, a `receipt` behind the entry it
 * speaks of; what was booked out of quarantine behind the server's `decision` about it; and at the end the
 * server's signed statement of what the whole adds up to. A file without that statement was cut.
 */
export type JournalRecord =
  | {
      readonly type: "journal";
      readonly merchant: Bytes;
      readonly till: Bytes | typeof SERVER_TILL;
      readonly epoch: number;
    }
  | { readonly type: "certificate"; readonly bytes: Bytes; readonly signature: Bytes }
  /** `root`: the key that signed the set; believed only if it is the certificate's or the reader's own. */
  | { readonly type: "keyset"; readonly root: Bytes; readonly bytes: Bytes; readonly signature: Bytes }
  | { readonly type: "entry"; readonly entry: SignedEntry }
  | { readonly type: "receipt"; readonly answer: SignedAnswer }
  /** `quarantine-decided` as it stands in the server's own journal. */
  | { readonly type: "decision"; readonly entry: SignedEntry }
  /** An entry of the till that stands in no chain, and that the decision before it books. */
  | { readonly type: "booked"; readonly entry: SignedEntry }
  | { readonly type: "end"; readonly bytes: Bytes; readonly signature: Bytes };

/** What the server says the journal adds up to, signed by its answer key in the context `journal`. */
export interface JournalEnd {
  readonly lineage: Bytes;
  readonly merchant: Bytes;
  readonly till: Bytes | typeof SERVER_TILL;
  readonly epoch: number;
  readonly entries: number;
  readonly headHash: Bytes;
  readonly sales: number;
  /** Sales by currency and method, sorted: what was taken, whole minor units. */
  readonly sums: readonly JournalSum[];
  readonly serverMs: number | null;
  /** Out of quarantine, beside all of the above. */
  readonly booked: BookedSums;
}

export interface BookedSums {
  readonly entries: number;
  readonly sales: number;
  readonly sums: readonly JournalSum[];
}

export const NOTHING_BOOKED: BookedSums = { entries: 0, sales: 0, sums: [] };

export interface JournalSum {
  readonly currency: string;
  readonly method: string;
  readonly count: number;
  readonly sumMinor: number;
}

export const JOURNAL_MAGIC: Bytes = utf8("GTJ1");
/** A keyset is the longest record. */
export const MAX_RECORD_BYTES: number = 300 * 1024;
const MAX_KEYSET_BYTES = 256 * 1024;
const MAX_SUMS = 200;

export function encodeJournalRecord(record: JournalRecord): Bytes {
  const body = encodeCbor(membersOf(record));
  const length = new Uint8Array(4);
  new DataView(length.buffer).setUint32(0, body.length);
  return concat(length, body);
}

function membersOf(record: JournalRecord): readonly Cbor[] {
  switch (record.type) {
    case "journal":
      return ["journal", 1, record.merchant, record.till, record.epoch];
    case "certificate":
    case "end":
      return [record.type, record.bytes, record.signature];
    case "keyset":
      return ["keyset", record.root, record.bytes, record.signature];
    case "entry":
    case "decision":
    case "booked":
      return [record.type, record.entry.bytes, record.entry.signature];
    case "receipt":
      return ["receipt", record.answer.bytes, record.answer.signature];
  }
}

const RECORD_TYPES = [
  "journal",
  "certificate",
  "keyset",
  "entry",
  "receipt",
  "decision",
  "booked",
  "end",
] as const;

export function decodeJournalRecord(bytes: Uint8Array): JournalRecord | null {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return null;
  return readShape(decoded.value, (shape): JournalRecord => {
    const type = shape.oneOf(RECORD_TYPES);
    switch (type) {
      case "journal": {
        shape.literal(1);
        const merchant = shape.bytes(16);
        return { type, merchant, till: tillOf(shape), epoch: shape.integer(1, MAX_EPOCH) };
      }
      case "certificate":
      case "end":
        return { type, bytes: shape.bytes(undefined, MAX_RECORD_BYTES), signature: shape.bytes(64) };
      case "keyset":
        return {
          type,
          root: shape.bytes(65),
          bytes: shape.bytes(undefined, MAX_KEYSET_BYTES),
          signature: shape.bytes(64),
        };
      case "entry":
      case "decision":
      case "booked":
        return {
          type,
          entry: { bytes: shape.bytes(undefined, MAX_ENTRY_BYTES), signature: shape.bytes(64) },
        };
      case "receipt":
        return {
          type,
          answer: { bytes: shape.bytes(undefined, MAX_RECORD_BYTES), signature: shape.bytes(64) },
        };
    }
  });
}

function tillOf(shape: Shape): Bytes | typeof SERVER_TILL {
  return shape.bytesOrLiteral(16, SERVER_TILL);
}

/** Version 1 as long as nothing was booked out of quarantine: who kept an older reader can still use it. */
export function encodeJournalEnd(end: JournalEnd): Bytes {
  const { lineage, merchant, till, epoch, entries, headHash, sales, sums, serverMs, booked } = end;
  const rows = rowsOf(sums);
  const stated = [lineage, merchant, till, epoch, entries, headHash, sales, rows, serverMs] as const;
  if (booked.entries === 0) return encodeCbor([1, ...stated]);
  return encodeCbor([2, ...stated, booked.entries, booked.sales, rowsOf(booked.sums)]);
}

function rowsOf(sums: readonly JournalSum[]): readonly Cbor[] {
  return sums.map((sum): Cbor => [sum.currency, sum.method, sum.count, sum.sumMinor]);
}

function readSums(shape: Shape): readonly JournalSum[] {
  return shape.list(MAX_SUMS, (sum) => ({
    currency: sum.text(3),
    method: sum.text(40),
    count: sum.integer(),
    sumMinor: sum.integer(),
  }));
}

export function decodeJournalEnd(bytes: Uint8Array): JournalEnd | null {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return null;
  return readShape(decoded.value, (shape) => {
    const version = shape.integer(1, 2);
    return {
      lineage: shape.bytes(LINEAGE_BYTES),
      merchant: shape.bytes(16),
      till: tillOf(shape),
      epoch: shape.integer(1, MAX_EPOCH),
      entries: shape.integer(),
      headHash: shape.bytes(32),
      sales: shape.integer(),
      sums: readSums(shape),
      serverMs: shape.integerOrNull(),
      booked:
        version === 1
          ? NOTHING_BOOKED
          : { entries: shape.integer(1), sales: shape.integer(), sums: readSums(shape) },
    };
  });
}

export async function signJournalEnd(answerKey: CryptoKey, end: JournalEnd): Promise<JournalRecord> {
  const bytes = encodeJournalEnd(end);
  return { type: "end", bytes, signature: await sign(answerKey, "journal", bytes) };
}

/** What a reader met: a record, the clean end of the file, or bytes that are neither. */
export type JournalRead =
  | { readonly kind: "record"; readonly record: JournalRecord }
  | { readonly kind: "end-of-file" }
  | { readonly kind: "not-a-journal" }
  | { readonly kind: "cut-short" }
  | { readonly kind: "unreadable" };

/** Reads a journal file record by record; holds one of them. Throws only what the stream throws. */
export class JournalReader {
  readonly #source: ByteSource;
  #begun = false;

  constructor(pieces: AsyncIterable<Uint8Array>) {
    this.#source = new ByteSource(pieces);
  }

  async next(): Promise<JournalRead> {
    if (!this.#begun) {
      this.#begun = true;
      const magic = await this.#source.take(JOURNAL_MAGIC.length);
      const isOurs = magic !== null && JOURNAL_MAGIC.every((byte, at) => magic[at] === byte);
      if (!isOurs) return { kind: "not-a-journal" };
    }
    if (await this.#source.atEnd()) return { kind: "end-of-file" };
    const head = await this.#source.take(4);
    if (head === null) return { kind: "cut-short" };
    const length = new DataView(head.buffer, head.byteOffset).getUint32(0);
    if (length > MAX_RECORD_BYTES) return { kind: "unreadable" };
    const body = await this.#source.take(length);
    if (body === null) return { kind: "cut-short" };
    const record = decodeJournalRecord(body);
    return record === null ? { kind: "unreadable" } : { kind: "record", record };
  }
}

/** Adds up a journal's sales by currency and method. */
export class JournalTotals {
  readonly #sums = new Map<string, { count: number; sumMinor: number }>();
  sales = 0;

  addSale(
    currency: string,
    tenders: readonly { readonly method: string; readonly amountMinor: number }[],
  ): void {
    this.sales++;
    for (const { method, amountMinor } of tenders) {
      const key = `${currency}\0${method}`;
      const sum = this.#sums.get(key) ?? { count: 0, sumMinor: 0 };
      this.#sums.set(key, { count: sum.count + 1, sumMinor: sum.sumMinor + amountMinor });
    }
  }

  /** Sorted by currency and method: two who add up the same journal write the same bytes. */
  sums(): readonly JournalSum[] {
    return [...this.#sums]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, sum]) => {
        const [currency = "", method = ""] = key.split("\0");
        return { currency, method, ...sum };
      });
  }
}
