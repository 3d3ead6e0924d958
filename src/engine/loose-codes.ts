import { fromHex, toHex } from "#protocol/bytes.ts";
import { MAX_RELEASED } from "#protocol/entry-bodies.ts";
import type { IdentityRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import type { Ledger } from "./ledger.ts";
import type { SaleDesk } from "./sale-desk.ts";

/**
 * Codes this till has said it would take and will not: claims whose sale is over (or whose program was
 * killed) are dropped, leases the office asks back are released, each by an entry (PROTOCOL §11).
 */
export class LooseCodes {
  readonly #db: TillDatabase;
  readonly #identity: IdentityRow;
  readonly #ledger: Ledger;
  readonly #sales: SaleDesk;
  constructor(db: TillDatabase, identity: IdentityRow, ledger: Ledger, sales: SaleDesk) {
    this.#db = db;
    this.#identity = identity;
    this.#ledger = ledger;
    this.#sales = sales;
  }

  async tidy(): Promise<Tidied> {
    const claims = await this.#dropClaims();
    const leases = await this.#releaseLeases();
    return { left: claims.left || leases.left, wrote: claims.wrote || leases.wrote };
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

export interface Tidied {
  /** Something waits for a later look. */
  readonly left: boolean;
  readonly wrote: boolean;
}
