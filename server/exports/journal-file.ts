// A journal as a file that anybody can check with public keys alone (B10): written from the stored bytes page
// by page, so that a year of a shop costs no more memory than a day.
import { toHex, type Bytes } from "#protocol/bytes.ts";
import { sign } from "#protocol/crypto.ts";
import { decodeEntry, SERVER_TILL, type SignedEntry } from "#protocol/entry.ts";
import {
  encodeJournalRecord,
  JOURNAL_MAGIC,
  JournalTotals,
  signJournalEnd,
  type JournalRecord,
} from "#protocol/export-journal.ts";
import type { JournalListRow } from "#protocol/export-office.ts";
import { shortId } from "#protocol/ids.ts";
import { hashRequest, signAnswer } from "#protocol/push.ts";
import { decodeTillBody } from "#protocol/till-body-reader.ts";
import { signedKeyset, type Books } from "../books.ts";
import { signedEntry } from "../journal/ingest.ts";
import { SERVER_TILL_KEY } from "../journal/server-journal.ts";
import { bookedRecords } from "./booked-records.ts";

/** The journal as it stood when it was asked for: what comes in meanwhile is not in it. */
export interface JournalPlace {
  readonly merchant: Bytes;
  readonly till: Bytes | typeof SERVER_TILL;
  readonly epoch: number;
  readonly headSeq: number;
  readonly headHash: Bytes;
  /** Of a till; null for the server's own. */
  readonly certificate: Bytes | null;
}

const PAGE_ENTRIES = 200;

/** A till's epoch, by the till's short id; null when the shop has none of it. */
export async function findJournal(
  books: Books,
  merchant: Bytes,
  tillShortId: string,
  epoch: number,
): Promise<JournalPlace | null> {
  const row = await books.db
    .selectFrom("books.till_epochs as e")
    .innerJoin("books.tills as t", (join) =>
      join.onRef("t.merchant_id", "=", "e.merchant_id").onRef("t.till_id", "=", "e.till_id"),
    )
    .select(["e.till_id", "e.head_seq", "e.head_hash", "e.certificate"])
    .where("e.merchant_id", "=", merchant)
    .where("t.short_id", "=", tillShortId)
    .where("e.epoch", "=", epoch)
    .executeTakeFirst();
  if (row === undefined) return null;
  return {
    merchant,
    till: new Uint8Array(row.till_id),
    epoch,
    headSeq: row.head_seq,
    headHash: new Uint8Array(row.head_hash),
    certificate: new Uint8Array(row.certificate),
  };
}

/** The server's own journal as it goes on now. */
export async function findServerJournal(books: Books, merchant: Bytes): Promise<JournalPlace> {
  const head = await books.db
    .selectFrom("books.server_heads")
    .selectAll()
    .where("merchant_id", "=", merchant)
    .executeTakeFirstOrThrow();
  return serverPlace(merchant, head.epoch, head.head_seq, head.head_hash);
}

/**
 * The newest of the server's own journals up to this epoch: each restore began another. Null when there is
 * none.
 */
export async function findServerJournalUpTo(
  books: Books,
  merchant: Bytes,
  epoch: number,
): Promise<JournalPlace | null> {
  const last = await books.db
    .selectFrom("books.entries")
    .select(["epoch", "seq", "hash"])
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", SERVER_TILL_KEY)
    .where("epoch", "<=", epoch)
    .orderBy("epoch", "desc")
    .orderBy("seq", "desc")
    .limit(1)
    .executeTakeFirst();
  return last === undefined ? null : serverPlace(merchant, last.epoch, last.seq, last.hash);
}

function serverPlace(merchant: Bytes, epoch: number, headSeq: number, headHash: Uint8Array): JournalPlace {
  return {
    merchant,
    till: SERVER_TILL,
    epoch,
    headSeq,
    headHash: new Uint8Array(headHash),
    certificate: null,
  };
}

