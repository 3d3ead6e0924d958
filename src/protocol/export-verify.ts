import { sameBytes, toHex, type Bytes } from "./bytes.ts";
import { decodeCertificate } from "./certificate.ts";
import { importPublicKey, keyId, thumbprint, verify, type Context } from "./crypto.ts";
import {
  decodeEntry,
  genesisPrev,
  hashEntry,
  SERVER_TILL,
  verifyEntry,
  type Entry,
  type SignedEntry,
} from "./entry.ts";
import { BookedCheck } from "./export-booked.ts";
import type { JournalFault, JournalFaultCode } from "./export-fault.ts";
import {
  decodeJournalEnd,
  JournalReader,
  JournalTotals,
  NOTHING_BOOKED,
  type BookedSums,
  type JournalRead,
  type JournalRecord,
  type JournalSum,
} from "./export-journal.ts";
import { decodeKeyset, usableKeys } from "./keyset.ts";
import { decodeAnswer } from "./push.ts";
import { decodeTillBody } from "./till-body-reader.ts";

export interface JournalSummary {
  readonly till: Bytes | typeof SERVER_TILL | null;
  readonly epoch: number | null;
  readonly entries: number;
  readonly headSeq: number;
  readonly headHex: string;
  readonly sales: number;
  readonly sums: readonly JournalSum[];
  /** Entries that stand in no chain and were booked by decision: in none of the figures above. */
  readonly booked: BookedSums;
  /** The last entry under which the server's receipt stands; null without one. */
  readonly receiptedSeq: number | null;
  /** Kinds and bodies that a later version wrote: signed and chained, not read. */
  readonly notUnderstood: number;
  readonly statedAtMs: number | null;
  /** Thumbprints of the roots that everything rests on, hex. */
  readonly roots: readonly string[];
}

export type JournalVerdict =
  | { readonly ok: true; readonly summary: JournalSummary }
  | { readonly ok: false; readonly fault: JournalFault; readonly summary: JournalSummary };

/**
 * Checks a journal file from its first byte to its last with public keys alone: roots, certificate, chain,
 * each signature, gaps, receipts, sums. `trusted`: thumbprints (hex) of the roots the reader believes in;
 * null believes the file's own keys, which proves that the file is whole and not whose it is. Holds one
 * record in memory. Throws only what the stream throws.
 */
export async function verifyJournal(
  pieces: AsyncIterable<Uint8Array>,
  trusted: ReadonlySet<string> | null,
): Promise<JournalVerdict> {
  const check = new JournalCheck(trusted);
  const reader = new JournalReader(pieces);
  let read = await reader.next();
  while (read.kind === "record") {
    // Two entries that changed places are no gap: the one that is missing comes right behind.
    const next = await reader.next();
    const code = await check.take(read.record, next);
    if (code !== null) return check.refuse(code);
    read = next;
  }
  const code = check.ended(read.kind);
  return code === null ? { ok: true, summary: check.summary() } : check.refuse(code);
}

class JournalCheck {
  readonly #trusted: ReadonlySet<string> | null;
  readonly #roots = new Map<string, Bytes>();
  readonly #answerKeys = new Map<string, CryptoKey>();
  readonly #totals = new JournalTotals();
  #place: Extract<JournalRecord, { type: "journal" }> | null = null;
  #device: CryptoKey | null = null;
  /** From the first decision on: the chain is over. */
  #booked: BookedCheck | null = null;
  #seq = -1;
  #head: Uint8Array = new Uint8Array(0);
  #runningMinor = 0;
  #receiptedSeq: number | null = null;
  #notUnderstood = 0;
  #statedAtMs: number | null = null;
  #isEnded = false;
  /** The seq that the entry in hand gives itself, for naming it. */
  #lookingAt: number | null = null;

  constructor(trusted: ReadonlySet<string> | null) {
    this.#trusted = trusted;
  }

