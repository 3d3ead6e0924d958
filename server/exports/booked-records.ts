// What was booked out of quarantine, for the file of its till's journal: in no chain, so the decision in the
// server's own journal has to stand beside it, or nobody could tell it from an invention.
import { sameBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import { decodeEntry, type SignedEntry } from "#protocol/entry.ts";
import { decodeServerBody } from "#protocol/entry-bodies.ts";
import type { JournalRecord } from "#protocol/export-journal.ts";
import type { Books } from "../books.ts";
import { signedEntry } from "../journal/ingest.ts";
import type { EpochOf } from "../journal/place.ts";
import { SERVER_TILL_KEY } from "../journal/server-journal.ts";

const PAGE_ENTRIES = 200;

/** What the owner booked of this epoch, each behind the decision in the server's journal that names it. */
export async function* bookedRecords(books: Books, key: EpochOf): AsyncGenerator<JournalRecord> {
  /** After a restore the same may have been decided anew: it stands under the first decision. */
  const met = new Set<string>();
  for await (const { entry, hashes } of bookingDecisions(books, key)) {
    const fresh = hashes.filter((hash) => !met.has(toHex(hash)));
    for (const hash of fresh) met.add(toHex(hash));
    let isSaid = false;
    for (let from = 0; from < fresh.length; from += PAGE_ENTRIES) {
      for (const apart of await apartEntries(books, key, fresh.slice(from, from + PAGE_ENTRIES))) {
        if (!isSaid) yield { type: "decision", entry };
        isSaid = true;
        yield { type: "booked", entry: apart };
      }
    }
  }
}

/** The set-apart entries of these hashes that stand in no chain, in their order. */
async function apartEntries(
  books: Books,
  key: EpochOf,
  hashes: readonly Bytes[],
): Promise<readonly SignedEntry[]> {
  const rows = await books.db
    .selectFrom("books.quarantined as q")
    .select(["q.bytes", "q.signature"])
    .where("q.merchant_id", "=", key.merchant)
    .where("q.till_id", "=", key.till)
    .where("q.epoch", "=", key.epoch)
    .where("q.hash", "in", hashes)
    // What nobody confirmed stands in the till's chain as well, and in its figures.
    .where((eb) =>
      eb.not(
        eb.exists(
          eb
            .selectFrom("books.entries as e")
            .select("e.seq")
            .whereRef("e.merchant_id", "=", "q.merchant_id")
            .whereRef("e.till_id", "=", "q.till_id")
            .whereRef("e.epoch", "=", "q.epoch")
            .whereRef("e.seq", "=", "q.seq")
            .whereRef("e.hash", "=", "q.hash"),
        ),
      ),
    )
    .orderBy("q.seq")
    .orderBy("q.hash")
    .execute();
  return rows.map(signedEntry);
}

/** The server's entries that book something of this epoch, oldest first. */
async function* bookingDecisions(
  books: Books,
  key: EpochOf,
): AsyncGenerator<{ readonly entry: SignedEntry; readonly hashes: readonly Bytes[] }> {
  for (let after = -1; ;) {
    const rows = await books.db
      .selectFrom("books.entries")
      .select(["bytes", "signature", "arrival"])
      .where("merchant_id", "=", key.merchant)
      .where("till_id", "=", SERVER_TILL_KEY)
      .where("kind", "=", "quarantine-decided")
      .where("arrival", ">", after)
      .orderBy("arrival")
      .limit(PAGE_ENTRIES)
      .execute();
    const last = rows.at(-1);
    if (last === undefined) return;
    for (const row of rows) {
      const entry = signedEntry(row);
      const read = decodeEntry(entry.bytes);
      const body = read && decodeServerBody(read.kind, read.body);
      if (body?.kind !== "quarantine-decided" || body.decided !== "booked") continue;
      if (sameBytes(body.till, key.till) && body.epoch === key.epoch) yield { entry, hashes: body.hashes };
    }
    after = last.arrival;
  }
}
