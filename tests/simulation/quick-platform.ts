import { isQuickKey } from "./quick-crypto.ts";

// What Node brings of a browser's platform, replaced where it is slow or leaves the order of events to the
// machine: copies of rows, message channels, time-outs, randomness, the monotonic clock.

const BIG_DRAW_BYTES = 4096;

/** Copies what is stored in a database; whatever it does not know goes to the platform's own copy. */
function quickClone(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  if (isQuickKey(value)) return value;
  if (value instanceof Uint8Array) return new Uint8Array(value);
  if (Array.isArray(value)) return value.map(quickClone);
  const proto: unknown = Object.getPrototypeOf(value);
  if (proto !== Object.prototype && proto !== null) return platformClone(value);
  const copy: Record<string, unknown> = {};
  for (const [key, item] of Object.entries(value)) {
    if (typeof item === "function") throw new DOMException("a function cannot be cloned", "DataCloneError");
    copy[key] = quickClone(item);
  }
  return copy;
}

const platformClone = globalThis.structuredClone;

type Heard = (event: { readonly data: unknown }) => void;

/** One end of a channel: what is posted comes to the other end as a task of its own, in order. */
class QuickPort {
  other: QuickPort | null = null;
  #heard: Heard | null = null;
  readonly #waiting: unknown[] = [];
  #closed = false;

  set onmessage(heard: Heard | null) {
    this.#heard = heard;
    for (const message of this.#waiting.splice(0)) this.#hear(message);
  }

  postMessage(message: unknown): void {
    this.other?.take(quickClone(message));
  }

  take(message: unknown): void {
    if (this.#closed) return;
    if (this.#heard) this.#hear(message);
    else this.#waiting.push(message);
  }

  #hear(data: unknown): void {
    setImmediate(() => {
      if (!this.#closed) this.#heard?.({ data });
    });
  }

  close(): void {
    this.#closed = true;
    this.#heard = null;
  }
}

class QuickChannel {
  readonly port1 = new QuickPort();
  readonly port2 = new QuickPort();
  constructor() {
    this.port1.other = this.port2;
    this.port2.other = this.port1;
  }
}

/** Dexie makes one for every transaction and gives it up at its end; nobody here listens to one. */
class QuickAbort {
  readonly signal = {
    aborted: false,
    addEventListener: () => undefined,
    removeEventListener: () => undefined,
  };
  abort(): void {
    this.signal.aborted = true;
  }
}

let state = 1;

/** From here on all random bytes but private keys follow from this seed. */
export function seedRandomness(seed: number): void {
  state = (Math.imul(seed, 0x9e_37_79_b1) ^ 0x5b_d1_e9_95) | 1;
}

function nextWord(): number {
  // xorshift32
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return state >>> 0;
}

function drawBytes<T extends ArrayBufferView | null>(into: T): T {
  if (!(into instanceof Uint8Array)) throw new TypeError("simulation: random bytes go into a Uint8Array");
  // A megabyte of ballast need only be a megabyte.
  if (into.length > BIG_DRAW_BYTES) {
    into.fill(nextWord());
    return into;
  }
  for (let at = 0; at < into.length; at += 4) {
    const word = nextWord();
    for (let part = 0; part < 4 && at + part < into.length; part++) into[at + part] = word >>> (8 * part);
  }
  return into;
}

const tasks: (() => void)[] = [];
const platformImmediate = globalThis.setImmediate;

/** Runs what waits, task by task, with all that follows from a task before the next one. */
function runTasks(): void {
  for (let task = tasks.shift(); task; task = tasks.shift()) {
    task();
    // Promises and ticks, as between two turns of the event loop, without the turn.
    (process as unknown as { _tickCallback(): void })._tickCallback();
  }
}

function quickImmediate(task: (...given: unknown[]) => void, ...given: unknown[]): void {
  if (tasks.push(given.length === 0 ? task : () => task(...given)) === 1) platformImmediate(runTasks);
}

let monotonicMs: () => number = () => 0;

/** What `performance.now()` says: rate limits and request logs of the server follow the schedule's time. */
export function followClock(nowMs: () => number): void {
  monotonicMs = nowMs;
}

/** Replaces these parts of the platform, for this process. Call after `useQuickCrypto`. */
export function useQuickPlatform(): void {
  const never = new AbortController().signal;
  Object.assign(globalThis, {
    structuredClone: quickClone,
    MessageChannel: QuickChannel,
    setImmediate: quickImmediate,
    AbortController: QuickAbort,
    // Dexie tells other windows of every write; ours ask when a schedule says so.
    BroadcastChannel: undefined,
  });
  Object.defineProperty(crypto, "getRandomValues", { value: drawBytes, configurable: true });
  Object.defineProperty(AbortSignal, "timeout", { value: () => never, configurable: true });
  Object.defineProperty(performance, "now", { value: () => monotonicMs(), configurable: true });
}
