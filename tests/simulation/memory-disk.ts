import { IDBFactory, IDBTransaction } from "fake-indexeddb";

// The disk under a tablet: what fake-indexeddb holds, read and written from beneath, without a transaction.
// That is what a power cut, a copied disk and an invariant that must not disturb anything need; and it makes
// an enrolled till in a moment.

interface RawRecord {
  readonly key: unknown;
  readonly value: unknown;
}

interface RawTree {
  _root: unknown;
  _numNodes: number;
  _rebuild(records: readonly RawRecord[], parent: undefined, red: boolean): unknown;
}

interface RawRecords {
  readonly keysAreUnique: boolean;
  readonly records: RawTree;
  values(): Iterable<RawRecord>;
}

interface RawIndex {
  readonly name: string;
  readonly keyPath: unknown;
  readonly multiEntry: boolean;
  readonly unique: boolean;
  initialized: boolean;
  records: RawRecords;
}

interface RawStore {
  readonly name: string;
  readonly keyPath: unknown;
  readonly autoIncrement: boolean;
  readonly keyGenerator: { num: number } | null;
  readonly rawIndexes: Map<string, RawIndex>;
  records: RawRecords;
}

interface RawConnection {
  readonly name: string;
  readonly _rawDatabase: RawDatabase;
  _closed: boolean;
  _closePending: boolean;
}

interface RawTransaction {
  readonly db: RawConnection;
  _state: string;
  _rollbackLog: (() => void)[];
  _requests: unknown[];
  error: DOMException | null;
  readonly mode: string;
}

interface RawDatabase {
  readonly name: string;
  readonly version: number;
  transactions: RawTransaction[];
  connections: RawConnection[];
  rawObjectStores: Map<string, RawStore>;
  processTransactions(): void;
}

type Maker<T> = new (...given: unknown[]) => T;

const databases = (indexedDB as unknown as { readonly _databases: Map<string, RawDatabase> })._databases;

/** What a disk held at one moment: never changed, may be written back any number of times. */
export interface DiskImage {
  readonly database: RawDatabase;
}

/** The committed rows of a table in key order; nothing when there is no such table. Not to be changed. */
export function rowsOf<T>(databaseName: string, table: string): readonly T[] {
  const store = databases.get(databaseName)?.rawObjectStores.get(table);
  return store ? Array.from(store.records.values(), ({ value }) => value as T) : [];
}

/** A copy of the disk as it is. Call when no transaction is under way, or after `cutPower`. */
export function readDisk(databaseName: string): DiskImage {
  const database = databases.get(databaseName);
  if (!database) throw new Error(`simulation: no disk ${databaseName}`);
  return { database: copyOf(database, databaseName) };
}

/**
 * Writes an image, under this name. Tables named in `keep` stay as they are now: the browser loses what one
 * writer wrote, and not another's.
 */
export function writeDisk(databaseName: string, image: DiskImage, keep: ReadonlySet<string> = NONE): void {
  const before = databases.get(databaseName);
  const copy = copyOf(image.database, databaseName);
  for (const name of keep) {
    const store = before?.rawObjectStores.get(name);
    if (store) copy.rawObjectStores.set(name, copyOfStore(store, copy));
  }
  databases.set(databaseName, copy);
}

const NONE: ReadonlySet<string> = new Set();

/** Takes the disk away: the browser deleted the site's data, or the schedule is over. */
export function wipeDisk(databaseName: string): void {
  databases.delete(databaseName);
}

/**
 * The power goes. Transactions that had not completed are as if they had never been, none of their promises
 * ever settles, and no connection reaches the disk any more. What is on it is found by the next start.
 */
export function cutPower(databaseName: string): void {
  const database = databases.get(databaseName);
  if (!database) return;
  giveUp(database, () => true);
  databases.set(databaseName, copyOf(database, databaseName));
}

/** The browser stops the service worker alone: its transactions and connections end, the page's go on. */
export function stopServiceWorker(databaseName: string): void {
  const database = databases.get(databaseName);
  if (!database) return;
  giveUp(database, (connection) => workers.has(connection));
  // The page's transactions that stood behind the worker's would wait for an end that is told to nobody.
  database.processTransactions();
}

function giveUp(database: RawDatabase, concerns: (connection: RawConnection) => boolean): void {
  const gone = database.transactions.filter(({ db }) => concerns(db));
  for (const transaction of gone.toReversed()) {
    if (transaction._state === "finished") continue;
    for (const undo of transaction._rollbackLog.toReversed()) undo();
    transaction._rollbackLog = [];
    transaction._requests = [];
    transaction._state = "finished";
    stopped.add(transaction);
  }
  database.transactions = database.transactions.filter((one) => !gone.includes(one));
  for (const connection of database.connections.filter(concerns)) {
    connection._closed = true;
    connection._closePending = true;
  }
  database.connections = database.connections.filter((one) => !concerns(one));
}

