import { signal } from "@preact/signals";
import { render } from "preact";
import { createListeners } from "#devices/listeners.ts";
import { chooseLanguage, switchLanguage } from "#ui/language.ts";
import { loadPreferences, preferences } from "#ui/preferences.ts";
import { App } from "./app.tsx";
import { runClock } from "./clock-now.ts";
import { followEngine } from "./engine-link.ts";
import { createFlow } from "./flow.ts";
import { holdOpenSale } from "./hold-sale.ts";
import { loadLateScreens } from "./late.ts";
import type { LateParts } from "./late-start.ts";
import { type Till, TillProvider } from "./till-context.ts";

const clockEveryMs = 5_000;

/**
 * Draws the till around its engine: first what the keypad needs, all else after the first paint. Without an
 * engine (an insecure page) it says what is missing and how to mend it.
 */
export async function start(engineWorker: Worker | null): Promise<void> {
  const link = engineWorker && followEngine(engineWorker);
  loadPreferences(localStorage, document.documentElement);
  const spoken = chooseLanguage(preferences.value.language, navigator.languages);
  await switchLanguage(spoken, document.documentElement);
  const root = document.getElementById("app");
  if (root === null) throw new Error("the page has no #app to draw in");
  if (link === null) {
    const { showInsecure } = await import("./screens/insecure.tsx");
    await showInsecure(root);
    return;
  }
  const { engine, view, onDown } = link;

  let late: LateParts | null = null;
  const flow = createFlow(engine, view, {
    paid: (paid) => late?.sound.paid(paid),
    refused: () => late?.sound.refused(),
  });
  onDown(() => flow.fault(new Error("the engine's worker stopped")));
  const typed = createListeners<string>();
  const updateReady = signal(false);
  const cameraAllowed = signal(false);
  const activation = signal("");
  const till: Till = {
    engine,
    view,
    flow,
    wedge: { onTyped: typed.add },
    openCamera: async (video) => (await import("./camera-link.ts")).openCameraScanner(video),
    cameraAllowed,
    update: { ready: updateReady, apply: () => late?.applyUpdate() },
    activation,
    askToKeep: () => late?.askToKeep() ?? Promise.resolve(false),
  };
  render(
    <TillProvider value={till}>
      <App />
    </TillProvider>,
    root,
  );
  runClock(clockEveryMs);
  holdOpenSale(view, window);
  await afterPaint();
  const { startLate } = await import("./late-start.ts");
  const currency = (): string => view.value?.settings.currency ?? "CNY";
  const hasBooks = (): boolean => ["needs-pin", "locked", "open"].includes(view.value?.phase ?? "");
  const wires = {
    engine,
    flow,
    currency,
    typed: typed.tell,
    activation,
    cameraAllowed,
    updateReady,
    hasBooks,
  };
  [late] = await Promise.all([startLate(wires), loadLateScreens()]);
}

/**
 * Two frames on: what was drawn is on the glass, and what comes next may cost time. A hidden page draws no
 * frame, and its unsent sales must not wait for one.
 */
function afterPaint(): Promise<void> {
  if (document.visibilityState === "hidden") return Promise.resolve();
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));
}
