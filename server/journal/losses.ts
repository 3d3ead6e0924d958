// What is missing of an epoch, as a stated number where one can be had (PROTOCOL §6). The event is a record
// in the server's journal; the row beside it follows what comes in late, and closes when all of it has come.
import { sql } from "kysely";
import { decodeEntry } from "#protocol/entry.ts";
import type { ServerRecord } from "#protocol/server-records.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { decodeBody } from "./body-decoders.ts";
import { epochColumns, IN_CHAIN, type EpochOf } from "./place.ts";
import { oweServerEntry } from "./server-journal.ts";

type LossRecord = Extract<ServerRecord, { kind: "loss" }>;

/**
 * Records a loss of the epoch if something is known to be missing, or if it ended in a way in which something
 * may be (`lost`, `stolen`, `data-lost`). Once an epoch: later it is only followed. Locks nothing itself: the
 * caller holds the epoch.
 */
export async function recordLoss(
  tx: DatabaseTransaction,
  key: EpochOf,
  reason: string,
  atMs: number,
): Promise<void> {
  const missing = await missingOf(tx, key);
  if (missing.source === "none" && !MAY_HAVE_SOLD.has(reason)) return;
  const { fromSeq, knownHeadSeq, count, sumMinor, source } = missing;
  const [till, epoch] = [new Uint8Array(key.till), key.epoch];
  const body = {
    kind: "loss",
    till,
    epoch,
    reason,
    fromSeq,
    knownHeadSeq,
    count,
    sumMinor,
    source,
    atMs,
  } as const;
  if (!(await insertLoss(tx, key.merchant, body))) return await followLoss(tx, key);
  await oweServerEntry(tx, new Uint8Array(key.merchant), body, atMs);
  await followLoss(tx, key);
}

/** Ends after which nobody can say that everything had been delivered. */
const MAY_HAVE_SOLD: ReadonlySet<string> = new Set(["lost", "stolen", "data-lost"]);

/** The row of a recorded loss as it stood at first; false when the epoch has one. */
export async function insertLoss(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  body: LossRecord,
): Promise<boolean> {
  const made = await tx
    .insertInto("books.losses")
    .values({
      merchant_id: merchant,
      till_id: body.till,
      epoch: body.epoch,
      reason: body.reason,
      source: body.source,
      from_seq: body.fromSeq,
      known_head_seq: body.knownHeadSeq,
      count: body.count,
      sum_minor: body.sumMinor,
      next_seq: body.fromSeq,
      state: "open",
      at_ms: body.atMs,
    })
    .onConflict((conflict) => conflict.doNothing())
    .returning("epoch")
    .executeTakeFirst();
  return made !== undefined;
}

/** Brings the epoch's loss, if it has one, up to what is held and known now. */
export async function followLoss(tx: DatabaseTransaction, key: EpochOf): Promise<void> {
  const loss = await tx
    .selectFrom("books.losses")
    .selectAll()
    .where((eb) => eb.and(epochColumns(key)))
    .forUpdate()
    .executeTakeFirst();
  if (loss === undefined) return;
  const missing = await missingOf(tx, key, loss.at_ms);
  const [late, apart] = [await lateOf(tx, key, loss.from_seq), await lateApart(tx, key, loss)];
  const came = { count: late.count + apart.count, sumMinor: late.sumMinor + apart.sumMinor };
  const { fromSeq, knownHeadSeq, claimedSeq, saidHeadSeq } = missing;
  // All of it from what is held and claimed now, nothing from what the row said before: a rebuild has no
  // more.
  const known = Math.max(
    knownHeadSeq ?? -1,
    saidHeadSeq ?? -1,
    claimedSeq !== null && claimedSeq >= loss.from_seq ? claimedSeq : -1,
    fromSeq > loss.from_seq ? fromSeq - 1 : -1,
  );
  const isWhole = known >= 0 && fromSeq > known && (missing.count ?? 0) === 0;
  const figures = STATED_AT_FIRST.has(loss.source)
    ? { count: loss.count, sumMinor: loss.sum_minor }
    : isWhole
      ? came
      : missing.source === "later-entries" && missing.count !== null && missing.sumMinor !== null
        ? { count: missing.count + late.count, sumMinor: missing.sumMinor + late.sumMinor }
        : { count: null, sumMinor: null };
  await tx
    .updateTable("books.losses")
    .set({
      known_head_seq: known < 0 ? null : known,
      count: figures.count,
      sum_minor: figures.sumMinor,
      next_seq: fromSeq,
      late_count: came.count,
      late_minor: came.sumMinor,
      state: isWhole ? "closed" : fromSeq > loss.from_seq ? "shrunk" : "open",
    })
    .where((eb) => eb.and(epochColumns(key)))
    .execute();
}

