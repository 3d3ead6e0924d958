import type { IdentityRow } from "#storage/schema.ts";
import { isDiskFault, type TillDatabase } from "#storage/till-database.ts";
import type { Ledger } from "./ledger.ts";
import type { LooseCodes } from "./loose-codes.ts";
import type { SaleDesk } from "./sale-desk.ts";

/**
 * Looks after every command whether a code is to be let go, so that no way out of a sale can forget it; what
 * lets go is loaded when there is something.
 */
export class LooseLook {
  readonly #db: TillDatabase;
  readonly #load: () => Promise<LooseCodes>;
  #loading: Promise<LooseCodes> | null = null;
  /** At the start whatever stands in the tables is from before: nothing of it is in hand any more. */
  #mayBeSome = true;

  constructor(db: TillDatabase, identity: IdentityRow, ledger: Ledger, sales: SaleDesk) {
    this.#db = db;
    this.#load = async () => {
      const { LooseCodes: Loaded } = await import("./loose-codes.ts");
      return new Loaded(db, identity, ledger, sales);
    };
  }

  /** A claim was made, or the office said something: the next look is worth its reads. */
  note(): void {
    this.#mayBeSome = true;
  }

  /** True when entries were written, which should travel. A disk that says no is asked again next time. */
  async tidy(): Promise<boolean> {
    if (!this.#mayBeSome) return false;
    try {
      const rows = (await this.#db.claims.count()) + (await this.#db.leaseAsks.count());
      if (rows === 0) {
        this.#mayBeSome = false;
        return false;
      }
      const { left, wrote } = await (await (this.#loading ??= this.#load())).tidy();
      this.#mayBeSome = left;
      return wrote;
    } catch (cause) {
      // The command before this one is done and must be answered; the rows stay, and so does the work.
      if (!isDiskFault(cause)) throw cause;
      return false;
    }
  }
}
