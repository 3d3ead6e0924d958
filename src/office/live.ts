import { type ReadonlySignal, signal } from "@preact/signals";
import type { OfficeEvent } from "#protocol/office-api.ts";

export type EventType = OfficeEvent["type"];
const eventTypes: readonly EventType[] = ["sale", "till", "code", "policy"];

/** Waits between attempts after the server hung up; the last one repeats for ever. */
export const RECONNECT_WAITS_MS = [1_000, 2_000, 5_000, 10_000, 30_000] as const;

/** The part of the browser's EventSource that is used. */
export interface EventStream {
  onopen: ((event: Event) => void) | null;
  onerror: ((event: Event) => void) | null;
  addEventListener(type: string, listener: (event: MessageEvent) => void): void;
  readonly readyState: number;
  close(): void;
}
export interface LiveTools {
  readonly open: () => EventStream;
  readonly after: (waitMs: number, then: () => void) => () => void;
  /** The server refused or hung up for good: perhaps it no longer knows who asks. */
  readonly onHungUp: () => void;
}
export interface Live {
  /** Whether the page follows the shop as it happens; when not, what it shows may be old. */
  readonly isLive: ReadonlySignal<boolean>;
  /**
   * Calls `listener` on each event of `types`, and on every connection, since events may have been missed.
   */
  readonly on: (types: readonly EventType[], listener: () => void) => () => void;
  readonly start: () => void;
  readonly stop: () => void;
}

const CLOSED = 2;

/**
 * Follows `GET /api/office/events`; reconnects without end while started. Events are hints to ask again,
 * never data.
 */
export function createLive(tools: LiveTools): Live {
  const isLive = signal(false);
  const listeners = new Map<EventType, Set<() => void>>(eventTypes.map((type) => [type, new Set()]));
  let stream: EventStream | null = null;
  let cancelWait: (() => void) | null = null;
  let failures = 0;

  function tell(types: readonly EventType[]): void {
    const asked = new Set(types.flatMap((type) => [...(listeners.get(type) ?? [])]));
    for (const listener of asked) listener();
  }

  function connect(): void {
    cancelWait = null;
    const opened = tools.open();
    stream = opened;
    opened.onopen = () => {
      failures = 0;
      isLive.value = true;
      // Whatever happened between the page's first question and now is fetched, or a till would enrol unseen.
      tell(eventTypes);
    };
    opened.onerror = () => {
      isLive.value = false;
      // The browser comes back by itself unless the server refused or hung up for good.
      if (opened.readyState !== CLOSED) return;
      // A refused stream does not say why; without asking, the page would «reconnect» for ever after the end
      // of its sign-in, over figures that are nobody's any more.
      tools.onHungUp();
      if (stream !== opened) return;
      const waitMs = RECONNECT_WAITS_MS[Math.min(failures, RECONNECT_WAITS_MS.length - 1)] ?? 30_000;
      failures += 1;
      cancelWait = tools.after(waitMs, connect);
    };
    const take = (event: MessageEvent): void => {
      const type = typeOf(event);
      if (type) tell([type]);
    };
    for (const kind of ["message", ...eventTypes]) opened.addEventListener(kind, take);
  }

  return {
    isLive,
    on(types, listener) {
      for (const type of types) listeners.get(type)?.add(listener);
      return () => {
        for (const type of types) listeners.get(type)?.delete(listener);
      };
    },
    start() {
      if (stream || cancelWait) return;
      connect();
    },
    stop() {
      cancelWait?.();
      stream?.close();
      cancelWait = null;
      stream = null;
      isLive.value = false;
    },
  };
}

/** The type of an event, by its name or by its data; null for one this office does not know. */
function typeOf(event: MessageEvent): EventType | null {
  const named = eventTypes.find((type) => type === event.type);
  if (named) return named;
  if (typeof event.data !== "string") return null;
  const data = event.data;
  return eventTypes.find((type) => new RegExp(`"type"\\s*:\\s*"${type}"`, "u").test(data)) ?? null;
}
