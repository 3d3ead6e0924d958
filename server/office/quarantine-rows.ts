// Entries that are stored and set apart, one branch a till and epoch, as the owner decides about them.
import { sql } from "kysely";
import type { Bytes } from "#protocol/bytes.ts";
import type { QuarantineBranch } from "#protocol/office-losses-api.ts";
import type { Database } from "../db/tables.ts";
import type { EpochName } from "./loss-rows.ts";

interface Row {
  readonly short_id: string;
  readonly name: string;
  readonly epoch: number;
  readonly from_seq: number;
  readonly to_seq: number;
  readonly entries: number;
  readonly sales: number;
  readonly sum_minor: number;
  readonly reason: string;
  readonly first_ms: number;
  readonly last_ms: number;
  readonly decided: "booked" | "rejected" | null;
  readonly decided_at_ms: number | null;
  readonly decided_by: string | null;
}

/**
 * Branches that wait for a decision first, then the decided ones. What came in after a decision is a branch
 * of its own again: the decision was about what the owner saw.
 */
export async function readQuarantine(
  db: Database,
  merchant: Bytes,
  only: EpochName | null = null,
): Promise<readonly QuarantineBranch[]> {
  const one = only === null ? sql`` : sql`and t.short_id = ${only.tillShortId} and q.epoch = ${only.epoch}`;
  const rows = await sql<Row>`
    select t.short_id, t.name, q.epoch, min(q.seq) as from_seq, max(q.seq) as to_seq, count(*) as entries,
      count(q.sale_minor) as sales, coalesce(sum(q.sale_minor), 0)::bigint as sum_minor,
      (array_agg(q.reason order by q.received_at_ms, q.seq))[1] as reason,
      min(q.received_at_ms) as first_ms, max(q.received_at_ms) as last_ms, q.decided, q.decided_at_ms,
      coalesce(u.email, q.decided_by) as decided_by
    from books.quarantined q
    join books.tills t on t.merchant_id = q.merchant_id and t.till_id = q.till_id
    left join control.users u on u.id = q.decided_by
    where q.merchant_id = ${merchant} ${one}
    group by t.short_id, t.name, q.epoch, q.decided, q.decided_at_ms, q.decided_by, u.email
    order by q.decided is not null, max(q.received_at_ms) desc, t.short_id, q.epoch
    limit 200`.execute(db);
  return rows.rows.map((row) => ({
    id: `${row.short_id}-${row.epoch}`,
    tillId: row.short_id,
    tillName: row.name,
    epoch: row.epoch,
    fromSeq: row.from_seq,
    toSeq: row.to_seq,
    entries: row.entries,
    count: row.sales,
    sumMinor: row.sum_minor,
    reason: row.reason,
    firstAtMs: row.first_ms,
    lastAtMs: row.last_ms,
    decision:
      row.decided === null
        ? null
        : { decided: row.decided, atMs: row.decided_at_ms ?? row.last_ms, by: row.decided_by ?? "" },
  }));
}