const stopped = new WeakSet<RawTransaction>();
const workers = new WeakSet<RawConnection>();

function copyOf(database: RawDatabase, name: string): RawDatabase {
  const copy = new (database.constructor as Maker<RawDatabase>)(name, database.version);
  for (const [storeName, store] of database.rawObjectStores)
    copy.rawObjectStores.set(storeName, copyOfStore(store, copy));
  return copy;
}

function copyOfStore(store: RawStore, database: RawDatabase): RawStore {
  const Store = store.constructor as Maker<RawStore>;
  const copy = new Store(database, store.name, store.keyPath, store.autoIncrement);
  if (copy.keyGenerator && store.keyGenerator) copy.keyGenerator.num = store.keyGenerator.num;
  copy.records = copyOfRecords(store.records);
  for (const [name, index] of store.rawIndexes) {
    const Index = index.constructor as Maker<RawIndex>;
    const indexCopy = new Index(copy, name, index.keyPath, index.multiEntry, index.unique);
    indexCopy.initialized = true;
    indexCopy.records = copyOfRecords(index.records);
    copy.rawIndexes.set(name, indexCopy);
  }
  return copy;
}

/** Rows are never changed in place, neither by the fake nor by us: a copy may share them. */
function copyOfRecords(records: RawRecords): RawRecords {
  const copy = new (records.constructor as Maker<RawRecords>)(records.keysAreUnique);
  const rows = [...records.values()];
  copy.records._root = copy.records._rebuild(rows, undefined, false);
  copy.records._numNodes = rows.length;
  return copy;
}

/** What a disk does at each step on its way; see `watchDisks`. */
export interface DiskWatch {
  /** Before a request is carried out, and before `complete` is told: true when the power went just now. */
  reached(connection: "page" | "service-worker", what: string): boolean;
  /** Asked when a write is on disk: true makes the page hear that it was given up. */
  lies(): boolean;
}

const watches = new Map<string, DiskWatch>();

/** From here on every step of this disk is told; null ends it. */
export function watchDisk(databaseName: string, watch: DiskWatch | null): void {
  if (watch) watches.set(databaseName, watch);
  else watches.delete(databaseName);
}

interface Hooked {
  _start(this: RawTransaction): void;
  dispatchEvent(this: RawTransaction, event: { readonly type: string }): unknown;
}

const hooked = IDBTransaction.prototype as unknown as Hooked;
// oxlint-disable-next-line typescript/unbound-method -- always applied to the transaction it is called on
const { _start: start, dispatchEvent: dispatch } = hooked;

hooked._start = function startOrStop(): void {
  if (stopped.has(this)) return;
  const watch = watches.get(this.db.name);
  if (watch && this._requests.length > 0 && databases.get(this.db.name) === this.db._rawDatabase) {
    if (watch.reached(workers.has(this.db) ? "service-worker" : "page", `${this.mode} request`)) return;
  }
  start.call(this);
};

hooked.dispatchEvent = function dispatchOrStop(event): unknown {
  if (stopped.has(this)) return true;
  const watch = event.type === "complete" ? watches.get(this.db.name) : undefined;
  // On disk, and nobody has heard of it.
  if (watch && this.mode === "readwrite" && databases.get(this.db.name) === this.db._rawDatabase) {
    const isWorker = workers.has(this.db);
    if (watch.reached(isWorker ? "service-worker" : "page", "commit")) return true;
    if (!isWorker && watch.lies()) {
      this.error = new DOMException("the disk", "UnknownError");
      const Event = event.constructor as Maker<typeof event & { eventPath: unknown[] }>;
      const abort = new Event("abort", { bubbles: true, cancelable: false });
      abort.eventPath = [this.db];
      return dispatch.call(this, abort);
    }
  }
  return dispatch.call(this, event);
};

// The service worker opens what is there, without a version; the page's engine names one. That tells them
// apart here, where both live in one process.
interface Opener {
  open(this: IDBFactory, name: string, version?: number): IDBOpenDBRequest;
}
const opener = IDBFactory.prototype as unknown as Opener;
// oxlint-disable-next-line typescript/unbound-method -- always applied to the factory it is called on
const { open } = opener;
opener.open = function openAndKnow(...given: [name: string, version?: number]): IDBOpenDBRequest {
  const request = open.apply(this, given);
  if (given[1] === undefined)
    request.addEventListener("success", () => workers.add(request.result as unknown as RawConnection));
  return request;
};
