// The contender: the very rows that ingestion has written, put into the same tables by COPY. Nothing writes
// rows faster than that; what ingestion adds is checking, deciding and answering.
import { buffer } from "node:stream/consumers";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Client } from "pg";
import { from, to } from "pg-copy-streams";

/** Every table to which ingestion adds a row per sale. */
const TABLES = ["books.entries", "books.sales", "books.sale_tenders"] as const;

export interface CopiedRows {
  readonly sales: number;
  readonly tables: readonly { readonly table: string; readonly bytes: Buffer }[];
}

/** Takes the sales with arrivals after `arrival` out of the database, as COPY's own bytes. */
export async function takeRows(source: Client, afterArrival: number): Promise<CopiedRows> {
  const { rows } = await source.query<{ count: string }>(
    "select count(*) from books.sales where arrival > $1",
    [afterArrival],
  );
  const tables: { table: string; bytes: Buffer }[] = [];
  for (const table of TABLES) {
    const key = "merchant_id, till_id, epoch, seq";
    const query =
      table === "books.sale_tenders"
        ? `select t.* from ${table} t join books.sales s using (${key}) where s.arrival > ${afterArrival}`
        : `select * from ${table} where arrival > ${afterArrival}`;
    const stream = source.query(to(`copy (${query}) to stdout with (format binary)`));
    tables.push({ table, bytes: await buffer(stream) });
  }
  return { sales: Number(rows[0]?.count), tables };
}

/** Copies the rows in one durable transaction; answers the seconds from its begin to its commit. */
export async function copyRows(target: Client, rows: CopiedRows): Promise<number> {
  const startedMs = performance.now();
  await target.query("begin");
  for (const { table, bytes } of rows.tables) {
    const stream = target.query(from(`copy ${table} from stdin with (format binary)`));
    await pipeline(Readable.from([bytes]), stream);
  }
  await target.query("commit");
  return (performance.now() - startedMs) / 1000;
}

/** The highest arrival number given so far. */
export async function lastArrival(source: Client): Promise<number> {
  const { rows } = await source.query<{ last: string | null }>(
    "select max(arrival) as last from books.entries",
  );
  return Number(rows[0]?.last ?? 0);
}

/**
 * Fills the shop's tables to `entries` stored sales with rows of tills long gone. Their bytes are of the
 * right length and mean nothing: what is measured is what the tables and their indexes weigh.
 */
export async function fillTo(client: Client, merchant: Uint8Array, entries: number): Promise<void> {
  const { rows } = await client.query<{ count: string; last: string }>(
    "select count(*) as count, max(arrival) as last from books.entries where merchant_id = $1",
    [merchant],
  );
  const missing = entries - Number(rows[0]?.count);
  if (missing <= 0) return;
  const first = Number(rows[0]?.last) + 1;
  const series = `generate_series(${first}, ${first + missing - 1}) as n`;
  const till = "substr(sha256(int4send((n / 20000)::int)), 1, 16)";
  await client.query(
    `insert into books.entries (merchant_id, till_id, epoch, seq, hash, bytes, signature, kind, arrival,
       received_at_ms, applied_version)
     select $1, ${till}, 1, n, sha256(int8send(n)),
       sha256(int8send(n)) || sha256(int8send(-n)) || sha256(int8send(2 * n)) || sha256(int8send(3 * n))
         || sha256(int8send(4 * n)) || sha256(int8send(5 * n)) || sha256(int8send(6 * n)),
       sha256(int8send(7 * n)) || sha256(int8send(8 * n)), 'sale', n, n, 1 from ${series}`,
    [merchant],
  );
  await client.query(
    `insert into books.sales (merchant_id, till_id, epoch, seq, short_id, sale_id, arrival, received_at_ms,
       at_ms, operator_id, currency, total_minor, hash)
     select $1, ${till}, 1, n, md5(n::text), substr(sha256(int8send(n)), 1, 16), n, n, n,
       substr(sha256(int8send(1)), 1, 16), 'CNY', 100, sha256(int8send(n)) from ${series}`,
    [merchant],
  );
  await client.query(
    `insert into books.sale_tenders (merchant_id, till_id, epoch, seq, n, method, amount_minor)
     select $1, ${till}, 1, n, 0, 'cash', 100 from ${series}`,
    [merchant],
  );
  await client.query("update books.counters set arrival = $2 where merchant_id = $1", [
    merchant,
    first + missing - 1,
  ]);
  await client.query("vacuum analyze");
  await client.query("checkpoint");
}
