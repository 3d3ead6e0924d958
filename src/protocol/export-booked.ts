import { sameBytes, toHex, type Bytes } from "./bytes.ts";
import { decodeEntry, hashEntry, SERVER_TILL, type Entry, type SignedEntry } from "./entry.ts";
import { decodeServerBody } from "./entry-bodies.ts";
import { JournalTotals, NOTHING_BOOKED, type BookedSums } from "./export-journal.ts";
import type { JournalFaultCode } from "./export-fault.ts";
import { decodeTillBody } from "./till-body-reader.ts";

/** The till's epoch whose journal is being read. */
interface Place {
  readonly merchant: Bytes;
  readonly till: Bytes;
  readonly epoch: number;
}

/**
 * What the shop booked although it stands in no chain: each such entry has to be the till's own, and be named
 * by a decision that the server's journal has signed for. Remembers the hashes it has met, nothing else.
 */
export class BookedCheck {
  readonly #place: Place;
  readonly #totals = new JournalTotals();
  readonly #met = new Set<string>();
  #decided: ReadonlySet<string> = new Set();

  constructor(place: Place) {
    this.#place = place;
  }

  /** A `quarantine-decided` of the server's journal, its signature verified by the caller. */
  decide(signed: SignedEntry): JournalFaultCode | null {
    const entry = decodeEntry(signed.bytes);
    const body = entry && decodeServerBody(entry.kind, entry.body);
    if (entry === null || body?.kind !== "quarantine-decided" || body.decided !== "booked")
      return "decision-bad";
    const { merchant, till, epoch } = this.#place;
    const isOurs =
      entry.till === SERVER_TILL &&
      sameBytes(entry.merchant, merchant) &&
      sameBytes(body.till, till) &&
      body.epoch === epoch;
    if (!isOurs) return "decision-elsewhere";
    this.#decided = new Set(body.hashes.map(toHex));
    return null;
  }

  /** An entry of this till and epoch, its signature verified by the caller. */
  async take(signed: SignedEntry, entry: Entry): Promise<JournalFaultCode | null> {
    const hash = toHex(await hashEntry(signed.bytes));
    if (!this.#decided.has(hash)) return "booked-undecided";
    if (this.#met.has(hash)) return "booked-twice";
    this.#met.add(hash);
    const body = decodeTillBody(entry.kind, entry.body);
    if (body === null) return entry.kind === "sale" ? "sale-unreadable" : null;
    if (body.kind !== "sale") return null;
    const paid = body.tenders.reduce((sum, tender) => sum + tender.amountMinor, 0);
    if (paid !== body.totalMinor) return "sale-total";
    this.#totals.addSale(body.currency, body.tenders);
    return null;
  }

  sums(): BookedSums {
    if (this.#met.size === 0) return NOTHING_BOOKED;
    return { entries: this.#met.size, sales: this.#totals.sales, sums: this.#totals.sums() };
  }
}
