import type { FloorFacts } from "#domain/outage-policy.ts";
import { mayTakeByFloor, SAFE_OUTAGE_POLICY } from "#domain/outage-policy.ts";
import type { CodeRefusal } from "#domain/refusal.ts";
import { toHex } from "#protocol/bytes.ts";
import type { IdentityRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";

/** How far the server has signed for each epoch of this till. Receipts only ever free: read a moment ago,
 * they
 *  are at worst too strict. */
export type Receipted = ReadonlyMap<number, number>;

export async function receiptedEpochs(db: TillDatabase, identity: IdentityRow): Promise<Receipted> {
  const [own, carried] = await Promise.all([db.receipts.toArray(), db.carriedReceipts.toArray()]);
  const till = toHex(identity.till);
  const receipted = new Map<number, number>();
  for (const row of [...carried.filter((one) => one.till === till), ...own]) {
    receipted.set(row.epoch, Math.max(row.seq, receipted.get(row.epoch) ?? -1));
  }
  return receipted;
}

/** What this till took in codes and no receipt covers (PROTOCOL §11). May run inside an append. */
export async function openCodeMinor(db: TillDatabase, receipted: Receipted): Promise<number> {
  let open = 0;
  let last = await db.codeSums.orderBy("[epoch+seq]").last();
  while (last) {
    const { epoch } = last;
    const first = await db.codeSums
      .where("[epoch+seq]")
      .between([epoch, (receipted.get(epoch) ?? -1) + 1], [epoch, last.seq], true, true)
      .first();
    if (first) open += last.runningMinor - first.runningMinor + first.codeMinor;
    last = await db.codeSums.where("[epoch+seq]").below([epoch, -1]).last();
  }
  return open;
}

/**
 * May a code be taken without asking, as the database says now? `takenMinor`: what the same sale takes in
 * codes beside it. May run inside an append.
 */
export async function judgeFloor(
  db: TillDatabase,
  asked: Pick<FloorFacts, "amountMinor" | "nowMs" | "clockBack"> & {
    readonly takenMinor: number;
    readonly receipted: Receipted;
  },
): Promise<CodeRefusal | null> {
  const policy = (await db.setting("outage-policy"))?.policy ?? SAFE_OUTAGE_POLICY;
  const heardAtMs = (await db.setting("heard"))?.atMs ?? null;
  const openMinor = (await openCodeMinor(db, asked.receipted)) + asked.takenMinor;
  const may = mayTakeByFloor(policy, { ...asked, openMinor, heardAtMs });
  if (may.ok) return null;
  return may.refusal.code === "floor-not-chosen" ? { code: "needs-server" } : may.refusal;
}
