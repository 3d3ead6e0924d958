// What a wish to issue comes to under the owner's rules. Pure: the clock and the rules are brought.
import { MAX_CODE_LIFE_DAYS } from "#domain/payment-code.ts";
import type { KnownOfShop } from "#domain/password-rules.ts";
import { accepted, refused, type Result } from "#domain/result.ts";
import type { CodePolicy, IssueCodeRequest, OfficeRefusal } from "#protocol/office-api.ts";
import { judgeCodePassword } from "./code-password.ts";

const DAY_MS = 86_400_000;

export type IssueRefusal =
  | Extract<OfficeRefusal, { code: "amount-over-policy" | "password-breaks-rules" | "invalid-input" }>
  | { readonly code: "password-required" | "password-not-allowed" | "validity-past" }
  | { readonly code: "not-found" | "till-revoked" | "till-not-ready" | "leases-not-chosen" };

export interface IssuePlan {
  readonly validFromMs: number;
  readonly expiresAtMs: number;
  /** What the issuer typed, as it will be hashed; `generate`: made by us; null: none. */
  readonly password: { readonly typed: string } | "generate" | null;
}

/**
 * Judges amount, password and validity, in this order. Times are whole seconds, as they stand in the code.
 * `known`: what of the shop no password may say.
 */
export function planIssue(
  request: IssueCodeRequest,
  policy: CodePolicy,
  nowMs: number,
  known: KnownOfShop,
): Result<IssuePlan, IssueRefusal> {
  if (request.amountMinor > policy.maxCodeMinor) {
    return refused({ code: "amount-over-policy", maxMinor: policy.maxCodeMinor });
  }
  const password = planPassword(request, policy, known);
  if (!password.ok) return password;
  const days = request.validDays ?? policy.validDays;
  const validFromMs = toSecond(Math.max(request.fromMs ?? nowMs, nowMs));
  const ends = [
    validFromMs + days * DAY_MS,
    nowMs + MAX_CODE_LIFE_DAYS * DAY_MS,
    policy.latestExpiryMs ?? Infinity,
  ];
  const expiresAtMs = toSecond(Math.min(...ends));
  if (expiresAtMs <= Math.max(nowMs, validFromMs)) return refused({ code: "validity-past" });
  return accepted({ validFromMs, expiresAtMs, password: password.value });
}

function planPassword(
  request: IssueCodeRequest,
  policy: CodePolicy,
  known: KnownOfShop,
): Result<IssuePlan["password"], IssueRefusal> {
  const { password, amountMinor } = request;
  const needed =
    policy.passwordRule === "always" ||
    (policy.passwordRule === "above" && amountMinor > policy.passwordAboveMinor);
  if (password.mode === "none") return needed ? refused({ code: "password-required" }) : accepted(null);
  if (policy.passwordRule === "never") return refused({ code: "password-not-allowed" });
  if (password.mode === "generate") return accepted("generate");
  const judged = judgeCodePassword(password.text, policy.passwordKind, known);
  return judged.ok ? accepted({ typed: judged.value }) : judged;
}

function toSecond(ms: number): number {
  return Math.floor(ms / 1000) * 1000;
}
