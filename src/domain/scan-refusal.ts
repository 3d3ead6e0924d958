import type { CodeRefusal } from "./refusal.ts";
import { assertNever } from "./result.ts";
import type { ScannedCode } from "./scanned-code.ts";

type NotAPaymentCode = Exclude<ScannedCode, { readonly kind: "payment-code" | "code-number" }>;

/** The refusal to give where only a payment code will do and `scanned` is something else. Total. */
export function refusalForScan(scanned: NotAPaymentCode): CodeRefusal {
  switch (scanned.kind) {
    case "empty":
      return { code: "empty" };
    case "wallet":
      return { code: "wallet-code", channel: scanned.channel };
    case "emv-consumer":
      return { code: "wallet-code", channel: "unclear" };
    case "ambiguous":
      return { code: "wallet-code", channel: scanned.candidates[0].channel };
    case "product":
      return { code: "product-code" };
    case "activation-code":
      return { code: "activation-code" };
    case "emv-merchant":
    case "url":
      return { code: "not-a-code" };
    case "unknown":
      switch (scanned.reason) {
        case "too-long":
          return { code: "too-long" };
        case "payment-code-damaged":
          return { code: "malformed" };
        case "check-digit":
          return { code: "number-mistyped" };
        case "activation-code-damaged":
          return { code: "activation-code" };
        case "emv-damaged":
        case "not-recognised":
          return { code: "not-a-code" };
        default:
          return assertNever(scanned.reason);
      }
    default:
      return assertNever(scanned);
  }
}
