// Opens a whole export file and brings its entries in by the way every entry comes in (PROTOCOL §5, §12):
// exactly once, forks and what follows them into quarantine. The file is read to its end first, so that a
// damaged one leaves nothing half-imported.
import { accepted, refused, type Result } from "#domain/result.ts";
import { randomBytes, sameBytes, toHex } from "#protocol/bytes.ts";
import { hashEntry, type SignedEntry } from "#protocol/entry.ts";
import { openExport, type ExportHeader, type ExportRefusal, type OpenExport } from "#protocol/export-file.ts";
import { exportOpener } from "#protocol/export-seal.ts";
import type { ImportProblem } from "#protocol/export-office.ts";
import { fittingPush, MAX_PUSH_ENTRIES, NONCE_BYTES } from "#protocol/push.ts";
import type { Books } from "../books.ts";
import { ingest } from "../journal/ingest.ts";
import { exportPair } from "../keys/instance.ts";
import { changeParcel, dropPieces, pieces, type ParcelKey } from "./parcel-store.ts";

/** What became of the entries of one file. */
export interface ImportCounts {
  readonly stored: number;
  readonly alreadyThere: number;
  readonly setApart: number;
}

export type ImportOutcome =
  | { readonly kind: "done"; readonly header: ExportHeader; readonly counts: ImportCounts }
  /** Kept sealed: entries before these have not come (`gap`), or the till is not known here. */
  | {
      readonly kind: "waiting";
      readonly header: ExportHeader;
      readonly counts: ImportCounts;
      readonly why: "gap" | "till-unknown";
      readonly needSeq: number;
    };

/**
 * Reads the parcel and stores what is in it; writes down how it stands. Safe to repeat: what is stored
 * already is counted as such. At most one chunk is in memory.
 */
export async function importParcel(
  books: Books,
  key: ParcelKey,
): Promise<Result<ImportOutcome, ImportProblem>> {
  const read = await readThrough(books, key);
  const done = read.ok ? await bringIn(books, key, read.value) : read;
  await writeDown(books, key, done);
  return done;
}

async function open(books: Books, key: ParcelKey): Promise<Result<OpenExport, ExportRefusal>> {
  return await openExport(pieces(books.db, key), async (header) => {
    const pair = await exportPair(books.db, books.master, header.kid);
    return pair && (await exportOpener(pair, header.enc));
  });
}

/** Every chunk to the last, and nothing kept: only a file that is whole is used. */
async function readThrough(books: Books, key: ParcelKey): Promise<Result<ExportHeader, ExportRefusal>> {
  const file = await open(books, key);
  if (!file.ok) return file;
  if (!sameBytes(file.value.header.merchant, key.merchant)) return refused({ code: "export-other-merchant" });
  for (;;) {
    const chunk = await file.value.next();
    if (!chunk.ok) return chunk;
    if (chunk.value === null) return accepted(file.value.header);
  }
}

async function bringIn(
  books: Books,
  key: ParcelKey,
  header: ExportHeader,
): Promise<Result<ImportOutcome, ImportProblem>> {
  const file = await open(books, key);
  if (!file.ok) return file;
  const counts = { stored: 0, alreadyThere: 0, setApart: 0 };
  let nextSeq = header.first;
  for (;;) {
    const chunk = await file.value.next();
    if (!chunk.ok) return chunk;
    if (chunk.value === null) return accepted({ kind: "done", header, counts });
    for (let rest = chunk.value; rest.length > 0;) {
      const some = rest.slice(0, Math.min(MAX_PUSH_ENTRIES, fittingPush(rest)));
      const taken = await pushSome(books, header, some, nextSeq);
      if (taken.kind === "refused") return refused(taken.refusal);
      if (taken.kind === "waiting") {
        const { why, needSeq } = taken;
        return accepted({ kind: "waiting", header, counts, why, needSeq });
      }
      counts.stored += taken.counts.stored;
      counts.alreadyThere += taken.counts.alreadyThere;
      counts.setApart += taken.counts.setApart;
      nextSeq += taken.took;
      rest = rest.slice(taken.took);
    }
  }
}