/** Sources of a loss whose record itself states its figures: those stand, whatever comes. */
const STATED_AT_FIRST: ReadonlySet<string> = new Set(["till-said", "later-entries"]);

interface Running {
  readonly count: number;
  readonly sumMinor: number;
}

/** Sales of the chain that came after all. */
async function lateOf(tx: DatabaseTransaction, key: EpochOf, fromSeq: number): Promise<Running> {
  const row = await tx
    .selectFrom("books.sales")
    .select((eb) => [eb.fn.countAll<number>().as("count"), eb.fn.sum<string>("total_minor").as("sum")])
    .where((eb) => eb.and({ ...epochColumns(key), branch: IN_CHAIN }))
    .where("seq", ">=", fromSeq)
    .executeTakeFirstOrThrow();
  return { count: row.count, sumMinor: Number(row.sum ?? 0) };
}

/** Sales set apart since the loss, booked, rejected or undecided: they are here, and missing no more. */
async function lateApart(
  tx: DatabaseTransaction,
  { merchant, till, epoch }: EpochOf,
  loss: { readonly from_seq: number; readonly at_ms: number },
): Promise<Running> {
  const { rows } = await sql<{ count: number; sum: string | null }>`
    select count(*) as count, sum(sale_minor) as sum from (
      select distinct on (q.seq) q.sale_minor from books.quarantined q
      where q.merchant_id = ${merchant} and q.till_id = ${till} and q.epoch = ${epoch}
        and q.seq >= ${loss.from_seq} and q.received_at_ms > ${loss.at_ms} and q.sale_minor is not null
        and not exists (select 1 from books.entries e where e.merchant_id = q.merchant_id
          and e.till_id = q.till_id and e.epoch = q.epoch and e.seq = q.seq)
      order by q.seq, q.hash) apart`.execute(tx);
  return { count: Number(rows[0]?.count ?? 0), sumMinor: Number(rows[0]?.sum ?? 0) };
}

interface Missing {
  /** The first entry that we hold nowhere. */
  readonly fromSeq: number;
  readonly knownHeadSeq: number | null;
  readonly count: number | null;
  readonly sumMinor: number | null;
  readonly source: "later-entries" | "claimed-head" | "till-said" | "none";
  /** The head of a hello since the loss: a tablet that turned up says how far it went. */
  readonly saidHeadSeq: number | null;
  /** The highest that a hello ever claimed, whenever that was. */
  readonly claimedSeq: number | null;
}

interface Apart {
  readonly first: number | null;
  readonly last: number | null;
  /** Where the first unbroken run of them ends, and where the next begins. */
  readonly run_end: number | null;
  readonly next: number | null;
}

