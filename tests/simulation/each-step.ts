import { toHex } from "#protocol/bytes.ts";
import { decodeEntry, hashEntry } from "#protocol/entry.ts";
import type { CounterHands } from "./counter-hands.ts";
import { keyOf, lifeOf, type KeptRow } from "./kept-on-tablet.ts";
import type { StoredRun } from "./office.ts";

// What is looked at after every single step of a schedule (DESIGN §11). The disk is read from beneath, so
// that looking changes nothing, and only what is new since the step before is computed: signatures, effects
// and money are for the end (invariants.ts).

/** The server's word lets an entry go so long after it was signed (PROTOCOL §5). */
const KEEP_MS = 30 * 86_400_000;

/** An entry that was on a tablet's disk at some time. */
export interface PastEntry extends KeptRow {
  readonly hashHex: string;
}

/** What one tablet's disk held before, and must not lose. */
export class StepWatch {
  readonly #till: CounterHands;
  /** All that ever was on disk, by `till:epoch:seq`, in the order in which it came. */
  readonly #past = new Map<string, PastEntry>();
  /** Of those, what the tablet has let go by right. */
  readonly #letGo = new Set<string>();
  /** Thrown away with the site's data and nowhere on the tablet any more. */
  readonly #gone = new Set<string>();
  /** What the server had, by till and epoch. */
  #storedCounts = new Map<string, number>();
  /** Until the next look the disk may hold less than it did: it went back, or it was emptied. */
  #disaster: "none" | "went-back" | "emptied" = "none";

  constructor(till: CounterHands) {
    this.#till = till;
  }

  /** The disk itself went back: only what it holds now, copy included, is looked for from here on. */
  wentBack(): void {
    this.#disaster = "went-back";
  }

  /** The browser threw the site's data away: what was signed for may be missing, the rest is written down. */
  emptied(): void {
    this.#disaster = "emptied";
  }

  /** The server went back to a backup. */
  forgetServer(): void {
    this.#storedCounts = new Map();
  }

  /** Every entry this tablet ever had on its disk and did not lose in a lie of it, oldest first. */
  get past(): readonly PastEntry[] {
    return [...this.#past.values()];
  }

  /** Keys of what was thrown away before the server had signed for it, and has no copy on the tablet. */
  get gone(): ReadonlySet<string> {
    return this.#gone;
  }

  /** The first sentence that does not hold now, or null. */
  async look(stored: readonly StoredRun[]): Promise<string | null> {
    const rows = await this.#till.entriesOnDisk();
    const there = new Set<string>();
    const fresh = rows.filter((row) => {
      there.add(keyOf(row));
      const before = this.#past.get(keyOf(row));
      return before?.hash !== row.hash;
    });
    return (
      (await this.#chained(fresh)) ??
      this.#nothingWiped(there) ??
      this.#shownIsThere(there) ??
      this.#serverOnlyGrows(stored) ??
      (this.#till.calledFailed === null ? null : `I10: ${this.#till.name}: ${this.#till.calledFailed}`)
    );
  }

  /** I3: an entry on disk never changes, is what its hash says, and names the one before it. */
  async #chained(rows: readonly KeptRow[]): Promise<string | null> {
    for (const row of rows) {
      const key = keyOf(row);
      const hashHex = toHex(row.hash);
      const before = this.#past.get(key);
      if (before?.hashHex === hashHex) {
        this.#past.set(key, { ...row, hashHex });
        continue;
      }
      if (before !== undefined && this.#disaster !== "went-back")
        return `I3: ${this.#till.name}: entry ${key} was ${before.hashHex} and is ${hashHex}`;
      const entry = decodeEntry(row.bytes);
      if (!entry || entry.seq !== row.seq || entry.epoch !== row.epoch)
        return `I3: ${this.#till.name}: entry ${key} does not read as itself`;
      if (toHex(await hashEntry(row.bytes)) !== hashHex)
        return `I3: ${this.#till.name}: entry ${key} is not what its hash says`;
      const prev = this.#past.get(keyOf({ ...row, seq: row.seq - 1 }))?.hashHex;
      if (prev !== undefined && prev !== toHex(entry.prev))
        return `I3: ${this.#till.name}: entry ${key} does not continue the one before`;
      this.#past.set(key, { ...row, hashHex });
    }
    return null;
  }

  /** I12: what was on disk is there until the server has signed for it, and 30 days longer. */
  #nothingWiped(there: ReadonlySet<string>): string | null {
    const disaster = this.#disaster;
    this.#disaster = "none";
    const { receipts, name } = this.#till;
    for (const [key, entry] of this.#past) {
      if (there.has(key)) continue;
      if (this.#letGo.has(key) || this.#gone.has(key)) continue;
      const isReceipted = receipts.covers(entry);
      if (disaster === "emptied") (isReceipted ? this.#letGo : this.#gone).add(key);
      else if (disaster === "went-back" && !isReceipted) this.#past.delete(key);
      else if (receipts.signedBy(entry, this.#till.worldMs - KEEP_MS)) this.#letGo.add(key);
      else if (entry.kind === "sale" && !isReceipted)
        return `I12: ${name}: the sale at ${key} is gone, unreceipted`;
      else if (disaster === "none") return `I12: ${name}: entry ${key} is gone before its 30 days were over`;
    }
    return null;
  }

  /** I1: shown as paid ⇒ on disk, or let go by right. */
  #shownIsThere(there: ReadonlySet<string>): string | null {
    for (const { epoch, seq, headHex, amountMinor } of this.#till.tablet.shownPaid) {
      const isThere = this.#till.lives.some((till) => {
        const key = keyOf({ till, epoch, seq });
        const isKnown = there.has(key) || this.#letGo.has(key) || this.#gone.has(key);
        return isKnown && this.#past.get(key)?.hashHex.startsWith(headHex) === true;
      });
      if (!isThere)
        return `I1: ${this.#till.name} showed ${amountMinor} as paid, not on disk at ${epoch}:${seq}`;
    }
    return null;
  }

  /** I2 I3 I4: what is receipted is stored; numbers are stored once each, without a gap, and stay. */
  #serverOnlyGrows(stored: readonly StoredRun[]): string | null {
    const { lives, name, receipts } = this.#till;
    const lastSeqs = new Map<string, number>();
    for (const run of stored) {
      const { epoch, lastSeq, count } = run;
      if (!lives.includes(run.till)) continue;
      const life = lifeOf(run);
      lastSeqs.set(life, lastSeq);
      if (count !== lastSeq + 1)
        return `I4: the server has ${count} entries of ${name}, epoch ${epoch}, up to seq ${lastSeq}`;
      if (count < (this.#storedCounts.get(life) ?? 0)) return `I2: the server lost entries of ${name}`;
      this.#storedCounts.set(life, count);
    }
    for (const [life, seq] of receipts.highest) {
      if (seq > (lastSeqs.get(life) ?? -1))
        return `I2: ${name} has a receipt for ${life}:${seq}, the server only ${lastSeqs.get(life) ?? -1}`;
    }
    return null;
  }
}
