import { DatabaseError } from "pg";
import { START_MS } from "../engine/tablet.ts";
import type { Office } from "./office.ts";
import type { Stage } from "./stage.ts";

/** A till keeps what was signed for 30 days: an older backup could not be refilled (PROTOCOL §5). */
const OLDEST_BACKUP_MS = 29 * 86_400_000;

/** What happens to the server and to its backup. */
export class ServerDays {
  readonly #stage: Stage;
  /** When the backup was taken; null: something has been lost since that only the server had. */
  #backedUpMs: number | null = START_MS;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  backUp(): void {
    this.#stage.opened.faults?.backUp();
    this.#backedUpMs = this.#stage.world.ms;
  }

  /** The present backup is not restored any more: two disasters at once are nobody's promise. */
  spoilBackup(): void {
    this.#backedUpMs = null;
  }

  /** The server's data are lost, and the backup takes their place; false where that may not happen now. */
  async restore(): Promise<boolean> {
    const { opened, world } = this.#stage;
    const isOld = this.#backedUpMs === null || world.ms - this.#backedUpMs > OLDEST_BACKUP_MS;
    if (opened.faults === null || isOld) return false;
    await opened.faults.restore();
    await opened.office.restart();
    return true;
  }

  /** The server's database or process fails at one of its next statements. */
  fault(): void {
    const { faults } = this.#stage.opened;
    const after = this.#stage.chance.between(1, 60);
    const what = this.#stage.chance.weighted({ refused: 2, ended: 2, endedAfterCommit: 2 });
    if (what === "refused") faults?.refuseStatement(after);
    else if (what === "ended") faults?.endAtStatement(after);
    else faults?.endAfterCommit(Math.ceil(after / 20));
    this.#stage.note(`  ${what} after ${after}`);
  }

  /**
   * The office does something; when its server dies over it, nobody knows whether it came to pass. Null then.
   */
  async inOffice<T>(work: (office: Office) => Promise<T>): Promise<T | null> {
    const { office, faults } = this.#stage.opened;
    if (faults?.isDown === true) await office.restart();
    try {
      return await work(office);
    } catch (cause) {
      if (!(cause instanceof DatabaseError)) throw cause;
      return null;
    }
  }
}
