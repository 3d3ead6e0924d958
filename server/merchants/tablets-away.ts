// Tablets that are no till of the shop any more and may not know it: offline, they go on taking codes.
import { sql } from "kysely";
import type { OutagePolicy, TabletsAway } from "#domain/outage-policy.ts";
import type { Database } from "../db/tables.ts";

const HOUR_MS = 3_600_000;

/**
 * Counts epochs that ended, and tills that were revoked, without a word of the tablet since. One that takes
 * codes by the floor stops by itself when its rules are stale; one with a lease goes on until the code
 * expires. `policy`: as saved, for that is what they know.
 */
export async function tabletsAway(
  db: Database,
  merchant: Uint8Array,
  policy: OutagePolicy,
  nowMs: number,
): Promise<TabletsAway> {
  const isFloor = policy.codeWay === "floor-limited";
  const heardSinceMs = nowMs - policy.staleHours * HOUR_MS;
  const alone = await sql<{ tablets: number }>`
    select count(*) as tablets from books.till_epochs e
    join books.tills t on t.merchant_id = e.merchant_id and t.till_id = e.till_id
    where e.merchant_id = ${merchant} and e.confirmed_at_ms is not null and e.last_seen_ms >= ${heardSinceMs}
      and ((e.state = 'closed' and e.last_seen_ms < e.closed_at_ms)
        or (e.state <> 'closed' and e.last_seen_ms < t.revoked_at_ms))`.execute(db);
  // After a theft nobody takes the leased codes but the thief: the loss of the theft, and of no outage.
  const leased = await sql<{ sum: number }>`
    select coalesce(sum(c.amount_minor), 0)::bigint as sum from books.codes c
    where c.merchant_id = ${merchant} and c.revoked_at_ms is null and c.expires_at_ms > ${nowMs}
      and not c.lease_withheld
      and not exists (select 1 from books.code_claims k where k.merchant_id = c.merchant_id and k.cti = c.cti)
      and exists (select 1 from books.till_epochs e where e.merchant_id = c.merchant_id
        and e.till_id = c.lease_till and e.state = 'closed' and e.closed_reason not in ('stolen', 'rejected')
        and e.last_seen_ms < e.closed_at_ms and c.issued_at_ms <= e.last_seen_ms)`.execute(db);
  return {
    tablets: isFloor ? Number(alone.rows[0]?.tablets ?? 0) : 0,
    perTabletMinor: isFloor ? policy.exposureMinor : 0,
    leasedMinor: Number(leased.rows[0]?.sum ?? 0),
  };
}
