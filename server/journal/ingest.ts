// Takes a push (PROTOCOL §5): what is authentic is stored, once, whatever the till's standing. One
// transaction a batch under the lock of its epoch; the answer is made after the commit, from what was
// committed.
import { toHex, type Bytes } from "#protocol/bytes.ts";
import type { Push, Answer, AnswerDetail, AnswerResult } from "#protocol/push.ts";
import type { SignedEntry } from "#protocol/entry.ts";
import { wake, type Books } from "../books.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import type { EpochState } from "../db/books-tables.ts";
import { withRetries } from "../db/with-retries.ts";
import { publishChanges } from "../feed/sequencer.ts";
import type { WakeUpTopic } from "../http/wake-up.ts";
import { faultFields } from "../log.ts";
import { takePinsFromTills } from "../secrets/pins-from-tills.ts";
import {
  claimCodes,
  NO_EFFECTS,
  rowFacts,
  saleLines,
  writeOutcomes,
  type Effects,
  type SaleFlag,
} from "./apply-sales.ts";
import { authenticate, place, readBatch, type Batch, type BatchEntry, type Held } from "./batch.ts";
import { followLoss, recordLoss } from "./losses.ts";
import { epochColumns, IN_CHAIN } from "./place.ts";
import { setApart } from "./quarantine.ts";
import { paidByCode } from "./sale-rows.ts";
import { APPLIED_VERSION, payJournalDuties } from "./server-journal.ts";
import { appendRows } from "./written-rows.ts";

/** What an answer says, before time, lineage and request are put to it. */
export type Verdict = Pick<Answer, "merchant" | "till" | "epoch" | "seq" | "headHash" | "result" | "detail">;

/**
 * `not-a-push`: bytes that are none · `unknown-epoch`: no such till here; there is nothing to sign for it.
 */
export type IngestResult =
  | { readonly ok: true; readonly value: Verdict }
  | { readonly ok: false; readonly refusal: { readonly code: "not-a-push" | "unknown-epoch" } };

/** Stores what a push brings for `carrier`, the merchant whose token carried it. */
export async function ingest(books: Books, carrier: Uint8Array, push: Push): Promise<IngestResult> {
  const batch = readBatch(push.entries);
  if (batch === null || toHex(batch.merchant) !== toHex(carrier)) {
    return { ok: false, refusal: { code: "not-a-push" } };
  }
  const epoch = await books.db
    .selectFrom("books.till_epochs")
    .select(["device_key"])
    .where((eb) => eb.and(epochColumns(batch)))
    .executeTakeFirst();
  if (epoch === undefined) return { ok: false, refusal: { code: "unknown-epoch" } };
  // Hashes and the signature are checked before the transaction: the lock is held for writing only.
  const { authentic, brokenByTill } = await authenticate(batch, epoch.device_key);
  const stored = await withRetries(() =>
    books.db.transaction().execute((tx) => store(tx, batch, authentic, brokenByTill, books.nowMs())),
  );
  if (stored.changed) await afterCommit(books, batch.merchant, stored.effects);
  return { ok: true, value: stored.verdict };
}

async function afterCommit(books: Books, merchant: Bytes, effects: Effects | null): Promise<void> {
  try {
    if (effects?.owesJournal === true) await payJournalDuties(books, merchant);
    if (effects?.soldCodes === true) await publishChanges(books, merchant);
    if (effects?.pinWaits === true) await takePinsFromTills(books, merchant);
    const topics: WakeUpTopic[] = ["till"];
    if ((effects?.sales.length ?? 0) > 0) topics.push("sale");
    if (effects?.soldCodes === true) topics.push("code");
    await wake(books, merchant, ...topics);
  } catch (fault) {
    // The entries are committed and must be receipted; duties and versions are made up for by the upkeep
    // round.
    books.log.warn("push-follow-up-postponed", faultFields(fault));
  }
}

interface Stored {
  readonly verdict: Verdict;
  readonly effects: Effects | null;
  readonly changed: boolean;
}

