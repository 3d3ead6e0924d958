import { DATABASE_NAME } from "./schema.ts";
import type {
  CarriedCertificateRow,
  CarriedReceiptRow,
  CarriedRow,
  DeliveryRow,
  HeadRow,
  IdentityRow,
  InboxRow,
  JournalRow,
  ReceiptRow,
  SaleRecord,
  SettingsRow,
} from "./schema.ts";

/**
 * The same database as the service worker sees it: read the journal, write receipts and the inbox. Raw
 * IndexedDB, because a service worker must never upgrade or create a schema, and because every byte of it
 * loads at cold start.
 */
export interface DeliveryStore {
  /** From now on nothing is written once the tablet has become somebody else, or left the lineage. */
  bind(holder: Holder): void;
  identity(): Promise<IdentityRow | null>;
  head(): Promise<HeadRow | null>;
  journalRow(epoch: number, seq: number): Promise<JournalRow | null>;
  /** At most `limit` entries of the epoch from `fromSeq` on, in order. */
  journalFrom(epoch: number, fromSeq: number, limit: number): Promise<readonly JournalRow[]>;
  receipt(epoch: number): Promise<ReceiptRow | null>;
  setting<K extends SettingsRow["key"]>(key: K): Promise<Extract<SettingsRow, { key: K }> | null>;
  delivery<K extends DeliveryRow["key"]>(key: K): Promise<Extract<DeliveryRow, { key: K }> | null>;
  inboxCount(): Promise<number>;
  /** The journals of others (or of earlier epochs) that lie here. */
  carriedGroups(): Promise<readonly CarriedGroup[]>;
  carriedFrom(group: CarriedGroup, fromSeq: number, limit: number): Promise<readonly CarriedRow[]>;
  carriedReceipt(group: CarriedGroup): Promise<CarriedReceiptRow | null>;
  putCarriedReceipt(row: CarriedReceiptRow): Promise<void>;
  carriedCertificate(group: CarriedGroup): Promise<CarriedCertificateRow | null>;
  /** Sales of the epoch behind this seq: their number and sum, and when the first was made. */
  salesBehind(head: HeadRow, seq: number): Promise<SalesBehind>;
  putReceipt(row: ReceiptRow): Promise<void>;
  putDelivery(row: DeliveryRow): Promise<void>;
  deleteDelivery(key: DeliveryRow["key"]): Promise<void>;
  addInbox(row: InboxRow): Promise<void>;
  close(): void;
}

export interface Holder {
  /** Hex. */
  readonly till: string;
  readonly epoch: number;
  /** Hex. */
  readonly lineage: string;
}

/** One (till, epoch) among the carried entries. */
export interface CarriedGroup {
  /** Hex. */
  readonly till: string;
  readonly epoch: number;
}

export interface SalesBehind {
  readonly count: number;
  readonly sumMinor: number;
  readonly oldestMs: number | null;
}

const LAST = Number.MAX_SAFE_INTEGER;

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
  let holder: Holder | null = null;
  const write = (table: string, change: (store: IDBObjectStore) => void): Promise<void> => {
    const transaction = db.transaction([...new Set([table, "delivery"])], "readwrite", {
      durability: "strict",
    });
    const done = completed(transaction);
    const asked = transaction.objectStore("delivery").get("holder");
    asked.onsuccess = () => {
      const now = asked.result as Holder | undefined;
      // A receipt of the epoch before, kept under the new one, would count entries as delivered that nobody
      // has seen.
      if (holder && now && !sameHolder(holder, now)) transaction.abort();
      else change(transaction.objectStore(table));
    };
    return done;
  };
  const all = <T>(table: string, range: IDBKeyRange, limit: number): Promise<readonly T[]> =>
    settled(db.transaction(table, "readonly").objectStore(table).getAll(range, limit) as IDBRequest<T[]>);
  // A database that an older program made has no place for them yet; the engine makes it, not we.
  const carries = db.objectStoreNames.contains("carried");

  return {
    bind(to) {
      holder = to;
    },
    identity: () => read<IdentityRow>("identity", "till"),
    head: () => read<HeadRow>("head", "head"),
    journalRow: (epoch, seq) => read<JournalRow>("journal", [epoch, seq]),
    journalFrom: (epoch, fromSeq, limit) =>
      all<JournalRow>("journal", IDBKeyRange.bound([epoch, fromSeq], [epoch, LAST]), limit),
    receipt: (epoch) => read<ReceiptRow>("receipts", epoch),
    setting: (key) => read("settings", key),
    delivery: (key) => read("delivery", key),
    inboxCount: () => settled(db.transaction("inbox", "readonly").objectStore("inbox").count()),
    async carriedGroups() {
      const groups: CarriedGroup[] = [];
      if (!carries) return groups;
      const store = db.transaction("carried", "readonly").objectStore("carried");
      let from: IDBKeyRange | null = null;
      for (;;) {
        const key = (await settled(store.getKey(from ?? IDBKeyRange.lowerBound([""])))) as
          | [string, number, number]
          | undefined;
        if (!key) return groups;
        const [till, epoch] = key;
        groups.push({ till, epoch });
        from = IDBKeyRange.lowerBound([till, epoch, LAST], true);
      }
    },
    carriedFrom: ({ till, epoch }, fromSeq, limit) =>
      all<CarriedRow>("carried", IDBKeyRange.bound([till, epoch, fromSeq], [till, epoch, LAST]), limit),
    carriedReceipt: ({ till, epoch }) => read<CarriedReceiptRow>("carriedReceipts", [till, epoch]),
    carriedCertificate: ({ till, epoch }) =>
      read<CarriedCertificateRow>("carriedCertificates", [till, epoch]),
    putCarriedReceipt: (row) => write("carriedReceipts", (store) => store.put(row)),
    async salesBehind(head, seq) {
      const { epoch, runningCount, runningMinor } = head;
      const sales = db.transaction("sales", "readonly").objectStore("sales").index("[epoch+seq]");
      const sent = IDBKeyRange.bound([epoch, -1], [epoch, seq]);
      const waiting = IDBKeyRange.bound([epoch, seq], [epoch, LAST], true);
      const last = settled(sales.openCursor(sent, "prev"));
      const first = (await settled(sales.get(waiting))) as SaleRecord | undefined;
      const before = (await last)?.value as SaleRecord | undefined;
      return {
        count: runningCount - (before?.runningCount ?? 0),
        sumMinor: runningMinor - (before?.runningMinor ?? 0),
        oldestMs: first?.atMs ?? null,
      };
    },
    putReceipt: (row) => write("receipts", (store) => store.put(row)),
    putDelivery: (row) => write("delivery", (store) => store.put(row)),
    deleteDelivery: (key) => write("delivery", (store) => store.delete(key)),
    addInbox: (row) => write("inbox", (store) => store.add(row)),
    close: () => db.close(),
  };
}

function sameHolder(a: Holder, b: Holder): boolean {
  return a.till === b.till && a.epoch === b.epoch && a.lineage === b.lineage;
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
    transaction.onabort = () =>
      reject(transaction.error ?? new DOMException("the tablet is another till now", "AbortError"));
  });
}
