import { cleanupOutdatedCaches, precacheAndRoute } from "workbox-precaching";
import { DeliveryLoop } from "#engine/sync/delivery-loop.ts";
import type { ChannelMessage, SyncPoke, TakeOver } from "#protocol/engine-calls.ts";

/**
 * Keeps the till's program for when the network is gone, and carries its entries when it is back. Workbox
 * precaches and routes; its background-sync queue deletes before it sends and is not used for money
 * (`field/sync.md`).
 */
declare const self: ServiceWorkerGlobalScope & {
  readonly __WB_MANIFEST: Parameters<typeof precacheAndRoute>[0];
};

/** Fired by Background Sync, one of the alarm clocks; not in every browser's types. */
interface SyncEvent extends ExtendableEvent {
  readonly tag: string;
}

precacheAndRoute(self.__WB_MANIFEST, {
  directoryIndex: "index.html",
  cleanURLs: false,
  ignoreURLParametersMatching: [/./u],
});
cleanupOutdatedCaches();

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

self.addEventListener("sync", (event) => {
  (event as SyncEvent).waitUntil(loop.poke("asked"));
});

// The first installation takes the page that installed it; an update waits to be asked.
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
