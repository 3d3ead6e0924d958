import { formatAmount, parseMoney } from "#domain/money.ts";
import { MAX_STALE_HOURS, SAFE_OUTAGE_POLICY, type OutagePolicy } from "#domain/outage-policy.ts";
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
  readonly codeWay: CodePolicy["codeWay"];
  readonly floorPerCode: string;
  readonly exposure: string;
  readonly staleHours: string;
}

export interface PolicyRefusal {
  readonly field:
    | "validDays"
    | "latestExpiry"
    | "passwordAbove"
    | "maxCode"
    | "floorPerCode"
    | "exposure"
    | "staleHours";
  readonly code: "days" | "date" | "amount" | "hours";
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
    codeWay: policy.codeWay,
    floorPerCode: formatAmount(policy.floorPerCodeMinor, currency),
    exposure: formatAmount(policy.exposureMinor, currency),
    staleHours: String(policy.staleHours),
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
  const outage = outageOf(form, currency);
  if (!outage.ok) return outage;
  return accepted({
    ...outage.value,
    validDays,
    latestExpiryMs,
    passwordRule: form.passwordRule,
    passwordAboveMinor: above?.ok ? above.value : 0,
    passwordKind: form.passwordKind,
    maxCodeMinor: maxCode.value,
  });
}

/**
 * What the form says of outages, or the first of its fields there that cannot stand. The floor's figures
 * count only where it is chosen; else what cannot stand is what a shop starts with.
 */
export function outageOf(form: PolicyForm, currency: string): Result<OutagePolicy, PolicyRefusal> {
  const { codeWay } = form;
  const chosen = codeWay === "floor-limited";
  const perCode = amountOf(form.floorPerCode, currency);
  if (perCode === null && chosen) return refused({ field: "floorPerCode", code: "amount" });
  const exposure = amountOf(form.exposure, currency);
  if (exposure === null && chosen) return refused({ field: "exposure", code: "amount" });
  const hours = /^\s*\d+\s*$/u.test(form.staleHours) ? Number(form.staleHours) : 0;
  const areHours = hours >= 1 && hours <= MAX_STALE_HOURS;
  if (!areHours && chosen) return refused({ field: "staleHours", code: "hours" });
  return accepted({
    codeWay,
    floorPerCodeMinor: perCode ?? SAFE_OUTAGE_POLICY.floorPerCodeMinor,
    exposureMinor: exposure ?? SAFE_OUTAGE_POLICY.exposureMinor,
    staleHours: areHours ? hours : SAFE_OUTAGE_POLICY.staleHours,
  });
}

/** The sum in minor units; null when it is none that a limit can be. */
function amountOf(text: string, currency: string): number | null {
  const sum = parseMoney(text, currency);
  return sum.ok && sum.value >= 1 && sum.value <= MAX_AMOUNT_MINOR ? sum.value : null;
}

/** How many of the form's answers differ from what is saved. */
export function countChanges(form: PolicyForm, saved: PolicyForm): number {
  const seen: readonly (keyof PolicyForm)[] = [
    "validDays",
    "latestExpiry",
    "passwordRule",
    "passwordKind",
    "maxCode",
    "codeWay",
    ...(form.codeWay === "floor-limited" ? (["floorPerCode", "exposure", "staleHours"] as const) : []),
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
