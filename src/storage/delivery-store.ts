import { DATABASE_NAME } from "./schema.ts";
import type {
  DeliveryRow,
  HeadRow,
  IdentityRow,
  InboxRow,
  JournalRow,
  ReceiptRow,
  SettingsRow,
} from "./schema.ts";

/**
 * The same database as the service worker sees it: read the journal, write receipts and the inbox. Raw
 * IndexedDB, because a service worker must never upgrade or create a schema, and because every byte of it
 * loads at cold start.
 */
export interface DeliveryStore {
  identity(): Promise<IdentityRow | null>;
  head(): Promise<HeadRow | null>;
  journalRow(epoch: number, seq: number): Promise<JournalRow | null>;
  /** At most `limit` entries of the epoch from `fromSeq` on, in order. */
  journalFrom(epoch: number, fromSeq: number, limit: number): Promise<readonly JournalRow[]>;
  receipt(epoch: number): Promise<ReceiptRow | null>;
  setting<K extends SettingsRow["key"]>(key: K): Promise<Extract<SettingsRow, { key: K }> | null>;
  delivery<K extends DeliveryRow["key"]>(key: K): Promise<Extract<DeliveryRow, { key: K }> | null>;
  inboxCount(): Promise<number>;
  putReceipt(row: ReceiptRow): Promise<void>;
  putDelivery(row: DeliveryRow): Promise<void>;
  deleteDelivery(key: DeliveryRow["key"]): Promise<void>;
  addInbox(row: InboxRow): Promise<void>;
  close(): void;
}

/** Opens the store; null when the till's database is not there (or was deleted): nothing to deliver then. */
export async function openDeliveryStore(name: string = DATABASE_NAME): Promise<DeliveryStore | null> {
  const db = await openExisting(name);
  if (!db) return null;
  // A newer page wants to upgrade: let go, or it would wait for this worker to be stopped.
  db.onversionchange = () => db.close();

  const read = async <T>(table: string, key: IDBValidKey): Promise<T | null> => {
    const request = db.transaction(table, "readonly").objectStore(table).get(key) as IDBRequest<
      T | undefined
    >;
    return (await settled(request)) ?? null;
  };
  const write = (table: string, change: (store: IDBObjectStore) => void): Promise<void> => {
    const transaction = db.transaction(table, "readwrite", { durability: "strict" });
    change(transaction.objectStore(table));
    return completed(transaction);
  };

  return {
    identity: () => read<IdentityRow>("identity", "till"),
    head: () => read<HeadRow>("head", "head"),
    journalRow: (epoch, seq) => read<JournalRow>("journal", [epoch, seq]),
    async journalFrom(epoch, fromSeq, limit) {
      const range = IDBKeyRange.bound([epoch, fromSeq], [epoch, Number.MAX_SAFE_INTEGER]);
      const store = db.transaction("journal", "readonly").objectStore("journal");
      return settled(store.getAll(range, limit) as IDBRequest<JournalRow[]>);
    },
    receipt: (epoch) => read<ReceiptRow>("receipts", epoch),
    setting: (key) => read("settings", key),
    delivery: (key) => read("delivery", key),
    inboxCount: () => settled(db.transaction("inbox", "readonly").objectStore("inbox").count()),
    putReceipt: (row) => write("receipts", (store) => store.put(row)),
    putDelivery: (row) => write("delivery", (store) => store.put(row)),
    deleteDelivery: (key) => write("delivery", (store) => store.delete(key)),
    addInbox: (row) => write("inbox", (store) => store.add(row)),
    close: () => db.close(),
  };
}

function openExisting(name: string): Promise<IDBDatabase | null> {
  return new Promise((resolve, reject) => {
    const request = indexedDB.open(name);
    let fresh = false;
    request.onupgradeneeded = () => {
      // Not there yet: an empty database made here would look like a wiped till to the engine.
      fresh = true;
      request.transaction?.abort();
    };
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => (fresh ? resolve(null) : reject(request.error ?? new Error("indexedDB.open")));
  });
}

function settled<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("indexedDB request"));
  });
}

function completed(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onerror = () => reject(transaction.error ?? new Error("indexedDB transaction"));
    transaction.onabort = () => reject(transaction.error ?? new Error("indexedDB transaction aborted"));
  });
}
