// The projection of sales, row by row: what a rebuild writes, and what is booked later than it came. Pushes
// have a faster way to the same rows (written-rows.ts); a rebuild compares the two.
import { shortId } from "#protocol/ids.ts";
import type { TillBody } from "#protocol/entry-bodies.ts";
import type { Bytes } from "#protocol/bytes.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import type { SaleFlag } from "./apply-sales.ts";
import type { BatchEntry } from "./batch.ts";

/** A sale, and all that its rows say beside it. */
export interface BookedSale {
  readonly item: BatchEntry;
  readonly body: Extract<TillBody, { kind: "sale" }>;
  readonly arrival: number;
  readonly receivedAtMs: number;
  readonly flagged: SaleFlag | null;
  /** Stands under its own hash, its number being another entry's. */
  readonly apart: boolean;
  /** Losses its outcomes name. */
  readonly lossMinor: number;
}

export function paidByCode(body: BookedSale["body"]): boolean {
  return body.tenders.some((tender) => tender.method === "payment-code");
}

/** When the epoch was closed and its till stopped, by the arrivals there were. */
export interface Ends {
  readonly closedArrival: number | null;
  readonly revokedArrival: number | null;
}

/** Why the owner should look at a sale of the till's chain, by when it arrived. */
export function flagOf(ends: Ends, arrival: number, body: BookedSale["body"]): SaleFlag | null {
  if (ends.closedArrival !== null && arrival > ends.closedArrival) return "late";
  const stopped = ends.revokedArrival !== null && arrival > ends.revokedArrival;
  return stopped && paidByCode(body) ? "till-revoked" : null;
}

/** The ends of an epoch that is there. */
export async function endsOf(
  tx: DatabaseTransaction,
  key: { readonly merchant: Uint8Array; readonly till: Uint8Array; readonly epoch: number },
): Promise<Ends> {
  const row = await tx
    .selectFrom("books.till_epochs as e")
    .innerJoin("books.tills as t", (join) =>
      join.onRef("t.merchant_id", "=", "e.merchant_id").onRef("t.till_id", "=", "e.till_id"),
    )
    .select(["e.closed_arrival", "t.revoked_arrival"])
    .where("e.merchant_id", "=", key.merchant)
    .where("e.till_id", "=", key.till)
    .where("e.epoch", "=", key.epoch)
    .executeTakeFirstOrThrow();
  return { closedArrival: row.closed_arrival, revokedArrival: row.revoked_arrival };
}

/** A statement takes 65,535 values at most. */
const MOST_ROWS = 1000;

/** Writes sales with their tenders. */
export async function insertSaleRows(
  tx: DatabaseTransaction,
  key: { readonly merchant: Bytes; readonly till: Bytes; readonly epoch: number },
  sales: readonly BookedSale[],
): Promise<void> {
  const rowKey = { merchant_id: key.merchant, till_id: key.till, epoch: key.epoch };
  for (let from = 0; from < sales.length; from += MOST_ROWS) {
    const some = sales.slice(from, from + MOST_ROWS);
    await tx
      .insertInto("books.sales")
      .values(
        some.map(({ item, body, ...sale }) => ({
          ...rowKey,
          seq: item.entry.seq,
          branch: sale.apart ? item.hash : new Uint8Array(),
          short_id: shortId(body.sale),
          sale_id: body.sale,
          arrival: sale.arrival,
          received_at_ms: sale.receivedAtMs,
          at_ms: item.entry.time.nowMs,
          operator_id: body.operator,
          currency: body.currency,
          total_minor: body.totalMinor,
          loss_minor: sale.lossMinor,
          hash: item.hash,
          flagged: sale.flagged,
        })),
      )
      .execute();
    const tenders = some.flatMap(({ item, body, apart }) =>
      body.tenders.map((tender, n) => ({
        ...rowKey,
        seq: item.entry.seq,
        branch: apart ? item.hash : new Uint8Array(),
        n,
        method: tender.method,
        amount_minor: tender.amountMinor,
        returned_minor: tender.method === "payment-code" ? tender.returnedMinor : 0,
        cti: tender.method === "payment-code" ? tender.cti : null,
      })),
    );
    for (let at = 0; at < tenders.length; at += MOST_ROWS)
      await tx
        .insertInto("books.sale_tenders")
        .values(tenders.slice(at, at + MOST_ROWS))
        .execute();
  }
}
