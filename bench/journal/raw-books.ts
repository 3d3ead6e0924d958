import type { HeadRow, JournalRow, SaleRecord, SettingsRow } from "#storage/schema.ts";

/** What one sale puts: the rows that the till's own transaction wrote, or rows of the same make. */
export interface SaleRows {
  readonly journal: JournalRow;
  readonly sale: SaleRecord;
  readonly head: HeadRow;
  readonly mark: SettingsRow;
}

/** Opens a database that is there already, without any library. */
export function openRaw(name: string): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name);
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("indexedDB.open"));
  });
}

/** The floor: the puts of one sale into the same stores, all at once, in one strict transaction. */
export function putSale(db: IDBDatabase, rows: SaleRows): Promise<void> {
  const stores = ["journal", "sales", "head", "settings"];
  const transaction = db.transaction(stores, "readwrite", { durability: "strict" });
  transaction.objectStore("journal").add(rows.journal);
  transaction.objectStore("sales").add(rows.sale);
  transaction.objectStore("head").put(rows.head);
  transaction.objectStore("settings").put(rows.mark);
  return completed(transaction);
}

/** One row into one store, strict: what a commit costs when nothing else is kept. */
export function putOne(db: IDBDatabase, row: JournalRow): Promise<void> {
  const transaction = db.transaction("journal", "readwrite", { durability: "strict" });
  transaction.objectStore("journal").put(row);
  return completed(transaction);
}

/** Many sales in one transaction: for laying down the past, not measured. */
export function putPast(db: IDBDatabase, sales: readonly SaleRows[]): Promise<void> {
  const stores = ["journal", "sales", "head"];
  const transaction = db.transaction(stores, "readwrite", { durability: "relaxed" });
  const journal = transaction.objectStore("journal");
  const records = transaction.objectStore("sales");
  for (const { journal: row, sale } of sales) {
    journal.add(row);
    records.add(sale);
  }
  const last = sales.at(-1);
  if (last) transaction.objectStore("head").put(last.head);
  return completed(transaction);
}

/** The row of this key; throws where there is none. */
export function getRow<T>(db: IDBDatabase, store: string, key: IDBValidKey): Promise<T> {
  return new Promise((resolve, reject) => {
    const request = db.transaction(store).objectStore(store).get(key) as IDBRequest<T | undefined>;
    request.onsuccess = () =>
      request.result === undefined ? reject(new Error(`${store}: no row`)) : resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("indexedDB request"));
  });
}

/** How many rows of a kind stand in the journal. */
export function countSales(db: IDBDatabase): Promise<number> {
  return new Promise((resolve, reject) => {
    const request = db.transaction("sales").objectStore("sales").count();
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("indexedDB request"));
  });
}

function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error("indexedDB transaction aborted"));
  });
}
