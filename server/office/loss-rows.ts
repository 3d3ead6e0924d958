// What is missing and what checks found, as the office sees it.
import { sql } from "kysely";
import type { Bytes } from "#protocol/bytes.ts";
import { toHex } from "#protocol/bytes.ts";
import type { FindingRow, LossEvent, ReceiptEvidence } from "#protocol/office-losses-api.ts";
import type { Database } from "../db/tables.ts";

interface LossRow {
  readonly till_id: Uint8Array;
  readonly short_id: string;
  readonly name: string;
  readonly epoch: number;
  readonly reason: string;
  readonly source: string;
  readonly from_seq: number;
  readonly next_seq: number;
  readonly known_head_seq: number | null;
  readonly count: number | null;
  readonly sum_minor: number | null;
  readonly late_count: number;
  readonly late_minor: number;
  readonly state: LossEvent["state"];
  readonly at_ms: number;
}

interface ReceiptRow {
  readonly till_id: Uint8Array;
  readonly epoch: number;
  readonly seq: number;
  readonly head_hex: string;
  readonly amount_minor: number;
  readonly entered_at_ms: number;
  readonly hash: Uint8Array | null;
  readonly total_minor: number | null;
}

/** The newest of a till's epochs that a list shows; losses are rare and never forgotten. */
const MOST_ROWS = 500;

/** One epoch of a till, as addresses name it: `TILL-EPOCH`. */
export interface EpochName {
  readonly tillShortId: string;
  readonly epoch: number;
}

/** Reads `TILL-EPOCH`; null when it is none. */
export function epochNameOf(id: string): EpochName | null {
  const match = /^([0-9A-HJKMNP-TV-Z]{12})-(\d{1,9})$/u.exec(id);
  return match?.[1] === undefined ? null : { tillShortId: match[1], epoch: Number(match[2]) };
}

/** Loss events with the paper receipts that were held against them, the newest first; or the one named. */
export async function readLosses(
  db: Database,
  merchant: Bytes,
  only: EpochName | null = null,
): Promise<readonly LossEvent[]> {
  const one = only === null ? sql`` : sql`and t.short_id = ${only.tillShortId} and l.epoch = ${only.epoch}`;
  const losses = await sql<LossRow>`
    select l.till_id, t.short_id, t.name, l.epoch, l.reason, l.source, l.from_seq, l.next_seq,
      l.known_head_seq, l.count, l.sum_minor, l.late_count, l.late_minor, l.state, l.at_ms
    from books.losses l
    join books.tills t on t.merchant_id = l.merchant_id and t.till_id = l.till_id
    where l.merchant_id = ${merchant} ${one}
    order by l.at_ms desc, t.short_id, l.epoch limit ${MOST_ROWS}`.execute(db);
  if (losses.rows.length === 0) return [];
  // A receipt is no proof by itself: it is held against what came, if anything did; what was set apart has
  // come, too.
  const receipts = await sql<ReceiptRow>`
    select r.till_id, r.epoch, r.seq, r.head_hex, r.amount_minor, r.entered_at_ms,
      coalesce(q.hash, e.hash) as hash,
      case when q.hash is null then s.total_minor else q.sale_minor end as total_minor
    from books.loss_receipts r
    left join books.entries e on e.merchant_id = r.merchant_id and e.till_id = r.till_id
      and e.epoch = r.epoch and e.seq = r.seq
    left join books.sales s on s.merchant_id = r.merchant_id and s.till_id = r.till_id
      and s.epoch = r.epoch and s.seq = r.seq and s.branch = ''::bytea
    left join lateral (select q.hash, q.sale_minor from books.quarantined q
      where q.merchant_id = r.merchant_id and q.till_id = r.till_id and q.epoch = r.epoch and q.seq = r.seq
        and encode(substring(q.hash from 1 for 4), 'hex') = r.head_hex limit 1) q on true
    where r.merchant_id = ${merchant}
    order by r.seq, r.head_hex`.execute(db);
  return losses.rows.map((row) => ({
    id: `${row.short_id}-${row.epoch}`,
    tillId: row.short_id,
    tillName: row.name,
    epoch: row.epoch,
    fromSeq: row.from_seq,
    nextSeq: row.next_seq,
    knownHeadSeq: row.known_head_seq,
    count: row.count,
    sumMinor: row.sum_minor,
    source: row.source,
    reason: row.reason,
    state: row.state,
    atMs: row.at_ms,
    cameLate: { count: row.late_count, sumMinor: row.late_minor },
    receipts: receipts.rows
      .filter((receipt) => receipt.epoch === row.epoch && toHex(receipt.till_id) === toHex(row.till_id))
      .map(evidence),
  }));
}

function evidence(row: ReceiptRow): ReceiptEvidence {
  const isIt = row.hash !== null && toHex(row.hash).startsWith(row.head_hex);
  const agrees = isIt && row.total_minor === row.amount_minor;
  return {
    seq: row.seq,
    headHex: row.head_hex,
    amountMinor: row.amount_minor,
    enteredAtMs: row.entered_at_ms,
    verdict: row.hash === null ? "missing" : agrees ? "arrived" : "differs",
  };
}

/** What automatic checks found, the newest first. */
export async function readFindings(db: Database, merchant: Bytes): Promise<readonly FindingRow[]> {
  const rows = await db
    .selectFrom("books.findings as f")
    .innerJoin("books.tills as t", (join) =>
      join.onRef("t.merchant_id", "=", "f.merchant_id").onRef("t.till_id", "=", "f.till_id"),
    )
    .select(["f.kind", "t.short_id", "t.name", "f.epoch", "f.seq", "f.at_ms"])
    .where("f.merchant_id", "=", merchant)
    .orderBy("f.at_ms", "desc")
    .orderBy("f.seq", "desc")
    .limit(MOST_ROWS)
    .execute();
  return rows.map((row) => ({
    kind: row.kind,
    tillId: row.short_id,
    tillName: row.name,
    epoch: row.epoch,
    seq: row.seq,
    atMs: row.at_ms,
  }));
}
