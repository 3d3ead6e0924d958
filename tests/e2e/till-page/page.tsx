import { signal } from "@preact/signals";
import { render } from "preact";
import "#ui/tokens.css";
import "#ui/base.css";
import "../../../src/till/layout.css";
import "../../../src/till/chrome.css";
import "../../../src/till/pads.css";
import "../../../src/till/panels.css";
import "../../../src/till/screens.css";
import "../../../src/till/vault.css";
import "../../../src/till/small.css";
import { createWedgeScanner } from "#devices/wedge.ts";
import type { CameraScanner } from "#devices/camera-scanner.ts";
import { accepted, refused } from "#domain/result.ts";
import { switchLanguage } from "#ui/language.ts";
import { prefer } from "#ui/preferences.ts";
import { loadRefusalTexts } from "#ui/texts/refusal-texts.ts";
import { App } from "../../../src/till/app.tsx";
import { createFlow } from "../../../src/till/flow.ts";
import { loadLateScreens } from "../../../src/till/late.ts";
import { type Till, TillProvider } from "../../../src/till/till-context.ts";
import { fakeEngine, fakePad } from "../../till/fake-engine.ts";
import { rows, type SceneName, scenes, parcel, unsentFiles } from "./scenes.ts";

/** Draws one scene of the till on an engine that only answers: `?scene=…&language=…&theme=…&hand=…`. */
const wanted = new URLSearchParams(location.search);
const scene = scenes[(wanted.get("scene") ?? "sell") as SceneName];
const root = document.documentElement;
prefer("theme", wanted.get("theme") === "dark" ? "dark" : "light", localStorage, root);
prefer("hand", wanted.get("hand") === "left" ? "left" : "right", localStorage, root);
prefer("textSize", wanted.get("text") === "larger" ? "larger" : "normal", localStorage, root);
await switchLanguage(wanted.get("language") === "en" ? "en" : "zh-CN", root);

const view = signal(scene.view);
const engine = fakeEngine({
  sales: () => Promise.resolve(rows),
  refusals: () =>
    Promise.resolve([
      { atMs: 0, code: "expired", seq: 2 },
      { atMs: 0, code: "key-epoch-absent", seq: 1 },
    ]),
  openPad: (purpose) =>
    Promise.resolve(
      scene.padRefused !== undefined
        ? refused(scene.padRefused)
        : accepted(
            ["code", "passphrase", "new-passphrase"].includes(purpose.purpose)
              ? fakePad({ kind: scene.passwordKind ?? "digits", fixedLength: null }).pad
              : fakePad().pad,
          ),
    ),
  unlockChallenge: (operatorId) =>
    Promise.resolve(accepted({ operatorId, digits: "40718263", leftMs: 590_000, triesLeft: 3 })),
  openVault: () => Promise.resolve(false),
  exportOverview: () => Promise.resolve(accepted(unsentFiles)),
  parcels: () => Promise.resolve([parcel]),
  previewActivation: () =>
    Promise.resolve(accepted({ source: "scanned", shopName: "和平路早餐店", tillName: "1号机" })),
});
const flow = createFlow(engine, view, { paid: () => undefined, refused: () => undefined });
const nothing = (): (() => void) => () => undefined;
const camera: Pick<CameraScanner, "start" | "close" | "onScan" | "onTrouble"> = {
  start: () => Promise.resolve(accepted(undefined)),
  close: () => undefined,
  onScan: nothing,
  onTrouble: nothing,
};
const wedge = createWedgeScanner({ target: window, nowMs: () => performance.now() });
await wedge.start();
const till: Till = {
  engine,
  view,
  flow,
  wedge,
  openCamera: () => Promise.resolve(camera as CameraScanner),
  cameraAllowed: signal(false),
  update: { ready: signal(scene.updateReady ?? false), apply: () => undefined },
  activation: signal(scene.activation ?? ""),
  askToKeep: () => Promise.resolve(false),
};
if (scene.place !== undefined) flow.go(scene.place);
flow.cameraOn.value = scene.camera ?? false;
await Promise.all([loadLateScreens(), loadRefusalTexts()]);
const app = document.getElementById("app");
if (app === null) throw new Error("the page has no #app");
render(
  <TillProvider value={till}>
    <App />
  </TillProvider>,
  app,
);
for (const selector of scene.press ?? []) await pressed(selector);

/** Presses the first such element as soon as it stands. */
async function pressed(selector: string): Promise<void> {
  for (;;) {
    const found = document.querySelector<HTMLElement>(selector);
    if (found !== null) return found.click();
    await new Promise(requestAnimationFrame);
  }
}
