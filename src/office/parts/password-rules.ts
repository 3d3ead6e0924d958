import { accepted, refused, type Result } from "#domain/result.ts";
import type { ChangePasswordRequest } from "#protocol/office-api.ts";
import type { OfficeProblem } from "#ui/texts/office-problem.ts";

/** The server refuses a shorter owner password; said while typing so that nobody learns it from a refusal. */
export const OWNER_PASSWORD_MIN = 12;

/** A change of password as it is typed. */
export interface PasswordForm {
  readonly current: string;
  readonly next: string;
  readonly again: string;
}

export const emptyPasswordForm: PasswordForm = { current: "", next: "", again: "" };

export interface PasswordFormRefusal {
  readonly field: keyof PasswordForm;
  readonly code: "current-missing" | "too-short" | "differs";
}

/** How many characters `password` lacks; 0 when it is long enough. Counted as the server counts. */
export function missingLetters(password: string): number {
  return Math.max(0, OWNER_PASSWORD_MIN - Array.from(password.normalize("NFKC")).length);
}

/** The request the form says, or its first field that cannot stand. `isForgotten`: without the current. */
export function passwordRequestOf(
  form: PasswordForm,
  isForgotten: boolean,
): Result<ChangePasswordRequest, PasswordFormRefusal> {
  if (!isForgotten && form.current === "") return refused({ field: "current", code: "current-missing" });
  if (missingLetters(form.next) > 0) return refused({ field: "next", code: "too-short" });
  if (form.again !== form.next) return refused({ field: "again", code: "differs" });
  return accepted({ current: isForgotten ? null : form.current, next: form.next });
}

/**
 * What the server's refusal of a change means here, where nobody signs in or creates a shop; null: its own
 * sentence fits. `link-over`: the link's time is past, or the password was already changed by it.
 */
export function changeRefusalOf(
  problem: OfficeProblem,
  isForgotten: boolean,
): "current-wrong" | "link-over" | "too-short" | null {
  if (problem.code === "wrong-credentials") return isForgotten ? "link-over" : "current-wrong";
  return problem.code === "password-too-short" ? "too-short" : null;
}
