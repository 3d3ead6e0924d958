import * as v from "valibot";
import {
  MAX_STALE_HOURS,
  SAFE_OUTAGE_POLICY,
  type OutagePolicy,
  type TabletsAway,
} from "#domain/outage-policy.ts";
import { MAX_AMOUNT_MINOR, minorOrZero, personName, shortId } from "./office-fields.ts";
import type { RenewalReason, TillHealth } from "./office-losses-api.ts";
import type { SecretsRefusal } from "./office-secrets-api.ts";

/**
 * The office's JSON API: every request validated by these at both ends, every answer typed by them.
 * Ids are 12-character short ids (PROTOCOL §1) unless said otherwise; times are ms; amounts are minor units.
 * A refusal is `{ error: { code, …facts } }` with status 4xx; the words for people live in the office's texts
 * by code.
 */

export { CARD_NUMBER, MAX_AMOUNT_MINOR, MAX_NAME_LENGTH } from "./office-fields.ts";
/** Codes live at most this long (PROTOCOL §2). */
export const MAX_CODE_DAYS = 400;
export const MAX_TILLS = 50;

const hexId = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/, "id"));
const minor = v.pipe(
  v.number(),
  v.safeInteger("amount"),
  v.minValue(1, "amount"),
  v.maxValue(MAX_AMOUNT_MINOR, "amount"),
);
const timeMs = v.pipe(v.number(), v.safeInteger("time"), v.minValue(0, "time"));
const language = v.picklist(["zh-CN", "en"]);

export const setupRequest: v.GenericSchema<SetupRequest> = v.strictObject({
  token: v.pipe(v.string(), v.minLength(20, "token"), v.maxLength(100, "token")),
  email: v.pipe(v.string(), v.trim(), v.toLowerCase(), v.email("email"), v.maxLength(254, "email")),
  password: v.pipe(v.string(), v.minLength(1, "password"), v.maxLength(128, "password")),
  shopName: personName,
  language,
});
export interface SetupRequest {
  readonly token: string;
  readonly email: string;
  readonly password: string;
  readonly shopName: string;
  readonly language: "zh-CN" | "en";
}
export interface SetupAnswer {
  /** Shown once, to print; opens backups and a lost master key. */
  readonly recoveryKey: string;
  readonly tillId: string;
  readonly activation: ActivationAnswer;
}

export interface Me {
  readonly email: string;
  readonly role: "owner" | "manager" | "cashier" | "accountant";
  readonly shopName: string;
  readonly merchantId: string;
  readonly language: "zh-CN" | "en";
  readonly currency: string;
  readonly demo: boolean;
  /** Where a browser may find this server, the main address first. */
  readonly addresses: readonly string[];
  /** Came in by an owner link a moment ago: may set a password without giving the current one. */
  readonly passwordForgotten: boolean;
}

const officePassword = v.pipe(v.string(), v.minLength(1, "password"), v.maxLength(128, "password"));
export const changePasswordRequest: v.GenericSchema<ChangePasswordRequest> = v.strictObject({
  current: v.nullable(officePassword),
  next: officePassword,
});
export interface ChangePasswordRequest {
  /** null only while `Me.passwordForgotten`. */
  readonly current: string | null;
  readonly next: string;
}

