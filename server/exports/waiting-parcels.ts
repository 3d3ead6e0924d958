// Files that are kept because what comes before them is missing, or their till was not known (PROTOCOL §12):
// brought in as soon as they can be, whoever brought the rest.
import { sql } from "kysely";
import type { Result } from "#domain/result.ts";
import type { ImportProblem } from "#protocol/export-office.ts";
import { shortId } from "#protocol/ids.ts";
import { audit } from "../audit.ts";
import type { Books } from "../books.ts";
import { importParcel, type ImportOutcome } from "./import-parcel.ts";

const MOST_AT_ONCE = 10;

/** Notes in the audit log what a file brought, or why it was not taken. */
export async function tell(
  books: Books,
  merchantId: Uint8Array,
  who: string,
  done: Result<ImportOutcome, ImportProblem>,
): Promise<void> {
  const detail = done.ok
    ? {
        till: shortId(done.value.header.till),
        epoch: done.value.header.epoch,
        fromSeq: done.value.header.first,
        toSeq: done.value.header.last,
        stored: done.value.counts.stored,
        alreadyThere: done.value.counts.alreadyThere,
        setApart: done.value.counts.setApart,
        waiting: done.value.kind === "waiting" ? done.value.why : null,
      }
    : { refused: done.refusal.code };
  await audit(books.db, { merchantId, atMs: books.nowMs(), who, what: "export-imported", detail });
}

/**
 * Brings in what can be brought in now: the till is known, and its journal reaches up to the file's first
 * entry. A file without holes waits for nothing else. `merchant` null: of all shops. Answers how many are
 * done.
 */
export async function retryWaiting(books: Books, merchant: Uint8Array | null): Promise<number> {
  const ofShop = merchant === null ? sql`` : sql`and p.merchant_id = ${merchant}`;
  const { rows } = await sql<{ merchant_id: Uint8Array; parcel_id: Uint8Array; carried_by: string }>`
    select p.merchant_id, p.parcel_id, p.carried_by from books.parcels p
    join books.till_epochs e on e.merchant_id = p.merchant_id and e.till_id = p.till_id
      and e.epoch = p.epoch and e.head_seq >= p.first_seq - 1
    where p.state = 'waiting' ${ofShop}
    order by p.merchant_id, p.till_id, p.epoch, p.first_seq limit ${MOST_AT_ONCE}`.execute(books.db);
  let done = 0;
  for (const row of rows) {
    const owner = new Uint8Array(row.merchant_id);
    const outcome = await importParcel(books, { merchant: owner, id: new Uint8Array(row.parcel_id) });
    if (!outcome.ok || outcome.value.kind !== "done") continue;
    await tell(books, owner, row.carried_by, outcome);
    done++;
  }
  return done;
}
