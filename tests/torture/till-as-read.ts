// What stands on the tablet, read past the engine: straight from IndexedDB, in the page's own origin.
import type { Page } from "playwright-core";

/** An entry as the till holds it; bytes as hex. */
export interface EntryAsRead {
  readonly epoch: number;
  readonly seq: number;
  readonly kind: string;
  readonly hash: string;
  readonly bytes: string;
}

export interface TillAsRead {
  readonly till: string;
  readonly epoch: number;
  readonly headSeq: number;
  readonly headHash: string;
  /** Sales of the present epoch and their sum, as the head row counts them. */
  readonly runningCount: number;
  readonly runningMinor: number;
  readonly receiptedSeq: number;
  readonly receiptedSeqs: readonly (readonly [epoch: number, seq: number])[];
  readonly stop: string | null;
  /** Entries of other epochs that no receipt stands for yet. */
  readonly carried: number;
  /** How many entries of the present epoch stand up to `fromSeq`, and those after it. */
  readonly before: number;
  readonly entries: readonly EntryAsRead[];
  /** Codes this till holds the lease of. */
  readonly leases: readonly string[];
}

/** Null when there is no till in the database (not enrolled, or the browser threw it away). */
export async function readTill(page: Page, fromSeq: number): Promise<TillAsRead | null> {
  return await page.evaluate(readInPage, fromSeq);
}

/** Only where head and receipt stand: asked often while a till drains. */
export async function readStanding(
  page: Page,
): Promise<{ readonly headSeq: number; readonly receiptedSeq: number; readonly carried: number } | null> {
  const read = await page.evaluate(readInPage, Number.MAX_SAFE_INTEGER - 1);
  return read && { headSeq: read.headSeq, receiptedSeq: read.receiptedSeq, carried: read.carried };
}

/** Handed to the page as text: names nothing outside itself. */
async function readInPage(fromSeq: number): Promise<TillAsRead | null> {
  type Row = Record<string, unknown>;
  const hex = (bytes: unknown): string =>
    [...(bytes as Uint8Array)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const db = await new Promise<IDBDatabase | null>((done, failed) => {
    const asked = indexedDB.open("guitai");
    let isNew = false;
    asked.onupgradeneeded = () => {
      isNew = true;
      asked.transaction?.abort();
    };
    asked.onsuccess = () => done(asked.result);
    asked.onerror = () => (isNew ? done(null) : failed(asked.error ?? new Error("indexedDB.open")));
  });
  if (!db) return null;
  db.onversionchange = () => db.close();
  try {
    const names = [...db.objectStoreNames];
    const transaction = db.transaction(names, "readonly");
    const settled = <T>(asked: IDBRequest<T>): Promise<T> =>
      new Promise((done, failed) => {
        asked.onsuccess = () => done(asked.result);
        asked.onerror = () => failed(asked.error ?? new Error("indexedDB"));
      });
    const all = (name: string): Promise<Row[]> =>
      names.includes(name)
        ? settled(transaction.objectStore(name).getAll() as IDBRequest<Row[]>)
        : Promise.resolve([]);
    const one = (name: string, key: IDBValidKey): Promise<Row | undefined> =>
      settled(transaction.objectStore(name).get(key));
    const identity = await one("identity", "till");
    const head = await one("head", "head");
    if (!identity || !head) return null;
    const epoch = head["epoch"] as number;
    const journal = transaction.objectStore("journal");
    const upTo = IDBKeyRange.bound([epoch, -1], [epoch, fromSeq]);
    const after = IDBKeyRange.bound([epoch, fromSeq], [epoch, Number.MAX_SAFE_INTEGER], true);
    const receipts = await all("receipts");
    const receiptedSeqs = receipts.map((row): [number, number] => [
      row["epoch"] as number,
      row["seq"] as number,
    ]);
    const rows = (await settled(journal.getAll(after))) as Row[];
    const journalOf = (row: Row): string => `${row["till"] as string}:${row["epoch"] as number}`;
    const carried = await all("carried");
    const covered = new Map(
      (await all("carriedReceipts")).map((row) => [journalOf(row), row["seq"] as number]),
    );
    return {
      till: hex(identity["till"]),
      epoch,
      headSeq: head["seq"] as number,
      headHash: hex(head["hash"]),
      runningCount: head["runningCount"] as number,
      runningMinor: head["runningMinor"] as number,
      receiptedSeqs,
      receiptedSeq: receiptedSeqs.find(([of]) => of === epoch)?.[1] ?? -1,
      stop: ((await one("settings", "stop"))?.["reason"] as string | undefined) ?? null,
      carried: carried.filter((row) => (row["seq"] as number) > (covered.get(journalOf(row)) ?? -1)).length,
      before: await settled(journal.count(upTo)),
      entries: rows.map((row) => ({
        epoch: row["epoch"] as number,
        seq: row["seq"] as number,
        kind: row["kind"] as string,
        hash: hex(row["hash"]),
        bytes: hex(row["bytes"]),
      })),
      leases: (await all("leases")).map((row) => row["cti"] as string),
    };
  } finally {
    db.close();
  }
}
