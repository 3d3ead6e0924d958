// Entries that are genuine and stand in no journal of ours (PROTOCOL §6): stored, in no sum, until a person
// books or rejects them. What is decided is decided once.
import { accepted, refused, type Result } from "#domain/result.ts";
import { sameBytes, type Bytes } from "#protocol/bytes.ts";
import { decodeEntry } from "#protocol/entry.ts";
import { shortId } from "#protocol/ids.ts";
import type { QuarantineDecisionRequest } from "#protocol/office-losses-api.ts";
import { MAX_DECIDED_HASHES } from "#protocol/server-records.ts";
import { audit } from "../audit.ts";
import { wake, type Books } from "../books.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { publishChanges } from "../feed/sequencer.ts";
import { claimCodes, writeOutcomes, type Effects } from "./apply-sales.ts";
import type { BatchEntry } from "./batch.ts";
import { followLoss, saleMinorOf } from "./losses.ts";
import { epochColumns, type EpochOf } from "./place.ts";
import { insertSaleRows } from "./sale-rows.ts";
import { APPLIED_VERSION, appendServerEntries, payJournalDuties, takeArrivals } from "./server-journal.ts";

/** Keeps entries beside the till's chain; each once. */
export async function setApart(
  tx: DatabaseTransaction,
  key: EpochOf,
  entries: readonly BatchEntry[],
  reason: string,
  nowMs: number,
): Promise<void> {
  if (entries.length === 0) return;
  await tx
    .insertInto("books.quarantined")
    .values(
      entries.map((item) => ({
        ...epochColumns(key),
        hash: item.hash,
        seq: item.entry.seq,
        bytes: item.signed.bytes,
        signature: item.signed.signature,
        reason,
        received_at_ms: nowMs,
        sale_minor: item.entry.kind === "sale" ? saleMinorOf(item.signed.bytes) : null,
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  await followLoss(tx, key);
}

/** Rows at a time: a tablet may have waited for «same» for long. */
const MOST_ROWS = 1000;

/**
 * What an epoch delivered that nobody will confirm any more: it was receipted, so it is not thrown away, and
 * it is not the shop's either. The owner decides.
 */
export async function setApartUnbooked(tx: DatabaseTransaction, key: EpochOf, nowMs: number): Promise<void> {
  for (let after = -1; ;) {
    const rows = await tx
      .selectFrom("books.entries")
      .select(["seq", "hash", "bytes", "signature"])
      .where((eb) => eb.and(epochColumns(key)))
      .where("applied_version", "is", null)
      .where("seq", ">", after)
      .orderBy("seq")
      .limit(MOST_ROWS)
      .execute();
    const last = rows.at(-1);
    if (last === undefined) return;
    // An entry that books nothing has nothing to be decided about.
    const entries = batchEntries(rows).filter(({ entry }) => entry.kind === "sale");
    await setApart(tx, key, entries, "not-confirmed", nowMs);
    after = last.seq;
  }
}

function batchEntries(
  rows: readonly { readonly hash: Uint8Array; readonly bytes: Uint8Array; readonly signature: Uint8Array }[],
): readonly BatchEntry[] {
  return rows.flatMap((row): readonly BatchEntry[] => {
    const entry = decodeEntry(row.bytes);
    const signed = { bytes: new Uint8Array(row.bytes), signature: new Uint8Array(row.signature) };
    return entry === null ? [] : [{ entry, hash: new Uint8Array(row.hash), signed }];
  });
}

export type DecisionRefusal = { readonly code: "not-found" | "quarantine-changed" };

/** Which epoch of which till, and who decides. */
export interface Decision extends EpochOf, QuarantineDecisionRequest {
  readonly merchant: Bytes;
  readonly till: Bytes;
  readonly userId: string;
}

/**
 * Books or rejects what waits of an epoch, all of it or nothing: `quarantine-changed` when it is not so many
 * entries any more, `not-found` when there is none and never was. The same decision again is the one there
 * is.
 */
export async function decideQuarantine(
  books: Books,
  decision: Decision,
): Promise<Result<null, DecisionRefusal>> {
  const { merchant, till, epoch, decide: decided } = decision;
  const waiting = await waitingOf(books.db, decision);
  if (waiting.length !== decision.entries) {
    return waiting.length === 0
      ? await decidedBefore(books, decision)
      : refused({ code: "quarantine-changed" });
  }
  const hashes = waiting.map((item) => item.hash);
  const bodies = portions(hashes).map((some) => ({
    kind: "quarantine-decided" as const,
    till,
    epoch,
    decided,
    hashes: some,
  }));
  const done = await appendServerEntries<Effects | null, DecisionRefusal>(
    books,
    merchant,
    bodies,
    async (tx) => await decideIn(books, tx, decision, hashes),
  );
  if (!done.ok) return done;
  if ((done.value?.outcomes.length ?? 0) > 0) await payJournalDuties(books, merchant);
  await publishChanges(books, merchant);
  await wake(books, merchant, "till", "sale", "code");
  return accepted(null);
}

async function decideIn(
  books: Books,
  tx: DatabaseTransaction,
  decision: Decision,
  hashes: readonly Bytes[],
): Promise<Result<Effects | null, DecisionRefusal>> {
  const { merchant, till, epoch, decide: decided, userId } = decision;
  const nowMs = books.nowMs();
  // The lock of a push: nothing comes in between what the owner saw and what is decided.
  await tx
    .selectFrom("books.till_epochs")
    .select("epoch")
    .where((eb) => eb.and(epochColumns(decision)))
    .forUpdate()
    .executeTakeFirst();
  const waiting = await waitingOf(tx, decision);
  const same =
    waiting.length === hashes.length &&
    waiting.every((item, i) => sameBytes(item.hash, hashes[i] ?? item.hash));
  if (!same) return refused({ code: "quarantine-changed" });
  await tx
    .updateTable("books.quarantined")
    .set({ decided, decided_at_ms: nowMs, decided_by: userId })
    .where((eb) => eb.and(epochColumns(decision)))
    .where("decided", "is", null)
    .execute();
  const effects = decided === "booked" ? await bookApart(tx, decision, waiting, nowMs) : null;
  const detail = { till: shortId(till), epoch, entries: waiting.length };
  const what = `quarantine-${decided}`;
  await audit(tx, { merchantId: merchant, atMs: nowMs, who: userId, what, detail });
  return accepted(effects);
}

/**
 * Books what was set apart and decided, under arrivals of its own. What is not understood waits for an
 * update.
 */
export async function bookApart(
  tx: DatabaseTransaction,
  key: { readonly merchant: Bytes; readonly till: Bytes; readonly epoch: number },
  entries: readonly BatchEntry[],
  nowMs: number,
): Promise<Effects> {
  const { merchant, till, epoch } = key;
  const { name } = await tx
    .selectFrom("books.tills")
    .select("name")
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .executeTakeFirstOrThrow();
  const source = { merchant, till, epoch, tillName: name, nowMs, late: false, apart: true };
  const effects = await claimCodes(tx, source, entries);
  const first = await takeArrivals(tx, merchant, entries.length);
  const arrivals = new Map(entries.map((item, i) => [item, first + i]));
  await insertSaleRows(
    tx,
    key,
    effects.sales.map(({ item, body }) => ({
      item,
      body,
      arrival: arrivals.get(item) ?? first,
      receivedAtMs: nowMs,
      flagged: "booked",
      apart: true,
      lossMinor: 0,
    })),
  );
  for (const item of entries) {
    await tx
      .updateTable("books.quarantined")
      .set({
        arrival: arrivals.get(item) ?? first,
        applied_version: effects.understood.has(item.entry.seq) ? APPLIED_VERSION : null,
      })
      .where((eb) => eb.and(epochColumns(key)))
      .where("hash", "=", item.hash)
      .execute();
  }
  await writeOutcomes(tx, source, effects.outcomes);
  return effects;
}

async function waitingOf(db: Books["db"], key: EpochOf): Promise<readonly BatchEntry[]> {
  const rows = await db
    .selectFrom("books.quarantined")
    .select(["hash", "bytes", "signature"])
    .where((eb) => eb.and(epochColumns(key)))
    .where("decided", "is", null)
    .orderBy("seq")
    .orderBy("hash")
    .execute();
  return batchEntries(rows);
}

/** Nothing waits: the answer to a decision whose first answer was lost, or two windows of the office. */
async function decidedBefore(books: Books, decision: Decision): Promise<Result<null, DecisionRefusal>> {
  const rows = await books.db
    .selectFrom("books.quarantined")
    .select("decided")
    .distinct()
    .where((eb) => eb.and(epochColumns(decision)))
    .execute();
  if (rows.length === 0) return refused({ code: "not-found" });
  const same = rows.some((row) => row.decided === decision.decide);
  return same ? accepted(null) : refused({ code: "quarantine-changed" });
}

function portions(hashes: readonly Bytes[]): readonly (readonly Bytes[])[] {
  const count = Math.ceil(hashes.length / MAX_DECIDED_HASHES);
  return Array.from({ length: count }, (_, i) =>
    hashes.slice(i * MAX_DECIDED_HASHES, (i + 1) * MAX_DECIDED_HASHES),
  );
}
