import { formatAmount, parseMoney } from "#domain/money.ts";
import { accepted, refused, type Result } from "#domain/result.ts";
import { type CodePolicy, MAX_AMOUNT_MINOR, MAX_CODE_DAYS } from "#protocol/office-api.ts";

/** The policy as it is filled in: texts as typed. */
export interface PolicyForm {
  readonly validDays: string;
  /** «2026-12-31»; empty: none. */
  readonly latestExpiry: string;
  readonly passwordRule: CodePolicy["passwordRule"];
  readonly passwordAbove: string;
  readonly passwordKind: CodePolicy["passwordKind"];
  readonly maxCode: string;
}

export interface PolicyRefusal {
  readonly field: "validDays" | "latestExpiry" | "passwordAbove" | "maxCode";
  readonly code: "days" | "date" | "amount";
}

/** The form that shows `policy`. */
export function formOf(policy: CodePolicy, currency: string): PolicyForm {
  return {
    validDays: String(policy.validDays),
    latestExpiry: policy.latestExpiryMs === null ? "" : dayText(policy.latestExpiryMs),
    passwordRule: policy.passwordRule,
    passwordAbove: policy.passwordAboveMinor === 0 ? "" : formatAmount(policy.passwordAboveMinor, currency),
    passwordKind: policy.passwordKind,
    maxCode: formatAmount(policy.maxCodeMinor, currency),
  };
}

/** The policy the form says, or its first field that cannot stand. */
export function policyOf(form: PolicyForm, currency: string): Result<CodePolicy, PolicyRefusal> {
  const validDays = Number(form.validDays);
  if (!/^\s*\d+\s*$/u.test(form.validDays) || validDays < 1 || validDays > MAX_CODE_DAYS) {
    return refused({ field: "validDays", code: "days" });
  }
  const latestExpiryMs = form.latestExpiry === "" ? null : endOfDayMs(form.latestExpiry);
  if (latestExpiryMs !== null && !Number.isSafeInteger(latestExpiryMs)) {
    return refused({ field: "latestExpiry", code: "date" });
  }
  // Without «above» the amount is not asked for: 0 is what it then means.
  const above = form.passwordRule === "above" ? parseMoney(form.passwordAbove, currency) : null;
  if (above && !(above.ok && above.value <= MAX_AMOUNT_MINOR)) {
    return refused({ field: "passwordAbove", code: "amount" });
  }
  const maxCode = parseMoney(form.maxCode, currency);
  if (!maxCode.ok || maxCode.value < 1 || maxCode.value > MAX_AMOUNT_MINOR) {
    return refused({ field: "maxCode", code: "amount" });
  }
  return accepted({
    validDays,
    latestExpiryMs,
    passwordRule: form.passwordRule,
    passwordAboveMinor: above?.ok ? above.value : 0,
    passwordKind: form.passwordKind,
    maxCodeMinor: maxCode.value,
  });
}

/** How many of the form's answers differ from what is saved. */
export function countChanges(form: PolicyForm, saved: PolicyForm): number {
  const seen: readonly (keyof PolicyForm)[] = [
    "validDays",
    "latestExpiry",
    "passwordRule",
    "passwordKind",
    "maxCode",
  ];
  const changed = seen.filter((key) => form[key].trim() !== saved[key].trim()).length;
  const aboveChanged =
    form.passwordRule === "above" && form.passwordAbove.trim() !== saved.passwordAbove.trim();
  return changed + (aboveChanged ? 1 : 0);
}

/** The last moment of a day «2026-12-31» by this screen's zone: codes still work on the day that is named. */
function endOfDayMs(day: string): number {
  return new Date(`${day}T23:59:59.999`).getTime();
}

function dayText(ms: number): string {
  const date = new Date(ms);
  const two = (count: number): string => String(count).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}
