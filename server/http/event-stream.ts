// Server-sent events of one merchant: hints to fetch again, never data. A slow reader misses hints and
// nothing else.
import type { Context } from "hono";
import type { Services } from "../services.ts";
import type { AppEnv } from "./env.ts";
import { refuse } from "./refusal.ts";
import type { WakeUpTopic } from "./wake-up.ts";

/** A comment this often keeps proxies from closing a quiet stream, and finds dead ones. */
const heartbeatMs = 15_000;
const fullStreamWaitMs = 15_000;

/**
 * Who reads, and how many streams at once are his. One more ends his oldest: a tablet that lost its line
 * leaves dead ones behind, and a stolen one must not take the places of the whole shop.
 */
export class StreamSeats {
  readonly #most: number;
  readonly #taken = new Map<string, Set<() => void>>();

  constructor(most: number) {
    this.#most = most;
  }

  /** Ends the reader's oldest stream when one more would be too many. */
  makeRoom(reader: string): void {
    const own = this.#taken.get(reader);
    if (own !== undefined && own.size >= this.#most) own.values().next().value?.();
  }

  sit(reader: string, end: () => void): void {
    const own = this.#taken.get(reader) ?? new Set();
    own.add(end);
    this.#taken.set(reader, own);
  }

  leave(reader: string, end: () => void): void {
    const own = this.#taken.get(reader);
    own?.delete(end);
    if (own?.size === 0) this.#taken.delete(reader);
  }
}

/**
 * Answers with a stream of `{"type": topic}`. Refused as `too-many-tries` (429) past the merchant's limit of
 * streams. Ends when the reader leaves, when the server stops, and soon after `mayStay` says no: a stream
 * would outlive the sign-in that opened it.
 */
export function eventStream(
  c: Context<AppEnv>,
  services: Pick<Services, "wakeUps" | "stopping">,
  merchantId: Uint8Array,
  topics: readonly WakeUpTopic[],
  seats: StreamSeats,
  reader: string,
  mayStay: () => Promise<boolean> = async () => true,
): Response {
  seats.makeRoom(reader);
  const { stopping } = services;
  let send: (text: string) => void = () => undefined;
  const unlisten = services.wakeUps.listen(merchantId, ({ topic }) => {
    if (topics.includes(topic)) send(`data: ${JSON.stringify({ type: topic })}\n\n`);
  });
  if (unlisten === null) return refuse(c, 429, { code: "too-many-tries", waitMs: fullStreamWaitMs });
  let end: () => void = () => undefined;
  const body = new ReadableStream<Uint8Array>(
    {
      start: (controller) => {
        const encoder = new TextEncoder();
        let open = true;
        send = (text) => {
          // A full queue: the reader is behind, and one of the hints it has yet to read will make it look.
          if (open && (controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(text));
        };
        const heartbeat = setInterval(() => {
          send(": here\n\n");
          void mayStay().then(
            (may) => may || closeStream(),
            // Who cannot be asked about is nobody's guest yet: the next heartbeat asks again.
            () => false,
          );
        }, heartbeatMs);
        end = () => {
          if (!open) return;
          open = false;
          clearInterval(heartbeat);
          unlisten();
          seats.leave(reader, closeStream);
          stopping.removeEventListener("abort", closeStream);
        };
        const closeStream = (): void => {
          end();
          controller.close();
        };
        stopping.addEventListener("abort", closeStream);
        seats.sit(reader, closeStream);
        send("retry: 3000\n\n");
        if (stopping.aborted) closeStream();
      },
      cancel: () => end(),
    },
    { highWaterMark: 64 },
  );
  return c.body(body, 200, {
    "content-type": "text/event-stream",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
  });
}