  async take(record: JournalRecord, next: JournalRead): Promise<JournalFaultCode | null> {
    if (this.#isEnded) return "after-the-end";
    this.#lookingAt = null;
    if (this.#place === null) {
      if (record.type !== "journal") return "record-out-of-place";
      this.#place = record;
      if (record.till === SERVER_TILL) this.#head = await genesisPrev(record.merchant);
      return null;
    }
    switch (record.type) {
      case "journal":
        return "record-out-of-place";
      case "certificate":
        return await this.#certificate(record);
      case "keyset":
        return await this.#keyset(record);
      case "entry":
        return await this.#entry(record.entry, next);
      case "receipt":
        return await this.#receipt(record.answer);
      case "decision":
        return await this.#decision(record.entry);
      case "booked":
        return await this.#bookedEntry(record.entry);
      case "end":
        return await this.#end(record);
    }
  }

  ended(how: Exclude<JournalRead["kind"], "record">): JournalFaultCode | null {
    this.#lookingAt = null;
    switch (how) {
      case "not-a-journal":
        return how;
      case "unreadable":
        return this.#isEnded ? "after-the-end" : "record-unreadable";
      case "cut-short":
        return this.#isEnded ? "after-the-end" : how;
      case "end-of-file":
        return this.#isEnded ? null : "cut-short";
    }
  }

  refuse(code: JournalFaultCode): JournalVerdict {
    const behind = this.#seq + 1;
    const seq = this.#lookingAt ?? (this.#place === null || this.#isEnded ? null : behind);
    const epoch = this.#place?.epoch ?? null;
    return { ok: false, fault: { code, epoch, seq }, summary: this.summary() };
  }

  summary(): JournalSummary {
    return {
      till: this.#place?.till ?? null,
      epoch: this.#place?.epoch ?? null,
      entries: this.#seq + 1,
      headSeq: this.#seq,
      headHex: toHex(this.#head),
      sales: this.#totals.sales,
      sums: this.#totals.sums(),
      booked: this.#booked?.sums() ?? NOTHING_BOOKED,
      receiptedSeq: this.#receiptedSeq,
      notUnderstood: this.#notUnderstood,
      statedAtMs: this.#statedAtMs,
      roots: [...this.#roots.keys()],
    };
  }

  async #certificate(
    record: Extract<JournalRecord, { type: "certificate" }>,
  ): Promise<JournalFaultCode | null> {
    const place = this.#place;
    if (place === null || place.till === SERVER_TILL || this.#device !== null || this.#seq >= 0) {
      return "record-out-of-place";
    }
    const certificate = decodeCertificate(record.bytes);
    if (certificate === null) return "certificate-bad";
    const isOurs =
      sameBytes(certificate.merchant, place.merchant) &&
      sameBytes(certificate.till, place.till) &&
      certificate.epoch === place.epoch;
    if (!isOurs) return "certificate-bad";
    const root = await readKey(certificate.rootKey);
    const device = await readKey(certificate.deviceKey);
    if (root === null || device === null) return "certificate-bad";
    if (!(await verify(root, "cert", record.bytes, record.signature))) return "certificate-bad";
    if (!(await this.#believes(certificate.rootKey))) return "root-not-trusted";
    this.#device = device;
    this.#head = await genesisPrev(record.bytes);
    return null;
  }

  async #keyset(record: Extract<JournalRecord, { type: "keyset" }>): Promise<JournalFaultCode | null> {
    // One order for all: a file is the same file, or it is another one.
    const isBefore = this.#place?.till !== SERVER_TILL && this.#device === null;
    if (isBefore || this.#seq >= 0) return "record-out-of-place";
    const keyset = decodeKeyset(record.bytes);
    const root = await readKey(record.root);
    if (keyset === null || root === null) return "keyset-bad";
    if (!(await verify(root, "keyset", record.bytes, record.signature))) return "keyset-bad";
    if (!(await this.#believes(record.root))) return "root-not-trusted";
    for (const key of usableKeys(keyset, "answer")) {
      const answer = sameBytes(key.kid, await keyId(key.key)) ? await readKey(key.key) : null;
      if (answer === null) return "keyset-bad";
      this.#answerKeys.set(toHex(key.kid), answer);
    }
    return null;
  }

  /**
   * With keys of the reader's own: is it one of them? Without: the first root in the file stands for all, so
   * that at least one hand signed everything.
   */
  async #believes(root: Bytes): Promise<boolean> {
    const print = toHex(await thumbprint(root));
    const isBelieved = this.#trusted?.has(print) ?? (this.#roots.size === 0 || this.#roots.has(print));
    if (isBelieved) this.#roots.set(print, root);
    return isBelieved;
  }

  async #entry(signed: SignedEntry, next: JournalRead): Promise<JournalFaultCode | null> {
    if (this.#booked !== null) return "record-out-of-place";
    const entry = decodeEntry(signed.bytes);
    if (entry === null) return "entry-unreadable";
    this.#lookingAt = entry.seq;
    if (!this.#belongs(entry)) return "entry-elsewhere";
    const expected = this.#seq + 1;
    if (entry.seq < expected) return "out-of-order";
    if (entry.seq > expected) return this.#gapOrOrder(expected, next);
    if (!sameBytes(entry.prev, this.#head)) return "chain-broken";
    if (!(await this.#isSigned(signed))) return "signature-bad";
    const wrong = entry.till === SERVER_TILL ? null : this.#money(entry);
    if (wrong !== null) return wrong;
    this.#seq = entry.seq;
    this.#head = await hashEntry(signed.bytes);
    return null;
  }

  async #decision(signed: SignedEntry): Promise<JournalFaultCode | null> {
    const place = this.#place;
    if (place === null || place.till === SERVER_TILL || this.#device === null) return "record-out-of-place";
    if (!(await this.#byServer("entry", signed))) return "decision-bad";
    this.#booked ??= new BookedCheck({ ...place, till: place.till });
    return this.#booked.decide(signed);
  }

  async #bookedEntry(signed: SignedEntry): Promise<JournalFaultCode | null> {
    if (this.#booked === null) return "booked-undecided";
    const entry = decodeEntry(signed.bytes);
    if (entry === null) return "entry-unreadable";
    this.#lookingAt = entry.seq;
    if (!this.#belongs(entry)) return "entry-elsewhere";
    if (!(await this.#isSigned(signed))) return "signature-bad";
    return await this.#booked.take(signed, entry);
  }

  #belongs(entry: Entry): boolean {
    const place = this.#place;
    if (place === null || !sameBytes(entry.merchant, place.merchant)) return false;
    if (entry.till === SERVER_TILL || place.till === SERVER_TILL) {
      return entry.till === place.till && entry.epoch === place.epoch;
    }
    return sameBytes(entry.till, place.till) && entry.epoch === place.epoch;
  }

  #gapOrOrder(expected: number, next: JournalRead): JournalFaultCode {
    const after = next.kind === "record" && next.record.type === "entry" ? next.record.entry : null;
    const follower = after && decodeEntry(after.bytes);
    if (follower?.seq === expected) return "out-of-order";
    // The gap is what is named, not who stands behind it.
    this.#lookingAt = expected;
    return "gap";
  }

  async #isSigned(signed: SignedEntry): Promise<boolean> {
    if (this.#place?.till === SERVER_TILL) return await this.#byServer("entry", signed);
    return this.#device !== null && (await verifyEntry(this.#device, signed));
  }

  async #byServer(
    context: Context,
    signed: { readonly bytes: Uint8Array; readonly signature: Uint8Array },
  ): Promise<boolean> {
    for (const key of this.#answerKeys.values()) {
      if (await verify(key, context, signed.bytes, signed.signature)) return true;
    }
    return false;
  }

  /** What a sale says of money must agree with itself and with the sales before. */
  #money(entry: Entry): JournalFaultCode | null {
    const body = decodeTillBody(entry.kind, entry.body);
    if (body === null) {
      this.#notUnderstood++;
      return entry.kind === "sale" ? "sale-unreadable" : null;
    }
    if (body.kind !== "sale") return null;
    const paid = body.tenders.reduce((sum, tender) => sum + tender.amountMinor, 0);
    if (paid !== body.totalMinor) return "sale-total";
    this.#runningMinor += body.totalMinor;
    this.#totals.addSale(body.currency, body.tenders);
    const agrees = body.runningCount === this.#totals.sales && body.runningMinor === this.#runningMinor;
    return agrees ? null : "running-total";
  }

  async #receipt(signed: {
    readonly bytes: Bytes;
    readonly signature: Bytes;
  }): Promise<JournalFaultCode | null> {
    if (!(await this.#byServer("answer", signed))) return "receipt-bad";
    const answer = decodeAnswer(signed.bytes);
    const place = this.#place;
    if (answer === null || answer.result !== "ok" || place === null) return "receipt-bad";
    this.#lookingAt = answer.seq;
    const isOurs =
      place.till !== SERVER_TILL &&
      sameBytes(answer.merchant, place.merchant) &&
      sameBytes(answer.till, place.till) &&
      answer.epoch === place.epoch;
    if (!isOurs) return "receipt-elsewhere";
    if (answer.seq > this.#seq) return "receipt-ahead";
    // Receipts stand right behind the entry they speak of, so that no hash has to be kept.
    if (answer.seq < this.#seq) return "record-out-of-place";
    if (!sameBytes(answer.headHash, this.#head)) return "receipt-differs";
    this.#receiptedSeq = answer.seq;
    return null;
  }

  async #end(record: Extract<JournalRecord, { type: "end" }>): Promise<JournalFaultCode | null> {
    if (!(await this.#byServer("journal", record))) return "end-bad";
    const end = decodeJournalEnd(record.bytes);
    const place = this.#place;
    if (end === null || place === null) return "end-bad";
    const sameTill =
      end.till === SERVER_TILL || place.till === SERVER_TILL
        ? end.till === place.till
        : sameBytes(end.till, place.till);
    const agrees =
      sameTill &&
      sameBytes(end.merchant, place.merchant) &&
      end.epoch === place.epoch &&
      end.entries === this.#seq + 1 &&
      sameBytes(end.headHash, this.#head) &&
      end.sales === this.#totals.sales &&
      JSON.stringify(end.sums) === JSON.stringify(this.#totals.sums()) &&
      JSON.stringify(end.booked) === JSON.stringify(this.#booked?.sums() ?? NOTHING_BOOKED);
    if (!agrees) return "end-differs";
    this.#statedAtMs = end.serverMs;
    this.#isEnded = true;
    return null;
  }
}

/** A key from a file; null when the bytes are no point of the curve. */
async function readKey(point: Bytes): Promise<CryptoKey | null> {
  try {
    return await importPublicKey(point);
  } catch {
    // WebCrypto says no more than that; the caller names what held the bytes.
    return null;
  }
}
