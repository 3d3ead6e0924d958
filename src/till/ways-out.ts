import type { CodeRefusal, TillRefusal } from "#domain/refusal.ts";

/** What the cashier can do after a refusal. */
export type WayOut = "cash" | "scan" | "number" | "methods" | "retry-password" | "sell";

/**
 * The ways out of a refusal, the best first (it becomes the primary). Cash works whatever happened to a code,
 * but only where a sum is known; without a sale the way leads back to scanning or to the amount.
 */
export function waysOut(refusal: CodeRefusal | TillRefusal, hasSale: boolean): readonly WayOut[] {
  const ways = bestWays(refusal.code);
  if (hasSale) return ways;
  // Without a sum there is no cash to take; the amount is always a way on.
  return [...new Set<WayOut>([...ways.filter((way) => way !== "cash" && way !== "methods"), "sell"])];
}

function bestWays(code: (CodeRefusal | TillRefusal)["code"]): readonly WayOut[] {
  switch (code) {
    case "empty":
    case "malformed":
      return ["scan", "number", "cash"];
    case "product-code":
    case "activation-code":
    case "not-a-code":
    case "too-long":
      return ["scan", "cash", "number"];
    case "number-mistyped":
    case "unknown-number":
      return ["number", "scan", "cash"];
    // Asking again is the way on: whoever takes cash lets go of the code, which then works elsewhere.
    case "claim-unknown":
    case "claim-released":
    case "not-committed":
      return ["scan", "cash", "number"];
    case "password-wrong":
    case "password-wait":
      return ["retry-password", "methods"];
    case "wallet-code":
    case "wrong-algorithm":
    case "another-merchant":
    case "unknown-key":
    case "key-withdrawn":
    case "bad-signature":
    case "another-till":
    case "not-yet-valid":
    case "expired":
    case "revoked":
    case "spent":
    case "already-in-sale":
    case "key-epoch-absent":
    case "amount-mismatch":
    case "leased-elsewhere":
    case "held-elsewhere":
    case "unknown-code":
    case "floor-code":
    case "floor-till":
    case "floor-stale":
    case "needs-server":
    case "password-locked":
    case "password-absent":
    case "limit-reached":
      return ["cash", "scan", "methods"];
    // No code works before these are mended: offering another scan would only refuse again.
    case "clock":
    case "till-stopped":
    case "vault-closed":
    case "lease-over":
      return ["cash", "methods"];
    case "not-enrolled":
    case "no-operator":
    case "storage-full":
    case "no-sale":
    case "sale-already-paid":
    case "amount-out-of-range":
    case "cash-short":
      return ["sell"];
  }
}
