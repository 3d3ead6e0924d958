// The projections of a merchant, thrown away and made again from what was signed and what was decided
// (PROTOCOL §5): entries, claims, outcomes and the server's own journal are records and stay as they are.
import { sql } from "kysely";
import { toHex, type Bytes } from "#protocol/bytes.ts";
import { decodeCbor } from "#protocol/cbor.ts";
import { decodeEntry } from "#protocol/entry.ts";
import { decodeServerBody } from "#protocol/entry-bodies.ts";
import type { Database, DatabaseTransaction } from "../db/tables.ts";
import { decodeBody } from "./body-decoders.ts";
import { followLoss, insertLoss } from "./losses.ts";
import type { EpochOf } from "./place.ts";
import { endsOf, flagOf, insertSaleRows, type BookedSale } from "./sale-rows.ts";
import { SERVER_TILL_KEY } from "./server-journal.ts";

const PROJECTIONS = ["sales", "sale_tenders", "losses"] as const;
type Projection = (typeof PROJECTIONS)[number];
/** Entries read at a time. */
const PAGE_ENTRIES = 1000;
/** Rows of each kind that a report shows; the counts are whole. */
const MOST_SHOWN = 20;

/** How a table stood otherwise than the records say. */
export interface Difference {
  readonly table: Projection;
  /** Rows that the records say and that were not there, and the other way round; a changed row is in both. */
  readonly missing: number;
  readonly superfluous: number;
  /** JSON of some of them, `+` made again, `-` thrown away. */
  readonly examples: readonly string[];
}

export interface Rebuilt {
  readonly rows: Readonly<Record<Projection, number>>;
  readonly differences: readonly Difference[];
}

/**
 * Rebuilds one merchant's projections in one transaction. Pushes of the merchant wait meanwhile; what is
 * shown changes at the commit only.
 */
export async function rebuildBooks(db: Database, merchant: Bytes): Promise<Rebuilt> {
  return await db.transaction().execute(async (tx) => {
    // A shop of years takes longer than any request may.
    await sql`set local statement_timeout = 0`.execute(tx);
    await sql`set local idle_in_transaction_session_timeout = 0`.execute(tx);
    // Every writer of sales takes this lock before it writes.
    await tx
      .selectFrom("books.counters")
      .select("arrival")
      .where("merchant_id", "=", merchant)
      .forUpdate()
      .executeTakeFirstOrThrow();
    for (const table of PROJECTIONS) await putAside(tx, table, merchant);
    const epochs = await tx
      .selectFrom("books.till_epochs")
      .select(["till_id", "epoch"])
      .where("merchant_id", "=", merchant)
      .orderBy("till_id")
      .orderBy("epoch")
      .execute();
    for (const { till_id, epoch } of epochs) {
      const key = { merchant, till: new Uint8Array(till_id), epoch };
      const losses = await lossesByRef(tx, key);
      await rebuildChain(tx, key, losses);
      await rebuildApart(tx, key, losses);
    }
    await rebuildLosses(tx, merchant);
    const rows = { sales: 0, sale_tenders: 0, losses: 0 };
    const differences: Difference[] = [];
    for (const table of PROJECTIONS) {
      const compared = await compare(tx, table, merchant);
      rows[table] = compared.rows;
      if (compared.missing + compared.superfluous > 0) differences.push({ table, ...compared });
    }
    return { rows, differences };
  });
}

async function putAside(tx: DatabaseTransaction, table: Projection, merchant: Bytes): Promise<void> {
  const [live, aside] = [sql.raw(`books.${table}`), sql.raw(`before_${table}`)];
  await sql`create temporary table ${aside} on commit drop as
    select * from ${live} where merchant_id = ${merchant}`.execute(tx);
  await sql`delete from ${live} where merchant_id = ${merchant}`.execute(tx);
}

type Key = EpochOf & { readonly merchant: Bytes; readonly till: Bytes };
type LossOf = ReadonlyMap<string, number>;

/** What outcomes name as lost, by the place of the sale. */
async function lossesByRef(tx: DatabaseTransaction, key: Key): Promise<LossOf> {
  const rows = await tx
    .selectFrom("books.outcomes")
    .select((eb) => ["seq", "branch", eb.fn.sum<string>("loss_minor").as("loss")])
    .where("merchant_id", "=", key.merchant)
    .where("till_id", "=", key.till)
    .where("epoch", "=", key.epoch)
    .groupBy(["seq", "branch"])
    .execute();
  return new Map(rows.map((row) => [placeText(row.seq, row.branch), Number(row.loss)]));
}

function placeText(seq: number, branch: Uint8Array): string {
  return `${seq}/${toHex(branch)}`;
}

interface RecordRow {
  readonly hash: Uint8Array;
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
}

/** The sale of a stored entry, if it is one that this build reads. */
function saleOf(row: RecordRow): Pick<BookedSale, "item" | "body"> | null {
  const entry = decodeEntry(row.bytes);
  const body = entry && decodeBody(entry);
  if (entry === null || body?.kind !== "sale") return null;
  const signed = { bytes: new Uint8Array(row.bytes), signature: new Uint8Array(row.signature) };
  return { item: { entry, hash: new Uint8Array(row.hash), signed }, body };
}

