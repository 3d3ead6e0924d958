// A new lineage after a restore (PROTOCOL §2). The backup has lost what came after it, so nothing may be
// numbered anew that a till, a receipt or a feed page may already name: epochs, arrivals and feed versions
// all jump.
import { randomInt } from "node:crypto";
import { sql } from "kysely";
import { randomBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import { LINEAGE_BYTES } from "#protocol/keyset.ts";
import { audit } from "../audit.ts";
import type { Ground } from "../books.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { NUMBERS_A_JUMP, restartServerJournal } from "../journal/server-journal.ts";

/** PROTOCOL §2: every next epoch is at least this much higher. */
const LEAST_JUMP = 1000;
/** A backup restored twice must not jump to the same numbers twice. */
const JUMP_SPREAD = 100_000;

export interface NewLineage {
  readonly lineage: Bytes;
  readonly merchants: number;
}

export function drawJump(): number {
  return LEAST_JUMP + randomInt(JUMP_SPREAD);
}

/**
 * Begins a new lineage in one transaction: of the installation, and for every merchant its own journal's next
 * epoch, its arrivals and its feed. To be done while no server runs: one that does knows the old lineage.
 */
export async function beginLineage(
  ground: Pick<Ground, "db" | "instance" | "nowMs">,
  jump: number = drawJump(),
): Promise<NewLineage> {
  const nowMs = ground.nowMs();
  const lineage = randomBytes(LINEAGE_BYTES);
  const before = ground.instance.lineage;
  return await ground.db.transaction().execute(async (tx) => {
    await tx
      .insertInto("control.past_lineages")
      .values({ lineage: before, ended_at_ms: nowMs })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await tx.updateTable("control.instance").set({ lineage }).execute();
    const merchants = await tx
      .selectFrom("books.counters")
      .select("merchant_id")
      .orderBy("merchant_id")
      .forUpdate()
      .execute();
    for (const { merchant_id: merchant } of merchants) {
      await restartServerJournal(ground, tx, merchant, { before, lineage }, jump);
      await jumpTills(tx, merchant, jump);
      const detail = { before: toHex(before), lineage: toHex(lineage) };
      await audit(tx, { merchantId: merchant, atMs: nowMs, who: "server", what: "server-restored", detail });
    }
    const detail = { before: toHex(before), lineage: toHex(lineage), merchants: merchants.length };
    await audit(tx, { merchantId: null, atMs: nowMs, who: "server", what: "server-restored", detail });
    return { lineage, merchants: merchants.length };
  });
}

async function jumpTills(tx: DatabaseTransaction, merchant: Uint8Array, jump: number): Promise<void> {
  await sql`update books.counters set feed_version = feed_version + ${jump * NUMBERS_A_JUMP}::bigint,
    feed_base = feed_version + ${jump * NUMBERS_A_JUMP}::bigint where merchant_id = ${merchant}`.execute(tx);
  await sql`update books.tills t set epoch_floor = ${jump}::integer + greatest(t.epoch_floor,
      coalesce((select max(e.epoch) from books.till_epochs e where e.merchant_id = t.merchant_id
        and e.till_id = t.till_id), 0))
    where t.merchant_id = ${merchant}`.execute(tx);
  // What a till has applied was said of the lineage that ended.
  await tx
    .updateTable("books.till_epochs")
    .set({ feed_version: 0 })
    .where("merchant_id", "=", merchant)
    .execute();
  // A code that was used after the backup looks unused again.
  await tx
    .updateTable("books.activations")
    .set({ killed: true })
    .where("merchant_id", "=", merchant)
    .where("used_epoch", "is", null)
    .execute();
}
