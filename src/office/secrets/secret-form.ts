import { type KnownOfShop, maySet, type PasswordKind } from "#domain/password-rules.ts";
import { accepted, refused, type Result } from "#domain/result.ts";
import type { OverlapDays, SecretSource } from "#protocol/office-secrets-api.ts";

/** A new PIN or password as it is filled in. */
export interface SecretForm {
  readonly mode: SecretSource["mode"];
  readonly text: string;
  readonly again: string;
  readonly overlapDays: OverlapDays;
}

/** Made by us, and the old one at its end at once: what is right after a leak. */
export const emptySecretForm: SecretForm = { mode: "generate", text: "", again: "", overlapDays: 0 };

export interface SecretFormRefusal {
  readonly field: "text" | "again";
  readonly code: "missing" | "weak" | "differs";
}

/** What is sent: where the secret comes from, and how long the one before it stays good. */
export interface SecretWish {
  readonly source: SecretSource;
  readonly overlapDays: OverlapDays;
}

/** The wish the form says, or its first field that cannot stand. `hasOld`: there is one to overlap with. */
export function secretWishOf(
  form: SecretForm,
  kind: PasswordKind,
  known: KnownOfShop,
  hasOld: boolean,
): Result<SecretWish, SecretFormRefusal> {
  const overlapDays = hasOld ? form.overlapDays : 0;
  if (form.mode === "generate") return accepted({ source: { mode: "generate" }, overlapDays });
  if (form.text === "") return refused({ field: "text", code: "missing" });
  if (!maySet(form.text, kind, known)) return refused({ field: "text", code: "weak" });
  if (form.again !== form.text) return refused({ field: "again", code: "differs" });
  return accepted({ source: { mode: "typed", text: form.text }, overlapDays });
}

const DAY_MS = 86_400_000;

/** Whole days since `madeAtMs`; 0 for what the clock says is yet to come. */
export function ageDays(madeAtMs: number, nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - madeAtMs) / DAY_MS));
}

/** The eight digits somebody reads out, however they are grouped or typed; null when they are none. */
export function eightDigits(typed: string): string | null {
  const digits = typed.normalize("NFKC").replaceAll(/[\s-]/gu, "");
  return /^[0-9]{8}$/u.test(digits) ? digits : null;
}

/** Eight digits in two groups of four, as they are read out. */
export function inTwoFours(digits: string): string {
  return `${digits.slice(0, 4)} ${digits.slice(4)}`;
}
