// The rows that every push adds, a statement a table (PROTOCOL §5). Which they are is decided elsewhere; here
// they only get into the database with the least work for both sides.
import { sql, type RawBuilder } from "kysely";
import type { DatabaseTransaction } from "../db/tables.ts";
import { fixedAt, packBytes, packFixed } from "../db/packed-bytes.ts";
import type { BatchEntry } from "./batch.ts";

/** The epoch whose rows are written. */
export interface EpochKey {
  readonly merchant: Uint8Array;
  readonly till: Uint8Array;
  readonly epoch: number;
}

export interface StoredEntry {
  readonly item: BatchEntry;
  /** Null: stored and receipted, not understood or not believed yet. */
  readonly appliedVersion: number | null;
}

const HASH_BYTES = 32;
const SIGNATURE_BYTES = 64;
const ID_BYTES = 16;

/** What the head of the epoch becomes, and what the last entry says of the till. */
export interface NewHead {
  readonly seq: number;
  readonly hash: Uint8Array;
  readonly build: string;
  readonly feedVersion: number;
}

export interface SaleLine {
  readonly seq: number;
  readonly shortId: string;
  readonly sale: Uint8Array;
  /** Its arrival number; in `appendRows` its place in the batch, from 1. */
  readonly arrival: number;
  readonly atMs: number;
  readonly operator: Uint8Array;
  readonly currency: string;
  readonly totalMinor: number;
  readonly hash: Uint8Array;
  readonly tenders: readonly TenderLine[];
}

export interface TenderLine {
  readonly method: string;
  readonly amountMinor: number;
  readonly returnedMinor: number;
  readonly cti: Uint8Array | null;
}

/** What is said of all rows of one writing. */
export interface RowFacts {
  readonly receivedAtMs: number;
  readonly flagged: string | null;
}

/**
 * Adds a batch in one statement: arrival numbers for its entries, the entries, their sales and tenders, the
 * epoch's new head. One, because the merchant's counters are locked from its first row to the commit, and
 * every other till of the shop waits for that. Sales count their arrival within the batch, from 1. Fails as a
 * whole when a seq is taken. Answers the arrival number before the first.
 */
export async function appendRows(
  tx: DatabaseTransaction,
  key: EpochKey,
  batch: { readonly entries: readonly StoredEntry[]; readonly sales: readonly SaleLine[] },
  head: NewHead,
  facts: RowFacts,
): Promise<number> {
  const parts = [
    keyPart(key, facts),
    sql`counted as (update books.counters set arrival = arrival + ${batch.entries.length}
      where merchant_id = ${key.merchant} returning arrival - ${batch.entries.length} as before)`,
    entriesPart(batch.entries),
    ...saleParts(batch.sales),
  ];
  const done = await sql<{ before: number }>`with ${sql.join(parts)}
    update books.till_epochs e set head_seq = ${head.seq}, head_hash = ${head.hash}, build = ${head.build},
      last_seen_ms = key.received, feed_version = greatest(e.feed_version, ${head.feedVersion})
    from key, counted
    where e.merchant_id = key.merchant and e.till_id = key.till and e.epoch = key.epoch
    returning counted.before`.execute(tx);
  const before = done.rows[0]?.before;
  if (before === undefined) throw new Error("journal: the epoch of a push is gone");
  return before;
}

function keyPart(key: EpochKey, facts: RowFacts): RawBuilder<unknown> {
  return sql`key as (select ${key.merchant}::bytea as merchant, ${key.till}::bytea as till,
    ${key.epoch}::int as epoch, ${facts.receivedAtMs}::bigint as received,
    ${facts.flagged}::text as flagged)`;
}

