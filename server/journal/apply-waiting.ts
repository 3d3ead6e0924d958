// Entries that an earlier build stored and could not read are applied once this one can (PROTOCOL §4, §5).
import { sql } from "kysely";
import type { Books } from "../books.ts";
import { wake } from "../books.ts";
import { withRetries } from "../db/with-retries.ts";
import { publishChanges } from "../feed/sequencer.ts";
import { faultFields } from "../log.ts";
import type { Effects, Source } from "./apply-sales.ts";
import { applyApart, applyStored } from "./apply-stored.ts";
import { BODY_DECODERS, type BodyDecoders } from "./body-decoders.ts";

const MOST_EPOCHS = 50;
/**
 * What this build could not read once it will not read later; but beside a newer server an older one may go
 * on storing what only the newer one knows.
 */
const AGAIN_AFTER_MS = 3_600_000;

interface WaitingEpoch {
  readonly merchant_id: Uint8Array;
  readonly till_id: Uint8Array;
  readonly epoch: number;
  readonly till_name: string;
}

/** Goes through all epochs that hold something unread, a bounded number a round; then rests for an hour. */
export class WaitingEntries {
  #after: WaitingEpoch | null = null;
  #restUntilMs = 0;
  readonly #decoders: BodyDecoders;

  constructor(decoders: BodyDecoders = BODY_DECODERS) {
    this.#decoders = decoders;
  }

  /** One round; answers how many entries were understood after all. */
  async round(books: Books): Promise<number> {
    if (books.nowMs() < this.#restUntilMs) return 0;
    const epochs = await nextEpochs(books, this.#after);
    let understood = 0;
    for (const epoch of epochs) understood += await this.#apply(books, epoch);
    this.#after = epochs.at(-1) ?? null;
    if (epochs.length < MOST_EPOCHS) {
      this.#after = null;
      this.#restUntilMs = books.nowMs() + AGAIN_AFTER_MS;
    }
    return understood;
  }

  async #apply(books: Books, row: WaitingEpoch): Promise<number> {
    const source: Source = {
      merchant: new Uint8Array(row.merchant_id),
      till: new Uint8Array(row.till_id),
      epoch: row.epoch,
      tillName: row.till_name,
      nowMs: books.nowMs(),
      late: false,
      decoders: this.#decoders,
    };
    try {
      const done = await withRetries(() =>
        books.db.transaction().execute(async (tx) => {
          const both: readonly (Effects | null)[] = [
            await applyStored(tx, source),
            await applyApart(tx, source),
          ];
          return both.reduce((sum, effects) => sum + (effects?.understood.size ?? 0), 0);
        }),
      );
      if (done > 0) {
        await publishChanges(books, source.merchant);
        await wake(books, source.merchant, "sale", "code");
      }
      return done;
    } catch (fault) {
      // One epoch's fault must not keep the others' entries waiting.
      books.log.warn("apply-waiting-failed", { epoch: row.epoch, ...faultFields(fault) });
      return 0;
    }
  }
}

/** What waits for «same», or was never confirmed, is not to be booked by anybody's update. */
async function nextEpochs(books: Books, after: WaitingEpoch | null): Promise<readonly WaitingEpoch[]> {
  const later =
    after === null
      ? sql`true`
      : sql`(e.merchant_id, e.till_id, e.epoch) > (${after.merchant_id}, ${after.till_id}, ${after.epoch})`;
  const rows = await sql<WaitingEpoch>`
    select e.merchant_id, e.till_id, e.epoch, t.name as till_name
    from books.till_epochs e
    join books.tills t on t.merchant_id = e.merchant_id and t.till_id = e.till_id
    where ${later} and (
      (e.state <> 'pending' and e.closed_reason is distinct from 'rejected' and exists (
        select 1 from books.entries x where x.merchant_id = e.merchant_id and x.till_id = e.till_id
          and x.epoch = e.epoch and x.applied_version is null))
      or exists (select 1 from books.quarantined q where q.merchant_id = e.merchant_id
        and q.till_id = e.till_id and q.epoch = e.epoch and q.decided = 'booked'
        and q.applied_version is null))
    order by e.merchant_id, e.till_id, e.epoch limit ${MOST_EPOCHS}`.execute(books.db);
  return rows.rows;
}
