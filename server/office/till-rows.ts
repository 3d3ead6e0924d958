// Tills as the office sees them.
import { sql } from "kysely";
import type { Bytes } from "#protocol/bytes.ts";
import { compareDigits } from "#protocol/enrolment.ts";
import { shortId } from "#protocol/ids.ts";
import type { TillRow } from "#protocol/office-api.ts";
import type { TillHealth } from "#protocol/office-losses-api.ts";
import type { Database } from "../db/tables.ts";
import type { EpochState } from "../db/books-tables.ts";
import { stuckSince } from "../tills/delivery-words.ts";

interface Row {
  readonly till_id: Uint8Array;
  readonly name: string;
  readonly revoked_at_ms: number | null;
  readonly epoch: number | null;
  readonly head_seq: number | null;
  readonly state: EpochState | null;
  readonly certificate: Uint8Array | null;
  readonly last_seen_ms: number | null;
  readonly feed_version: number | null;
  readonly build: string | null;
  readonly sales: number;
  readonly sales_minor: number;
  readonly claimed_seq: number | null;
  readonly unsent_count: number | null;
  readonly unsent_minor: number | null;
  readonly unsent_oldest_ms: number | null;
  readonly unsent_said_ms: number | null;
  readonly waiting_since_ms: number | null;
  readonly waiting_said_ms: number | null;
  readonly waiting_seq: number | null;
  readonly quarantined: number;
  readonly quarantined_minor: number;
  readonly open_losses: number;
}

/** All tills in the order they were made, or the one named. `sinceMs`: where the shop's day begins. */
export async function readTills(
  db: Database,
  merchant: Bytes,
  sinceMs: number,
  only: Uint8Array | null = null,
): Promise<readonly TillRow[]> {
  const one = only === null ? sql`` : sql`and t.till_id = ${only}`;
  const rows = await sql<Row>`
    select t.till_id, t.name, t.revoked_at_ms, e.epoch, e.head_seq, e.state, e.certificate, e.last_seen_ms,
      e.feed_version, e.build, coalesce(d.sales, 0) as sales,
      coalesce(d.sales_minor, 0)::bigint as sales_minor, e.claimed_seq, e.unsent_count, e.unsent_minor,
      e.unsent_oldest_ms, e.unsent_said_ms, e.waiting_since_ms, e.waiting_said_ms, e.waiting_seq,
      coalesce(q.entries, 0) as quarantined, coalesce(q.sum_minor, 0)::bigint as quarantined_minor,
      (select count(*) from books.losses l where l.merchant_id = t.merchant_id and l.till_id = t.till_id
        and l.state <> 'closed') as open_losses
    from books.tills t
    left join lateral (select * from books.till_epochs x where x.merchant_id = t.merchant_id
      and x.till_id = t.till_id and x.closed_reason is distinct from 'rejected'
      order by x.epoch desc limit 1) e on true
    left join (select s.till_id, count(*) as sales, sum(s.total_minor) as sales_minor from books.sales s
      where s.merchant_id = ${merchant} and s.received_at_ms >= ${sinceMs} group by s.till_id) d
      on d.till_id = t.till_id
    left join (select x.till_id, count(*) as entries, sum(x.sale_minor) as sum_minor from books.quarantined x
      where x.merchant_id = ${merchant} and x.decided is null group by x.till_id) q on q.till_id = t.till_id
    where t.merchant_id = ${merchant} ${one}
    order by t.created_at_ms, t.till_id`.execute(db);
  return await Promise.all(rows.rows.map(tillRow));
}

async function tillRow(row: Row): Promise<TillRow> {
  const state = stateOf(row);
  const comparing = state === "comparing" && row.certificate !== null;
  return {
    id: shortId(row.till_id),
    name: row.name,
    state,
    compareDigits: comparing ? await compareDigits(row.certificate ?? new Uint8Array()) : null,
    epoch: row.epoch,
    seq: row.head_seq !== null && row.head_seq >= 0 ? row.head_seq : null,
    lastSeenMs: row.last_seen_ms,
    feedVersion: row.feed_version,
    build: row.build,
    salesToday: row.sales,
    salesTodayMinor: row.sales_minor,
    health: healthOf(row),
  };
}

function healthOf(row: Row): TillHealth {
  const { unsent_count: count, unsent_minor: sumMinor, unsent_said_ms: saidAtMs } = row;
  const said = count !== null && sumMinor !== null && saidAtMs !== null;
  // A frozen or damaged till delivers into quarantine: its head stands still by design, and its state says
  // so.
  const mayMove = row.state === "open" || row.state === "pending";
  return {
    claimedSeq: row.claimed_seq,
    unsent: said ? { count, sumMinor, oldestMs: row.unsent_oldest_ms, saidAtMs } : null,
    stuckSinceMs: mayMove ? stuckSince(row) : null,
    quarantined: { count: row.quarantined, sumMinor: row.quarantined_minor },
    openLosses: row.open_losses,
  };
}

function stateOf(row: Row): TillRow["state"] {
  if (row.revoked_at_ms !== null) return "revoked";
  switch (row.state) {
    case null:
    case "closed":
      return "new";
    case "pending":
      return "comparing";
    case "frozen":
    case "damaged":
      return "stopped";
    case "open":
      return "active";
  }
}
