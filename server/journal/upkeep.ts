// What has to happen although nobody asks: the signatures a push did not check, duties a crash left, versions
// a crash left. Each round is bounded, so that a shop in trouble does not slow the others down.
import { importPublicKey } from "#protocol/crypto.ts";
import { verifyEntry } from "#protocol/entry.ts";
import type { Books } from "../books.ts";
import { pruneEnded } from "../feed/prune.ts";
import { retryWaiting } from "../exports/waiting-parcels.ts";
import { sequenceFeed } from "../feed/sequencer.ts";
import { faultFields } from "../log.ts";
import { WaitingEntries } from "./apply-waiting.ts";
import { takePinsFromTills } from "../secrets/pins-from-tills.ts";
import { forgetEnded } from "../secrets/secret-store.ts";
import { signedEntry } from "./ingest.ts";
import { payJournalDuties } from "./server-journal.ts";

export const UPKEEP_EVERY_MS = 15_000;
const MOST_EPOCHS = 50;
const MOST_ENTRIES = 200;
const MOST_MERCHANTS = 100;

/** Starts the rounds; the timer keeps no process alive. Answers what stops it, after the round that runs. */
export function startUpkeep(books: Books, everyMs: number = UPKEEP_EVERY_MS): () => Promise<void> {
  let running: Promise<void> | null = null;
  const waiting = new WaitingEntries();
  const round = async (): Promise<void> => {
    try {
      await upkeepRound(books, waiting);
    } catch (fault) {
      books.log.warn("upkeep-failed", faultFields(fault));
    }
  };
  const timer = setInterval(() => {
    running ??= round().finally(() => {
      running = null;
    });
  }, everyMs);
  timer.unref();
  return async () => {
    clearInterval(timer);
    await running;
  };
}

/**
 * One round; answers how many signatures were checked. What fails for one shop is left for its next round.
 */
export async function upkeepRound(
  books: Books,
  waiting: WaitingEntries = new WaitingEntries(),
): Promise<number> {
  for (const merchant of await merchantsIn(books, "books.journal_duties"))
    await alone(books, () => payJournalDuties(books, merchant));
  for (const merchant of await merchantsIn(books, "books.feed_changes"))
    await alone(books, () => sequenceFeed(books.db, merchant));
  await alone(books, () => waiting.round(books));
  for (const merchant of await merchantsIn(books, "books.pins_from_tills"))
    await alone(books, () => takePinsFromTills(books, merchant));
  await alone(books, () => forgetEnded(books.db, books.nowMs()));
  await alone(books, () => pruneEnded(books.db, books.nowMs()));
  await alone(books, () => retryWaiting(books, null));
  return await checkSignatures(books);
}

/** One shop's fault must not keep the others' duties waiting. */
async function alone(books: Books, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (fault) {
    books.log.warn("upkeep-failed", faultFields(fault));
  }
}

async function merchantsIn(
  books: Books,
  table: "books.journal_duties" | "books.pins_from_tills" | "books.feed_changes",
): Promise<readonly Uint8Array[]> {
  const rows =
    table !== "books.feed_changes"
      ? await books.db.selectFrom(table).select("merchant_id").distinct().limit(MOST_MERCHANTS).execute()
      : await books.db
          .selectFrom(table)
          .select("merchant_id")
          .distinct()
          .where("version", "is", null)
          .limit(MOST_MERCHANTS)
          .execute();
  return rows.map((row) => row.merchant_id);
}

/**
 * Checks each entry's own signature, which the push left to its successors'. A bad one is a finding and no
 * more: the entry stays authentic by the later signatures of its chain (PROTOCOL §5).
 */
async function checkSignatures(books: Books): Promise<number> {
  const epochs = await books.db
    .selectFrom("books.till_epochs")
    .select(["merchant_id", "till_id", "epoch", "device_key", "verified_seq"])
    .whereRef("verified_seq", "<", "head_seq")
    .orderBy("verified_seq")
    .limit(MOST_EPOCHS)
    .execute();
  let checked = 0;
  for (const epoch of epochs) {
    const entries = await books.db
      .selectFrom("books.entries")
      .select(["seq", "bytes", "signature"])
      .where("merchant_id", "=", epoch.merchant_id)
      .where("till_id", "=", epoch.till_id)
      .where("epoch", "=", epoch.epoch)
      .where("seq", ">", epoch.verified_seq)
      .orderBy("seq")
      .limit(MOST_ENTRIES)
      .execute();
    const key = await importPublicKey(epoch.device_key);
    const bad: number[] = [];
    for (const entry of entries) {
      if (!(await verifyEntry(key, signedEntry(entry)))) bad.push(entry.seq);
      checked++;
    }
    const { merchant_id, till_id } = epoch;
    if (bad.length > 0) {
      const found = { merchant_id, kind: "bad-signature", till_id, epoch: epoch.epoch, at_ms: books.nowMs() };
      await books.db
        .insertInto("books.findings")
        .values(bad.map((seq) => ({ ...found, seq })))
        .onConflict((conflict) => conflict.doNothing())
        .execute();
      books.log.warn("entry-signature-bad", { epoch: epoch.epoch, count: bad.length });
    }
    await books.db
      .updateTable("books.till_epochs")
      .set({ verified_seq: entries.at(-1)?.seq ?? epoch.verified_seq })
      .where("merchant_id", "=", merchant_id)
      .where("till_id", "=", till_id)
      .where("epoch", "=", epoch.epoch)
      .execute();
  }
  return checked;
}
