import { signal, type ReadonlySignal } from "@preact/signals";
import { proxy, wrap } from "comlink";
import type { TillEngine, TillView } from "#protocol/engine-calls.ts";

export interface EngineLink {
  readonly engine: TillEngine;
  readonly view: ReadonlySignal<TillView | null>;
  /** Tells once when the worker could not start or stopped on a bug. */
  readonly onDown: (listener: () => void) => void;
}

/** Follows the views of the engine's worker. Calls reject when the worker is gone; nothing else throws. */
export function followEngine(worker: Worker): EngineLink {
  const engine = wrap<TillEngine>(worker);
  const view = signal<TillView | null>(null);
  const listeners: (() => void)[] = [];
  let isDown = false;
  const down = (): void => {
    isDown = true;
    for (const listener of listeners) listener();
  };
  worker.addEventListener("error", down);
  engine.watch(proxy((next: TillView) => (view.value = next))).catch(down);
  return {
    engine,
    view,
    onDown(listener) {
      listeners.push(listener);
      // It may have stopped before anybody asked.
      if (isDown) listener();
    },
  };
}
