import { IDBObjectStore } from "fake-indexeddb";

// A disk that fails on demand, as browsers do it: at the last moment, when every request of the transaction
// has succeeded already and only `abort` tells; or at the request that writes the entry.

/** How the next writes of an entry end. */
interface Failure {
  readonly databaseName: string;
  readonly errorName: "QuotaExceededError" | "UnknownError" | "AbortError";
  /** `page`: not an entry, but a page of the feed while it is applied; `receipt`: a receipt of the server. */
  readonly at: "commit" | "request" | "page" | "receipt";
  times: number;
}

/** What the fake has beside the standard: giving a transaction up by itself, and a request that fails. */
interface FakeTransaction extends IDBTransaction {
  _abort(name: string): void;
  _execRequestAsync(request: { source: IDBObjectStore; operation: () => unknown }): IDBRequest<IDBValidKey>;
}

let failure: Failure | null = null;
// oxlint-disable-next-line typescript/unbound-method -- always applied to the store it is called on
const { add, put } = IDBObjectStore.prototype;

// The entry itself is the first thing a commit adds, the mark of the time the last thing it puts.
IDBObjectStore.prototype.add = function addOrFail(...given: Parameters<typeof add>): ReturnType<typeof add> {
  const met = this.name === "journal" ? meet(this, "request") : null;
  if (met === null) return add.apply(this, given);
  const transaction = this.transaction as FakeTransaction;
  const operation = (): never => {
    throw new DOMException("the disk", met.errorName);
  };
  return transaction._execRequestAsync({ source: this, operation });
};

IDBObjectStore.prototype.put = function putOrFail(...given: Parameters<typeof put>): ReturnType<typeof put> {
  const key = this.name === "settings" ? (given[0] as { readonly key?: unknown }).key : null;
  const what = this.name === "receipts" ? "receipt" : kindsOfPut.get(key);
  const met = what === undefined ? null : meet(this, what);
  const request = put.apply(this, given);
  const transaction = this.transaction as FakeTransaction;
  if (met !== null) request.addEventListener("success", () => transaction._abort(met.errorName));
  return request;
};

/** Settings whose writing stands for a whole transaction. */
const kindsOfPut: ReadonlyMap<unknown, Failure["at"]> = new Map([
  ["mark", "commit"],
  ["feed", "page"],
]);

function meet(store: IDBObjectStore, at: Failure["at"]): Failure | null {
  if (failure?.at !== at || failure.times < 1 || store.transaction.db.name !== failure.databaseName)
    return null;
  failure.times--;
  return failure;
}

/** The next `times` entries of this database do not reach the disk. */
export function failWrites(
  databaseName: string,
  errorName: Failure["errorName"],
  { times = 1, at = "commit" }: Partial<Pick<Failure, "times" | "at">> = {},
): void {
  failure = { databaseName, errorName, at, times };
}