async function rebuildChain(tx: DatabaseTransaction, key: Key, losses: LossOf): Promise<void> {
  const ends = await endsOf(tx, key);
  for (let after = -1; ;) {
    const rows = await tx
      .selectFrom("books.entries")
      .select(["seq", "hash", "bytes", "signature", "arrival", "received_at_ms"])
      .where("merchant_id", "=", key.merchant)
      .where("till_id", "=", key.till)
      .where("epoch", "=", key.epoch)
      // What is not applied yet has claimed no code: the upkeep applies it, in the order of the others.
      .where("applied_version", "is not", null)
      .where("seq", ">", after)
      .orderBy("seq")
      .limit(PAGE_ENTRIES)
      .execute();
    const last = rows.at(-1);
    if (last === undefined) return;
    const sales = rows.flatMap((row): readonly BookedSale[] => {
      const sale = saleOf(row);
      if (sale === null) return [];
      const lossMinor = losses.get(placeText(row.seq, new Uint8Array())) ?? 0;
      const { arrival, received_at_ms: receivedAtMs } = row;
      const flagged = flagOf(ends, arrival, sale.body);
      return [{ ...sale, arrival, receivedAtMs, flagged, apart: false, lossMinor }];
    });
    await insertSaleRows(tx, key, sales);
    after = last.seq;
  }
}

async function rebuildApart(tx: DatabaseTransaction, key: Key, losses: LossOf): Promise<void> {
  const rows = await tx
    .selectFrom("books.quarantined")
    .select(["seq", "hash", "bytes", "signature", "arrival", "decided_at_ms"])
    .where("merchant_id", "=", key.merchant)
    .where("till_id", "=", key.till)
    .where("epoch", "=", key.epoch)
    .where("decided", "=", "booked")
    .where("applied_version", "is not", null)
    .orderBy("arrival")
    .execute();
  const sales = rows.flatMap((row): readonly BookedSale[] => {
    const sale = saleOf(row);
    if (sale === null) return [];
    const lossMinor = losses.get(placeText(row.seq, row.hash)) ?? 0;
    const [arrival, receivedAtMs] = [row.arrival ?? 0, row.decided_at_ms ?? 0];
    return [{ ...sale, arrival, receivedAtMs, flagged: "booked", apart: true, lossMinor }];
  });
  await insertSaleRows(tx, key, sales);
}

/** From the server's own journal, and from what it still has to say. */
async function rebuildLosses(tx: DatabaseTransaction, merchant: Bytes): Promise<void> {
  const said = await tx
    .selectFrom("books.entries")
    .select("bytes")
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", SERVER_TILL_KEY)
    .where("kind", "=", "loss")
    .orderBy("arrival")
    .execute();
  const owed = await tx
    .selectFrom("books.journal_duties")
    .select("body")
    .where("merchant_id", "=", merchant)
    .where("kind", "=", "loss")
    .orderBy("created_at_ms")
    .execute();
  const bodies = [
    ...said.map((row) => decodeEntry(row.bytes)?.body),
    ...owed.map((row) => {
      const decoded = decodeCbor(row.body);
      return decoded.ok ? decoded.value : undefined;
    }),
  ];
  for (const encoded of bodies) {
    const body = encoded === undefined ? null : decodeServerBody("loss", encoded);
    if (body?.kind !== "loss") throw new Error("rebuild: a loss that we recorded does not read back");
    await insertLoss(tx, merchant, body);
    await followLoss(tx, { merchant, till: body.till, epoch: body.epoch });
  }
}

async function compare(
  tx: DatabaseTransaction,
  table: Projection,
  merchant: Bytes,
): Promise<Omit<Difference, "table"> & { readonly rows: number }> {
  const now = sql`select * from ${sql.raw(`books.${table}`)} where merchant_id = ${merchant}`;
  const before = sql`select * from ${sql.raw(`before_${table}`)}`;
  const counted = await sql<{ rows: number }>`select count(*) as rows from (${now}) n`.execute(tx);
  const [missing, superfluous] = [
    await differing(tx, "+", now, before),
    await differing(tx, "-", before, now),
  ];
  const examples = [...missing.examples, ...superfluous.examples];
  const rows = counted.rows[0]?.rows ?? 0;
  return { rows, missing: missing.count, superfluous: superfluous.count, examples };
}

async function differing(
  tx: DatabaseTransaction,
  sign: "+" | "-",
  these: ReturnType<typeof sql>,
  those: ReturnType<typeof sql>,
): Promise<{ readonly count: number; readonly examples: readonly string[] }> {
  const counted = await sql<{ count: number }>`select count(*) as count
    from (${these} except all ${those}) d`.execute(tx);
  const count = counted.rows[0]?.count ?? 0;
  if (count === 0) return { count, examples: [] };
  const shown = await sql<{ row: string }>`select to_jsonb(d)::text as row
    from (${these} except all ${those}) d order by 1 limit ${MOST_SHOWN}`.execute(tx);
  return { count, examples: shown.rows.map(({ row }) => `${sign} ${row}`) };
}
