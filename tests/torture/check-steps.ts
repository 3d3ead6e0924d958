// The steps of a check, told from inside: every write of the engine, every word between it and the pin
// worker, every use of a key. Each step waits for a yes of the line, so that a kill falls exactly there.

/** Where a kill is to fall. */
export interface Target {
  /** As the steps are named: `engine write complete`. */
  readonly name: string;
  /** The how-manieth of this name, from 1. */
  readonly nth: number;
  /** Null: the thread stands at the step until it is killed; else it goes on, and is killed so much later. */
  readonly thenMs: number | null;
}

/** Put in front of every script; the page itself and the service worker pass through it untouched. */
export function withSteps(source: string, { countsNothing = false } = {}): string {
  return `(${tellSteps.toString()})(${countsNothing});\n${source}`;
}

/**
 * Handed to the browser as text: names nothing outside itself. A request that blocks the thread is the only
 * way to stop one in the middle of a function. `countsNothing`: the till as it would be without its count on
 * disk; only for showing that the torture would notice.
 */
function tellSteps(countsNothing: boolean): void {
  const scope = globalThis as unknown as {
    name: string;
    Worker: typeof Worker;
    FileSystemSyncAccessHandle?: { prototype: { flush(): void } };
    stepsTold?: boolean;
    postMessage: (...given: unknown[]) => void;
  };
  const who = scope.name;
  if (typeof document !== "undefined" || scope.stepsTold === true || !/^(?:engine|pin)$/u.test(who)) return;
  scope.stepsTold = true;
  const step = (what: string): void => {
    const request = new XMLHttpRequest();
    request.open("POST", `/torture/step?${encodeURIComponent(`${who} ${what}`)}`, false);
    request.send();
  };
  // Calls and their answers carry one id; what else is asked meanwhile is no step of the check.
  type Said = { readonly id?: string; readonly path?: readonly string[] } | null;
  let asked = "";
  globalThis.addEventListener("message", (event) => {
    const { id = "", path = [] } = (event as MessageEvent<Said>).data ?? {};
    const call = path.join(".");
    if (!/^(?:confirmPad|check\w+)$/u.test(call)) return;
    asked = id;
    step(`hears ${call}`);
  });
  const answer = scope.postMessage;
  scope.postMessage = (...given) => {
    if (asked !== "" && (given[0] as Said)?.id === asked) step("answers");
    answer.apply(scope, given);
  };

  const subtle = SubtleCrypto.prototype as unknown as Record<string, (...given: unknown[]) => unknown>;
  for (const use of ["sign", "decrypt", "deriveBits"]) {
    const native = subtle[use];
    subtle[use] = function told(...given) {
      step(use);
      return native?.apply(this, given);
    };
  }
  if (who === "pin") {
    const { instantiate } = WebAssembly;
    WebAssembly.instantiate = ((...given: Parameters<typeof instantiate>) => {
      step("argon2");
      return instantiate.apply(WebAssembly, given);
    }) as typeof instantiate;
    return;
  }

  scope.Worker = class extends Worker {
    constructor(url: string | URL, options?: WorkerOptions) {
      super(url, options);
      if (options?.name === "pin") this.addEventListener("message", () => step("hears the pin worker"));
    }
  };
  // oxlint-disable-next-line typescript/unbound-method -- called on the database it is called on
  const { transaction } = IDBDatabase.prototype;
  IDBDatabase.prototype.transaction = function told(...given: Parameters<typeof transaction>) {
    const stores = [given[0]].flat();
    const isWrite = given[1] === "readwrite" && stores.includes("journal");
    if (isWrite) step("write begins");
    const begun = transaction.apply(this, given);
    if (isWrite) begun.addEventListener("complete", () => step("write complete"));
    return begun;
  };
  const copy = scope.FileSystemSyncAccessHandle?.prototype;
  if (copy) {
    // oxlint-disable-next-line typescript/unbound-method -- called on the file it is called on
    const { flush } = copy;
    copy.flush = function told() {
      step("copy written");
      flush.call(this);
      step("copy flushed");
    };
  }
  if (countsNothing) {
    // oxlint-disable-next-line typescript/unbound-method -- called on the store it is called on
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function lost(value: { key?: string }, key?: IDBValidKey) {
      if (this.name !== "attempts") return put.call(this, value, key);
      return this.get(value.key ?? "") as IDBRequest<IDBValidKey>;
    };
  }
}

/** With this a check begins: before Confirm nothing is a try. */
const BEGINS = "engine hears confirmPad";

/** Hears the steps at the line's end, and holds the thread that comes to the target. */
export class StepWatch {
  #target: Target | null = null;
  #reached = Promise.withResolvers<void>();
  #seen: string[] = [];
  #listener: ((step: string) => void) | null = null;

  /** The steps of the next check are noted, and the one that is aimed at stands still. */
  arm(target: Target | null): void {
    this.#target = target;
    this.#seen = [];
    this.#reached = Promise.withResolvers();
  }

  /** Every step from now on, whether aimed at or not, until the answer is called. */
  listen(listener: (step: string) => void): () => void {
    this.#listener = listener;
    return () => {
      this.#listener = null;
    };
  }

  /** In order, since `arm`. */
  get seen(): readonly string[] {
    return this.#seen;
  }

  /** Settles when the target was come to, and its time has passed. */
  get reached(): Promise<void> {
    return this.#reached.promise;
  }

  /** Settles when this step may go on; the target's never does. */
  step(name: string): Promise<void> {
    this.#listener?.(name);
    if (this.#seen.length === 0 && name !== BEGINS) return Promise.resolve();
    this.#seen.push(name);
    const target = this.#target;
    const nth = this.#seen.filter((one) => one === name).length;
    if (target?.name !== name || target.nth !== nth) return Promise.resolve();
    if (target.thenMs === null) {
      this.#reached.resolve();
      return new Promise(() => undefined);
    }
    setTimeout(this.#reached.resolve, target.thenMs);
    return Promise.resolve();
  }
}
