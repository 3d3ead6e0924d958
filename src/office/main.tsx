import { signal } from "@preact/signals";
import { render } from "preact";
import type { IssuedCode } from "#protocol/office-api.ts";
import "#ui/tokens.css";
import "#ui/base.css";
import "./office.css";
import "./pages.css";
import "./losses.css";
import "./print.css";
import { chooseLanguage, switchLanguage } from "#ui/language.ts";
import { loadPreferences, preferences } from "#ui/preferences.ts";
import { createOfficeApi } from "./api.ts";
import { App } from "./app.tsx";
import type { FirstRun } from "./first-run.ts";
import { createHttp } from "./http.ts";
import { createLive } from "./live.ts";
import { type Account, noSheets, type Office, OfficeContext } from "./office.ts";
import { createRouter } from "./router.ts";

const nowMs = (): number => Date.now();
const account = signal<Account>({ state: "asking" });

function onSignedOut(): void {
  // Pages stay behind the sign-in, with what was filled in.
  if (account.value.state === "signed-in") account.value = { state: "ended", me: account.value.me };
}

const http = createHttp({
  fetch: (path, init) => fetch(path, init),
  isOnline: () => navigator.onLine,
  nowMs,
  onSignedOut,
});

function after(waitMs: number, then: () => void): () => void {
  const timer = setTimeout(then, waitMs);
  return () => clearTimeout(timer);
}

const api = createOfficeApi(http, nowMs);
const office: Office = {
  api,
  live: createLive({
    open: () => new EventSource("/api/office/events"),
    after,
    onHungUp: () => void api.me(),
  }),
  router: createRouter(window),
  account,
  firstRun: signal<FirstRun | null>(null),
  issued: signal<IssuedCode | null>(null),
  sheets: noSheets(),
};

async function start(root: HTMLElement): Promise<void> {
  loadPreferences(localStorage, document.documentElement);
  await switchLanguage(
    chooseLanguage(preferences.value.language, navigator.languages),
    document.documentElement,
  );
  render(
    <OfficeContext value={office}>
      <App isSecure={window.isSecureContext} />
    </OfficeContext>,
    root,
  );
}

/**
 * The stream of events belongs to the page in front. A hidden tab, and a page that the browser keeps for
 * «back», would go on holding a connection; of six to one address, none would be left for the next question.
 */
function followWhileSeen(): void {
  const seen = document.visibilityState === "visible";
  if (seen && account.value.state === "signed-in") office.live.start();
  else office.live.stop();
}
document.addEventListener("visibilitychange", followWhileSeen);
addEventListener("pagehide", () => office.live.stop());
addEventListener("pageshow", (event) => {
  followWhileSeen();
  // «Back» brings a page as it was left, whoever has signed out since: its figures are shown to the one who
  // is here now only if the server knows them.
  if (event.persisted && account.value.state === "signed-in") void office.api.me();
});

const root = document.getElementById("app");
if (!root) throw new Error("office.html has no place for the office");
void start(root);
