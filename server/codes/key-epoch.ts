// Under which week's key a code may be issued (PROTOCOL §9): one that every till in use already holds, or the
// code would be refused at a counter that has no network to ask.
import { keyEpochAt, KEY_EPOCHS_AHEAD } from "#domain/key-epoch.ts";
import type { Database } from "../db/tables.ts";

/** A till that has not been heard of for this long does not hold up the others. */
export const SEEN_WITHIN_MS: number = 14 * 24 * 60 * 60 * 1000;
/** How far back a key that all hold may lie. */
const MOST_BACK = 8;

/** The audience: a store's tills, or the one till the code names. */
export interface KeyAudience {
  readonly merchant: Uint8Array;
  readonly store: Uint8Array;
  readonly onlyTill: Uint8Array | null;
}

/** The best epoch to issue under, or null when the tills hold none in common yet (`till-not-ready`). */
export async function chooseKeyEpoch(
  db: Database,
  audience: KeyAudience,
  nowMs: number,
): Promise<number | null> {
  const tills = await tillsToWaitFor(db, audience, nowMs);
  const current = keyEpochAt(nowMs);
  if (tills.length === 0) return current;
  const held = await Promise.all(tills.map((till) => keyEpochsHeld(db, audience.merchant, till)));
  const byPreference = [
    ...Array.from({ length: MOST_BACK + 1 }, (_, back) => current - back),
    ...Array.from({ length: KEY_EPOCHS_AHEAD }, (_, ahead) => current + 1 + ahead),
  ];
  return byPreference.find((epoch) => epoch >= 0 && held.every((has) => has.has(epoch))) ?? null;
}

interface WaitedFor {
  readonly till_id: Uint8Array;
  readonly epoch: number;
  readonly feed_version: number;
}

/** Active tills seen lately. One that has applied nothing yet gets keys and codes in the same first page. */
async function tillsToWaitFor(
  db: Database,
  audience: KeyAudience,
  nowMs: number,
): Promise<readonly WaitedFor[]> {
  let query = db
    .selectFrom("books.till_epochs as e")
    .innerJoin("books.tills as t", (join) =>
      join.onRef("t.merchant_id", "=", "e.merchant_id").onRef("t.till_id", "=", "e.till_id"),
    )
    .select(["e.till_id", "e.epoch", "e.feed_version"])
    .where("e.merchant_id", "=", audience.merchant)
    .where("t.store_id", "=", audience.store)
    .where("t.revoked_at_ms", "is", null)
    .where("e.state", "=", "open")
    .where("e.feed_version", ">", 0)
    .where("e.last_seen_ms", ">", nowMs - SEEN_WITHIN_MS);
  if (audience.onlyTill !== null) query = query.where("e.till_id", "=", audience.onlyTill);
  return await query.execute();
}

async function keyEpochsHeld(
  db: Database,
  merchant: Uint8Array,
  till: WaitedFor,
): Promise<ReadonlySet<number>> {
  const rows = await db
    .selectFrom("books.site_keys as s")
    .innerJoin("books.feed_changes as f", (join) =>
      join.onRef("f.merchant_id", "=", "s.merchant_id").onRef("f.change_id", "=", "s.change_id"),
    )
    .select("s.key_epoch")
    .where("s.merchant_id", "=", merchant)
    .where("s.till_id", "=", till.till_id)
    .where("s.epoch", "=", till.epoch)
    .where("f.version", "<=", till.feed_version)
    .execute();
  return new Set(rows.map((row) => row.key_epoch));
}