/** How codes are issued and what the tills ask for (G9). */
export const codePolicy: v.GenericSchema<CodePolicy> = v.strictObject({
  /** How many days a code is valid from its issue. */
  validDays: v.pipe(v.number(), v.integer("days"), v.minValue(1, "days"), v.maxValue(MAX_CODE_DAYS, "days")),
  /** No code outlives this moment, whatever its validity; null: no such end. */
  latestExpiryMs: v.nullable(timeMs),
  passwordRule: v.picklist(["never", "always", "above"]),
  /** With `above`: codes of more than this amount carry a password. */
  passwordAboveMinor: minorOrZero,
  /** What the pad shows: digits for speed, letters for strength. */
  passwordKind: v.picklist(["digits", "letters"]),
  maxCodeMinor: minor,
  /** What happens to one code at several tills (PROTOCOL §11). */
  codeWay: v.picklist(["leased", "online-only", "floor-limited"]),
  floorPerCodeMinor: minor,
  exposureMinor: minor,
  staleHours: v.pipe(
    v.number(),
    v.integer("hours"),
    v.minValue(1, "hours"),
    v.maxValue(MAX_STALE_HOURS, "hours"),
  ),
});
/** All of the owner's rules for codes: how they are issued, and what tills do with them in an outage. */
export interface CodePolicy extends IssueRules, OutagePolicy {}
/** How codes are issued and what they ask for. */
export interface IssueRules {
  readonly validDays: number;
  readonly latestExpiryMs: number | null;
  readonly passwordRule: "never" | "always" | "above";
  readonly passwordAboveMinor: number;
  readonly passwordKind: "digits" | "letters";
  readonly maxCodeMinor: number;
}
export interface CodePolicyAnswer {
  readonly policy: CodePolicy;
  /** Feed version that carries it; null until it is sequenced. */
  readonly feedVersion: number | null;
  readonly changedAtMs: number | null;
  readonly changedBy: string | null;
  /** Tills and the feed version each has applied (G11). */
  readonly tills: readonly { readonly name: string; readonly hasIt: boolean }[];
  /** Tills of the shop that could take codes: what the worst loss is reckoned with. */
  readonly tillsInService: number;
  /** And tablets that are none of them any more, as long as their codes may still be used. */
  readonly away: TabletsAway;
}
/** What a fresh shop starts with: a month, a password always, six digits. */
export const SAFE_CODE_POLICY: CodePolicy = {
  validDays: 30,
  latestExpiryMs: null,
  passwordRule: "always",
  passwordAboveMinor: 0,
  passwordKind: "digits",
  maxCodeMinor: 500_000,
  ...SAFE_OUTAGE_POLICY,
};

export const issueCodeRequest: v.GenericSchema<IssueCodeRequest> = v.strictObject({
  /** Brought by the caller and kept over retries: one request id issues one code. */
  requestId: hexId,
  amountMinor: minor,
  kind: v.picklist(["exact", "up-to"]),
  password: v.variant("mode", [
    v.strictObject({ mode: v.literal("generate") }),
    v.strictObject({ mode: v.literal("none") }),
    v.strictObject({ mode: v.literal("typed"), text: v.pipe(v.string(), v.minLength(1), v.maxLength(128)) }),
  ]),
  /** null: as the policy says. */
  validDays: v.nullable(
    v.pipe(v.number(), v.integer("days"), v.minValue(1, "days"), v.maxValue(MAX_CODE_DAYS, "days")),
  ),
  /** Not valid before; null: at once. */
  fromMs: v.nullable(timeMs),
  /** Home till that holds the lease; null: the shop's only till, or none when there are several. */
  tillId: v.nullable(shortId),
  /** True: the code itself names the till and is good nowhere else. */
  onlyThisTill: v.boolean(),
});
export interface IssueCodeRequest {
  readonly requestId: string;
  readonly amountMinor: number;
  readonly kind: "exact" | "up-to";
  readonly password:
    | { readonly mode: "generate" }
    | { readonly mode: "none" }
    | { readonly mode: "typed"; readonly text: string };
  readonly validDays: number | null;
  readonly fromMs: number | null;
  readonly tillId: string | null;
  readonly onlyThisTill: boolean;
}

export type CodeState = "issued" | "not-yet-valid" | "spent" | "expired" | "revoked";
export interface CodeRow {
  readonly id: string;
  readonly amountMinor: number;
  readonly kind: "exact" | "up-to";
  readonly state: CodeState;
  readonly hasPassword: boolean;
  readonly issuedAtMs: number;
  readonly fromMs: number;
  readonly expiresAtMs: number;
  readonly tillName: string | null;
  readonly spent: null | {
    readonly tillName: string;
    readonly atMs: number;
    readonly amountMinor: number;
    readonly saleId: string;
  };
  /** Sum of the second and later uses of this code, decided as losses (§11); 0 normally. */
  readonly lossMinor: number;
  /** Value given back to the issuer's list: rest of an up-to code, or of an expired or revoked one. */
  readonly returnedMinor: number;
}
export interface CodeDetail extends CodeRow {
  /** The text of the QR code; only while the code can still be used. */
  readonly qrText: string | null;
  /** The 16 digits, for typing and Code 128; only while the code can still be used. */
  readonly number: string | null;
  /** Who may take it without asking; null: nobody, every till asks. */
  readonly lease: CodeLease | null;
  /** The till that has it in hand now. */
  readonly claim: { readonly tillName: string; readonly sinceMs: number } | null;
}
export interface CodeLease {
  readonly tillId: string;
  readonly tillName: string;
  /** The move under way: where to (null: to nobody), and since when the holder is asked. */
  readonly moving: { readonly toName: string | null; readonly sinceMs: number } | null;
  /** The holder's tablet was stolen or switched off: only the owner's word frees the code. */
  readonly holderGone: "stolen" | "revoked" | null;
}

