import { type ReadonlySignal, signal } from "@preact/signals";

const now = signal(Date.now());

/**
 * The tablet's clock for what screens show («14:07», «today»). It decides nothing: the engine keeps its own
 * time.
 */
export const nowMs: ReadonlySignal<number> = now;

/** Moves the shown clock every `everyMs`; returns how to stop it. */
export function runClock(everyMs: number): () => void {
  const timer = setInterval(() => (now.value = Date.now()), everyMs);
  return () => clearInterval(timer);
}
