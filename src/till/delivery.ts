import { signal } from "@preact/signals";
import type { ChannelMessage, SyncPoke, TakeOver, TillEngine } from "#protocol/engine-calls.ts";
import { trustedScriptUrl } from "#ui/trusted-worker.ts";
import type { UpdateOffer } from "./till-context.ts";

/**
 * How often an open till reminds the service worker; its own back-off decides whether that means a request.
 */
const timerMs = 30_000;
/** A kiosk is not reloaded for weeks: it asks by itself whether there is a newer build. */
const updateEveryMs = 3_600_000;
/** What Background Sync calls this till's deliveries. */
const syncTag = "guitai-delivery";

/** Background Sync is in no standard library's types and not in every browser. */
interface SyncingRegistration extends ServiceWorkerRegistration {
  readonly sync?: { register(tag: string): Promise<void> };
}

/**
 * Registers the service worker and wakes it: after each commit, when the network or the page comes back, by
 * timer, and when asked. These pokes only say «look»; what is sent, and in which order, it reads from the
 * database itself. Without a service worker, or before it is up, the engine carries the entries.
 */
export function startDelivery(engine: TillEngine, onFault: (cause: unknown) => void): UpdateOffer {
  const updateReady = signal(false);
  let registration: SyncingRegistration | null = null;
  // Nobody before the engine has been told: asked meanwhile, it would ask this page, and the two would never
  // end.
  let carrier: "service-worker" | "engine" | null = null;
  const carryBy = async (who: "service-worker" | "engine"): Promise<void> => {
    carrier = who;
    await engine.setCarrier(who);
  };
  const poke = (reason: SyncPoke["reason"]): void => {
    if (carrier === "engine") engine.syncNow().catch(onFault);
    else registration?.active?.postMessage({ type: "sync", reason } satisfies SyncPoke);
  };

  const channel = new BroadcastChannel("guitai");
  channel.addEventListener("message", (event: MessageEvent<ChannelMessage>) => {
    // Not by watching the view: every round of delivery changes the view, and would begin the next one.
    if (event.data.type === "want-sync") poke("commit");
  });
  addEventListener("online", () => poke("online"));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") poke("visible");
    // Left with something unsent, nobody here will wake the carrier: the browser may. Its «no» changes
    // nothing.
    else registration?.sync?.register(syncTag).catch(() => undefined);
  });
  setInterval(() => poke("timer"), timerMs);
  setInterval(() => {
    registration?.update().catch((cause: unknown) => {
      // Without a network there is nothing to learn; the next hour asks again.
      if (!(cause instanceof TypeError || cause instanceof DOMException)) onFault(cause);
    });
  }, updateEveryMs);

  const watchUpdate = (found: ServiceWorkerRegistration): void => {
    const waits = (): void => {
      // The first worker of all is no update: nothing older runs that could be replaced.
      if (found.waiting !== null && navigator.serviceWorker.controller !== null) updateReady.value = true;
    };
    waits();
    found.addEventListener("updatefound", () => found.installing?.addEventListener("statechange", waits));
  };
  const register = async (): Promise<void> => {
    if (!("serviceWorker" in navigator)) return carryBy("engine");
    let isOurs = navigator.serviceWorker.controller !== null;
    navigator.serviceWorker.addEventListener("controllerchange", () => {
      // A newer build took over, and this one's files stay only until the next: then whatever it would load
      // is missing. It was let in where no sale was open; a window that only stands by must not get the till
      // with half a program.
      if (isOurs) location.reload();
      isOurs = true;
    });
    try {
      const found = await navigator.serviceWorker.register(trustedScriptUrl("/service-worker.js"));
      watchUpdate(found);
      // Its files may be long in coming, or never come: until then unsent sales need a carrier too.
      if (found.active === null) await carryBy("engine");
      registration = await navigator.serviceWorker.ready;
      await carryBy("service-worker");
      poke("visible");
    } catch (cause) {
      // A refused registration must not leave unsent sales without anyone to carry them.
      if (!(cause instanceof DOMException || cause instanceof TypeError)) throw cause;
      await carryBy("engine");
    }
  };
  register().catch(onFault);

  return {
    ready: updateReady,
    apply() {
      registration?.waiting?.postMessage({ type: "take-over" } satisfies TakeOver);
    },
  };
}
