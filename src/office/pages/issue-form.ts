import { parseMoney } from "#domain/money.ts";
import { type KnownOfShop, maySet } from "#domain/password-rules.ts";
import { accepted, refused, type Result } from "#domain/result.ts";
import { type CodePolicy, MAX_CODE_DAYS } from "#protocol/office-api.ts";
import type { IssueWish } from "../issue-request.ts";

/** The issue form as it is filled in: texts as typed. */
export interface IssueForm {
  readonly amount: string;
  readonly kind: "exact" | "up-to";
  readonly password: "generate" | "typed" | "none";
  readonly typed: string;
  readonly again: string;
  readonly validDays: string;
  /** «2026-11-23T14:07», in this screen's time zone; empty: at once. */
  readonly from: string;
  readonly tillId: string;
  readonly onlyThisTill: boolean;
}

export const emptyIssueForm: IssueForm = {
  amount: "",
  kind: "exact",
  password: "generate",
  typed: "",
  again: "",
  validDays: "",
  from: "",
  tillId: "",
  onlyThisTill: false,
};

export type FormField = "amount" | "typed" | "again" | "validDays" | "from";
export type FormProblem =
  | "amount-missing"
  | "amount-wrong"
  | "amount-over"
  | "typed-missing"
  | "typed-weak"
  | "differs"
  | "days"
  | "time";
export interface FormRefusal {
  readonly field: FormField;
  readonly code: FormProblem;
}

/** The sum typed so far in minor units; null while it is none. */
export function formAmount(form: IssueForm, currency: string): number | null {
  const sum = parseMoney(form.amount, currency);
  return sum.ok && sum.value > 0 ? sum.value : null;
}

/** Which ways of password the shop's policy leaves for this sum (G9): the server refuses every other. */
export function passwordChoices(
  policy: CodePolicy,
  amountMinor: number | null,
): readonly IssueForm["password"][] {
  switch (policy.passwordRule) {
    case "never":
      return ["none"];
    case "always":
      return ["generate", "typed"];
    case "above":
      return (amountMinor ?? 0) > policy.passwordAboveMinor
        ? ["generate", "typed"]
        : ["none", "generate", "typed"];
  }
}

/** The choice in force: what was chosen where the policy still allows it, else the policy's first. */
export function passwordInForce(
  chosen: IssueForm["password"],
  allowed: readonly IssueForm["password"][],
): IssueForm["password"] {
  return allowed.includes(chosen) ? chosen : (allowed[0] ?? "generate");
}

/**
 * The form as a request, or its first field that cannot stand. Only what a person would mend at once is
 * checked here; the server has the last word.
 */
export function wishOf(
  form: IssueForm,
  policy: CodePolicy,
  currency: string,
  known: KnownOfShop,
): Result<IssueWish, FormRefusal> {
  const amountMinor = formAmount(form, currency);
  if (form.amount.trim() === "") return refused({ field: "amount", code: "amount-missing" });
  if (amountMinor === null) return refused({ field: "amount", code: "amount-wrong" });
  if (amountMinor > policy.maxCodeMinor) return refused({ field: "amount", code: "amount-over" });
  const mode = passwordInForce(form.password, passwordChoices(policy, amountMinor));
  if (mode === "typed") {
    if (form.typed === "") return refused({ field: "typed", code: "typed-missing" });
    if (!maySet(form.typed, policy.passwordKind, known)) {
      return refused({ field: "typed", code: "typed-weak" });
    }
    if (form.typed !== form.again) return refused({ field: "again", code: "differs" });
  }
  const days = form.validDays.trim() === "" ? null : Number(form.validDays);
  if (days !== null && !(Number.isInteger(days) && days >= 1 && days <= MAX_CODE_DAYS)) {
    return refused({ field: "validDays", code: "days" });
  }
  const fromMs = form.from === "" ? null : new Date(form.from).getTime();
  if (fromMs !== null && !Number.isSafeInteger(fromMs)) return refused({ field: "from", code: "time" });
  const tillId = form.tillId === "" ? null : form.tillId;
  return accepted({
    amountMinor,
    kind: form.kind,
    password: mode === "typed" ? { mode, text: form.typed } : { mode },
    validDays: days,
    fromMs,
    tillId,
    onlyThisTill: tillId !== null && form.onlyThisTill,
  });
}
