// The rows that every push adds, a statement a table (PROTOCOL §5). Which they are is decided elsewhere; here
// they only get into the database with the least work for both sides.
import { sql } from "kysely";
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
  readonly arrival: number;
  /** Null: stored and receipted, not understood or not believed yet. */
  readonly appliedVersion: number | null;
}

const HASH_BYTES = 32;
const SIGNATURE_BYTES = 64;
const ID_BYTES = 16;

/** Adds entries. Fails as a whole when one of their seqs or arrivals is taken. */
export async function insertEntries(
  tx: DatabaseTransaction,
  key: EpochKey,
  entries: readonly StoredEntry[],
  receivedAtMs: number,
): Promise<void> {
  if (entries.length === 0) return;
  const bytes = packBytes(entries.map(({ item }) => item.signed.bytes));
  const hashes = packFixed(
    entries.map(({ item }) => item.hash),
    HASH_BYTES,
  );
  const signatures = packFixed(
    entries.map(({ item }) => item.signed.signature),
    SIGNATURE_BYTES,
  );
  await sql`
    insert into books.entries (merchant_id, till_id, epoch, seq, hash, bytes, signature, kind, arrival,
      received_at_ms, applied_version)
    select p.merchant, p.till, p.epoch, r.seq, ${fixedAt("p.hashes", HASH_BYTES, "r.n")},
      substr(p.bytes, r.start, r.length), ${fixedAt("p.signatures", SIGNATURE_BYTES, "r.n")}, r.kind,
      r.arrival, p.received, r.applied
    from (select ${key.merchant}::bytea as merchant, ${key.till}::bytea as till, ${key.epoch}::int as epoch,
        ${hashes}::bytea as hashes, ${bytes.joined}::bytea as bytes, ${signatures}::bytea as signatures,
        ${receivedAtMs}::bigint as received) as p,
      unnest(${entries.map(({ item }) => item.entry.seq)}::bigint[], ${bytes.starts}::int[],
        ${bytes.lengths}::int[], ${entries.map(({ item }) => item.entry.kind)}::text[],
        ${entries.map(({ arrival }) => arrival)}::bigint[],
        ${entries.map(({ appliedVersion }) => appliedVersion)}::int[])
        with ordinality as r(seq, start, length, kind, arrival, applied, n)`.execute(tx);
}

export interface SaleLine {
  readonly seq: number;
  readonly shortId: string;
  readonly sale: Uint8Array;
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

/** Adds sales of one epoch with their tenders. `flagged` is said of all of them. */
export async function insertSales(
  tx: DatabaseTransaction,
  key: EpochKey,
  sales: readonly SaleLine[],
  facts: { readonly receivedAtMs: number; readonly flagged: string | null },
): Promise<void> {
  if (sales.length === 0) return;
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
  await sql`
    insert into books.sales (merchant_id, till_id, epoch, seq, short_id, sale_id, arrival, received_at_ms,
      at_ms, operator_id, currency, total_minor, hash, flagged)
    select p.merchant, p.till, p.epoch, r.seq, r.short_id, ${fixedAt("p.ids", ID_BYTES, "r.n")}, r.arrival,
      p.received, r.at_ms, ${fixedAt("p.operators", ID_BYTES, "r.n")}, r.currency, r.total_minor,
      ${fixedAt("p.hashes", HASH_BYTES, "r.n")}, p.flagged
    from (select ${key.merchant}::bytea as merchant, ${key.till}::bytea as till, ${key.epoch}::int as epoch,
        ${ids}::bytea as ids, ${operators}::bytea as operators, ${hashes}::bytea as hashes,
        ${facts.receivedAtMs}::bigint as received, ${facts.flagged}::text as flagged) as p,
      unnest(${sales.map(({ seq }) => seq)}::bigint[], ${sales.map(({ shortId }) => shortId)}::text[],
        ${sales.map(({ arrival }) => arrival)}::bigint[], ${sales.map(({ atMs }) => atMs)}::bigint[],
        ${sales.map(({ currency }) => currency)}::text[],
        ${sales.map(({ totalMinor }) => totalMinor)}::bigint[])
        with ordinality as r(seq, short_id, arrival, at_ms, currency, total_minor, n)`.execute(tx);
  await insertTenders(tx, key, sales);
}

async function insertTenders(
  tx: DatabaseTransaction,
  key: EpochKey,
  sales: readonly SaleLine[],
): Promise<void> {
  const tenders = sales.flatMap(({ seq, tenders: of }) => of.map((tender, n) => ({ seq, n, tender })));
  if (tenders.length === 0) return;
  const ctis = packBytes(tenders.map(({ tender }) => tender.cti ?? new Uint8Array()));
  await sql`
    insert into books.sale_tenders (merchant_id, till_id, epoch, seq, n, method, amount_minor, returned_minor,
      cti)
    select p.merchant, p.till, p.epoch, r.seq, r.n, r.method, r.amount_minor, r.returned_minor,
      case when r.length > 0 then substr(p.ctis, r.start, r.length) end
    from (select ${key.merchant}::bytea as merchant, ${key.till}::bytea as till, ${key.epoch}::int as epoch,
        ${ctis.joined}::bytea as ctis) as p,
      unnest(${tenders.map(({ seq }) => seq)}::bigint[], ${tenders.map(({ n }) => n)}::int[],
        ${tenders.map(({ tender }) => tender.method)}::text[],
        ${tenders.map(({ tender }) => tender.amountMinor)}::bigint[],
        ${tenders.map(({ tender }) => tender.returnedMinor)}::bigint[], ${ctis.starts}::int[],
        ${ctis.lengths}::int[])
        as r(seq, n, method, amount_minor, returned_minor, start, length)`.execute(tx);
}
