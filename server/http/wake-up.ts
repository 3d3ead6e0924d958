// Wake-ups: «something changed for this merchant, fetch again». Hints only: a lost one costs a delay, never
// data, and who listens also asks from time to time. LISTEN/NOTIFY carries them between servers on one
// database.
import { sql } from "kysely";
import { fromHex, toHex } from "#protocol/bytes.ts";
import { Client } from "pg";
import { setTimeout as delay } from "node:timers/promises";
import type { Database } from "../db/tables.ts";
import { faultFields } from "../log.ts";
import type { Log } from "../log.ts";

/** What changed. `feed` is for tills; the others are the office's events. */
export type WakeUpTopic = "feed" | "sale" | "till" | "code" | "policy";

export interface WakeUp {
  readonly topic: WakeUpTopic;
  readonly merchantId: Uint8Array;
}

export interface WakeUps {
  /**
   * Tells every server, at once and then at most every 100 ms for one merchant: each telling is a commit of
   * its own, and a shop that catches up pushes many times a second. What is asked for meanwhile is told
   * together at the end of that time.
   */
  notify(db: Database, topics: readonly WakeUpTopic[], merchantId: Uint8Array): Promise<void>;
  /**
   * Calls `heard` for each wake-up of a merchant until the answer is called. Refused (null) when the merchant
   * has `mostListeners` already: each one holds a connection open.
   */
  listen(merchantId: Uint8Array, heard: (wakeUp: WakeUp) => void): (() => void) | null;
  /** Connects; resolves when notifications are heard. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

export const MOST_LISTENERS = 100;
const channel = "guitai_wake_up";
const topics: readonly string[] = ["feed", "sale", "till", "code", "policy"] satisfies WakeUpTopic[];
const longestRetryMs = 10_000;
/** A person does not see the difference, and a till asks every half minute anyway. */
const quietMs = 100;

export function createWakeUps(url: string, log: Log, mostListeners: number = MOST_LISTENERS): WakeUps {
  const listeners = new Map<string, Set<(wakeUp: WakeUp) => void>>();
  const stopping = new AbortController();
  let client: Client | null = null;
  const hear = (payload: string | undefined): void => {
    const [topic = "", hex = ""] = (payload ?? "").split(":");
    if (!isTopic(topic) || !/^[0-9a-f]{32}$/u.test(hex)) return;
    const merchantId = fromHex(hex);
    for (const heard of listeners.get(hex) ?? []) heard({ topic, merchantId });
  };
  const quiet = new Map<string, Set<WakeUpTopic>>();
  const tell = async (db: Database, wanted: readonly WakeUpTopic[], hex: string): Promise<void> => {
    const payloads = wanted.map((topic) => `${topic}:${hex}`);
    await sql`select pg_notify(${channel}, payload) from unnest(${payloads}::text[]) as payload`.execute(db);
  };
  const connect = async (): Promise<void> => {
    const fresh = new Client({
      connectionString: url,
      connectionTimeoutMillis: 5000,
      keepAlive: true,
      // The one connection that is always open: by its name a command sees that a server runs.
      application_name: "guitai",
    });
    fresh.on("notification", (message) => hear(message.payload));
    fresh.on("error", (fault) => log.warn("wake-up-connection-lost", faultFields(fault)));
    await fresh.connect();
    await fresh.query(`listen ${channel}`);
    client = fresh;
    fresh.once("end", () => {
      if (!stopping.signal.aborted) void reconnect();
    });
  };
  const reconnect = async (): Promise<void> => {
    for (let waitMs = 250; !stopping.signal.aborted; waitMs = Math.min(waitMs * 2, longestRetryMs)) {
      try {
        await delay(waitMs, undefined, { signal: stopping.signal, ref: false });
        await connect();
        // What was missed in between is unknown, so everybody is told to look.
        for (const hex of listeners.keys()) for (const topic of topics) hear(`${topic}:${hex}`);
        return;
      } catch (fault) {
        if (!stopping.signal.aborted) log.warn("wake-up-reconnect-failed", faultFields(fault));
      }
    }
  };
  return {
    notify: async (db, wanted, merchantId) => {
      const hex = toHex(merchantId);
      const later = quiet.get(hex);
      if (later !== undefined) {
        for (const topic of wanted) later.add(topic);
        return;
      }
      quiet.set(hex, new Set());
      const untilQuiet = setTimeout(() => {
        const topicsMeanwhile = [...(quiet.get(hex) ?? [])];
        quiet.delete(hex);
        // A stopped server has nobody left to tell, and a database that is gone tells nobody.
        if (topicsMeanwhile.length > 0 && !stopping.signal.aborted)
          tell(db, topicsMeanwhile, hex).catch((fault: unknown) =>
            log.warn("wake-up-not-sent", faultFields(fault)),
          );
      }, quietMs);
      untilQuiet.unref();
      await tell(db, wanted, hex);
    },
    listen: (merchantId, heard) => {
      const hex = toHex(merchantId);
      const set = listeners.get(hex) ?? new Set();
      if (set.size >= mostListeners) return null;
      // A function of its own for each call: the same callback listening twice is two listeners.
      const own = (wakeUp: WakeUp): void => heard(wakeUp);
      set.add(own);
      listeners.set(hex, set);
      return () => {
        set.delete(own);
        if (set.size === 0 && listeners.get(hex) === set) listeners.delete(hex);
      };
    },
    start: connect,
    stop: async () => {
      stopping.abort();
      await client?.end();
    },
  };
}

function isTopic(text: string): text is WakeUpTopic {
  return topics.includes(text);
}
