import type { TillEngine } from "#protocol/engine-calls.ts";

const everyMs = 60_000;

/** What a screen may ask of the page. */
export interface PageStorage {
  /** Asks the browser once more to keep this till's data, and answers what it said. */
  readonly askToKeep: () => Promise<boolean>;
}

/**
 * Tells the engine what only a page can see: the network hint, whether storage is kept, how much is left.
 * `hasBooks` says whether there is anything to keep: before that the browser is not asked, since some ask the
 * person, who would have to answer for an empty page.
 */
export function startPageFacts(
  engine: TillEngine,
  onFault: (cause: unknown) => void,
  hasBooks: () => boolean,
): PageStorage {
  // Undefined on an insecure page, whatever the types say.
  const storage = (navigator as { readonly storage?: StorageManager }).storage;
  let asked = false;
  const kept = async (): Promise<boolean> => {
    if (asked || !hasBooks()) return (await storage?.persisted()) ?? false;
    // Some browsers ask the person each time: once is enough.
    asked = true;
    return (await storage?.persist()) ?? false;
  };
  const free = async (): Promise<number | null> => {
    const estimate = await storage?.estimate();
    return estimate?.quota === undefined ? null : Math.max(0, estimate.quota - (estimate.usage ?? 0));
  };
  const tell = async (): Promise<void> => {
    const [persisted, freeBytes] = await Promise.all([orUnknown(kept(), false), orUnknown(free(), null)]);
    await engine.pageFacts({ onLine: navigator.onLine, persisted, freeBytes });
  };
  const now = (): void => {
    tell().catch(onFault);
  };
  now();
  addEventListener("online", now);
  addEventListener("offline", now);
  setInterval(now, everyMs);
  return {
    async askToKeep() {
      asked = true;
      const isKept = await orUnknown((async () => (await storage?.persist()) ?? false)(), false);
      now();
      return isKept;
    },
  };
}

/** What a browser does not tell is unknown; it is no reason to stop a till. */
async function orUnknown<T, U>(answer: Promise<T>, unknown: U): Promise<T | U> {
  try {
    return await answer;
  } catch (cause) {
    if (cause instanceof TypeError || cause instanceof DOMException) return unknown;
    throw cause;
  }
}
