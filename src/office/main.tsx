import { signal } from "@preact/signals";
import { render } from "preact";
import type { IssuedCode } from "#protocol/office-api.ts";
import "#ui/tokens.css";
import "#ui/base.css";
import "./office.css";
import "./pages.css";
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

const office: Office = {
  api: createOfficeApi(http, nowMs),
  live: createLive({ open: () => new EventSource("/api/office/events"), after }),
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

const root = document.getElementById("app");
if (!root) throw new Error("office.html has no place for the office");
void start(root);
