import type { CodeRefusal, TillRefusal } from "#domain/refusal.ts";
import type { SaleRow, TillView } from "#protocol/engine-calls.ts";

/** Where the operator went. What stands there otherwise is decided by the engine's view. */
export type Place =
  /** Wherever the sale in hand is: amount, methods, password, paid. */
  | { readonly at: "counter" }
  | { readonly at: "number" }
  | { readonly at: "cash" }
  | { readonly at: "refused"; readonly refusal: CodeRefusal | TillRefusal }
  | { readonly at: "sales"; readonly open: SaleRow | null }
  | { readonly at: "more" }
  /** How delivery stands, from the strip. */
  | { readonly at: "connection" }
  /** Before this tablet is activated anew: what is at stake. */
  | { readonly at: "renew" }
  /** The activation code that comes after it. */
  | { readonly at: "activate" }
  /** What is not on the server, to be saved to files; `back` leads to where the way began. */
  | { readonly at: "export"; readonly back: Place }
  | VaultPlace;

/** PINs, unlocking and what protects the till's keys; `operatorId` is whom it is about. */
export type VaultPlace =
  | { readonly at: "vault"; readonly task: "people" | "change-pin" | "levels" | "passphrase" }
  | { readonly at: "vault"; readonly task: "set-pin" | "unlock"; readonly operatorId: string };

export type ScreenName =
  | "booting"
  | "elsewhere"
  | "activate"
  | "compare"
  | "first-pin"
  | "lock"
  | "sell"
  | "tender"
  | "number"
  | "cash"
  | "password"
  | "paid"
  | "refused"
  | "sales"
  | "more"
  | "connection"
  | "vault"
  | "vault-locked"
  | "renew"
  | "storage-full"
  | "export";

/** What may be done before anybody is in: each of it asks for a PIN or for the office's word itself. */
const atTheDoor: ReadonlySet<VaultPlace["task"]> = new Set<VaultPlace["task"]>([
  "set-pin",
  "unlock",
  "passphrase",
]);

const withRail: ReadonlySet<ScreenName> = new Set<ScreenName>([
  "sell",
  "tender",
  "number",
  "cash",
  "paid",
  "refused",
  "sales",
  "more",
  "connection",
  "vault",
  "storage-full",
]);

/** The operator is in, and the rail may be shown: not while the customer types a password. */
export function hasRail(screen: ScreenName): boolean {
  return withRail.has(screen);
}

/**
 * The screen to show. The engine's phase and sale come first: a paid sale is never hidden behind a refused
 * scan.
 */
export function screenFor(view: TillView | null, place: Place): ScreenName {
  if (view === null) return "booting";
  if (place.at === "export" && maySave(view)) return "export";
  const renewing = renewScreen(view, place);
  if (renewing !== null) return renewing;
  switch (view.phase) {
    case "booting":
      return "booting";
    case "elsewhere":
      return "elsewhere";
    case "unenrolled":
      return "activate";
    case "comparing":
      return "compare";
    case "needs-pin":
      return "first-pin";
    case "locked":
      return place.at === "vault" && atTheDoor.has(place.task) ? "vault-locked" : "lock";
    case "open":
      return openScreen(view, place);
  }
}

/**
 * On the way to a new activation: where codes are stopped it begins at the lock, no PIN may be there to say.
 */
function renewScreen(view: TillView, place: Place): "renew" | "activate" | null {
  const may = view.phase === "open" ? view.sale?.state !== "password" : view.stop !== null;
  if (view.phase === "unenrolled") {
    // What a lost database leaves at stake is said before the code that covers it up is asked for.
    return view.stop !== null && place.at !== "activate" ? "renew" : null;
  }
  if (!may || !["open", "locked", "needs-pin"].includes(view.phase)) return null;
  return place.at === "renew" || place.at === "activate" ? place.at : null;
}

function openScreen(view: TillView, place: Place): ScreenName {
  const sale = view.sale;
  // The customer has the tablet: nothing else may come up until the cashier takes it back.
  if (sale?.state === "password" && place.at !== "refused") return "password";
  if (place.at === "sales" || place.at === "more" || place.at === "connection" || place.at === "vault") {
    return place.at;
  }
  if (sale?.state === "paid") return "paid";
  if (place.at === "refused" || place.at === "number") return place.at;
  // The sale in hand still got on disk; the next one must not begin where nothing could be written.
  if (sale === null) return view.storage.full ? "storage-full" : "sell";
  return place.at === "cash" ? "cash" : "tender";
}

/** Without a PIN and whatever the till's state; only the customer at the password pad is not disturbed. */
function maySave(view: TillView): boolean {
  return view.phase !== "booting" && view.phase !== "elsewhere" && view.sale?.state !== "password";
}
