import type { TillEngine } from "#protocol/engine-calls.ts";

const everyMs = 60_000;

/** Tells the engine what only a page can see: the network hint, whether storage is kept, how much is left. */
export function startPageFacts(engine: TillEngine, onFault: (cause: unknown) => void): void {
  const tell = async (): Promise<void> => {
    // Undefined on an insecure page, whatever the types say.
    const storage = (navigator as { readonly storage?: StorageManager }).storage;
    const persisted = (await storage?.persist()) ?? false;
    const estimate = await storage?.estimate();
    const freeBytes =
      estimate?.quota === undefined ? null : Math.max(0, estimate.quota - (estimate.usage ?? 0));
    await engine.pageFacts({ onLine: navigator.onLine, persisted, freeBytes });
  };
  const now = (): void => {
    tell().catch(onFault);
  };
  now();
  addEventListener("online", now);
  addEventListener("offline", now);
  setInterval(now, everyMs);
}
