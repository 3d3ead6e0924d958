import { counted, mayTry, mayTryOnDevice, type Attempts, type MayTry } from "#domain/attempts.ts";
import type { Result } from "#domain/result.ts";
import type { TillRefusal } from "#domain/refusal.ts";
import type { Bytes } from "#protocol/bytes.ts";
import { ID_BYTES, sameBytes, toHex } from "#protocol/bytes.ts";
import type { SubjectClass } from "#protocol/entry-bodies.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import type { Committed, Ledger } from "../ledger.ts";

/** Under which tries at the vault's passphrase are counted, in class `manager`: they wait and never lock. */
export const PASSPHRASE_SUBJECT: Bytes = new Uint8Array(ID_BYTES);

/** The subject is made to wait, or locked. */
export type TryRefusal = Exclude<MayTry, { kind: "yes" }>;

/**
 * Counts tries where a kill cannot give them back (PROTOCOL §10, I11): the try is an entry in the journal and
 * a count on disk before the secret is looked at.
 */
export class AttemptBook {
  readonly #db: TillDatabase;
  readonly #ledger: Ledger;
  readonly #monotonicMs: () => number;
  /**
   * When this window got the till: it may have stood behind another one for long, and no wait runs off
   * meanwhile.
   */
  readonly #openedAtMs: number;
  /** When each key was last counted in this run; what is not here was counted before a restart. */
  readonly #lastAt = new Map<string, number>();

  constructor(
    db: TillDatabase,
    ledger: Ledger,
    monotonicMs: () => number,
    openedAtMs: number = monotonicMs(),
  ) {
    this.#db = db;
    this.#ledger = ledger;
    this.#monotonicMs = monotonicMs;
    this.#openedAtMs = openedAtMs;
  }

  /** May this subject be tried now? The stricter of subject and device. */
  async mayTry(subjectClass: SubjectClass, subject: Bytes): Promise<MayTry> {
    const now = this.#monotonicMs();
    const locks = !sameBytes(subject, PASSPHRASE_SUBJECT);
    const own = mayTry(await this.#read(subjectKey(subjectClass, subject)), now, locks);
    if (own.kind !== "yes") return own;
    const device = mayTryOnDevice(await this.#read(deviceKey(subjectClass)), now);
    return device.kind === "yes" ? own : device;
  }

  /**
   * Puts a try on disk. Only after this answers may the secret be checked. The check of the wait runs inside
   * the same transaction, so two windows cannot share one try.
   */
  async count(
    subjectClass: SubjectClass,
    subject: Bytes,
  ): Promise<Result<Committed, TryRefusal | TillRefusal>> {
    const keys = [subjectKey(subjectClass, subject), deviceKey(subjectClass)];
    const before = await this.#read(keys[0] ?? "");
    const now = this.#monotonicMs();
    const committed = await this.#ledger.append<TryRefusal>({
      body: () => ({ kind: "attempt", subjectClass, subject, n: before.count + 1 }),
      inside: async () => {
        const may = await this.mayTry(subjectClass, subject);
        if (may.kind !== "yes") return may;
        for (const key of keys) {
          await this.#db.attempts.put({ key, count: counted(await this.#read(key), now).count });
        }
        return null;
      },
    });
    if (committed.ok) for (const key of keys) this.#lastAt.set(key, now);
    return committed;
  }

  /**
   * To run inside the transaction that records the success: the subject starts anew. The device's count loses
   * this try and one wrong one before it: a shop that mistypes now and then stays quick, somebody who never
   * succeeds does not.
   */
  forgive(subjectClass: SubjectClass, subject: Bytes): Promise<void> {
    return forgiveTries(this.#db, subjectClass, subject);
  }

  async #read(key: string): Promise<Attempts> {
    const row = await this.#db.attempts.get(key);
    return { count: row?.count ?? 0, lastAtMonotonicMs: this.#lastAt.get(key) ?? this.#openedAtMs };
  }
}

/** See `AttemptBook.forgive`; runs inside the caller's transaction. */
export async function forgiveTries(
  db: TillDatabase,
  subjectClass: SubjectClass,
  subject: Bytes,
): Promise<void> {
  await db.attempts.delete(subjectKey(subjectClass, subject));
  const device = await db.attempts.get(deviceKey(subjectClass));
  if (device) await db.attempts.put({ key: device.key, count: Math.max(0, device.count - 2) });
}

/**
 * The subject's tries start anew without a success: an unlock, a new PIN. The device's own count stays. Runs
 * inside the caller's transaction.
 */
export function restartTries(db: TillDatabase, subjectClass: SubjectClass, subject: Bytes): Promise<void> {
  return db.attempts.delete(subjectKey(subjectClass, subject));
}

/** Counts a try again whose entry came back and whose count did not; inside the caller's transaction. */
export async function recountTry(
  db: TillDatabase,
  subjectClass: SubjectClass,
  subject: Bytes,
  n: number,
): Promise<void> {
  await db.attempts.put({ key: subjectKey(subjectClass, subject), count: n });
  const device = await db.attempts.get(deviceKey(subjectClass));
  await db.attempts.put({ key: deviceKey(subjectClass), count: (device?.count ?? 0) + 1 });
}

function subjectKey(subjectClass: SubjectClass, subject: Uint8Array): string {
  return `${subjectClass}:${toHex(subject)}`;
}

function deviceKey(subjectClass: SubjectClass): string {
  return `device:${subjectClass}`;
}
