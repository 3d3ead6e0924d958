// The lives of a till: each enrolment is an epoch with keys of its own (PROTOCOL §3, §6).
import type { EpochState } from "../db/books-tables.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { writeChange } from "../feed/changes.ts";
import { applyStored } from "../journal/apply-stored.ts";

/**
 * `replaced` late entries are still booked · `stopped` it had forked or was damaged, and what is past that
 * stays in quarantine · `rejected` the owner did not recognise it: quarantine.
 */
export type ClosedReason = "replaced" | "stopped" | "rejected";

/** Closes the till's epochs that stand in one of these states, except `but`. */
export async function closeEpochs(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  till: Uint8Array,
  states: readonly EpochState[],
  reason: ClosedReason,
  but = 0,
): Promise<void> {
  await tx
    .updateTable("books.till_epochs")
    .set({ state: "closed", closed_reason: reason })
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("state", "in", states)
    .where("epoch", "<>", but)
    .execute();
}

/**
 * The epoch is the till from now on; the one before it ends, and what it still holds comes in late. What the
 * new one has delivered while it waited is booked.
 */
export async function confirmEpoch(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  till: Uint8Array,
  epoch: number,
  nowMs: number,
): Promise<void> {
  await closeEpochs(tx, merchant, till, ["open"], "replaced", epoch);
  await closeEpochs(tx, merchant, till, ["frozen", "damaged"], "stopped", epoch);
  await tx
    .updateTable("books.till_epochs")
    .set({ state: "open", confirmed_at_ms: nowMs })
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "=", epoch)
    .where("state", "=", "pending")
    .execute();
  await writeChange(tx, merchant, { till }, { type: "till-state", state: "active" }, nowMs);
  const { name } = await tx
    .selectFrom("books.tills")
    .select("name")
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .executeTakeFirstOrThrow();
  const [owner, id] = [new Uint8Array(merchant), new Uint8Array(till)];
  await applyStored(tx, { merchant: owner, till: id, epoch, tillName: name, nowMs, late: false });
}
