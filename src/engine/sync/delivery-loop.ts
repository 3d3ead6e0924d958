import type { SyncPoke } from "#protocol/engine-calls.ts";
import { openDeliveryStore, type DeliveryStore } from "#storage/delivery-store.ts";
import type { DeliveryRow } from "#storage/schema.ts";
import type { Surroundings } from "../surroundings.ts";
import { carry, type RoundReport } from "./carrier.ts";
import { nextProgress } from "./progress.ts";

/**
 * When rounds of delivery run. Every poke comes here: a commit, the network, the page becoming visible, a
 * timer, Background Sync. One round at a time; a poke during a round runs one more after it. Never giving up,
 * backing off from 1 s to 60 s with jitter when the server gives no signed answer.
 */
export interface LoopSurroundings extends Pick<
  Surroundings,
  "fetch" | "clockMs" | "monotonicMs" | "randomBytes"
> {
  readonly databaseName?: string;
  /** What the platform thinks of the network: a hint for words, never for what is tried. */
  readonly onLine: () => boolean;
  /** Tells everybody who listens that receipts or pages were written. */
  readonly announce: () => void;
  /** Runs `work` unless another carrier is at it; only saves work, correctness is the server's. */
  readonly alone: (work: () => Promise<void>) => Promise<void>;
  /** Runs something so much later, if this thread still lives then; absent: others have the clocks. */
  readonly later?: (ms: number, work: () => void) => void;
}

type StateRow = Extract<DeliveryRow, { key: "state" }>;

const BACKOFF_FIRST_MS = 1000;
const BACKOFF_LAST_MS = 60_000;
/** How often a round under way says how far it is: an eye needs no more, and each word costs a write. */
const TELL_EVERY_MS = 300;

export class DeliveryLoop {
  readonly #s: LoopSurroundings;
  #running: Promise<void> | null = null;
  #again = false;
  #answered = true;
  #alarmIsSet = false;
  readonly #told: Record<"progress" | "wrote", number | null> = { progress: null, wrote: null };

  constructor(surroundings: LoopSurroundings) {
    this.#s = surroundings;
  }

  /** Did the server answer the last round? Where it did not, whoever can try again by itself should. */
  get answered(): boolean {
    return this.#answered;
  }

  /** Settles when a round that began after this poke has ended, or the back-off asks to wait. */
  async poke(reason: SyncPoke["reason"]): Promise<void> {
    if (this.#running) {
      this.#again = true;
      return this.#running;
    }
    this.#running = this.#runAll(reason);
    try {
      await this.#running;
    } finally {
      this.#running = null;
      if (!this.#answered) await this.#setAlarm();
    }
  }

  /** The back-off's own clock: the page's comes every half minute, and a hidden page's hardly at all. */
  async #setAlarm(): Promise<void> {
    const { later, databaseName, clockMs } = this.#s;
    if (!later || this.#alarmIsSet) return;
    this.#alarmIsSet = true;
    const store = await openDeliveryStore(databaseName);
    const state = await store?.delivery("state");
    store?.close();
    const waitMs = Math.min(BACKOFF_LAST_MS, Math.max(BACKOFF_FIRST_MS, (state?.nextTryMs ?? 0) - clockMs()));
    later(waitMs, () => {
      this.#alarmIsSet = false;
      // A round that fails says so in its row; nobody waits for this one.
      void this.poke("timer");
    });
  }

  async #runAll(reason: SyncPoke["reason"]): Promise<void> {
    let because = reason;
    do {
      this.#again = false;
      await this.#s.alone(() => this.#round(because));
      because = "commit";
    } while (this.#again);
  }

  async #round(reason: SyncPoke["reason"]): Promise<void> {
    const store = await openDeliveryStore(this.#s.databaseName);
    if (!store) return;
    try {
      const before = await store.delivery("state");
      const now = this.#s.clockMs();
      // A clock set back must not stretch the wait: more than the longest back-off is no back-off of ours.
      const waitMs = before ? before.nextTryMs - now : 0;
      if (reason === "timer" && waitMs > 0 && waitMs <= BACKOFF_LAST_MS) return;
      await this.#put(store, before, { state: before?.state === "online" ? "online" : "syncing" });
      const listener = {
        progress: async (done: number, of: number): Promise<void> => {
          if (of === 0 || !this.#mayTell("progress")) return;
          await this.#put(store, await store.delivery("state"), { state: "syncing", done, of });
        },
        wrote: () => {
          if (this.#mayTell("wrote")) this.#s.announce();
        },
      };
      const report = await carry(store, this.#s, listener, before?.paceBytes);
      if (report.end !== "nothing") await this.#close(store, report);
      this.#s.announce();
    } catch (cause) {
      // A full disk, or the database closed under us: what was not written is asked for again in a later
      // round.
      if (!(cause instanceof DOMException)) throw cause;
      this.#answered = false;
      this.#s.announce();
    } finally {
      store.close();
    }
  }

  /** The round's end is always told. */
  #mayTell(what: "progress" | "wrote"): boolean {
    const now = this.#s.monotonicMs();
    const last = this.#told[what];
    if (last !== null && now - last < TELL_EVERY_MS) return false;
    this.#told[what] = now;
    return true;
  }

  async #close(store: DeliveryStore, report: RoundReport): Promise<void> {
    const before = await store.delivery("state");
    const progress = nextProgress(await store.delivery("progress"), report, this.#s.clockMs());
    if (progress) await store.putDelivery(progress);
    const { paceBytes } = report;
    const answered = report.end !== "no-answer";
    this.#answered = answered;
    const failures = answered ? 0 : (before?.failures ?? 0) + 1;
    const state = answered ? "online" : this.#s.onLine() ? "silent" : "offline";
    const nextTryMs = this.#s.clockMs() + (answered ? 0 : this.#backoffMs(failures));
    const lastAnswerMs = answered ? this.#s.clockMs() : (before?.lastAnswerMs ?? null);
    await this.#put(store, before, { state, failures, nextTryMs, lastAnswerMs, done: 0, of: 0, paceBytes });
  }

  async #put(store: DeliveryStore, before: StateRow | null, change: Partial<StateRow>): Promise<void> {
    const now = this.#s.clockMs();
    const base: StateRow = before ?? {
      key: "state",
      state: "syncing",
      sinceMs: now,
      lastAnswerMs: null,
      done: 0,
      of: 0,
      failures: 0,
      nextTryMs: 0,
    };
    const next = { ...base, ...change };
    const sameState = before !== null && next.state === before.state;
    await store.putDelivery({ ...next, sinceMs: sameState ? before.sinceMs : now });
    this.#s.announce();
  }

  #backoffMs(failures: number): number {
    const full = Math.min(BACKOFF_LAST_MS, BACKOFF_FIRST_MS * 2 ** Math.min(failures - 1, 10));
    // Half fixed, half chance: a street of tills must not come back in one second when the network does.
    const chance = (this.#s.randomBytes(1)[0] ?? 0) / 255;
    return Math.round(full / 2 + (full / 2) * chance);
  }
}
