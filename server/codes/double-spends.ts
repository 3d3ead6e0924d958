// Codes used twice, by name (PROTOCOL §11): which code, both tills, times and sums, who lost.
import { sql } from "kysely";
import type { Bytes } from "#protocol/bytes.ts";
import { shortId } from "#protocol/ids.ts";
import type { DoubleSpend, DoubleSpendsAnswer } from "#protocol/office-api.ts";
import { keysOf, open, type Books } from "../books.ts";
import { digitsField } from "./issue-code.ts";

const MOST_ROWS = 200;

interface Row {
  readonly cti: Uint8Array;
  readonly digits: Uint8Array | null;
  readonly loss_minor: number;
  readonly decided_at_ms: number;
  readonly loser_till: string | null;
  readonly loser_at_ms: number | null;
  readonly loser_minor: number;
  readonly loser_sale: string | null;
  readonly winner_till: string | null;
  readonly winner_at_ms: number;
  readonly winner_minor: number;
  readonly winner_sale: string | null;
}

/** The newest decisions first, with what all of them come to. */
export async function readDoubleSpends(books: Books, merchant: Bytes): Promise<DoubleSpendsAnswer> {
  const sums = await sql<{ count: number; total: number }>`
    select count(*) as count, coalesce(sum(loss_minor), 0)::bigint as total
    from books.outcomes where merchant_id = ${merchant} and kind = 'double-spend'`.execute(books.db);
  const rows = await sql<Row>`
    select o.cti, c.digits, o.loss_minor, o.at_ms as decided_at_ms,
      lt.name as loser_till, ls.at_ms as loser_at_ms, ls.short_id as loser_sale,
      coalesce((select sum(x.amount_minor) from books.sale_tenders x where x.merchant_id = o.merchant_id
        and x.till_id = o.till_id and x.epoch = o.epoch and x.seq = o.seq and x.branch = o.branch
        and x.cti = o.cti), o.loss_minor)::bigint as loser_minor,
      wt.name as winner_till, k.at_ms as winner_at_ms, k.amount_minor as winner_minor,
      ws.short_id as winner_sale
    from books.outcomes o
    join books.code_claims k on k.merchant_id = o.merchant_id and k.cti = o.cti
    left join books.codes c on c.merchant_id = o.merchant_id and c.cti = o.cti
    left join books.tills lt on lt.merchant_id = o.merchant_id and lt.till_id = o.till_id
    left join books.tills wt on wt.merchant_id = k.merchant_id and wt.till_id = k.till_id
    left join books.sales ls on ls.merchant_id = o.merchant_id and ls.till_id = o.till_id
      and ls.epoch = o.epoch and ls.seq = o.seq and ls.branch = o.branch
    left join books.sales ws on ws.merchant_id = k.merchant_id and ws.till_id = k.till_id
      and ws.epoch = k.epoch and ws.seq = k.seq and ws.branch = k.branch
    where o.merchant_id = ${merchant} and o.kind = 'double-spend'
    order by o.at_ms desc, o.till_id, o.epoch, o.seq limit ${MOST_ROWS}`.execute(books.db);
  const [sum] = sums.rows;
  const named = await Promise.all(rows.rows.map((row) => spendOf(books, merchant, row)));
  return { rows: named, count: sum?.count ?? 0, totalMinor: sum?.total ?? 0 };
}

async function spendOf(books: Books, merchant: Bytes, row: Row): Promise<DoubleSpend> {
  return {
    codeId: shortId(row.cti),
    numberTail: await tailOf(books, merchant, row),
    lossMinor: row.loss_minor,
    winner: {
      tillName: row.winner_till ?? "",
      atMs: row.winner_at_ms,
      amountMinor: row.winner_minor,
      saleId: row.winner_sale ?? "",
    },
    loser: {
      tillName: row.loser_till ?? "",
      atMs: row.loser_at_ms ?? row.decided_at_ms,
      amountMinor: row.loser_minor,
      saleId: row.loser_sale ?? "",
    },
    decidedAtMs: row.decided_at_ms,
  };
}

/** The last four digits: enough to find the paper, too few to type. */
async function tailOf(books: Books, merchant: Bytes, row: Row): Promise<string> {
  if (row.digits === null) return "";
  const keys = await keysOf(books, books.db, merchant);
  return new TextDecoder().decode(await open(keys, digitsField(row.cti), row.digits)).slice(-4);
}
