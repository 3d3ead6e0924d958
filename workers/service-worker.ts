import { aloneBy } from "#engine/sync/alone.ts";
import { DeliveryLoop } from "#engine/sync/delivery-loop.ts";
import type { ChannelMessage, SyncPoke, TakeOver } from "#protocol/engine-calls.ts";
import { KeptProgram, type ProgramFile } from "./kept-program.ts";

/** Keeps the till's program for when the network is gone, and carries its entries when it is back. */
declare const self: ServiceWorkerGlobalScope & {
  /** Every file of the program; the build fills it in. */
  readonly __WB_MANIFEST: readonly ProgramFile[];
};

/** Fired by Background Sync, one of the alarm clocks; not in every browser's types. */
interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
  /** The browser tries no more after this one. */
  readonly lastChance: boolean;
}

/** Background Sync is in no standard library's types and not in every browser. */
interface SyncingRegistration extends ServiceWorkerRegistration {
  readonly sync?: { register(tag: string): Promise<void> };
}

/** What Background Sync calls this till's deliveries; the page registers the same. */
const SYNC_TAG = "guitai-delivery";

const program = new KeptProgram(self.__WB_MANIFEST, caches, (...asked) => fetch(...asked));

self.addEventListener("install", (event) => event.waitUntil(program.install()));

self.addEventListener("fetch", (event: FetchEvent) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  const answer = program.answer(url.pathname, event.request, (work) => event.waitUntil(work));
  if (answer) event.respondWith(answer);
});

const channel = new BroadcastChannel("guitai");
const loop = new DeliveryLoop({
  fetch: (path, init) => fetch(path, init),
  clockMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  onLine: () => navigator.onLine,
  announce: () => channel.postMessage({ type: "wrote" } satisfies ChannelMessage),
  alone: aloneBy(navigator.locks),
  later: (ms, work) => setTimeout(work, ms),
});

self.addEventListener("message", (event: ExtendableMessageEvent) => {
  const message = event.data as SyncPoke | TakeOver;
  // Only when the page asks: a new version must never replace a program in the middle of a sale.
  if (message.type === "take-over") event.waitUntil(self.skipWaiting());
  else event.waitUntil(deliver(message.reason));
});

/** One more alarm clock for what did not get away: the browser's own, where it has one. */
async function deliver(reason: SyncPoke["reason"]): Promise<void> {
  await loop.poke(reason);
  if (!loop.answered) await askForAlarm();
}

async function askForAlarm(): Promise<void> {
  try {
    await (self.registration as SyncingRegistration).sync?.register(SYNC_TAG);
  } catch (cause) {
    // Forbidden by the person or the kiosk: the timers go on without it.
    if (!(cause instanceof DOMException)) throw cause;
  }
}

/** Rejects without an answer: only then does the browser try again by itself, three times in all. */
async function deliverWhileAway(lastChance: boolean): Promise<void> {
  await loop.poke("asked");
  if (loop.answered) return;
  // After its last try the browser forgets the tag for good: asked for anew, it begins to count again.
  if (lastChance) await askForAlarm();
  else throw new Error("delivery: no answer yet");
}

self.addEventListener("sync", (event) => {
  const alarm = event as SyncEvent;
  alarm.waitUntil(deliverWhileAway(alarm.lastChance));
});

self.addEventListener("activate", (event) => {
  const { installing, waiting } = self.registration;
  event.waitUntil(program.activate(installing !== null || waiting !== null));
  // The first installation takes the page that installed it; an update waits to be asked.
  event.waitUntil(self.clients.claim());
});
