import type { CodeRefusal } from "#domain/refusal.ts";
import { toHex } from "#protocol/bytes.ts";
import { spendKey, type SaleBody } from "#protocol/entry-bodies.ts";
import type { IdentityRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import { judgeFloor, receiptedEpochs, type Receipted } from "./code-exposure.ts";
import type { Committed } from "./ledger.ts";
import { spend, writeSale, type CodeTender, type Leave } from "./sale-record.ts";

/** By whose leave the codes of a sale are taken, and what that is judged by. */
export interface Leaves {
  /** By spend key. */
  readonly of: ReadonlyMap<string, Leave>;
  /** This till, hex. */
  readonly till: string;
  readonly receipted: Receipted;
  readonly clockBack: boolean;
}

/** What the codes of this sale are judged by. */
export async function leavesOf(
  db: TillDatabase,
  identity: IdentityRow,
  of: Leaves["of"],
  clockBack: boolean,
): Promise<Leaves> {
  // Before the transaction: the carrier writes receipts, and an append must not wait for it.
  const byFloor = [...of.values()].includes("floor");
  const receipted = byFloor ? await receiptedEpochs(db, identity) : new Map<number, number>();
  return { of, till: toHex(identity.till), receipted, clockBack };
}

/**
 * What follows from a sale's entry, inside its transaction: the sale's row and its codes spent. A code that
 * was spent or revoked since it was judged, or whose leave is gone, aborts everything (I8).
 */
export async function recordSale(
  db: TillDatabase,
  body: SaleBody,
  entry: Pick<Committed, "epoch" | "seq" | "nowMs" | "headHex">,
  tillName: string,
  leaves: Leaves,
): Promise<CodeRefusal | null> {
  let takenMinor = 0;
  for (const tender of body.tenders) {
    if (tender.method !== "payment-code") continue;
    const cti = spendKey(tender.cti);
    const spent = await db.spent.get(cti);
    if (spent) return { code: "spent", ...spent };
    if (await db.revoked.get(cti)) return { code: "revoked" };
    const gone = await leaveGone(db, tender, entry.nowMs, leaves, takenMinor);
    if (gone) return gone;
    takenMinor += tender.amountMinor;
    // Spent at once, so that a sale that names one code twice finds it spent the second time.
    await spend(db, tender, entry.nowMs, tillName);
  }
  await writeSale(db, body, entry, tillName);
  return null;
}

/** Why a code may not be taken any more although it could when it was judged; null when it still may. */
async function leaveGone(
  db: TillDatabase,
  tender: CodeTender,
  nowMs: number,
  leaves: Leaves,
  takenMinor: number,
): Promise<CodeRefusal | null> {
  const cti = spendKey(tender.cti);
  switch (leaves.of.get(cti)) {
    case "own":
      return null;
    case "lease": {
      const lease = await db.leases.get(cti);
      if (lease?.till === leaves.till) return null;
      const elsewhere = lease !== undefined && lease.till !== null;
      return elsewhere ? { code: "leased-elsewhere", tillName: lease.tillName } : { code: "needs-server" };
    }
    case "claim":
      return (await db.claims.get(cti)) ? null : { code: "claim-released" };
    case "floor": {
      const { receipted, clockBack } = leaves;
      return judgeFloor(db, { amountMinor: tender.amountMinor, nowMs, clockBack, takenMinor, receipted });
    }
    case undefined:
      return { code: "needs-server" };
  }
}
