import { toHex } from "#protocol/bytes.ts";
import { decodeEntry, hashEntry } from "#protocol/entry.ts";
import type { JournalRow } from "#storage/schema.ts";
import type { CounterHands } from "./counter-hands.ts";
import { rowsOf } from "./memory-disk.ts";
import type { StoredRun } from "./office.ts";

// What is looked at after every single step of a schedule (DESIGN §11). The disk is read from beneath, so
// that looking changes nothing, and only what is new since the step before is computed: signatures, effects
// and money are for the end (invariants.ts).

/** What one till's disk held before, and must not lose. */
export class StepWatch {
  readonly #till: CounterHands;
  /** Hash by `epoch:seq`. */
  #known = new Map<string, string>();
  /** Sales among them. */
  #sales = new Set<string>();
  #storedCounts = new Map<number, number>();

  constructor(till: CounterHands) {
    this.#till = till;
  }

  /** The disk itself went back: only what it holds now, copy included, is looked for from here on. */
  forget(): void {
    this.#known = new Map();
    this.#sales = new Set();
  }

  /** The server went back to a backup. */
  forgetServer(): void {
    this.#storedCounts = new Map();
  }

  /** The first sentence that does not hold now, or null. */
  async look(stored: readonly StoredRun[]): Promise<string | null> {
    const rows = this.#rows();
    const byKey = new Map(rows.map((row) => [keyOf(row), toHex(row.hash)]));
    return (
      (await this.#chained(rows)) ??
      this.#nothingWiped(byKey) ??
      this.#shownIsThere(byKey) ??
      this.#serverOnlyGrows(stored) ??
      (this.#till.calledFailed === null ? null : `I10: ${this.#till.name}: ${this.#till.calledFailed}`)
    );
  }

  #rows(): readonly JournalRow[] {
    const { databaseName } = this.#till.tablet;
    return [...rowsOf<JournalRow>(databaseName, "journal"), ...rowsOf<JournalRow>(databaseName, "carried")];
  }

  /** I3: an entry on disk never changes, is what its hash says, and names the one before it. */
  async #chained(rows: readonly JournalRow[]): Promise<string | null> {
    for (const row of rows) {
      const key = keyOf(row);
      const hash = toHex(row.hash);
      const before = this.#known.get(key);
      if (before === hash) continue;
      if (before !== undefined) return `I3: ${this.#till.name}: entry ${key} was ${before} and is ${hash}`;
      const entry = decodeEntry(row.bytes);
      if (!entry || entry.seq !== row.seq || entry.epoch !== row.epoch)
        return `I3: ${this.#till.name}: entry ${key} does not read as itself`;
      if (toHex(await hashEntry(row.bytes)) !== hash)
        return `I3: ${this.#till.name}: entry ${key} is not what its hash says`;
      const prev = this.#known.get(`${row.epoch}:${row.seq - 1}`);
      if (prev !== undefined && prev !== toHex(entry.prev))
        return `I3: ${this.#till.name}: entry ${key} does not continue the one before`;
      this.#known.set(key, hash);
      if (entry.kind === "sale") this.#sales.add(key);
    }
    return null;
  }

  /** I12: a sale that was on disk is there until the server has signed for it. */
  #nothingWiped(byKey: ReadonlyMap<string, string>): string | null {
    for (const key of this.#sales) {
      if (byKey.has(key)) continue;
      const seq = Number(key.split(":")[1]);
      if (seq > this.#till.receiptedSeq)
        return `I12: ${this.#till.name}: the sale at ${key} is gone, unreceipted`;
      this.#sales.delete(key);
    }
    return null;
  }

  /** I1: shown as paid ⇒ on disk. */
  #shownIsThere(byKey: ReadonlyMap<string, string>): string | null {
    for (const paid of this.#till.tablet.shownPaid) {
      const hash = byKey.get(`${paid.epoch}:${paid.seq}`);
      if (!hash?.startsWith(paid.headHex))
        return `I1: ${this.#till.name} showed ${paid.amountMinor} as paid, not on disk at ${paid.epoch}:${paid.seq}`;
    }
    return null;
  }

  /** I2 I3 I4: what is receipted is stored; numbers are stored once each, without a gap, and stay. */
  #serverOnlyGrows(stored: readonly StoredRun[]): string | null {
    const { id, name, receiptedSeq } = this.#till;
    const runs = stored.filter((run) => run.till === id);
    for (const { epoch, lastSeq, count } of runs) {
      if (count !== lastSeq + 1) return `I4: the server has ${count} entries of ${name} up to seq ${lastSeq}`;
      if (count < (this.#storedCounts.get(epoch) ?? 0)) return `I2: the server lost entries of ${name}`;
      this.#storedCounts.set(epoch, count);
    }
    const newest = runs.toSorted((a, b) => b.epoch - a.epoch)[0];
    if (receiptedSeq > (newest?.lastSeq ?? -1))
      return `I2: ${name} has a receipt for seq ${receiptedSeq}, the server has ${newest?.lastSeq ?? "nothing"}`;
    return null;
  }
}

function keyOf(row: JournalRow): string {
  return `${row.epoch}:${row.seq}`;
}
