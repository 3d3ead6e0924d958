import { effect, type Signal } from "@preact/signals";
import { createWedgeScanner } from "#devices/wedge.ts";
import type { TillEngine } from "#protocol/engine-calls.ts";
import { loadRefusalTexts } from "#ui/texts/refusal-texts.ts";
import { watchCameraPermission } from "./camera-link.ts";
import { startDelivery } from "./delivery.ts";
import type { Flow, FlowSounds } from "./flow.ts";
import { type PageStorage, startPageFacts } from "./page-facts.ts";
import { createSound } from "./sound.ts";
import { keepAwake } from "./wake-lock.ts";

/** What the first screen does without for a moment; each is handed its wire here. */
export interface LateWires {
  readonly engine: TillEngine;
  readonly flow: Flow;
  readonly currency: () => string;
  readonly typed: (char: string) => void;
  readonly activation: Signal<string>;
  readonly cameraAllowed: Signal<boolean>;
  readonly updateReady: Signal<boolean>;
  readonly hasBooks: () => boolean;
}

/** What only works once all of it has started. */
export interface LateParts {
  readonly sound: FlowSounds;
  readonly applyUpdate: () => void;
  readonly askToKeep: PageStorage["askToKeep"];
}

/** Starts scanner, delivery, sound and page facts, once the keypad stands. */
export async function startLate(wires: LateWires): Promise<LateParts> {
  const { engine, flow } = wires;
  const wedge = createWedgeScanner({ target: window, nowMs: () => performance.now() });
  wedge.onScan(({ text }) => {
    if (flow.screen() === "activate") wires.activation.value = text;
    else flow.scanned(text);
  });
  wedge.onTyped(wires.typed);
  await Promise.all([wedge.start(), loadRefusalTexts()]);
  watchCameraPermission(wires.cameraAllowed);
  const update = startDelivery(engine, flow.fault);
  effect(() => {
    wires.updateReady.value = update.ready.value;
  });
  const storage = startPageFacts(engine, flow.fault, wires.hasBooks);
  keepAwake();
  const sound = createSound(wires.currency);
  addEventListener("pointerdown", sound.unlock, { once: true, capture: true });
  return { sound, applyUpdate: update.apply, askToKeep: storage.askToKeep };
}
