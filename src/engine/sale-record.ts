import { toHex } from "#protocol/bytes.ts";
import type { SaleMethod } from "#protocol/engine-calls.ts";
import { spendKey, type SaleBody, type TenderBody } from "#protocol/entry-bodies.ts";
import type { SaleRecord } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import type { Committed } from "./ledger.ts";

/**
 * `own`: the code names this till · `lease` · `claim`: granted by the server · `floor`: nobody was asked
 * (PROTOCOL §11).
 */
export type Leave = "own" | "lease" | "claim" | "floor";

export type CodeTender = Extract<TenderBody, { method: "payment-code" }>;

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

/** A code is spent here, for good. */
export async function spend(
  db: TillDatabase,
  tender: CodeTender,
  atMs: number,
  tillName: string,
): Promise<void> {
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

/** Notes what a sale took in codes, inside its transaction. */
async function noteCodeSum(
  db: TillDatabase,
  entry: { readonly epoch: number; readonly seq: number },
  codeMinor: number,
): Promise<void> {
  if (codeMinor === 0) return;
  const { epoch, seq } = entry;
  const last = await db.codeSums.orderBy("[epoch+seq]").last();
  await db.codeSums.put({ epoch, seq, codeMinor, runningMinor: (last?.runningMinor ?? 0) + codeMinor });
}

function codeMinorOf(tenders: readonly TenderBody[]): number {
  return tenders.reduce(
    (sum, tender) => sum + (tender.method === "payment-code" ? tender.amountMinor : 0),
    0,
  );
}