async function store(
  tx: DatabaseTransaction,
  batch: Batch,
  authentic: number,
  brokenByTill: boolean,
  nowMs: number,
): Promise<Stored> {
  const row = await lockEpoch(tx, batch);
  const good = batch.entries.slice(0, authentic);
  const answer = (
    result: AnswerResult,
    detail: AnswerDetail = { kind: "none" },
    seq: number = row.head_seq,
    headHash: Uint8Array = row.head_hash,
  ): Verdict => {
    const { merchant, till, epoch } = batch;
    return { merchant, till, epoch, seq, headHash: new Uint8Array(headHash), result, detail };
  };
  const unchanged = (verdict: Verdict): Stored => ({ verdict, effects: null, changed: false });
  if (good.length === 0) return unchanged(answer("damaged"));
  const placed = place(await heldBy(tx, batch, row), good);
  switch (placed.kind) {
    case "gap":
      return unchanged(answer("gap", { kind: "need", seq: placed.need }));
    case "quarantine":
      await setApart(tx, batch, placed.past, whyApart(row), nowMs);
      return { verdict: answer("quarantined"), effects: null, changed: true };
    case "fork": {
      await setState(tx, batch, "frozen");
      await setApart(tx, batch, placed.past, "fork", nowMs);
      await find(tx, batch, "fork", placed.seq, nowMs);
      const ours = await entryAt(tx, batch, placed.seq);
      const detail: AnswerDetail = ours ? { kind: "entry", seq: placed.seq, entry: ours } : { kind: "none" };
      return { verdict: answer("fork", detail), effects: null, changed: true };
    }
    case "append": {
      const effects = await append(tx, batch, placed.entries, placed.late, row, nowMs);
      const last = placed.entries.at(-1);
      const seq = last?.entry.seq ?? row.head_seq;
      const headHash = last?.hash ?? row.head_hash;
      const rest = batch.entries.slice(authentic);
      if (brokenByTill && rest.length > 0 && row.state !== "frozen" && row.state !== "closed") {
        await setState(tx, batch, "damaged");
        await setApart(tx, batch, rest, "damaged", nowMs);
        await find(tx, batch, "damaged", seq + 1, nowMs);
        await recordLoss(tx, batch, "damaged", nowMs);
      }
      const whole = rest.length === 0 && !batch.cutShort;
      const verdict = answer(whole ? "ok" : "damaged", { kind: "none" }, seq, headHash);
      return { verdict, effects, changed: effects !== null || brokenByTill };
    }
  }
}

interface LockedEpoch {
  readonly head_seq: number;
  readonly head_hash: Uint8Array;
  readonly state: EpochState;
  readonly closed_reason: string | null;
  readonly till_name: string;
  readonly revoked: boolean;
}

async function lockEpoch(tx: DatabaseTransaction, batch: Batch): Promise<LockedEpoch> {
  const till = await tx
    .selectFrom("books.tills")
    .select(["name", "revoked_at_ms"])
    .where("merchant_id", "=", batch.merchant)
    .where("till_id", "=", batch.till)
    .executeTakeFirstOrThrow();
  const row = await tx
    .selectFrom("books.till_epochs")
    .select(["head_seq", "head_hash", "state", "closed_reason"])
    .where((eb) => eb.and(epochColumns(batch)))
    .forUpdate()
    .executeTakeFirstOrThrow();
  return { ...row, till_name: till.name, revoked: till.revoked_at_ms !== null };
}

async function heldBy(tx: DatabaseTransaction, batch: Batch, row: LockedEpoch): Promise<Held> {
  const first = batch.entries[0]?.entry.seq ?? 0;
  const hashes = new Map<number, Uint8Array>();
  if (first <= row.head_seq) {
    const rows = await tx
      .selectFrom("books.entries")
      .select(["seq", "hash"])
      .where("merchant_id", "=", batch.merchant)
      .where("till_id", "=", batch.till)
      .where("epoch", "=", batch.epoch)
      .where("seq", ">=", first)
      .where("seq", "<", first + batch.entries.length)
      .execute();
    for (const entry of rows) hashes.set(entry.seq, entry.hash);
  }
  return {
    headSeq: row.head_seq,
    headHash: new Uint8Array(row.head_hash),
    hashAt: (seq) => hashes.get(seq),
    takes: takesOf(row),
  };
}

const LATE_IS_BOOKED: ReadonlySet<string> = new Set(["replaced", "lost", "data-lost"]);

