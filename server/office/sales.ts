// Sales as they arrived, and the shop's day.
import { sql } from "kysely";
import type { Bytes } from "#protocol/bytes.ts";
import { toHex } from "#protocol/bytes.ts";
import { shortId } from "#protocol/ids.ts";
import type { Page, SaleDetail, SaleListRow, TodayAnswer } from "#protocol/office-api.ts";
import type { Books } from "../books.ts";
import { openCodes } from "../codes/code-rows.ts";
import { saleColumns } from "../journal/place.ts";
import { readTills } from "./till-rows.ts";

interface Row {
  readonly sale_id: Uint8Array;
  readonly till_id: Uint8Array;
  readonly till_name: string;
  readonly operator_name: string;
  readonly at_ms: number;
  readonly received_at_ms: number;
  readonly arrival: number;
  readonly total_minor: number;
  readonly loss_minor: number;
  readonly by_code: boolean;
  readonly by_cash: boolean;
  readonly epoch: number;
  readonly seq: number;
  /** Empty in the till's chain; of a sale booked out of quarantine its own hash. */
  readonly branch: Uint8Array;
  readonly hash: Uint8Array;
  readonly flagged: string | null;
}

const LATEST = 8;

/** Newest arrivals first; `before` is the cursor of the page before. */
export async function listSales(
  books: Books,
  merchant: Bytes,
  asked: { readonly before: number | null; readonly limit: number },
): Promise<Page<SaleListRow>> {
  const before = asked.before === null ? sql`` : sql`and s.arrival < ${asked.before}`;
  const rows = await selectSales(books, merchant, before, asked.limit + 1);
  const shown = rows.slice(0, asked.limit).map(saleRow);
  return { rows: shown, next: rows.length > asked.limit ? (shown.at(-1)?.arrival ?? null) : null };
}

/** One sale by its short id; null when the shop has none of it. */
export async function readSale(books: Books, merchant: Bytes, id: string): Promise<SaleDetail | null> {
  const [row] = await selectSales(books, merchant, sql`and s.short_id = ${id}`, 1);
  if (row === undefined) return null;
  const { epoch, seq } = row;
  const place = saleColumns({ merchant, till: row.till_id, epoch, seq, branch: row.branch });
  const code = await books.db
    .selectFrom("books.sale_tenders")
    .select("cti")
    .where((eb) => eb.and(place))
    .where("cti", "is not", null)
    .orderBy("n")
    .executeTakeFirst();
  const outcomes = await books.db
    .selectFrom("books.outcomes")
    .select("kind")
    .distinct()
    .where((eb) => eb.and(place))
    .orderBy("kind")
    .execute();
  return {
    ...saleRow(row),
    epoch,
    seq,
    headHex: toHex(row.hash),
    codeId: code?.cti ? shortId(code.cti) : null,
    outcomes: [...outcomes.map((outcome) => outcome.kind), ...(row.flagged === null ? [] : [row.flagged])],
  };
}

/** The shop's day from `sinceMs` on, by arrival: the clock of a till decides nothing. */
export async function readToday(books: Books, merchant: Bytes, sinceMs: number): Promise<TodayAnswer> {
  const sums = await sql<{ count: number; total: number; loss: number }>`
    select count(*) as count, coalesce(sum(total_minor), 0)::bigint as total,
      coalesce(sum(loss_minor), 0)::bigint as loss
    from books.sales where merchant_id = ${merchant} and received_at_ms >= ${sinceMs}`.execute(books.db);
  const methods = await sql<{ method: string; sum: number }>`
    select t.method, sum(t.amount_minor)::bigint as sum from books.sale_tenders t
    join books.sales s using (merchant_id, till_id, epoch, seq, branch)
    where t.merchant_id = ${merchant} and s.received_at_ms >= ${sinceMs} group by t.method`.execute(books.db);
  const byMethod = new Map(methods.rows.map((row) => [row.method, row.sum]));
  const [day] = sums.rows;
  const open = await openCodes(books, merchant);
  return {
    count: day?.count ?? 0,
    totalMinor: day?.total ?? 0,
    cashMinor: byMethod.get("cash") ?? 0,
    codeMinor: byMethod.get("payment-code") ?? 0,
    lossMinor: day?.loss ?? 0,
    openCodes: open.count,
    openCodesMinor: open.sumMinor,
    tills: await readTills(books.db, merchant, sinceMs),
    latest: (await selectSales(books, merchant, sql``, LATEST)).map(saleRow),
  };
}

async function selectSales(
  books: Books,
  merchant: Bytes,
  condition: ReturnType<typeof sql>,
  limit: number,
): Promise<readonly Row[]> {
  const rows = await sql<Row>`
    select s.sale_id, s.till_id, t.name as till_name, coalesce(o.name, '') as operator_name, s.at_ms,
      s.received_at_ms, s.arrival, s.total_minor, s.loss_minor, s.epoch, s.seq, s.branch, s.hash, s.flagged,
      exists (select 1 from books.sale_tenders x where x.merchant_id = s.merchant_id and x.till_id = s.till_id
        and x.epoch = s.epoch and x.seq = s.seq and x.branch = s.branch
        and x.method = 'payment-code') as by_code,
      exists (select 1 from books.sale_tenders y where y.merchant_id = s.merchant_id and y.till_id = s.till_id
        and y.epoch = s.epoch and y.seq = s.seq and y.branch = s.branch
        and y.method = 'cash') as by_cash
    from books.sales s
    join books.tills t on t.merchant_id = s.merchant_id and t.till_id = s.till_id
    left join books.operators o on o.merchant_id = s.merchant_id and o.operator_id = s.operator_id
    where s.merchant_id = ${merchant} ${condition}
    order by s.arrival desc limit ${limit}`.execute(books.db);
  return rows.rows;
}

function saleRow(row: Row): SaleListRow {
  return {
    id: shortId(row.sale_id),
    tillName: row.till_name,
    operatorName: row.operator_name,
    atMs: row.at_ms,
    arrivedAtMs: row.received_at_ms,
    arrival: row.arrival,
    amountMinor: row.total_minor,
    method: row.by_code ? (row.by_cash ? "mixed" : "payment-code") : "cash",
    lossMinor: row.loss_minor,
  };
}