type Pushed =
  | { readonly kind: "took"; readonly took: number; readonly counts: ImportCounts }
  | { readonly kind: "waiting"; readonly why: "gap" | "till-unknown"; readonly needSeq: number }
  | { readonly kind: "refused"; readonly refusal: ImportProblem };

/** One batch by the ordinary way. */
async function pushSome(
  books: Books,
  header: ExportHeader,
  some: readonly SignedEntry[],
  firstSeq: number,
): Promise<Pushed> {
  const hashes = await Promise.all(some.map((entry) => hashEntry(entry.bytes)));
  const before = await knownHashes(books, header, hashes);
  const nonce = randomBytes(NONCE_BYTES);
  const push = { nonce, lineage: books.instance.lineage, entries: some };
  const done = await ingest(books, header.merchant, push);
  if (!done.ok) return { kind: "waiting", why: "till-unknown", needSeq: firstSeq };
  const { result, detail, seq } = done.value;
  if (result === "gap")
    return { kind: "waiting", why: "gap", needSeq: detail.kind === "need" ? detail.seq : seq + 1 };
  const after = await knownHashes(books, header, hashes);
  // The authentic beginning was taken; what follows is offered anew, and set apart if the till signed it.
  const took = result === "damaged" ? takenFrom(hashes, after) : some.length;
  if (took === 0) return { kind: "refused", refusal: { code: "entry-not-authentic", seq: firstSeq } };
  return { kind: "took", took, counts: countOf(hashes.slice(0, took), before, after) };
}

interface Known {
  readonly inChain: ReadonlySet<string>;
  readonly apart: ReadonlySet<string>;
}

/** So many of them, from the front, are kept in the books or beside them. */
function takenFrom(hashes: readonly Uint8Array[], after: Known): number {
  const first = hashes.map(toHex).findIndex((hash) => !after.inChain.has(hash) && !after.apart.has(hash));
  return first < 0 ? hashes.length : first;
}

function countOf(hashes: readonly Uint8Array[], before: Known, after: Known): ImportCounts {
  const counts = { stored: 0, alreadyThere: 0, setApart: 0 };
  for (const hash of hashes.map(toHex)) {
    if (before.inChain.has(hash) || before.apart.has(hash)) counts.alreadyThere++;
    else if (after.inChain.has(hash)) counts.stored++;
    else if (after.apart.has(hash)) counts.setApart++;
  }
  return counts;
}

/** Which of these entries stand in the books, and which beside them. */
async function knownHashes(
  books: Books,
  header: ExportHeader,
  hashes: readonly Uint8Array[],
): Promise<Known> {
  const wanted = hashes.map((hash) => Buffer.from(hash));
  const found = async (table: "books.entries" | "books.quarantined"): Promise<ReadonlySet<string>> => {
    const rows = await books.db
      .selectFrom(table)
      .select("hash")
      .where("merchant_id", "=", header.merchant)
      .where("till_id", "=", header.till)
      .where("epoch", "=", header.epoch)
      .where("seq", ">=", header.first)
      .where("seq", "<=", header.last)
      .where("hash", "in", wanted)
      .execute();
    return new Set(rows.map((row) => toHex(row.hash)));
  };
  return { inChain: await found("books.entries"), apart: await found("books.quarantined") };
}

async function writeDown(
  books: Books,
  key: ParcelKey,
  done: Result<ImportOutcome, ImportProblem>,
): Promise<void> {
  const done_at_ms = books.nowMs();
  if (!done.ok) {
    await dropPieces(books.db, key);
    await changeParcel(books.db, key, { state: "refused", refusal: done.refusal.code, done_at_ms });
    return;
  }
  const { header, counts } = done.value;
  const facts = {
    till_id: header.till,
    epoch: header.epoch,
    first_seq: header.first,
    last_seq: header.last,
    stored: counts.stored,
    already_there: counts.alreadyThere,
    set_apart: counts.setApart,
  };
  if (done.value.kind === "waiting") {
    await changeParcel(books.db, key, { ...facts, state: "waiting", refusal: done.value.why });
    return;
  }
  await changeParcel(books.db, key, { ...facts, state: "done", refusal: null, done_at_ms });
  await dropPieces(books.db, key);
}
