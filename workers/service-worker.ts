import { PrecacheController } from "workbox-precaching/PrecacheController.js";
import { DeliveryLoop } from "#engine/sync/delivery-loop.ts";
import type { ChannelMessage, SyncPoke, TakeOver } from "#protocol/engine-calls.ts";

/**
 * Keeps the till's program for when the network is gone, and carries its entries when it is back. Workbox
 * precaches; its background-sync queue deletes before it sends and is not used for money
 * (`field/sync.md`).
 */
declare const self: ServiceWorkerGlobalScope & {
  readonly __WB_MANIFEST: Parameters<PrecacheController["precache"]>[0];
};

/** Fired by Background Sync, one of the alarm clocks; not in every browser's types. */
interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}

// Workbox keeps the files; which request gets which file is one rule, so its router (and what it weighs)
// stays out.
const program = new PrecacheController();
program.precache(self.__WB_MANIFEST);

self.addEventListener("fetch", (event: FetchEvent) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  const cacheKey = program.getCacheKeyForURL(url.pathname === "/" ? "/index.html" : url.pathname);
  // What is not kept (the API, the office) goes to the network untouched.
  if (cacheKey === undefined) return;
  const params = { cacheKey };
  event.respondWith(program.strategy.handle({ event, request: event.request, params }));
});

const channel = new BroadcastChannel("guitai");
const loop = new DeliveryLoop({
  fetch: (path, init) => fetch(path, init),
  clockMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  randomBytes: (length) => crypto.getRandomValues(new Uint8Array(length)),
  onLine: () => navigator.onLine,
  announce: () => channel.postMessage({ type: "wrote" } satisfies ChannelMessage),
  alone: (work) => navigator.locks.request("guitai-delivery", work),
});

self.addEventListener("message", (event: ExtendableMessageEvent) => {
  const message = event.data as SyncPoke | TakeOver;
  // Only when the page asks: a new version must never replace a program in the middle of a sale.
  if (message.type === "take-over") event.waitUntil(self.skipWaiting());
  else event.waitUntil(loop.poke(message.reason));
});

/** Rejects without an answer: only then does the browser try again by itself. */
async function deliverWhileAway(): Promise<void> {
  await loop.poke("asked");
  if (!loop.answered) throw new Error("delivery: no answer yet");
}

self.addEventListener("sync", (event) => {
  (event as SyncEvent).waitUntil(deliverWhileAway());
});

// The first installation takes the page that installed it; an update waits to be asked.
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