function entriesPart(entries: readonly StoredEntry[]): RawBuilder<unknown> {
  const bytes = packBytes(entries.map(({ item }) => item.signed.bytes));
  const hashes = packFixed(
    entries.map(({ item }) => item.hash),
    HASH_BYTES,
  );
  const signatures = packFixed(
    entries.map(({ item }) => item.signed.signature),
    SIGNATURE_BYTES,
  );
  return sql`entries as (
    insert into books.entries (merchant_id, till_id, epoch, seq, hash, bytes, signature, kind, arrival,
      received_at_ms, applied_version)
    select key.merchant, key.till, key.epoch, r.seq, ${fixedAt("p.hashes", HASH_BYTES)},
      substr(p.bytes, r.start, r.length), ${fixedAt("p.signatures", SIGNATURE_BYTES)}, r.kind,
      counted.before + r.n, key.received, r.applied
    from key, counted,
      (select ${hashes}::bytea as hashes, ${bytes.joined}::bytea as bytes,
        ${signatures}::bytea as signatures) as p,
      unnest(${entries.map(({ item }) => item.entry.seq)}::bigint[], ${bytes.starts}::int[],
        ${bytes.lengths}::int[], ${entries.map(({ item }) => item.entry.kind)}::text[],
        ${entries.map(({ appliedVersion }) => appliedVersion)}::int[])
        with ordinality as r(seq, start, length, kind, applied, n))`;
}

function saleParts(sales: readonly SaleLine[]): readonly RawBuilder<unknown>[] {
  if (sales.length === 0) return [];
  const ids = packFixed(
    sales.map(({ sale }) => sale),
    ID_BYTES,
  );
  const operators = packFixed(
    sales.map(({ operator }) => operator),
    ID_BYTES,
  );
  const hashes = packFixed(
    sales.map(({ hash }) => hash),
    HASH_BYTES,
  );
  const salesPart = sql`sales as (
    insert into books.sales (merchant_id, till_id, epoch, seq, short_id, sale_id, arrival, received_at_ms,
      at_ms, operator_id, currency, total_minor, hash, flagged)
    select key.merchant, key.till, key.epoch, r.seq, r.short_id, ${fixedAt("p.ids", ID_BYTES)},
      counted.before + r.arrival, key.received, r.at_ms, ${fixedAt("p.operators", ID_BYTES)}, r.currency,
      r.total_minor, ${fixedAt("p.hashes", HASH_BYTES)}, key.flagged
    from key, counted,
      (select ${ids}::bytea as ids, ${operators}::bytea as operators, ${hashes}::bytea as hashes) as p,
      unnest(${sales.map(({ seq }) => seq)}::bigint[], ${sales.map((sale) => sale.shortId)}::text[],
        ${sales.map(({ arrival }) => arrival)}::bigint[], ${sales.map(({ atMs }) => atMs)}::bigint[],
        ${sales.map(({ currency }) => currency)}::text[],
        ${sales.map(({ totalMinor }) => totalMinor)}::bigint[])
        with ordinality as r(seq, short_id, arrival, at_ms, currency, total_minor, n))`;
  return [salesPart, ...tenderParts(sales)];
}

function tenderParts(sales: readonly SaleLine[]): readonly RawBuilder<unknown>[] {
  const tenders = sales.flatMap(({ seq, tenders: of }) => of.map((tender, n) => ({ seq, n, tender })));
  if (tenders.length === 0) return [];
  const ctis = packBytes(tenders.map(({ tender }) => tender.cti ?? new Uint8Array()));
  return [
    sql`tenders as (
    insert into books.sale_tenders (merchant_id, till_id, epoch, seq, n, method, amount_minor, returned_minor,
      cti)
    select key.merchant, key.till, key.epoch, r.seq, r.n, r.method, r.amount_minor, r.returned_minor,
      case when r.length > 0 then substr(p.ctis, r.start, r.length) end
    from key, (select ${ctis.joined}::bytea as ctis) as p,
      unnest(${tenders.map(({ seq }) => seq)}::bigint[], ${tenders.map(({ n }) => n)}::int[],
        ${tenders.map(({ tender }) => tender.method)}::text[],
        ${tenders.map(({ tender }) => tender.amountMinor)}::bigint[],
        ${tenders.map(({ tender }) => tender.returnedMinor)}::bigint[], ${ctis.starts}::int[],
        ${ctis.lengths}::int[])
        as r(seq, n, method, amount_minor, returned_minor, start, length))`,
  ];
}
