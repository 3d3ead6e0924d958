// What tills say of what they have not delivered, and whether what waits comes in. A till that is offline
// says nothing and is no alarm; one that speaks and makes no progress is (DESIGN §8).
import { sql } from "kysely";
import type { UnsentWords } from "#protocol/unsent-words.ts";
import type { Database } from "../db/tables.ts";

/** A till that has spoken for this long without progress is stuck; a long catch-up moves all the while. */
export const STUCK_AFTER_MS = 600_000;

interface Speaker {
  readonly merchant: Uint8Array;
  readonly till: Uint8Array;
  readonly epoch: number;
}

/** Keeps a till's words about its unreceipted sales; they are evidence of nothing but what it said. */
export async function noteUnsent(
  db: Database,
  speaker: Speaker,
  words: UnsentWords,
  nowMs: number,
): Promise<void> {
  const waits = words.count > 0;
  await db
    .updateTable("books.till_epochs")
    .set({
      unsent_count: words.count,
      unsent_minor: words.sumMinor,
      unsent_oldest_ms: waits ? words.oldestMs : null,
      unsent_said_ms: nowMs,
      ...waiting(waits, nowMs),
    })
    .where("merchant_id", "=", speaker.merchant)
    .where("till_id", "=", speaker.till)
    .where("epoch", "=", speaker.epoch)
    .execute();
}

/** A signed hello claims entries up to `claimedSeq`: more than the head means that something waits. */
export async function noteClaim(
  db: Database,
  speaker: Speaker,
  claimedSeq: number,
  nowMs: number,
): Promise<void> {
  await db
    .updateTable("books.till_epochs")
    .set(waiting(sql<boolean>`${claimedSeq}::bigint > head_seq`, nowMs))
    .where("merchant_id", "=", speaker.merchant)
    .where("till_id", "=", speaker.till)
    .where("epoch", "=", speaker.epoch)
    .execute();
}

/**
 * The clock of «nothing comes» runs from the first time a till says that something waits, begins anew each
 * time the head has moved, and stops when nothing waits.
 */
function waiting(waits: boolean | ReturnType<typeof sql<boolean>>, nowMs: number) {
  const since = sql<number | null>`case when not ${waits} then null
    when waiting_since_ms is null or waiting_seq is distinct from head_seq then ${nowMs}::bigint
    else waiting_since_ms end`;
  return {
    waiting_since_ms: since,
    waiting_said_ms: sql<number | null>`case when ${waits} then ${nowMs}::bigint end`,
    waiting_seq: sql<number | null>`case when ${waits} then head_seq end`,
  };
}

/** Since when the till is stuck by what it said, or null. Falling silent afterwards changes nothing. */
export function stuckSince(row: {
  readonly waiting_since_ms: number | null;
  readonly waiting_said_ms: number | null;
  readonly waiting_seq: number | null;
  readonly head_seq: number | null;
}): number | null {
  const { waiting_since_ms: since, waiting_said_ms: said } = row;
  if (since === null || said === null || row.waiting_seq !== row.head_seq) return null;
  return said - since >= STUCK_AFTER_MS ? since : null;
}
