import { fromHex, toHex } from "#protocol/bytes.ts";
import { MAX_RELEASED, type TillBody } from "#protocol/entry-bodies.ts";
import type { IdentityRow, JournalRow } from "#storage/schema.ts";
import { isDiskFault, type TillDatabase } from "#storage/till-database.ts";
import type { Ledger } from "./ledger.ts";
import type { SaleDesk } from "./sale-desk.ts";

/**
 * Codes this till has said it would take and will not: claims whose sale is over (or whose program was
 * killed) are dropped, leases the office asks back are released, each by an entry (PROTOCOL §11). Looked at
 * after every command, so that no way out of a sale can forget it.
 */
export class LooseCodes {
  readonly #db: TillDatabase;
  readonly #identity: IdentityRow;
  readonly #ledger: Ledger;
  readonly #sales: SaleDesk;
  /** At the start whatever stands in the tables is from before: nothing of it is in hand any more. */
  #mayBeSome = true;

  constructor(db: TillDatabase, identity: IdentityRow, ledger: Ledger, sales: SaleDesk) {
    this.#db = db;
    this.#identity = identity;
    this.#ledger = ledger;
    this.#sales = sales;
  }

  /** A claim was made, or the office said something: the next look is worth its reads. */
  note(): void {
    this.#mayBeSome = true;
  }

  /** True when entries were written, which should travel. A disk that says no is asked again next time. */
  async tidy(): Promise<boolean> {
    if (!this.#mayBeSome) return false;
    try {
      const claims = await this.#dropClaims();
      const leases = await this.#releaseLeases();
      this.#mayBeSome = claims.left || leases.left;
      return claims.wrote || leases.wrote;
    } catch (cause) {
      // The command before this one is done and must be answered; the rows stay, and so does the work.
      if (!isDiskFault(cause)) throw cause;
      return false;
    }
  }

  async #dropClaims(): Promise<Tidied> {
    let left = false;
    let wrote = false;
    for (const row of await this.#db.claims.toArray()) {
      if (this.#sales.keeps(row.cti)) {
        left = true;
        continue;
      }
      const { cti, epoch, seq } = row;
      const dropped = await this.#ledger.append<never>({
        body: () => ({ kind: "claim-dropped", cti: fromHex(cti), epoch, seq }),
        inside: async () => {
          await this.#db.claims.delete(cti);
          return null;
        },
      });
      wrote ||= dropped.ok;
      left ||= !dropped.ok;
    }
    return { left, wrote };
  }

  async #releaseLeases(): Promise<Tidied> {
    const asks = await this.#db.leaseAsks.limit(MAX_RELEASED).toArray();
    if (asks.length === 0) return { left: false, wrote: false };
    // In the hand of a customer it may still be taken here: the release waits for the sale's end.
    const free = asks.filter((ask) => !this.#sales.holds(ask.cti)).map((ask) => ask.cti);
    const held = await this.#db.leases.bulkGet(free);
    const mine = toHex(this.#identity.till);
    const ctis = free.filter((_, at) => held[at]?.till === mine);
    const forget = async (): Promise<null> => {
      await this.#db.leaseAsks.bulkDelete(free);
      const rows = held.flatMap((row) => (row?.till === mine ? [{ ...row, till: null }] : []));
      await this.#db.leases.bulkPut(rows);
      return null;
    };
    if (ctis.length === 0) {
      await forget();
      return { left: free.length < asks.length, wrote: false };
    }
    const released = await this.#ledger.append<never>({
      body: () => ({ kind: "lease-released", ctis: ctis.map(fromHex) }),
      inside: forget,
    });
    const left = !released.ok || free.length < asks.length || asks.length === MAX_RELEASED;
    return { left, wrote: released.ok };
  }
}

interface Tidied {
  /** Something waits for a later look. */
  readonly left: boolean;
  readonly wrote: boolean;
}

/** What followed from an entry about codes when it was committed, done once more after a recovery. */
export async function replayCodeEntry(
  db: TillDatabase,
  row: Pick<JournalRow, "epoch" | "seq" | "hash">,
  body: Extract<TillBody, { kind: "claim" | "claim-dropped" | "lease-released" }>,
): Promise<void> {
  switch (body.kind) {
    case "claim":
      await db.claims.put({ cti: toHex(body.cti), epoch: row.epoch, seq: row.seq, entryHash: row.hash });
      return;
    case "claim-dropped":
      await db.claims.delete(toHex(body.cti));
      return;
    case "lease-released":
      for (const cti of body.ctis.map(toHex)) {
        const lease = await db.leases.get(cti);
        if (lease) await db.leases.put({ ...lease, till: null });
        await db.leaseAsks.delete(cti);
      }
  }
}
