// What is missing of an epoch, as a stated number where one can be had (PROTOCOL §6). The event is a record
// in the server's journal; the row beside it follows what comes in late, and closes when all of it has come.
import { sql } from "kysely";
import { decodeEntry } from "#protocol/entry.ts";
import type { ServerRecord } from "#protocol/server-records.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { decodeBody } from "./body-decoders.ts";
import { oweServerEntry } from "./server-journal.ts";

export interface EpochOf {
  readonly merchant: Uint8Array;
  readonly till: Uint8Array;
  readonly epoch: number;
}

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
  const { merchant, till, epoch } = key;
  const loss = await tx
    .selectFrom("books.losses")
    .selectAll()
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "=", epoch)
    .forUpdate()
    .executeTakeFirst();
  if (loss === undefined) return;
  const missing = await missingOf(tx, key, loss.at_ms);
  const late = await tx
    .selectFrom("books.sales")
    .select((eb) => [eb.fn.countAll<number>().as("count"), eb.fn.sum<string>("total_minor").as("sum")])
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "=", epoch)
    .where("seq", ">=", loss.from_seq)
    .where("branch", "=", new Uint8Array())
    .executeTakeFirstOrThrow();
  const lateMinor = Number(late.sum ?? 0);
  const known = Math.max(loss.known_head_seq ?? -1, missing.knownHeadSeq ?? -1, missing.saidHeadSeq ?? -1);
  const came = known >= 0 && missing.fromSeq > known && (missing.count ?? 0) === 0;
  await tx
    .updateTable("books.losses")
    .set({
      known_head_seq: known < 0 ? null : known,
      count: missing.count === null ? loss.count : missing.count + late.count,
      sum_minor: missing.sumMinor === null ? loss.sum_minor : missing.sumMinor + lateMinor,
      next_seq: missing.fromSeq,
      late_count: late.count,
      late_minor: lateMinor,
      state: came ? "closed" : missing.fromSeq > loss.from_seq ? "shrunk" : "open",
    })
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "=", epoch)
    .execute();
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
}

interface Apart {
  readonly first: number | null;
  readonly last: number | null;
  readonly distinct: number;
}

async function missingOf(
  tx: DatabaseTransaction,
  key: EpochOf,
  sinceMs = Number.MAX_SAFE_INTEGER,
): Promise<Missing> {
  const { merchant, till, epoch } = key;
  const row = await tx
    .selectFrom("books.till_epochs")
    .select(["head_seq", "claimed_seq", "claimed_at_ms", "unsent_count", "unsent_minor", "waiting_seq"])
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "=", epoch)
    .executeTakeFirstOrThrow();
  const head = row.head_seq;
  const beyond = await sql<Apart>`select min(seq) as first, max(seq) as last, count(distinct seq) as distinct
    from books.quarantined where merchant_id = ${merchant} and till_id = ${till} and epoch = ${epoch}
      and seq > ${head}`.execute(tx);
  const apart = beyond.rows[0] ?? { first: null, last: null, distinct: 0 };
  const { first, last } = apart;
  const whole = first !== null && last !== null && apart.distinct === last - first + 1;
  const fromSeq = first === head + 1 && whole && last !== null ? last + 1 : head + 1;
  const saidHeadSeq = (row.claimed_at_ms ?? 0) > sinceMs ? row.claimed_seq : null;
  const gap = first !== null && first > head + 1;
  const claimed =
    row.claimed_seq !== null && row.claimed_seq > Math.max(head, last ?? head) ? row.claimed_seq : null;
  if (claimed === null && first !== null) {
    const figures = await figuresBetween(tx, key, head, first);
    const something = gap || (figures !== null && figures.count > 0);
    if (something) {
      const knownHeadSeq = gap ? first - 1 : null;
      const [count, sumMinor] = [figures?.count ?? null, figures?.sumMinor ?? null];
      return { fromSeq: head + 1, knownHeadSeq, count, sumMinor, source: "later-entries", saidHeadSeq };
    }
  }
  // What it said counts for what is missing only if nothing has come since, or been set apart.
  const says = first === null && row.waiting_seq === head && (row.unsent_count ?? 0) > 0;
  if (says) {
    const { unsent_count: count, unsent_minor: sumMinor } = row;
    return { fromSeq, knownHeadSeq: claimed, count, sumMinor, source: "till-said", saidHeadSeq };
  }
  const source = claimed === null ? "none" : "claimed-head";
  return { fromSeq, knownHeadSeq: claimed, count: null, sumMinor: null, source, saidHeadSeq };
}

interface Running {
  readonly count: number;
  readonly sumMinor: number;
}

/**
 * Sales between our head and the first entry set apart behind it, by the running figures on both sides. Null
 * when no sale stands behind, or when its figures are not of one chain with ours.
 */
async function figuresBetween(
  tx: DatabaseTransaction,
  { merchant, till, epoch }: EpochOf,
  head: number,
  first: number,
): Promise<Running | null> {
  const behind = await tx
    .selectFrom("books.quarantined")
    .select("bytes")
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "=", epoch)
    .where("seq", ">=", first)
    .where("sale_minor", "is not", null)
    .orderBy("seq")
    .limit(1)
    .executeTakeFirst();
  const after = behind === undefined ? null : runningOf(behind.bytes);
  if (after === null) return null;
  const before = await tx
    .selectFrom("books.entries")
    .select("bytes")
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "=", epoch)
    .where("seq", "<=", head)
    .where("kind", "=", "sale")
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
  const held = before === undefined ? null : runningOf(before.bytes);
  const count = after.count - 1 - (held?.count ?? 0);
  const sumMinor = after.sumMinor - after.totalMinor - (held?.sumMinor ?? 0);
  return count < 0 || sumMinor < 0 ? null : { count, sumMinor };
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
