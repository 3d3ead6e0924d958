import { sameBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import { decodeEntry, SERVER_TILL, type Entry, type SignedEntry } from "#protocol/entry.ts";
import { exportedBytes, MAX_EXPORT_ENTRIES } from "#protocol/export-file.ts";
import { decodeTillBody } from "#protocol/till-body-reader.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import { Mirror, type MirrorFile } from "./mirror.ts";

/** Entries of one till and epoch without a hole between them: what one file holds. */
export interface ExportRun {
  readonly merchant: Bytes;
  readonly till: Bytes;
  readonly epoch: number;
  readonly first: number;
  readonly last: number;
  readonly entries: readonly SignedEntry[];
  readonly sales: ExportSales;
}

export interface ExportSales {
  readonly count: number;
  readonly sumMinor: number;
  readonly oldestMs: number | null;
}

/** Everything on this tablet that the server has not signed for. */
export interface Gathered {
  readonly runs: readonly ExportRun[];
  /** The database could not be read, or is empty: this is what the second copy holds. */
  readonly fromCopy: boolean;
}

/** A file stays under what the server takes, with room for its seals. */
const MAX_FILE_BYTES = 24 * 1024 * 1024;

interface Held {
  readonly signed: SignedEntry;
  readonly entry: Entry;
}

/**
 * Gathers what has no receipt: the present epoch, what is carried from others, and of the second copy what
 * the database does not hold. Reads only: no disk space, no PIN and no network is asked for. A database that
 * cannot be read hides nothing that the copy has.
 */
export async function gatherUnreceipted(db: TillDatabase, mirrorFile: MirrorFile | null): Promise<Gathered> {
  const database = await readDatabase(db);
  const copy = mirrorFile === null ? [] : (await new Mirror(mirrorFile).read()).entries;
  const held = new Map<string, Held>();
  // What stands in the copy under the number of another entry: two journals under one name. Both are kept.
  const beside: Held[] = [];
  const receipts = database?.receipts ?? new Map<string, number>();
  for (const signed of [...(database?.entries ?? []), ...copy]) {
    const entry = decodeEntry(signed.bytes);
    if (entry === null || entry.till === SERVER_TILL) continue;
    const key = `${placeOf(entry)}:${entry.seq}`;
    const known = held.get(key);
    if (known !== undefined && !sameBytes(known.signed.bytes, signed.bytes)) beside.push({ signed, entry });
    else if (entry.seq > (receipts.get(placeOf(entry)) ?? -1)) held.set(key, { signed, entry });
  }
  const runs = [...runsOf([...held.values()]), ...runsOf(beside)];
  return { runs, fromCopy: database === null || !database.isEnrolled };
}

interface DatabaseRead {
  readonly isEnrolled: boolean;
  readonly entries: readonly SignedEntry[];
  /** The last receipted seq by till and epoch. */
  readonly receipts: ReadonlyMap<string, number>;
}

async function readDatabase(db: TillDatabase): Promise<DatabaseRead | null> {
  try {
    const identity = await db.enrolled();
    const receipts = new Map<string, number>();
    for (const row of await db.carriedReceipts.toArray()) receipts.set(`${row.till}:${row.epoch}`, row.seq);
    const entries: SignedEntry[] = await db.carried.toArray();
    if (identity === null) return { isEnrolled: false, entries, receipts };
    const receipted = (await db.receipts.get(identity.epoch))?.seq ?? -1;
    receipts.set(`${toHex(identity.till)}:${identity.epoch}`, receipted);
    const own = await db.journal
      .where("[epoch+seq]")
      .between([identity.epoch, receipted + 1], [identity.epoch, Infinity])
      .toArray();
    return { isEnrolled: true, entries: [...own, ...entries], receipts };
  } catch (cause) {
    // Whatever is wrong with the database, what is saved from here on is more than nothing.
    if (cause instanceof Error) return null;
    throw cause;
  }
}

function placeOf(entry: Entry): string {
  return entry.till === SERVER_TILL ? SERVER_TILL : `${toHex(entry.till)}:${entry.epoch}`;
}

function runsOf(held: readonly Held[]): readonly ExportRun[] {
  const ordered = held.toSorted(
    (a, b) => compareText(placeOf(a.entry), placeOf(b.entry)) || a.entry.seq - b.entry.seq,
  );
  const groups: Held[][] = [];
  let size = 0;
  for (const item of ordered) {
    const group = groups.at(-1);
    const before = group?.at(-1)?.entry;
    const bytes = exportedBytes(item.signed);
    const continues =
      before !== undefined && placeOf(before) === placeOf(item.entry) && item.entry.seq === before.seq + 1;
    const fits = size + bytes <= MAX_FILE_BYTES && (group?.length ?? 0) < MAX_EXPORT_ENTRIES;
    if (group && continues && fits) {
      group.push(item);
      size += bytes;
    } else {
      groups.push([item]);
      size = bytes;
    }
  }
  return groups.flatMap((group) => runOf(group));
}

function runOf(group: readonly Held[]): readonly ExportRun[] {
  const [first, last] = [group[0]?.entry, group.at(-1)?.entry];
  if (!first || !last || first.till === SERVER_TILL) return [];
  const { merchant, till, epoch } = first;
  const entries = group.map((item) => item.signed);
  return [{ merchant, till, epoch, first: first.seq, last: last.seq, entries, sales: salesOf(group) }];
}

function salesOf(group: readonly Held[]): ExportSales {
  let [count, sumMinor] = [0, 0];
  let oldestMs: number | null = null;
  for (const { entry } of group) {
    const body = entry.kind === "sale" ? decodeTillBody(entry.kind, entry.body) : null;
    if (body?.kind !== "sale") continue;
    count++;
    sumMinor += body.totalMinor;
    oldestMs = Math.min(oldestMs ?? entry.time.nowMs, entry.time.nowMs);
  }
  return { count, sumMinor, oldestMs };
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
