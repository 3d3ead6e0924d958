import type { Quality } from "#domain/clock.ts";
import type { StopReason } from "#domain/refusal.ts";
import { fromHex, toHex } from "#protocol/bytes.ts";
import type { IdentityRow, OperatorRow } from "#storage/schema.ts";
import { isDiskFault, type TillDatabase } from "#storage/till-database.ts";
import { CarriedFigures, carriedWaiting, keepCarried, verifiedSet } from "./carried.ts";
import type { Desks } from "./desks.ts";
import type { CopyContents } from "./mirror.ts";
import type { Recovered } from "./recovery.ts";
import { doVaultChores, type ChoreParts } from "./vault/vault-chores.ts";

/** What the engine has to know of what was taken in. */
export interface Settled {
  readonly identity: IdentityRow;
  /** The operator at the till was dismissed by the owner. */
  readonly operatorGone: boolean;
  /** More pages may wait on the server: the round stopped for the inbox to be emptied. */
  readonly moreWaits: boolean;
  /** The database is empty: it was lost while the till ran. */
  readonly gone: boolean;
}

const PRUNE_EVERY_MS = 3_600_000;

/** Takes in what the carrier wrote: pages, receipts, findings. Loaded after the first screen stands. */
export class Settling {
  readonly #db: TillDatabase;
  readonly #chores: ChoreParts;
  readonly #carried: CarriedFigures;
  #clockNoted: Quality = "plausible";
  /** By the device's clock; a step is due when it has gone on by an hour, either way. */
  #prunedAtMs = Number.NEGATIVE_INFINITY;
  /** Of which start the second copy was looked through. */
  #lookedThrough: Recovered | null = null;

  constructor(chores: ChoreParts) {
    const { db } = chores;
    this.#db = db;
    this.#chores = chores;
    this.#carried = new CarriedFigures(db);
  }

  /**
   * Works through all that lies there; runs again whenever the carrier says that it wrote. A disk that says
   * no in the middle leaves the rest for that time: nobody waits for this, and whoever sells meanwhile is
   * served.
   */
  async settle(desks: Desks, operator: OperatorRow | null): Promise<Settled> {
    try {
      return await this.#takeIn(desks, operator);
    } catch (cause) {
      if (!isDiskFault(cause)) throw cause;
      return { identity: desks.identity, operatorGone: false, moreWaits: false, gone: false };
    }
  }