/** Moves a lease: `tillId` null gives it to nobody. */
export const moveLeaseRequest: v.GenericSchema<MoveLeaseRequest> = v.strictObject({
  tillId: v.nullable(shortId),
  /** The owner's word that a holder who is gone shall not be waited for: what it still takes is a loss. */
  withoutHolder: v.boolean(),
});
export interface MoveLeaseRequest {
  readonly tillId: string | null;
  readonly withoutHolder: boolean;
}

/** One code used twice: the sale that lost stands, its sum is the shop's loss (PROTOCOL §11). */
export interface DoubleSpend {
  readonly codeId: string;
  /** The last four of its 16 digits. */
  readonly numberTail: string;
  readonly lossMinor: number;
  readonly winner: DoubleSpendUse;
  readonly loser: DoubleSpendUse;
  readonly decidedAtMs: number;
}
export interface DoubleSpendUse {
  readonly tillName: string;
  /** By that till's own time: evidence, never order. */
  readonly atMs: number;
  readonly amountMinor: number;
  /** Empty when the sale is not booked. */
  readonly saleId: string;
}
export interface DoubleSpendsAnswer {
  readonly rows: readonly DoubleSpend[];
  /** Of all, not only of these rows. */
  readonly count: number;
  readonly totalMinor: number;
}
export interface IssuedCode extends CodeDetail {
  /** The password, shown this once; null when typed by the issuer or none. */
  readonly generatedPassword: string | null;
}

export const newTillRequest: v.GenericSchema<{ name: string }> = v.strictObject({
  name: personName,
});
export const compareRequest: v.GenericSchema<CompareRequest> = v.strictObject({
  same: v.boolean(),
  epoch: v.optional(v.pipe(v.number(), v.safeInteger("epoch"), v.minValue(1, "epoch"))),
});
export interface CompareRequest {
  readonly same: boolean;
  /** The row's epoch whose digits the owner looked at: nothing is done when another tablet waits by now. */
  readonly epoch?: number | undefined;
}
export interface ActivationAnswer {
  /** «AB12-CD34-EF56», for typing; valid ten minutes, once. */
  readonly typedCode: string;
  /** Text of the QR code, «GTE1…». */
  readonly qrText: string;
  readonly expiresAtMs: number;
}
/** A code that no tablet has used yet, and why it was asked for (null: the till's first). */
export interface OpenActivation extends ActivationAnswer {
  readonly reason: RenewalReason | null;
}
export interface TillRow {
  readonly id: string;
  readonly name: string;
  /**
   * `new` never activated · `comparing` waits for «same» · `active` · `stopped` fork, behind, damaged ·
   * `revoked`.
   */
  readonly state: "new" | "comparing" | "active" | "stopped" | "revoked";
  /** The six digits to compare, only while `comparing`. */
  readonly compareDigits: string | null;
  readonly epoch: number | null;
  readonly seq: number | null;
  readonly lastSeenMs: number | null;
  readonly feedVersion: number | null;
  readonly build: string | null;
  readonly salesToday: number;
  readonly salesTodayMinor: number;
  readonly health: TillHealth;
}

export interface SaleListRow {
  readonly id: string;
  readonly tillName: string;
  readonly operatorName: string;
  /** The till's own time: evidence, never order. */
  readonly atMs: number;
  readonly arrivedAtMs: number;
  /** The order of this list: per-merchant arrival number. */
  readonly arrival: number;
  readonly amountMinor: number;
  readonly method: "cash" | "payment-code" | "mixed";
  readonly lossMinor: number;
}
/**
 * What became of a sale besides being booked: named losses (PROTOCOL §11), and `late`: it came after its
 * till's epoch was closed.
 */
export type SaleOutcome =
  | "double-spend"
  | "after-revocation"
  | "unknown-code"
  | "over-amount"
  /** What was paid is not what the sale says it was. */
  | "does-not-add-up"
  | "late"
  /** Booked by the owner out of quarantine. */
  | "booked"
  /** Paid by code after the office had stopped the till. */
  | "till-revoked";
