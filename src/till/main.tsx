import { signal } from "@preact/signals";
import { render } from "preact";
import { createWedgeScanner } from "#devices/wedge.ts";
import "#ui/tokens.css";
import "#ui/base.css";
import { chooseLanguage, switchLanguage } from "#ui/language.ts";
import { loadPreferences, preferences } from "#ui/preferences.ts";
import { App, loadLateScreens } from "./app.tsx";
import { openCameraScanner, watchCameraPermission } from "./camera-link.ts";
import { runClock } from "./clock-now.ts";
import { startDelivery } from "./delivery.ts";
import { startEngine } from "./engine-link.ts";
import { createFlow } from "./flow.ts";
import { startPageFacts } from "./page-facts.ts";
import { createSound } from "./sound.ts";
import { type Till, TillProvider } from "./till-context.ts";
import { keepAwake } from "./wake-lock.ts";
import "./layout.css";
import "./chrome.css";
import "./pads.css";
import "./screens.css";

const clockEveryMs = 5_000;

/** Starts the till: the engine first, because it has the longest way to the first screen. */
async function start(): Promise<void> {
  const link = startEngine();
  loadPreferences(localStorage, document.documentElement);
  const spoken = chooseLanguage(preferences.value.language, navigator.languages);
  await switchLanguage(spoken, document.documentElement);

  const { engine, view } = link;
  const sound = createSound(() => view.value?.settings.currency ?? "CNY");
  const flow = createFlow(engine, view, sound);
  link.onDown(() => flow.fault(new Error("the engine's worker stopped")));
  const wedge = createWedgeScanner({ target: window, nowMs: () => performance.now() });
  const activation = signal("");
  wedge.onScan(({ text }) => {
    if (flow.screen() === "activate") activation.value = text;
    else flow.scanned(text);
  });
  const till: Till = {
    engine,
    view,
    flow,
    wedge,
    openCamera: openCameraScanner,
    cameraAllowed: watchCameraPermission(),
    update: startDelivery(engine, flow.fault),
    activation,
  };
  const root = document.getElementById("app");
  if (root === null) throw new Error("the page has no #app to draw in");
  render(
    <TillProvider value={till}>
      <App />
    </TillProvider>,
    root,
  );
  await wedge.start();
  runClock(clockEveryMs);
  startPageFacts(engine, flow.fault);
  keepAwake();
  addEventListener("pointerdown", sound.unlock, { once: true, capture: true });
  await afterPaint();
  await loadLateScreens();
}

/** Two frames on: what was drawn is on the glass, and what comes next may cost time. */
function afterPaint(): Promise<void> {
  return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve())));
}

await start();
