import * as v from "valibot";
import { MAX_LEASE_HOURS, type MethodPolicy, type PasswordMethod, type VaultLevel } from "./feed-secrets.ts";
import { minorOrZero, personName, shortId } from "./office-fields.ts";

/**
 * The office's JSON API for people at the till, their PINs, passwords of payment methods, unlocking, and how
 * each till guards its secrets. As in office-api.ts: short ids, ms, minor units; a refusal is
 * `{ error: { code, …facts } }`. A secret stands in a request, or once in the answer that made it, and
 * nowhere else.
 *
 * Routes (all under /api/office/secrets; o: owner only, the others owner and manager)
 *   GET  …/operators                                            → OperatorsAnswer
 *   POST …/operators              newOperatorRequest            → OperatorRow
 *   POST …/operators/:id          changeOperatorRequest         → OperatorRow   (rename, role, retire)
 *   POST …/operators/:id/pin      setPinRequest                 → PinAnswer     (set, reset, generate)
 *   POST …/operators/:id/pin/withdraw                           → OperatorRow
 *   POST …/operators/:id/unlock                                 → OperatorRow   (at every till)
 *   POST …/codes/:id/unlock                                     → {}            (a code's tries start anew)
 *   POST …/unlock-digits          unlockDigitsRequest           → UnlockDigitsAnswer
 *   GET  …/methods                                              → MethodsAnswer
 *   PUT  …/methods/:method/policy methodPolicyRequest         o → MethodRow
 *   POST …/methods/:method/password setMethodPasswordRequest  o → MethodPasswordAnswer
 *   POST …/methods/:method/password/withdraw                  o → MethodRow
 *   GET  …/vaults                                               → VaultsAnswer
 *   PUT  …/vaults/:tillId/level   vaultLevelRequest           o → VaultRow
 *   PUT  …/vaults/:tillId/lease   vaultLeaseRequest           o → VaultRow
 *   POST …/vaults/:tillId/renewal vaultRenewalRequest         o → VaultRow
 *   GET  …/rules                                                → SecretRules
 *   PUT  …/rules                  secretRules                 o → SecretRules
 * A manager manages cashiers only: other rows answer 403 `not-allowed`.
 */

/** Days in which the old and the new secret are good together; 0: the old one ends at once. */
export const OVERLAP_DAYS: readonly OverlapDays[] = [0, 1, 7, 30];
export type OverlapDays = 0 | 1 | 7 | 30;
export const MAX_OPERATORS = 200;

export type OperatorRole = "owner" | "manager" | "cashier";
const role = v.picklist(["owner", "manager", "cashier"]);
const secretText = v.pipe(v.string(), v.minLength(1, "password"), v.maxLength(128, "password"));
const secretSource = v.variant("mode", [
  v.strictObject({ mode: v.literal("generate") }),
  v.strictObject({ mode: v.literal("typed"), text: secretText }),
]);
export type SecretSource = { readonly mode: "generate" } | { readonly mode: "typed"; readonly text: string };
const overlapDays = v.picklist([0, 1, 7, 30]);
/** When a secret was made, and by whom: its age is what reminders are about. Never the secret. */
export interface SecretFacts {
  readonly version: number;
  readonly madeAtMs: number;
  readonly madeBy: "office" | "till";
  /** The till it was made at; null when made in the office. */
  readonly tillName: string | null;
  /** The one before it, while both are good; null: only this one. */
  readonly oldUntilMs: number | null;
  /** Older than the shop's rules remind of. */
  readonly remind: boolean;
  /** Tills in service, and whether each has it by now. */
  readonly tills: readonly { readonly name: string; readonly hasIt: boolean }[];
}

export interface OperatorRow {
  readonly id: string;
  readonly name: string;
  readonly role: OperatorRole;
  readonly active: boolean;
  /** null: none made yet, or withdrawn. */
  readonly pin: SecretFacts | null;
  /** Where tries have run out or must wait, as far as the tills have told. */
  readonly tries: readonly TriesAtTill[];
}
export interface TriesAtTill {
  readonly tillName: string;
  readonly subjectClass: "operator" | "manager";
  /** Wrong tries since the last right one, as the till counts them. */
  readonly count: number;
  /** The tenth: no wait ends it. */
  readonly locked: boolean;
  readonly atMs: number;
}
export interface OperatorsAnswer {
  readonly rows: readonly OperatorRow[];
}
export const newOperatorRequest: v.GenericSchema<NewOperatorRequest> = v.strictObject({
  name: personName,
  role,
});
export interface NewOperatorRequest {
  readonly name: string;
  readonly role: OperatorRole;
}
/** What is left out stays as it is. `active` false retires: the PIN ends at every till. */
export const changeOperatorRequest: v.GenericSchema<ChangeOperatorRequest> = v.strictObject({
  name: v.optional(personName),
  role: v.optional(role),
  active: v.optional(v.boolean()),
});
export interface ChangeOperatorRequest {
  readonly name?: string | undefined;
  readonly role?: OperatorRole | undefined;
  readonly active?: boolean | undefined;
}

/** A PIN is six digits; `password-breaks-rules` names what is wrong with a typed one. */
export const setPinRequest: v.GenericSchema<SetPinRequest> = v.strictObject({
  pin: secretSource,
  overlapDays,
});
export interface SetPinRequest {
  readonly pin: SecretSource;
  readonly overlapDays: OverlapDays;
}
export interface PinAnswer {
  readonly operator: OperatorRow;
  /** Shown this once; null when typed. */
  readonly generatedPin: string | null;
}

