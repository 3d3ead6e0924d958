import { effect, type ReadonlySignal } from "@preact/signals";
import type { TillView } from "#protocol/engine-calls.ts";

/**
 * While a sale is begun and not paid the browser asks before the page goes: its sum and the codes on the
 * counter are in no journal yet. Nothing else holds the page: what is paid is on the disk. Answers how to
 * stop.
 */
export function holdOpenSale(
  view: ReadonlySignal<TillView | null>,
  page: Pick<EventTarget, "addEventListener" | "removeEventListener">,
): () => void {
  const hold = (event: Event): void => event.preventDefault();
  return effect(() => {
    const state = view.value?.sale?.state;
    if (state === undefined || state === "paid") return undefined;
    // Only while it is needed: a page that listens is kept out of the browser's fast way back.
    page.addEventListener("beforeunload", hold);
    return () => page.removeEventListener("beforeunload", hold);
  });
}
