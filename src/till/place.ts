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
  | { readonly at: "more" };

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
  | "more";

/** The operator is in, and the rail may be shown: not while the customer types a password. */
export function hasRail(screen: ScreenName): boolean {
  switch (screen) {
    case "booting":
    case "elsewhere":
    case "activate":
    case "compare":
    case "first-pin":
    case "lock":
    case "password":
      return false;
    case "sell":
    case "tender":
    case "number":
    case "cash":
    case "paid":
    case "refused":
    case "sales":
    case "more":
      return true;
  }
}

/**
 * The screen to show. The engine's phase and sale come first: a paid sale is never hidden behind a refused
 * scan.
 */
export function screenFor(view: TillView | null, place: Place): ScreenName {
  if (view === null) return "booting";
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
      return "lock";
    case "open":
      return openScreen(view, place);
  }
}

function openScreen(view: TillView, place: Place): ScreenName {
  const sale = view.sale;
  // The customer has the tablet: nothing else may come up until the cashier takes it back.
  if (sale?.state === "password" && place.at !== "refused") return "password";
  if (place.at === "sales" || place.at === "more") return place.at;
  if (sale?.state === "paid") return "paid";
  if (place.at === "refused" || place.at === "number") return place.at;
  if (sale === null) return "sell";
  return place.at === "cash" ? "cash" : "tender";
}
