import { accepted, refused, type Result } from "#domain/result.ts";
import type { TillRefusal } from "#domain/refusal.ts";
import { concat, sameBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import { encodeEntry, genesisPrev, hashEntry, signEntry } from "#protocol/entry.ts";
import { encodeTillBody, type TillBody } from "#protocol/entry-bodies.ts";
import { appendRows } from "#storage/append-transaction.ts";
import type { HeadRow, IdentityRow, JournalRow, SaleRecord } from "#storage/schema.ts";
import { Dexie, isDiskFault, isQuotaError, type TillDatabase } from "#storage/till-database.ts";
import type { Mirror } from "./mirror.ts";
import type { Surroundings } from "./surroundings.ts";
import type { TillTime } from "./till-time.ts";
import { Turns } from "./turns.ts";

/** An entry that is on disk: it may be shown, spoken, printed, sent. */
export interface Committed {
  readonly epoch: number;
  readonly seq: number;
  readonly hash: Bytes;
  /** First 8 hex digits of the hash: what a receipt carries (B10). */
  readonly headHex: string;
  readonly nowMs: number;
}

/** Running figures of the epoch before the entry that is being made. */
export interface RunningFigures {
  readonly count: number;
  readonly sumMinor: number;
}

/** What is to be recorded: a body, and what else changes in the very same transaction. */
export interface Draft<R> {
  /** Builds the body on the running figures as they stand; called again when another write came between. */
  readonly body: (running: RunningFigures) => TillBody;
  /** The row that goes in beside a sale's entry. */
  readonly sale?: (entry: Committed) => SaleRecord;
  /**
   * Only where something has to be asked inside the transaction; without it the rows go to the disk a third
   * faster. Only Dexie may be awaited in it: IndexedDB commits as soon as it falls idle, and a foreign await
   * would leave half a sale. A refusal aborts everything and frees the seq.
   */
  readonly inside?: (entry: Committed) => Promise<R | null>;
}

/** Given up when the disk is full, so that the tries and the sale in hand still find room (PROTOCOL §10). */
const BALLAST_BYTES = 1024 * 1024;
/** Below this much room the next sale is refused before it opens: about a thousand of them would fit. */
const FLOOR_BYTES = 4 * 1024 * 1024;
const MAX_RANDOM_BYTES = 65_536;
/**
 * Another window or a recovery moved the head this often between reading and writing: something is badly
 * wrong.
 */
const MAX_RACES = 3;

class Refused extends Error {
  readonly refusal: unknown;
  constructor(refusal: unknown) {
    super("refused inside");
    this.refusal = refusal;
  }
}
class HeadMoved extends Error {}
class BooksGone extends Error {}

/**
 * The till's journal: hash-chained, signed by the device, appended in one strict transaction with everything
 * that follows from the entry (PROTOCOL §4, I1, I3). One append at a time; nothing is shown before
 * `complete`.
 */
export class Ledger {
  readonly #db: TillDatabase;
  readonly #identity: IdentityRow;
  readonly #time: TillTime;
  readonly #mirror: Mirror | null;
  readonly #surroundings: Surroundings;
  readonly #turns = new Turns();
  #full = false;
  #scarce = false;
  #gone = false;
  #keysetVersion = 0;
  /** The head as this journal last left or read it; undefined: to be read. Compared inside each append. */
  #head: HeadRow | null | undefined = undefined;
  #feedVersion: number | null = null;

  constructor(
    db: TillDatabase,
    identity: IdentityRow,
    time: TillTime,
    mirror: Mirror | null,
    surroundings: Surroundings,
  ) {
    this.#db = db;
    this.#identity = identity;
    this.#time = time;
    this.#mirror = mirror;
    this.#surroundings = surroundings;
  }

  /** True once the disk refused a write; new sales wait until the reserve could be laid again. */
  get full(): boolean {
    return this.#full || this.#scarce;
  }

  /**
   * What the browser says is left; null when it does not say. Under the floor no further sale begins: the
   * last room is for the sale in hand and the tries.
   */
  noteRoom(freeBytes: number | null): void {
    this.#scarce = freeBytes !== null && freeBytes < FLOOR_BYTES;
  }

  /** True once the journal was found empty under a till that had one: the database was lost meanwhile. */
  get gone(): boolean {
    return this.#gone;
  }

  /** The disk refused a write of somebody else: this journal's next one may be refused as well. */
  noteFull(): void {
    this.#full = true;
  }

  /**
   * Records a draft, or nothing. Refusals of the draft and of the disk are values; a broken promise throws.
   */
  append<R = never>(draft: Draft<R>): Promise<Result<Committed, R | TillRefusal>> {
    return this.#turns.run(() => this.#append(draft));
  }

  async #append<R>(draft: Draft<R>): Promise<Result<Committed, R | TillRefusal>> {
    for (let race = 0; race < MAX_RACES; race++) {
      try {
        return accepted(await this.#tryOnce(draft));
      } catch (cause) {
        if (cause instanceof Refused) return refused(cause.refusal as R);
        // Whatever else went wrong, what stands on disk is read before anything is built on it.
        this.#head = undefined;
        if (cause instanceof HeadMoved) continue;
        if (cause instanceof BooksGone) {
          this.#gone = true;
          return refused({ code: "not-committed" });
        }
        if (isDiskFault(cause)) return refused({ code: "not-committed" });
        if (!isQuotaError(cause)) throw cause;
        this.#full = true;
        // The ballast exists for this moment: it is given up so that the sale in hand still gets on disk.
        if (!(await this.#giveUpReserve())) return refused({ code: "storage-full" });
      }
    }
    return refused({ code: "not-committed" });
  }

  async #tryOnce<R>(draft: Draft<R>): Promise<Committed> {
    const head = await this.#knownHead();
    const { epoch, merchant, till } = this.#identity;
    const running = { count: head?.runningCount ?? 0, sumMinor: head?.runningMinor ?? 0 };
    const body = draft.body(running);
    // Deleted under a running till, the database comes back empty: a journal that began anew with a sale
    // would be a fork of the one that was sold on.
    if (head === null && body.kind !== "genesis") throw new BooksGone();
    const time = this.#time.entryTime();
    const feed = await this.#knownFeedVersion();
    const bytes = encodeEntry({
      merchant,
      till,
      epoch,
      seq: head ? head.seq + 1 : 0,
      prev: head ? head.hash : await genesisPrev(this.#identity.certificate),
      kind: body.kind,
      time,
      versions: { feed, keyset: this.#keysetVersion, build: this.#surroundings.build },
      body: encodeTillBody(body),
    });
    // Hash and sign before the transaction: crypto inside it would let it commit half-way.
    const [hash, { signature }] = await Promise.all([
      hashEntry(bytes),
      signEntry(this.#identity.devicePrivate, bytes),
    ]);
    const seq = head ? head.seq + 1 : 0;
    const entry: Committed = { epoch, seq, hash, headHex: toHex(hash).slice(0, 8), nowMs: time.nowMs };
    const row: JournalRow = { epoch, seq, kind: body.kind, bytes, signature, hash, nowMs: time.nowMs };
    const isSale = body.kind === "sale";
    const next: HeadRow = {
      key: "head",
      epoch,
      seq,
      hash,
      runningCount: running.count + (isSale ? 1 : 0),
      runningMinor: running.sumMinor + (isSale ? body.totalMinor : 0),
    };
    try {
      await this.#commit(draft, entry, { head, row, next });
    } catch (cause) {
      // Said to have failed, and on disk all the same: called unpaid, the customer would be asked to pay
      // twice.
      if (!isDiskFault(cause) || !sameHead(await this.#headAfter(cause), next)) throw cause;
    }
    this.#head = next;
    await this.#mirror?.append(row);
    return entry;
  }

  /** One strict transaction; throws `HeadMoved`, `Refused`, or what browser and disk said. */
  async #commit<R>(
    draft: Draft<R>,
    entry: Committed,
    step: { readonly head: HeadRow | null; readonly row: JournalRow; readonly next: HeadRow },
  ): Promise<void> {
    const { head, row: journal, next } = step;
    const mark = { key: "mark", ...this.#time.mark } as const;
    const sale = draft.sale?.(entry) ?? null;
    if (!draft.inside && this.#db.isOpen()) {
      const rows = { journal, head: next, mark, sale };
      const end = await appendRows(this.#db.backendDB(), rows, (present) => sameHead(present, head));
      if (end === "head-moved") throw new HeadMoved();
      // A connection that the browser closed is opened anew by what follows.
      if (end === "complete") return;
    }
    let transaction: IDBTransaction | null = null;
    try {
      await this.#db.transaction("rw", this.#db.engineTables, async () => {
        transaction = Dexie.currentTransaction.idbtrans;
        // Asked for in one go: each wait for an answer costs as much as the rows themselves. The head is
        // read before anything is put, and a head that moved, or a refusal, takes all of it back.
        const [refusal] = await Promise.all([
          draft.inside?.(entry) ?? null,
          this.#db.head.get("head").then((present) => {
            if (!sameHead(present ?? null, head)) throw new HeadMoved();
          }),
          // `add`, never `put`: an entry that is there is never written over, whatever went wrong before.
          this.#db.journal.add(journal),
          sale && this.#db.sales.add(sale),
          this.#db.head.put(next),
          this.#db.settings.put(mark),
        ]);
        if (refusal !== null) throw new Refused(refusal);
      });
    } catch (thrown) {
      throw reasonOf(thrown, transaction);
    }
  }

  async #knownHead(): Promise<HeadRow | null> {
    return (this.#head ??= (await this.#db.head.get("head")) ?? null);
  }

  /** The version of the settings as they were last applied, for the entry to name. */
  async #knownFeedVersion(): Promise<number> {
    return (this.#feedVersion ??= (await this.#db.setting("feed"))?.version ?? 0);
  }

  /**
   * The head as the disk has it after a fault. Throws when not even that can be read: then the outcome is
   * unknown.
   */
  async #headAfter(fault: unknown): Promise<HeadRow | null> {
    try {
      return (await this.#db.head.get("head")) ?? null;
    } catch {
      // Not a refusal: «nothing was sold» would be a guess. The till stops, and its books are opened anew.
      throw new Error("ledger: nobody can say whether the entry is on disk", { cause: fault });
    }
  }

  /** The keyset version entries name from now on; the settings it came with are read anew. */
  useKeyset(version: number): void {
    this.#keysetVersion = version;
    this.#feedVersion = null;
  }

  /** Lays the reserve of 1 MiB for tries and the sale in hand; false when the disk has no room for it. */
  async layReserve(): Promise<boolean> {
    try {
      // Counted, not read: a megabyte would be copied at every start.
      if ((await this.#db.reserve.count()) === 0) {
        await this.#db.reserve.put({ key: "reserve", ballast: this.#ballast() });
      }
      this.#full = false;
      return !this.#scarce;
    } catch (cause) {
      if (!isQuotaError(cause) && !isDiskFault(cause)) throw cause;
      this.#full = true;
      return false;
    }
  }

  /**
   * Random, or the database would compress it to nothing; in pieces, because one draw gives 64 KiB at most.
   */
  #ballast(): Bytes {
    const pieces = Array.from({ length: BALLAST_BYTES / MAX_RANDOM_BYTES }, () =>
      this.#surroundings.randomBytes(MAX_RANDOM_BYTES),
    );
    return concat(...pieces);
  }

  async #giveUpReserve(): Promise<boolean> {
    try {
      if ((await this.#db.reserve.count()) === 0) return false;
      await this.#db.reserve.delete("reserve");
      return true;
    } catch (cause) {
      // Thrown on, it would leave the cashier without an answer; nothing is on disk, so «no» is true.
      if (!isQuotaError(cause) && !isDiskFault(cause)) throw cause;
      return false;
    }
  }
}

/**
 * Why a transaction ended: our own word, else the disk's. Of requests that were under way when a full disk
 * ended it, the first to be heard says only that it was given up.
 */
function reasonOf(thrown: unknown, transaction: IDBTransaction | null): unknown {
  if (thrown instanceof Refused || thrown instanceof HeadMoved) return thrown;
  return transaction?.error ?? thrown;
}

function sameHead(a: HeadRow | null, b: HeadRow | null): boolean {
  if (a === null || b === null) return a === b;
  return a.epoch === b.epoch && a.seq === b.seq && sameBytes(a.hash, b.hash);
}