/** The eight digits a locked till shows for an operator, as read out on the telephone. */
export const unlockDigitsRequest: v.GenericSchema<UnlockDigitsRequest> = v.strictObject({
  tillId: shortId,
  operatorId: shortId,
  digits: v.pipe(v.string(), v.regex(/^[0-9]{8}$/u, "digits")),
});
export interface UnlockDigitsRequest {
  readonly tillId: string;
  readonly operatorId: string;
  readonly digits: string;
}
export interface UnlockDigitsAnswer {
  /** Eight digits to type at the till. */
  readonly answer: string;
}

export interface MethodRow {
  readonly policy: MethodPolicy;
  readonly password: SecretFacts | null;
  /** Null: as the shop began. */
  readonly changedAtMs: number | null;
  readonly changedBy: string | null;
}
export interface MethodsAnswer {
  readonly rows: readonly MethodRow[];
}
export const METHODS: v.GenericSchema<PasswordMethod> = v.picklist(["payment-code", "wallet-code"]);
export const methodPolicyRequest: v.GenericSchema<MethodPolicyRequest> = v.strictObject({
  ask: v.picklist(["never", "always", "above"]),
  aboveMinor: minorOrZero,
  kind: v.picklist(["digits", "letters"]),
});
export type MethodPolicyRequest = Omit<MethodPolicy, "method">;
export const setMethodPasswordRequest: v.GenericSchema<SetMethodPasswordRequest> = v.strictObject({
  password: secretSource,
  overlapDays,
});
export interface SetMethodPasswordRequest {
  readonly password: SecretSource;
  readonly overlapDays: OverlapDays;
}
export interface MethodPasswordAnswer {
  readonly method: MethodRow;
  /** Shown this once; null when typed. */
  readonly generatedPassword: string | null;
}

/** How one till guards its secrets. */
export interface VaultRow {
  readonly tillId: string;
  readonly tillName: string;
  /** What the owner chose. */
  readonly level: VaultLevel;
  /** What the till has changed over to, as it told; null: has not told yet. */
  readonly atTill: VaultLevel | null;
  /** Hours without a word of the server until codes and overrides stop; null: never. */
  readonly leaseHours: number | null;
  readonly lastSeenMs: number | null;
  /** The till lost what opened its vault, made a new one and asks for its secrets; null: does not. */
  readonly renewal: null | {
    readonly epoch: number;
    readonly seq: number;
    readonly askedAtMs: number;
    /** Six digits that the till can show as well. */
    readonly digits: string;
  };
}
export interface VaultsAnswer {
  readonly rows: readonly VaultRow[];
}
export const vaultLevelRequest: v.GenericSchema<VaultLevelRequest> = v.strictObject({
  level: v.picklist(["basic", "server-half", "passphrase", "prf"]),
});
export interface VaultLevelRequest {
  readonly level: VaultLevel;
}
export const vaultLeaseRequest: v.GenericSchema<VaultLeaseRequest> = v.strictObject({
  hours: v.nullable(
    v.pipe(v.number(), v.integer("hours"), v.minValue(1, "hours"), v.maxValue(MAX_LEASE_HOURS, "hours")),
  ),
});
export interface VaultLeaseRequest {
  readonly hours: number | null;
}
/** «This is my tablet», or it is not: about the very renewal that stood on the screen. */
export const vaultRenewalRequest: v.GenericSchema<VaultRenewalRequest> = v.strictObject({
  mine: v.boolean(),
  epoch: v.pipe(v.number(), v.safeInteger("epoch"), v.minValue(1, "epoch")),
  seq: v.pipe(v.number(), v.safeInteger("seq"), v.minValue(0, "seq")),
});
export interface VaultRenewalRequest {
  readonly mine: boolean;
  readonly epoch: number;
  readonly seq: number;
}

export const secretRules: v.GenericSchema<SecretRules> = v.strictObject({
  remindDays: v.nullable(v.picklist([30, 90, 180, 365])),
  accountRules: v.picklist(["nist", "guide"]),
});
export interface SecretRules {
  /** A secret older than this is marked for renewal; null: never. */
  readonly remindDays: 30 | 90 | 180 | 365 | null;
  /**
   * How new passwords of office accounts are judged: `nist` by length and by what is guessed first (SP
   * 800-63B-4); `guide` besides by the rules for code passwords, which NIST advises against.
   */
  readonly accountRules: "nist" | "guide";
}

/** Refusals of these routes beside `invalid-input`, `not-found`, `not-allowed` and `too-many-tries`. */
export type SecretsRefusal =
  /** Names of `PasswordRule` (src/domain/password-rules.ts), in the order in which they are shown. */
  | { readonly code: "password-breaks-rules"; readonly rules: readonly string[] }
  /** The shop would have nobody left who may do everything at a till. */
  | { readonly code: "last-owner" }
  | { readonly code: "operator-retired" }
  | { readonly code: "too-many-operators"; readonly max: number }
  /** Somebody decided already, or the till asks by another key by now. */
  | { readonly code: "renewal-changed" }
  /** The pad would have digits only, and a password with letters is good still. */
  | { readonly code: "password-cannot-be-typed" }
  /** Digits can be answered only for a till that is in service. */
  | { readonly code: "till-not-in-service" };