function takesOf(row: LockedEpoch): Held["takes"] {
  switch (row.state) {
    case "pending":
    case "open":
      return "all";
    case "frozen":
    case "damaged":
      return "quarantine";
    case "closed":
      // Only what a replaced tablet still held is booked: who stole one, enrolled one the owner did not
      // recognise, or shares its key with a copy, speaks with a key that proves nothing.
      return LATE_IS_BOOKED.has(row.closed_reason ?? "") ? "late" : "quarantine";
  }
}

/** As the owner reads it beside the entries. */
function whyApart(row: LockedEpoch): string {
  if (row.state === "frozen") return "fork";
  if (row.state !== "closed") return row.state;
  return row.closed_reason === "rejected" ? "not-confirmed" : (row.closed_reason ?? row.state);
}

async function append(
  tx: DatabaseTransaction,
  batch: Batch,
  entries: readonly BatchEntry[],
  late: boolean,
  row: LockedEpoch,
  nowMs: number,
): Promise<Effects | null> {
  const last = entries.at(-1);
  if (last === undefined) return null;
  const { merchant, till, epoch } = batch;
  const source = { merchant, till, epoch, tillName: row.till_name, nowMs, late };
  // Until the owner has said «same», nobody knows whose tablet this is: stored and receipted, but not booked.
  const effects = row.state === "pending" ? NO_EFFECTS : await claimCodes(tx, source, entries);
  const firstSeq = entries[0]?.entry.seq ?? 0;
  const rows = entries.map((item) => ({
    item,
    appliedVersion: effects.understood.has(item.entry.seq) ? APPLIED_VERSION : null,
  }));
  const { build, feed: feedVersion } = last.entry.versions;
  await appendRows(
    tx,
    source,
    { entries: rows, sales: saleLines(effects, (seq) => seq - firstSeq + 1) },
    { seq: last.entry.seq, hash: last.hash, build, feedVersion },
    rowFacts(source),
  );
  await writeOutcomes(tx, source, effects.outcomes);
  if (row.revoked && !late) await flagCodeSales(tx, batch, effects);
  for (const seq of effects.unreadSales) await find(tx, batch, "sale-not-understood", seq, nowMs);
  for (const { kind, ref } of effects.outcomes)
    if (kind === "does-not-add-up") await find(tx, batch, "sale-does-not-add-up", ref.seq, nowMs);
  if (late) await followLoss(tx, batch);
  return effects;
}

/** A stopped till should have taken no code any more: its sales stand, and the owner looks at them. */
async function flagCodeSales(tx: DatabaseTransaction, batch: Batch, effects: Effects): Promise<void> {
  const seqs = effects.sales.filter(({ body }) => paidByCode(body)).map(({ item }) => item.entry.seq);
  if (seqs.length === 0) return;
  await tx
    .updateTable("books.sales")
    .set({ flagged: "till-revoked" satisfies SaleFlag })
    .where((eb) => eb.and({ ...epochColumns(batch), branch: IN_CHAIN }))
    .where("seq", "in", seqs)
    .execute();
}

async function setState(tx: DatabaseTransaction, batch: Batch, state: "frozen" | "damaged"): Promise<void> {
  await tx
    .updateTable("books.till_epochs")
    .set({ state })
    .where((eb) => eb.and(epochColumns(batch)))
    .where("state", "in", ["open", "pending"])
    .execute();
}

async function find(
  tx: DatabaseTransaction,
  batch: Batch,
  kind: string,
  seq: number,
  nowMs: number,
): Promise<void> {
  const { merchant, till, epoch } = batch;
  await tx
    .insertInto("books.findings")
    .values({ merchant_id: merchant, kind, till_id: till, epoch, seq, at_ms: nowMs })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

async function entryAt(tx: DatabaseTransaction, batch: Batch, seq: number): Promise<SignedEntry | null> {
  const row = await tx
    .selectFrom("books.entries")
    .select(["bytes", "signature"])
    .where((eb) => eb.and(epochColumns(batch)))
    .where("seq", "=", seq)
    .executeTakeFirst();
  return row === undefined ? null : signedEntry(row);
}

/** An entry as it was signed, from its row. */
export function signedEntry(row: {
  readonly bytes: Uint8Array;
  readonly signature: Uint8Array;
}): SignedEntry {
  return { bytes: new Uint8Array(row.bytes), signature: new Uint8Array(row.signature) };
}
