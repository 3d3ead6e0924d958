import { signal } from "@preact/signals";
import type { ChannelMessage, SyncPoke, TakeOver, TillEngine } from "#protocol/engine-calls.ts";
import { trustedScriptUrl } from "#ui/trusted-worker.ts";
import type { UpdateOffer } from "./till-context.ts";

/**
 * How often an open till reminds the service worker; its own back-off decides whether that means a request.
 */
const timerMs = 30_000;

/**
 * Registers the service worker and wakes it: after each commit, when the network or the page comes back, by
 * timer, and when asked. These pokes only say «look»; what is sent, and in which order, it reads from the
 * database itself. Without a service worker (an insecure address, a private window) the engine carries the
 * entries.
 */
export function startDelivery(engine: TillEngine, onFault: (cause: unknown) => void): UpdateOffer {
  const updateReady = signal(false);
  let registration: ServiceWorkerRegistration | null = null;
  const poke = (reason: SyncPoke["reason"]): void => {
    registration?.active?.postMessage({ type: "sync", reason } satisfies SyncPoke);
  };

  const channel = new BroadcastChannel("guitai");
  channel.addEventListener("message", (event: MessageEvent<ChannelMessage>) => {
    if (event.data.type === "wrote") engine.serviceWorkerWrote().catch(onFault);
    // Not by watching the view: every round of delivery changes the view, and would begin the next one.
    else poke("commit");
  });
  addEventListener("online", () => poke("online"));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") poke("visible");
  });
  setInterval(() => poke("timer"), timerMs);

  const watchUpdate = (found: ServiceWorkerRegistration): void => {
    const waits = (): void => {
      // The first worker of all is no update: nothing older runs that could be replaced.
      if (found.waiting !== null && navigator.serviceWorker.controller !== null) updateReady.value = true;
    };
    waits();
    found.addEventListener("updatefound", () => found.installing?.addEventListener("statechange", waits));
  };
  const register = async (): Promise<void> => {
    if (!("serviceWorker" in navigator)) {
      await engine.setCarrier("engine");
      return;
    }
    try {
      const found = await navigator.serviceWorker.register(trustedScriptUrl("/service-worker.js"));
      watchUpdate(found);
      registration = await navigator.serviceWorker.ready;
      await engine.setCarrier("service-worker");
      poke("visible");
    } catch (cause) {
      // A refused registration must not leave unsent sales without anyone to carry them.
      if (!(cause instanceof DOMException || cause instanceof TypeError)) throw cause;
      await engine.setCarrier("engine");
    }
  };
  register().catch(onFault);

  return {
    ready: updateReady,
    apply() {
      const waiting = registration?.waiting;
      if (!waiting) return;
      navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
      waiting.postMessage({ type: "take-over" } satisfies TakeOver);
    },
  };
}
