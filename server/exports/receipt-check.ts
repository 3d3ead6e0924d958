// «Is this receipt in the journal?» (B10): a paper receipt names its entry's number and the first eight
// digits of its hash. Whoever made the receipt up has to find an entry that begins with those digits.
import { sql } from "kysely";
import type { PaperNumber } from "#domain/paper-receipt.ts";
import { toHex, type Bytes } from "#protocol/bytes.ts";
import type { ReceiptCheck, ReceiptPlace } from "#protocol/export-office.ts";
import type { Books } from "../books.ts";

interface Row {
  readonly name: string;
  readonly epoch: number;
  readonly head_seq: number;
  readonly state: string;
  readonly hash: Uint8Array | null;
  readonly short_id: string | null;
  readonly total_minor: number | null;
  readonly at_ms: number | null;
}

/** Looks under this number in every till's every epoch, or in those of its number. `headPrefix`: 4 bytes. */
export async function checkReceipt(
  books: Books,
  merchant: Bytes,
  { epoch, seq }: PaperNumber,
  headPrefix: Bytes,
): Promise<ReceiptCheck> {
  const ofEpoch = epoch === null ? sql`` : sql`and e.epoch = ${epoch}`;
  const apartOfEpoch = epoch === null ? sql`` : sql`and q.epoch = ${epoch}`;
  const { rows } = await sql<Row>`
    select t.name, e.epoch, e.head_seq, e.state, x.hash, s.short_id, s.total_minor, s.at_ms
    from books.till_epochs e
    join books.tills t on t.merchant_id = e.merchant_id and t.till_id = e.till_id
    left join books.entries x on x.merchant_id = e.merchant_id and x.till_id = e.till_id
      and x.epoch = e.epoch and x.seq = ${seq}
    left join books.sales s on s.merchant_id = e.merchant_id and s.till_id = e.till_id
      and s.epoch = e.epoch and s.seq = ${seq} and s.branch = ''::bytea
    where e.merchant_id = ${merchant} ${ofEpoch}
    order by t.created_at_ms, e.epoch desc limit 500`.execute(books.db);
  const prefix = toHex(headPrefix);
  const found = rows.filter((row) => row.hash !== null && toHex(row.hash).startsWith(prefix));
  if (found.length > 0) return { result: "found", places: found.map(placeOf) };
  const apart = await sql<Row>`
    select t.name, q.epoch, 0 as head_seq, coalesce(q.decided, '') as state, q.hash, s.short_id,
      s.total_minor, s.at_ms
    from books.quarantined q
    join books.tills t on t.merchant_id = q.merchant_id and t.till_id = q.till_id
    left join books.sales s on s.merchant_id = q.merchant_id and s.till_id = q.till_id
      and s.epoch = q.epoch and s.seq = q.seq and s.branch = q.hash
    where q.merchant_id = ${merchant} and q.seq = ${seq} ${apartOfEpoch}
      and substring(q.hash from 1 for 4) = ${headPrefix} limit 50`.execute(books.db);
  if (apart.rows.length > 0) return { result: decisionOn(apart.rows), places: apart.rows.map(placeOf) };
  // An epoch that is over brings nothing more on its own; one that goes on may still bring this number.
  const mayCome = rows.filter((row) => row.hash === null && row.state !== "closed");
  if (mayCome.length > 0 || rows.every((row) => row.hash === null))
    return { result: "not-found", places: mayCome.map(placeOf) };
  return { result: "differs", places: rows.filter((row) => row.hash !== null).map(placeOf) };
}

/** What was set apart stays so until the owner has decided; `state` is the decision. */
function decisionOn(rows: readonly Row[]): ReceiptCheck["result"] {
  if (rows.some((row) => row.state === "booked")) return "found";
  return rows.every((row) => row.state === "rejected") ? "rejected" : "set-apart";
}

function placeOf(row: Row): ReceiptPlace {
  return {
    tillName: row.name,
    epoch: row.epoch,
    saleId: row.short_id,
    amountMinor: row.total_minor,
    atMs: row.at_ms,
    headHex: row.hash === null ? "" : toHex(row.hash).slice(0, 8),
  };
}
