import type { CodeRefusal } from "./refusal.ts";

/**
 * What a payment code claims, and the order in which a till judges it (PROTOCOL §9). Pure: bytes, signatures
 * and clocks are brought by the caller. Ids are hex text here; the bytes live in the protocol.
 */

/**
 * `exact`: the sale, or what remains of it, must equal the amount. `up-to`: covers what it can, the rest goes
 * back.
 */
export type CodeKind = "exact" | "up-to";
/** `none`, the payment method's own password, or one that belongs to this code alone. */
export type PasswordRule = "none" | "method" | "own";

export interface CodeClaims {
  /** Short id of the issuing merchant. */
  readonly issuer: string;
  readonly audience: { readonly kind: "store" | "till"; readonly shortId: string };
  readonly expiresAtMs: number;
  readonly validFromMs: number;
  /** The code's own id, hex. */
  readonly cti: string;
  readonly amountMinor: number;
  readonly currency: string;
  readonly kind: CodeKind;
  readonly rule: PasswordRule;
  readonly keyEpoch: number;
}

/** Clocks of two tablets differ: a code is taken this long before its beginning. */
export const VALID_FROM_TOLERANCE_MS: number = 10 * 60 * 1000;
/** A code may not live longer than this (PROTOCOL §2). */
export const MAX_CODE_LIFE_DAYS = 400;

/** What this till knows when a code with a good signature is presented. */
export interface CodeSurroundings {
  readonly nowMs: number;
  readonly storeShortId: string;
  readonly tillShortId: string;
  readonly currency: string;
  readonly revoked: boolean;
  readonly spent: null | {
    readonly tillName: string;
    readonly atMs: number;
    readonly amountMinor: number;
    readonly here: boolean;
  };
  /**
   * `here`: leased to this till · `elsewhere`: to another · `none`: nobody holds it, the server must be
   * asked.
   */
  readonly lease:
    | { readonly held: "here" | "none" }
    | { readonly held: "elsewhere"; readonly tillName: string };
  readonly keyEpochHeld: boolean;
  /** What remains to be paid of the open sale; null when the code brings its own sum. */
  readonly dueMinor: number | null;
}

/** The code's share of the sale and what returns to the issuer's list. */
export interface CodeCover {
  readonly amountMinor: number;
  readonly returnedMinor: number;
}

/** A code that nothing known here speaks against. */
export interface JudgedCode extends CodeCover {
  /**
   * `lease`: this till may take it alone · `ask`: nobody holds a lease, so the server is asked, or the floor
   * is looked at (PROTOCOL §11).
   */
  readonly way: "lease" | "ask";
}

/**
 * Judges a code whose signature holds, in the order of PROTOCOL §9 from audience to limits; the first no
 * names the refusal. The password, when there is one, is asked for after this.
 */
export function judgeCode(
  claims: CodeClaims,
  here: CodeSurroundings,
): { readonly ok: true; readonly value: JudgedCode } | { readonly ok: false; readonly refusal: CodeRefusal } {
  const { audience } = claims;
  const meant = audience.kind === "store" ? here.storeShortId : here.tillShortId;
  if (audience.shortId !== meant) return no({ code: "another-till" });
  if (here.nowMs < claims.validFromMs - VALID_FROM_TOLERANCE_MS) {
    return no({ code: "not-yet-valid", fromMs: claims.validFromMs });
  }
  if (here.nowMs >= claims.expiresAtMs) return no({ code: "expired", atMs: claims.expiresAtMs });
  if (here.revoked) return no({ code: "revoked" });
  if (here.spent) return no({ code: "spent", ...here.spent });
  if (claims.rule !== "none" && !here.keyEpochHeld) return no({ code: "key-epoch-absent" });
  const cover = coverOf(claims, here.dueMinor);
  if (!cover || claims.currency !== here.currency) {
    return no({ code: "amount-mismatch", codeMinor: claims.amountMinor, dueMinor: here.dueMinor ?? 0 });
  }
  if (here.lease.held === "elsewhere") return no({ code: "leased-elsewhere", tillName: here.lease.tillName });
  return { ok: true, value: { ...cover, way: here.lease.held === "here" ? "lease" : "ask" } };
}

/**
 * What a code pays of what is due, or null when an exact code does not fit. Without a sale the code brings
 * the sum.
 */
export function coverOf(claims: CodeClaims, dueMinor: number | null): CodeCover | null {
  if (dueMinor === null) return { amountMinor: claims.amountMinor, returnedMinor: 0 };
  if (claims.kind === "exact") {
    return claims.amountMinor === dueMinor ? { amountMinor: dueMinor, returnedMinor: 0 } : null;
  }
  const amountMinor = Math.min(claims.amountMinor, dueMinor);
  return { amountMinor, returnedMinor: claims.amountMinor - amountMinor };
}

function no(refusal: CodeRefusal): { readonly ok: false; readonly refusal: CodeRefusal } {
  return { ok: false, refusal };
}
