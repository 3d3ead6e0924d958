import { type ReadonlySignal, signal } from "@preact/signals";

/** Every page of the office has its own address; a detail names its id. */
export type Route =
  | {
      readonly page:
        | "today"
        | "sales"
        | "codes"
        | "code-new"
        | "methods"
        | "tills"
        | "till-new"
        | "people"
        | "person-new"
        | "unlock"
        | "losses"
        | "import"
        | "settings";
    }
  | { readonly page: "welcome" | "unknown" }
  | { readonly page: DetailPage; readonly id: string };

type DetailPage = "sale" | "code" | "method" | "till" | "protection" | "person" | "loss" | "quarantine";
type FixedPage = Exclude<Route["page"], DetailPage | "unknown">;

// Maps, not objects: an address like «/office/toString» must not find what every object brings along.
const fixed: ReadonlyMap<string, FixedPage> = new Map([
  ["", "today"],
  ["sales", "sales"],
  ["codes", "codes"],
  ["codes/new", "code-new"],
  ["methods", "methods"],
  ["tills", "tills"],
  ["tills/new", "till-new"],
  ["people", "people"],
  ["people/new", "person-new"],
  ["unlock", "unlock"],
  ["losses", "losses"],
  ["import", "import"],
  ["settings", "settings"],
  ["welcome", "welcome"],
]);
const details: ReadonlyMap<string, DetailPage> = new Map<string, DetailPage>([
  ["sales", "sale"],
  ["codes", "code"],
  ["methods", "method"],
  ["tills", "till"],
  ["protection", "protection"],
  ["people", "person"],
  // The quarantine's branches stand in the list of losses; each has an address of its own.
  ["losses", "loss"],
  ["quarantine", "quarantine"],
]);

/** The page at `path` («/office/codes/ID»); `unknown` for an address that names none. */
export function routeOf(path: string): Route {
  const rest = /^\/office(?:\.html)?(?:\/(.*?))?\/?$/u.exec(path);
  if (!rest) return { page: "unknown" };
  const page = fixed.get(rest[1] ?? "");
  if (page) return { page };
  const [list = "", id = "", ...more] = (rest[1] ?? "").split("/");
  const detail = details.get(list);
  return detail && /^[\w-]{1,64}$/u.test(id) && more.length === 0
    ? { page: detail, id }
    : { page: "unknown" };
}

/** The address of a page. */
export function pathOf(route: Route): string {
  switch (route.page) {
    case "sale":
      return `/office/sales/${route.id}`;
    case "code":
      return `/office/codes/${route.id}`;
    case "till":
      return `/office/tills/${route.id}`;
    case "method":
      return `/office/methods/${route.id}`;
    case "protection":
      return `/office/protection/${route.id}`;
    case "person":
      return `/office/people/${route.id}`;
    case "loss":
      return `/office/losses/${route.id}`;
    case "quarantine":
      return `/office/quarantine/${route.id}`;
    case "today":
    case "unknown":
      return "/office";
    case "code-new":
      return "/office/codes/new";
    case "till-new":
      return "/office/tills/new";
    case "person-new":
      return "/office/people/new";
    case "sales":
    case "codes":
    case "methods":
    case "tills":
    case "people":
    case "unlock":
    case "losses":
    case "import":
    case "settings":
    case "welcome":
      return `/office/${route.page}`;
  }
}

/** What an opened link brings in its fragment; a fragment never reaches a server's log. */
export type LinkToken = { readonly kind: "setup" | "owner-link"; readonly token: string };

/** The token in «#setup=TOKEN» or «#owner-link=TOKEN»; null when the fragment is something else. */
export function tokenOf(fragment: string): LinkToken | null {
  const match = /^#(setup|owner-link)=([\w.~-]{20,100})$/u.exec(fragment);
  return match?.[2] ? { kind: match[1] as LinkToken["kind"], token: match[2] } : null;
}

export interface Router {
  readonly route: ReadonlySignal<Route>;
  readonly go: (route: Route) => void;
  /** Takes the place of the address shown, so «back» does not return to it. */
  readonly replace: (route: Route) => void;
}

/** Follows the browser's address; `window` is brought so that tests can bring their own. */
export function createRouter(window: Pick<Window, "location" | "history" | "addEventListener">): Router {
  const route = signal(routeOf(window.location.pathname));
  window.addEventListener("popstate", () => {
    route.value = routeOf(window.location.pathname);
  });
  return {
    route,
    go(next) {
      window.history.pushState(null, "", pathOf(next));
      route.value = next;
    },
    replace(next) {
      window.history.replaceState(null, "", pathOf(next));
      route.value = next;
    },
  };
}
