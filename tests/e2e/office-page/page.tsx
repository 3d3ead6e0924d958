import { signal } from "@preact/signals";
import { render } from "preact";
import "#ui/tokens.css";
import "#ui/base.css";
import "../../../src/office/office.css";
import "../../../src/office/pages.css";
import "../../../src/office/losses.css";
import "../../../src/office/print.css";
import { switchLanguage } from "#ui/language.ts";
import { prefer } from "#ui/preferences.ts";
import { createOfficeApi } from "../../../src/office/api.ts";
import { App } from "../../../src/office/app.tsx";
import { createHttp } from "../../../src/office/http.ts";
import { createLive, type EventStream } from "../../../src/office/live.ts";
import { type Account, noSheets, OfficeContext } from "../../../src/office/office.ts";
import { createRouter } from "../../../src/office/router.ts";
import { createFakeServer } from "../../office/fake-server.ts";
import { troubledShop } from "./troubled-shop.ts";

/**
 * Draws a page of the office on a server that only answers: the address is the office's own, `?language=…`.
 */
const wanted = new URLSearchParams(location.search);
const root = document.documentElement;
prefer("theme", wanted.get("theme") === "dark" ? "dark" : "light", localStorage, root);
await switchLanguage(wanted.get("language") === "en" ? "en" : "zh-CN", root);

const nowMs = (): number => Date.now();
const server = createFakeServer(troubledShop(nowMs()));
const http = createHttp({
  fetch: (path, init) => server.fetch(new Request(new URL(path, location.origin), init)),
  isOnline: () => true,
  nowMs,
  onSignedOut: () => undefined,
});
const silent: EventStream = {
  onopen: null,
  onerror: null,
  addEventListener: () => undefined,
  readyState: 1,
  close: () => undefined,
};
const account = signal<Account>({ state: "asking" });
const office = {
  api: createOfficeApi(http, nowMs),
  live: createLive({ open: () => silent, after: () => () => undefined, onHungUp: () => undefined }),
  router: createRouter(window),
  account,
  firstRun: signal(null),
  issued: signal(null),
  sheets: noSheets(),
};
const app = document.getElementById("app");
if (app === null) throw new Error("the page has no #app");
render(
  <OfficeContext value={office}>
    <App isSecure />
  </OfficeContext>,
  app,
);
