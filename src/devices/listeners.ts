import type { Unsubscribe } from "./scanner.ts";

export interface Listeners<T> {
  readonly add: (listener: (event: T) => void) => Unsubscribe;
  readonly tell: (event: T) => void;
}

/**
 * A list of listeners; one that is added or taken away while it is being told is told from the next time on.
 */
export function createListeners<T>(): Listeners<T> {
  const all = new Set<(event: T) => void>();
  return {
    add(listener) {
      all.add(listener);
      return () => {
        all.delete(listener);
      };
    },
    tell(event) {
      for (const listener of Array.from(all)) listener(event);
    },
  };
}