/** The file's bytes, piece by piece. */
export async function* journalFile(books: Books, place: JournalPlace): AsyncGenerator<Bytes> {
  const { merchant, till, epoch, headSeq, headHash, certificate } = place;
  yield JOURNAL_MAGIC;
  const begin = encodeJournalRecord({ type: "journal", merchant, till, epoch });
  yield begin;
  if (certificate !== null) {
    const signature = await sign(books.instance.root.privateKey, "cert", certificate);
    yield encodeJournalRecord({ type: "certificate", bytes: certificate, signature });
  }
  const keyset = await signedKeyset(books, books.db, merchant);
  const root = books.instance.root.publicKey;
  yield encodeJournalRecord({ type: "keyset", root, bytes: keyset.bytes, signature: keyset.signature });
  const totals = new JournalTotals();
  for await (const record of entryRecords(books, place, totals)) yield encodeJournalRecord(record);
  const { lineage, answer: answerKey } = books.instance;
  const serverMs = await books.clock.signedMs();
  if (till !== SERVER_TILL && headSeq >= 0) {
    const answer = await signAnswer(answerKey.privateKey, {
      lineage,
      merchant,
      till,
      epoch,
      seq: headSeq,
      headHash,
      result: "ok",
      detail: { kind: "none" },
      serverMs,
      requestHash: await hashRequest(begin),
    });
    yield encodeJournalRecord({ type: "receipt", answer });
  }
  const booked = new JournalTotals();
  let bookedEntries = 0;
  const apart = till === SERVER_TILL ? [] : bookedRecords(books, { merchant, till, epoch });
  for await (const record of apart) {
    if (record.type === "booked") {
      bookedEntries++;
      addSaleOf(record.entry, booked);
    }
    yield encodeJournalRecord(record);
  }
  const end = {
    lineage,
    merchant,
    till,
    epoch,
    entries: headSeq + 1,
    headHash,
    sales: totals.sales,
    sums: totals.sums(),
    serverMs,
    booked: { entries: bookedEntries, sales: booked.sales, sums: booked.sums() },
  };
  yield encodeJournalRecord(await signJournalEnd(answerKey.privateKey, end));
}

async function* entryRecords(
  books: Books,
  place: JournalPlace,
  totals: JournalTotals,
): AsyncGenerator<JournalRecord> {
  const till_id = place.till === SERVER_TILL ? SERVER_TILL_KEY : place.till;
  for (let from = 0; from <= place.headSeq; from += PAGE_ENTRIES) {
    const rows = await books.db
      .selectFrom("books.entries")
      .select(["seq", "bytes", "signature"])
      .where("merchant_id", "=", place.merchant)
      .where("till_id", "=", till_id)
      .where("epoch", "=", place.epoch)
      .where("seq", ">=", from)
      .where("seq", "<", from + PAGE_ENTRIES)
      .where("seq", "<=", place.headSeq)
      .orderBy("seq")
      .execute();
    for (const row of rows) {
      const entry = signedEntry(row);
      if (place.till !== SERVER_TILL) addSaleOf(entry, totals);
      yield { type: "entry", entry };
    }
  }
}

function addSaleOf(entry: SignedEntry, totals: JournalTotals): void {
  const read = decodeEntry(entry.bytes);
  const body = read && decodeTillBody(read.kind, read.body);
  if (body?.kind === "sale") totals.addSale(body.currency, body.tenders);
}

/** Every journal of the shop that can be downloaded, the newest epoch of a till first. */
export async function listJournals(books: Books, merchant: Bytes): Promise<readonly JournalListRow[]> {
  const rows = await books.db
    .selectFrom("books.till_epochs as e")
    .innerJoin("books.tills as t", (join) =>
      join.onRef("t.merchant_id", "=", "e.merchant_id").onRef("t.till_id", "=", "e.till_id"),
    )
    .select(["e.till_id", "t.name", "e.epoch", "e.head_seq", "e.head_hash", "e.state"])
    .where("e.merchant_id", "=", merchant)
    .orderBy("t.created_at_ms")
    .orderBy("e.epoch", "desc")
    .limit(500)
    .execute();
  const own: JournalPlace[] = [];
  for (let place: JournalPlace | null = await findServerJournal(books, merchant); place !== null;) {
    own.push(place);
    place = await findServerJournalUpTo(books, merchant, place.epoch - 1);
  }
  const tills = rows.map((row): JournalListRow => ({
    till: shortId(row.till_id),
    tillName: row.name,
    epoch: row.epoch,
    entries: row.head_seq + 1,
    headHex: toHex(row.head_hash).slice(0, 8),
    state: row.state,
  }));
  const servers = own.map(({ epoch, headSeq, headHash }, at): JournalListRow => ({
    till: null,
    tillName: "",
    epoch,
    entries: headSeq + 1,
    headHex: toHex(headHash).slice(0, 8),
    state: at === 0 ? "open" : "closed",
  }));
  return [...tills, ...servers];
}