async function missingOf(
  tx: DatabaseTransaction,
  key: EpochOf,
  sinceMs = Number.MAX_SAFE_INTEGER,
): Promise<Missing> {
  const row = await tx
    .selectFrom("books.till_epochs")
    .select(["head_seq", "claimed_seq", "claimed_at_ms", "unsent_count", "unsent_minor", "waiting_seq"])
    .where((eb) => eb.and(epochColumns(key)))
    .executeTakeFirstOrThrow();
  const [head, claimedSeq] = [row.head_seq, row.claimed_seq];
  const { first, last, run_end: runEnd, next } = await apartBehind(tx, key, head);
  const joins = first === head + 1 && runEnd !== null;
  const fromSeq = joins ? runEnd + 1 : head + 1;
  const saidHeadSeq = (row.claimed_at_ms ?? 0) > sinceMs ? claimedSeq : null;
  const claimed = claimedSeq !== null && claimedSeq > Math.max(head, last ?? head) ? claimedSeq : null;
  if (joins) {
    // No number is missing, and yet sales are: the journal broke there.
    const figures = await figuresBetween(tx, key, head, head + 1);
    if (figures !== null && figures.count > 0) {
      const source = "later-entries";
      return { fromSeq: head + 1, knownHeadSeq: claimed, ...figures, source, saidHeadSeq, claimedSeq };
    }
  }
  const behind = joins ? next : first;
  if (claimed === null && behind !== null) {
    const figures = await figuresBetween(tx, key, head, behind);
    const [count, sumMinor] = [figures?.count ?? null, figures?.sumMinor ?? null];
    const source = "later-entries";
    return { fromSeq, knownHeadSeq: behind - 1, count, sumMinor, source, saidHeadSeq, claimedSeq };
  }
  // What it said counts for what is missing only if nothing has come since, or been set apart.
  const says = first === null && row.waiting_seq === head && (row.unsent_count ?? 0) > 0;
  if (says) {
    const { unsent_count: count, unsent_minor: sumMinor } = row;
    return {
      fromSeq,
      knownHeadSeq: claimed,
      count,
      sumMinor,
      source: "till-said",
      saidHeadSeq,
      claimedSeq,
    };
  }
  const source = claimed === null ? "none" : "claimed-head";
  return { fromSeq, knownHeadSeq: claimed, count: null, sumMinor: null, source, saidHeadSeq, claimedSeq };
}

/** Which numbers past the head are set apart. */
async function apartBehind(
  tx: DatabaseTransaction,
  { merchant, till, epoch }: EpochOf,
  head: number,
): Promise<Apart> {
  const { rows } = await sql<Apart>`with s as (select distinct seq from books.quarantined
      where merchant_id = ${merchant} and till_id = ${till} and epoch = ${epoch} and seq > ${head}),
    run as (select min(seq) as ends from s a where not exists (select 1 from s b where b.seq = a.seq + 1))
    select min(seq) as first, max(seq) as last, (select ends from run) as run_end,
      min(seq) filter (where seq > (select ends from run)) as next from s`.execute(tx);
  return rows[0] ?? { first: null, last: null, run_end: null, next: null };
}

/**
 * Sales missing before `first`, an entry set apart behind a gap, by the running figures on both sides; what
 * is held before it counts as held, in the chain or set apart. Null when no sale stands behind, or when its
 * figures are not of one chain with ours.
 */
async function figuresBetween(
  tx: DatabaseTransaction,
  key: EpochOf,
  head: number,
  first: number,
): Promise<Running | null> {
  const behind = await tx
    .selectFrom("books.quarantined")
    .select("bytes")
    .where((eb) => eb.and(epochColumns(key)))
    .where("seq", ">=", first)
    .where("sale_minor", "is not", null)
    .orderBy("seq")
    .limit(1)
    .executeTakeFirst();
  const after = behind === undefined ? null : runningOf(behind.bytes);
  if (after === null) return null;
  const apartBefore = await tx
    .selectFrom("books.quarantined")
    .select("bytes")
    .where((eb) => eb.and(epochColumns(key)))
    .where("seq", ">", head)
    .where("seq", "<", first)
    .where("sale_minor", "is not", null)
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
  const before = apartBefore ?? (await lastSaleHeld(tx, key, head));
  const held = before === undefined ? null : runningOf(before.bytes);
  const count = after.count - 1 - (held?.count ?? 0);
  const sumMinor = after.sumMinor - after.totalMinor - (held?.sumMinor ?? 0);
  return count < 0 || sumMinor < 0 ? null : { count, sumMinor };
}

async function lastSaleHeld(
  tx: DatabaseTransaction,
  key: EpochOf,
  head: number,
): Promise<{ readonly bytes: Uint8Array } | undefined> {
  return await tx
    .selectFrom("books.entries")
    .select("bytes")
    .where((eb) => eb.and(epochColumns(key)))
    .where("seq", "<=", head)
    .where("kind", "=", "sale")
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
}

function runningOf(bytes: Uint8Array): (Running & { readonly totalMinor: number }) | null {
  const entry = decodeEntry(bytes);
  const body = entry && decodeBody(entry);
  if (body?.kind !== "sale") return null;
  return { count: body.runningCount, sumMinor: body.runningMinor, totalMinor: body.totalMinor };
}

/** What the sale of an entry says it was; null for every other entry. */
export function saleMinorOf(bytes: Uint8Array): number | null {
  return runningOf(bytes)?.totalMinor ?? null;
}