export interface SaleDetail extends SaleListRow {
  readonly epoch: number;
  readonly seq: number;
  readonly headHex: string;
  readonly codeId: string | null;
  /** `SaleOutcome`s; a newer server may send one more. */
  readonly outcomes: readonly string[];
}
export interface TodayAnswer {
  readonly count: number;
  readonly totalMinor: number;
  readonly cashMinor: number;
  readonly codeMinor: number;
  readonly lossMinor: number;
  /** Codes issued and not spent: what the shop still owes. */
  readonly openCodes: number;
  readonly openCodesMinor: number;
  readonly tills: readonly TillRow[];
  readonly latest: readonly SaleListRow[];
}
export interface AuditRow {
  readonly atMs: number;
  readonly who: string;
  readonly what: string;
  readonly detail: Readonly<Record<string, string | number | boolean | null>>;
}
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** Pass as `before` for the next page; null at the end. */
  readonly next: number | null;
}
/** Server-sent events of `GET /api/office/events`: hints to fetch again, never data. */
export type OfficeEvent = { readonly type: "sale" | "till" | "code" | "policy" };

/** Every refusal of the office's API. */
export type OfficeRefusal =
  | { readonly code: "not-signed-in" | "not-allowed" | "not-found" | "setup-closed" | "token-invalid" }
  | { readonly code: "invalid-input"; readonly field: string; readonly problem: string }
  /** A bank card's number stands in this field; it was kept nowhere. */
  | { readonly code: "card-number"; readonly field: string }
  | { readonly code: "wrong-credentials" }
  | { readonly code: "too-many-tries"; readonly waitMs: number }
  | { readonly code: "password-too-short"; readonly min: number }
  | { readonly code: "password-too-common" }
  | { readonly code: "password-contains-name" }
  | { readonly code: "password-required" }
  | { readonly code: "password-not-allowed" }
  | { readonly code: "amount-over-policy"; readonly maxMinor: number }
  | { readonly code: "validity-past" }
  | { readonly code: "till-not-ready" }
  | { readonly code: "code-not-open"; readonly state: CodeState }
  /** A till has the code in hand; it is freed first, or waited for. */
  | { readonly code: "code-in-hand"; readonly tillName: string }
  /** The code names its only till, or its holder is there and is asked instead. */
  | { readonly code: "lease-not-movable" }
  | { readonly code: "leases-not-chosen" }
  | { readonly code: "too-many-tills"; readonly max: number }
  | { readonly code: "till-revoked" }
  /** More came, or it was decided, since the page was read. */
  | { readonly code: "quarantine-changed" }
  | SecretsRefusal
  | { readonly code: "cross-origin" | "too-large" | "server-stopping" | "internal" };
/*
 * Routes
 *   GET  /api/setup/state                      → { open: boolean }
 *   POST /api/setup            setupRequest    → SetupAnswer (signs in)
 *   POST /api/owner-link       { token }       → {} (signs in)
 *   POST /api/auth/sign-in/email {email,password} (better-auth) · POST /api/auth/sign-out
 *   GET  /api/office/me                        → Me
 *   POST /api/office/password  changePasswordRequest → {} (ends every other sign-in of the user)
 *   GET  /api/office/today?sinceMs=            → TodayAnswer
 *   GET  /api/office/code-policy               → CodePolicyAnswer
 *   PUT  /api/office/code-policy  codePolicy   → CodePolicyAnswer
 *   GET  /api/office/codes?state=&before=&limit= → Page<CodeRow>
 *   POST /api/office/codes     issueCodeRequest → IssuedCode
 *   GET  /api/office/codes/:id                 → CodeDetail
 *   POST /api/office/codes/:id/revoke          → CodeDetail
 *   POST /api/office/codes/:id/lease moveLeaseRequest → CodeDetail
 *   POST /api/office/codes/:id/release-claim   → CodeDetail
 *   GET  /api/office/double-spends             → DoubleSpendsAnswer
 *   GET  /api/office/tills                     → { rows: TillRow[] }
 *   POST /api/office/tills     newTillRequest  → TillRow
 *   GET  /api/office/tills/:id/activation      → { open: OpenActivation | null }
 *   POST /api/office/tills/:id/activation activationRequest → ActivationAnswer
 *   POST /api/office/tills/:id/compare compareRequest → TillRow
 *   POST /api/office/tills/:id/revoke          → TillRow
 *   GET  /api/office/sales?before=&limit=      → Page<SaleListRow>
 *   GET  /api/office/sales/:id                 → SaleDetail
 *   GET  /api/office/audit?before=&limit=      → Page<AuditRow>
 *   GET  /api/office/events                    → text/event-stream of OfficeEvent
 */
