import type { CodeRefusal } from "#domain/refusal.ts";
import { toHex } from "#protocol/bytes.ts";
import type { SaleMethod } from "#protocol/engine-calls.ts";
import { spendKey, type SaleBody, type TenderBody } from "#protocol/entry-bodies.ts";
import type { SaleRecord } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import { judgeFloor, noteCodeSum, type Receipted } from "./code-exposure.ts";
import type { Committed } from "./ledger.ts";

/**
 * `own`: the code names this till · `lease` · `claim`: granted by the server · `floor`: nobody was asked
 * (PROTOCOL §11).
 */
export type Leave = "own" | "lease" | "claim" | "floor";

/** By whose leave the codes of a sale are taken, and what that is judged by. */
export interface Leaves {
  /** By spend key. */
  readonly of: ReadonlyMap<string, Leave>;
  /** This till, hex. */
  readonly till: string;
  readonly receipted: Receipted;
  readonly clockBack: boolean;
}

type CodeTender = Extract<TenderBody, { method: "payment-code" }>;

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

/** The sale's row and its codes spent, whatever is known of them: for a sale that has happened. */
export async function writeSale(
  db: TillDatabase,
  body: SaleBody,
  entry: Pick<Committed, "epoch" | "seq" | "nowMs" | "headHex">,
  tillName: string,
): Promise<void> {
  for (const tender of body.tenders) {
    if (tender.method === "payment-code") await spend(db, tender, entry.nowMs, tillName);
  }
  await noteCodeSum(db, entry, codeMinorOf(body.tenders));
  await db.sales.add(saleRow(body, entry));
}

/** The row of a sale, for the list and the sums. */
export function saleRow(
  body: SaleBody,
  entry: Pick<Committed, "epoch" | "seq" | "nowMs" | "headHex">,
): SaleRecord {
  return {
    id: toHex(body.sale),
    epoch: entry.epoch,
    seq: entry.seq,
    atMs: entry.nowMs,
    operatorId: toHex(body.operator),
    amountMinor: body.totalMinor,
    method: methodOf(body.tenders),
    headHex: entry.headHex,
    runningCount: body.runningCount,
    runningMinor: body.runningMinor,
  };
}

async function spend(db: TillDatabase, tender: CodeTender, atMs: number, tillName: string): Promise<void> {
  const { amountMinor } = tender;
  await db.spent.put({ cti: spendKey(tender.cti), tillName, atMs, amountMinor, here: true });
  // Sold, a claim is over: nothing is left to drop.
  await db.claims.delete(spendKey(tender.cti));
}

/** By what means a sale was paid. */
export function methodOf(tenders: readonly TenderBody[]): SaleMethod {
  const methods = new Set(tenders.map((tender) => tender.method));
  if (methods.size > 1) return "mixed";
  return methods.has("cash") ? "cash" : "payment-code";
}

function codeMinorOf(tenders: readonly TenderBody[]): number {
  return tenders.reduce(
    (sum, tender) => sum + (tender.method === "payment-code" ? tender.amountMinor : 0),
    0,
  );
}
