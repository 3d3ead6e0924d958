import type { RefusalRow, SaleCursor, SaleRow } from "#protocol/engine-calls.ts";
import { decodeEntry } from "#protocol/entry.ts";
import { toHex } from "#protocol/bytes.ts";
import { decodeTillBody } from "#protocol/till-body-reader.ts";
import type { FormerSaleRow, SaleRecord } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";

/** A sale of this till, or of one that this tablet was. */
type Listed = SaleRecord & Partial<FormerSaleRow>;

/** Lines of the list at once; a shop sells some hundreds a day. */
const MAX_SALE_ROWS = 2000;

/**
 * A page of sales, newest first, each with where it is: on this till, or on the server by its signed receipt.
 * Behind those of this till, whatever its epochs, stand those of tills that this tablet was before.
 */
export async function saleRows(
  db: TillDatabase,
  page: { readonly before: SaleCursor | null; readonly limit: number },
): Promise<readonly SaleRow[]> {
  const limit = Math.min(Math.max(1, page.limit), MAX_SALE_ROWS);
  const { sales, formerSales: former, operators: people, identity, receipts, carriedReceipts } = db;
  const read = [sales, former, people, identity, receipts, carriedReceipts, db.losses];
  // One look for all of it: each question alone is a way to the disk and back.
  const [rows, operators, receipted, losses] = await db.transaction("r", read, () =>
    Promise.all([
      listedSales(db, page.before, limit),
      people.toArray(),
      receiptedOf(db),
      db.losses.toArray(),
    ]),
  );
  const names = new Map(operators.map((operator) => [operator.id, operator.name]));
  return rows.map((row) => {
    const { id, atMs, amountMinor, method, seq, epoch, headHex } = row;
    const former = row.era === undefined ? null : row;
    const told = losses.find((loss) => loss.epoch === epoch && loss.seq === seq);
    const lossHere = told?.lossMinor ?? null;
    return {
      id,
      atMs,
      amountMinor,
      method,
      operatorName: names.get(row.operatorId) ?? "",
      seq,
      epoch,
      headHex,
      delivered: seq <= receipted(former?.till ?? null, epoch) ? "server" : "till",
      lossMinor: former?.lossMinor ?? lossHere,
      lostTo: former === null ? (told?.lostTo ?? null) : null,
      ...(former?.era === undefined ? {} : { era: former.era }),
    };
  });
}

async function listedSales(
  db: TillDatabase,
  before: SaleCursor | null,
  limit: number,
): Promise<readonly Listed[]> {
  const here = await ownSales(db, before, limit);
  if (here.length === limit) return here;
  return [...here, ...(await formerSales(db, before, limit - here.length))];
}

async function ownSales(
  db: TillDatabase,
  before: SaleCursor | null,
  limit: number,
): Promise<readonly SaleRecord[]> {
  if (before?.era !== undefined) return [];
  const sales = db.sales;
  if (before === null) return sales.orderBy("[epoch+seq]").reverse().limit(limit).toArray();
  const below = sales.where("[epoch+seq]").below([before.epoch, before.seq]);
  return below.reverse().limit(limit).toArray();
}

async function formerSales(
  db: TillDatabase,
  before: SaleCursor | null,
  limit: number,
): Promise<readonly FormerSaleRow[]> {
  const cursor = before?.era === undefined ? [Infinity, 0, 0] : [before.era, before.epoch, before.seq];
  return db.formerSales.where("[era+epoch+seq]").below(cursor).reverse().limit(limit).toArray();
}

/** Up to where the server has signed, by till (null: the present one) and epoch. */
async function receiptedOf(db: TillDatabase): Promise<(till: string | null, epoch: number) => number> {
  const [identity, own, carried] = await Promise.all([
    db.enrolled(),
    db.receipts.toArray(),
    db.carriedReceipts.toArray(),
  ]);
  const here = identity ? toHex(identity.till) : "";
  const reached = new Map(carried.map((row) => [`${row.till}:${row.epoch}`, row.seq]));
  for (const row of own) reached.set(`${here}:${row.epoch}`, row.seq);
  return (till, epoch) => reached.get(`${till ?? here}:${epoch}`) ?? -1;
}

const MAX_REFUSAL_ROWS = 200;

/** The newest refusals in the journal, newest first. */
export async function refusalRows(db: TillDatabase, limit: number): Promise<readonly RefusalRow[]> {
  const rows = await db.journal
    .where("[kind+epoch+seq]")
    // Not Dexie.maxKey, which is one array: at two places in a key it makes the key invalid.
    .between(["refusal", 0, 0], ["refusal", Infinity, Infinity])
    .reverse()
    .limit(Math.min(limit, MAX_REFUSAL_ROWS))
    .toArray();
  return rows.flatMap((row) => {
    const entry = decodeEntry(row.bytes);
    const body = entry && decodeTillBody(entry.kind, entry.body);
    return body?.kind === "refusal" ? [{ atMs: row.nowMs, code: body.code, seq: row.seq }] : [];
  });
}
