// The lives of a till: each enrolment is an epoch with keys of its own (PROTOCOL §3, §6).
import type { RenewalReason } from "#protocol/office-losses-api.ts";
import { codesAfterClose } from "../codes/leases.ts";
import type { EpochState } from "../db/books-tables.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { writeChange } from "../feed/changes.ts";
import { applyStored } from "../journal/apply-stored.ts";
import { recordLoss } from "../journal/losses.ts";
import { setApartUnbooked } from "../journal/quarantine.ts";
import { arrivalsSoFar } from "../journal/server-journal.ts";

const REASONS: readonly RenewalReason[] = ["replaced", "lost", "stolen", "data-lost"];

/**
 * `replaced`, `lost`, `data-lost` late entries are still booked · `stolen` whoever has it speaks with its
 * key: quarantine · `stopped` it had forked or was damaged, and what is past that stays in quarantine ·
 * `rejected` the owner did not recognise it: quarantine.
 */
export type ClosedReason = RenewalReason | "stopped" | "rejected";

/** Closes the till's epochs that stand in one of these states, except `but`. Answers which it closed. */
export async function closeEpochs(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  till: Uint8Array,
  states: readonly EpochState[],
  reason: ClosedReason,
  nowMs: number,
  but = 0,
): Promise<readonly number[]> {
  // Locked before the count of arrivals is read: a push that is under way has its numbers then, and what is
  // counted as late has come later.
  const open = await tx
    .selectFrom("books.till_epochs")
    .select("epoch")
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("state", "in", states)
    .where("epoch", "<>", but)
    .forUpdate()
    .execute();
  const epochs = open.map((row) => row.epoch);
  if (epochs.length === 0) return [];
  if (reason !== "rejected") {
    for (const epoch of epochs) {
      const closed = { merchant: new Uint8Array(merchant), till: new Uint8Array(till), epoch, reason };
      await codesAfterClose(tx, closed, nowMs);
    }
  }
  const arrived = await arrivalsSoFar(tx, merchant);
  await tx
    .updateTable("books.till_epochs")
    .set({ state: "closed", closed_reason: reason, closed_at_ms: nowMs, closed_arrival: arrived })
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "in", epochs)
    .execute();
  for (const epoch of epochs) {
    if (reason === "rejected") await setApartUnbooked(tx, { merchant, till, epoch }, nowMs);
    else await recordLoss(tx, { merchant, till, epoch }, reason, nowMs);
  }
  return epochs;
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
  const { renewal_reason: said } = await tx
    .selectFrom("books.till_epochs")
    .select("renewal_reason")
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "=", epoch)
    .executeTakeFirstOrThrow();
  const reason = REASONS.find((known) => known === said) ?? "replaced";
  await closeEpochs(tx, merchant, till, ["open"], reason, nowMs, epoch);
  const broken = reason === "stolen" ? reason : "stopped";
  await closeEpochs(tx, merchant, till, ["frozen", "damaged"], broken, nowMs, epoch);
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