  async #takeIn(desks: Desks, operator: OperatorRow | null): Promise<Settled> {
    const db = this.#db;
    const enrolled = await db.enrolled();
    // Deleted under a running till, the database comes back empty: nothing may be settled into it.
    if (!enrolled) return { identity: desks.identity, operatorGone: false, moreWaits: false, gone: true };
    if (this.#lookedThrough !== desks.recovered) await this.#lookThrough(desks);
    const before = await db.setting("feed");
    const wentOver = await this.#followLineage(desks);
    if ((await db.inbox.count()) > 0) await this.#applyInbox(desks);
    const stop = await this.#judgeFinding(desks);
    const standing = (await db.setting("stop"))?.reason ?? "revoked";
    // A fork outlasts a revocation: the office takes that back, this only a new activation ends.
    const gives = standing === "revoked" || (standing === "set-apart" && stop === "fork");
    if (stop && gives) await this.#stop(desks, stop);
    await doVaultChores(this.#chores, desks);
    const identity = (await db.enrolled()) ?? desks.identity;
    const operatorGone = await this.#letDismissedGo(desks, operator);
    await this.#noteClock(desks);
    await this.#carried.note();
    if (desks.sales.saleId === null) await this.#prune(desks);
    const after = await db.setting("feed");
    const applied = after !== null && before !== null && after.version !== before.version;
    const moreWaits = wentOver || applied;
    return { identity, operatorGone, moreWaits, gone: false };
  }

  /**
   * Once a start: entries of other epochs in the second copy are kept to be carried, and the copy says from
   * then on whose it is.
   */
  async #lookThrough({ identity, mirror, recovered }: Desks): Promise<void> {
    const { foreign, uncertified, hole } = recovered;
    const { epoch } = identity;
    await this.#nameHolder(identity);
    if (hole !== null) await this.#noteHole(epoch, hole);
    if (foreign) {
      await keepForeign(this.#db, identity, foreign);
      const taken = (await this.#db.receipts.get(epoch))?.seq ?? -1;
      const range = this.#db.journal.where("[epoch+seq]").between([epoch, taken], [epoch, Infinity], false);
      await mirror?.beginAnew(identity, await range.toArray(), await carriedWaiting(this.#db));
    } else if (uncertified) await mirror?.certify(identity);
    this.#lookedThrough = recovered;
  }

  /**
   * Whose books these are, as they lie here now. A disk that forgot what we last became would leave the
   * carrier a name that is not ours any more, and nothing of its rounds would ever be kept.
   */
  async #nameHolder({ till, epoch }: IdentityRow): Promise<void> {
    const db = this.#db;
    await db.transaction("rw", [db.delivery, db.settings], async () => {
      const holder = await db.delivery.get("holder");
      const feed = await db.setting("feed");
      if (holder && feed)
        await db.delivery.put({ key: "holder", till: toHex(till), epoch, lineage: toHex(feed.lineage) });
    });
  }

  /** What the server has signed for may be missing here: it is no damage, and no sale is lost by it. */
  async #noteHole(epoch: number, hole: number): Promise<void> {
    const receipted = (await this.#db.receipts.get(epoch))?.seq ?? -1;
    const head = (await this.#db.head.get("head"))?.seq ?? -1;
    if (receipted >= head) return;
    await this.#db.delivery.put({ key: "hole", epoch, seq: Math.max(hole, receipted + 1) });
  }

  /** What is old and signed for goes a little at a time, while nobody is served. */
  async #prune({ identity, mirror, time }: Desks): Promise<void> {
    const { clockMs } = time.read();
    if (Math.abs(clockMs - this.#prunedAtMs) < PRUNE_EVERY_MS) return;
    const { pruneStep } = await import("./pruning.ts");
    const more = await pruneStep(this.#db, identity, mirror, time.mark.anchorMs);
    this.#prunedAtMs = more ? Number.NEGATIVE_INFINITY : clockMs;
  }

  /** A server restored from a backup names a lineage of its own; rare, and loaded when it does. */
  async #followLineage(desks: Desks): Promise<boolean> {
    if (!(await this.#db.delivery.get("lineage"))) return false;
    const { followLineage } = await import("./lineage.ts");
    return followLineage(this.#db, desks.identity, desks.keyset);
  }

  /** Pages are rare beside sales; what reads them is loaded when there is one. */
  async #applyInbox(desks: Desks): Promise<void> {
    const { applyInbox } = await import("./feed-application.ts");
    const { keyset, noRoom } = await applyInbox(this.#db, desks.identity, desks.keyset, desks.time);
    desks.keyset = keyset;
    if (noRoom) desks.ledger.noteFull();
    desks.loose.note();
    desks.ledger.useKeyset(keyset.version);
  }

  /** A clock that left the range in which it is believed, or came back to it, is an entry (PROTOCOL §8). */
  async #noteClock(desks: Desks): Promise<void> {
    const { quality, clockMs, nowMs } = desks.time.read();
    const standing = quality === "back" || quality === "leap" ? quality : "plausible";
    if (standing === this.#clockNoted) return;
    const body = { kind: "clock-jump", quality: standing, clockMs, nowMs } as const;
    if ((await desks.ledger.append({ body: () => body })).ok) this.#clockNoted = standing;
  }

  /** Whoever the owner dismissed takes no further sale, however long nobody locked the till. */
  async #letDismissedGo(desks: Desks, operator: OperatorRow | null): Promise<boolean> {
    if (!operator || (await this.#db.operators.get(operator.id))?.active !== false) return false;
    await desks.ledger.append({ body: () => ({ kind: "operator-out", operator: fromHex(operator.id) }) });
    return true;
  }

  /** Evidence against this till is rare; what judges it is loaded when there is some. */
  async #judgeFinding(desks: Desks): Promise<StopReason | null> {
    const found = await this.#db.delivery.bulkGet(["finding", "hole"]);
    if (found.every((row) => row === undefined)) return null;
    const { judgeFinding } = await import("./sync/findings.ts");
    return judgeFinding(this.#db, desks.identity, desks.keyset, desks.mirror);
  }

  async #stop(desks: Desks, reason: StopReason): Promise<void> {
    desks.sales.takeCodeBack();
    await desks.ledger.append<never>({
      body: () => ({ kind: "stopped", reason }),
      inside: async () => {
        await this.#db.settings.put({ key: "stop", reason });
        return null;
      },
    });
  }
}

/** What the copy holds of other epochs than the present one. */
async function keepForeign(db: TillDatabase, identity: IdentityRow, foreign: CopyContents): Promise<void> {
  const set = await verifiedSet(foreign);
  const till = toHex(identity.till);
  const isOwn = (row: { readonly till: string; readonly epoch: number }): boolean =>
    row.till === till && row.epoch === identity.epoch;
  const rows = set.rows.filter((row) => !isOwn(row));
  await keepCarried(db, { rows, certificates: set.certificates }, identity.merchant);
}
