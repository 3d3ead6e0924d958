import type { Bytes } from "./bytes.ts";
import type { Cbor } from "./cbor.ts";
import type { Shape } from "./shape.ts";

/** Payment methods that may ask for a password of their own; a code's own password replaces it (issue 4). */
export const PASSWORD_METHODS: readonly PasswordMethod[] = ["payment-code", "wallet-code"];
export type PasswordMethod = "payment-code" | "wallet-code";

/** When the till asks for the method's password, and what the pad shows for it (UX §6). */
export interface MethodPolicy {
  readonly method: PasswordMethod;
  readonly ask: "never" | "always" | "above";
  /** With `above`: sales of more than this amount ask. */
  readonly aboveMinor: number;
  readonly kind: "digits" | "letters";
}

/** How a till's VK is wrapped, the weakest first (DESIGN §6). */
export const VAULT_LEVELS: readonly VaultLevel[] = ["basic", "server-half", "passphrase", "prf"];
export type VaultLevel = "basic" | "server-half" | "passphrase" | "prf";

/** Longest lease of a till's vault: a month without a word from the server. */
export const MAX_LEASE_HOURS = 744;

/** What a till learns about secrets (PROTOCOL §10). Nothing here tells a secret without the till's VK. */
export type SecretChange =
  /**
   * Argon2id of a secret under `salt`, sealed to this till's vault under `secretAad`. Live from `fromMs` until
   * `untilMs` (null: no end) by the till's time; a later one of the same version replaces it.
   */
  | {
      readonly type: "secret";
      /** `operator`: the subject is the operator's id. `method`: `methodSubject` of the method's name. */
      readonly subjectClass: "operator" | "method";
      readonly subject: Bytes;
      readonly version: number;
      readonly profile: number;
      readonly salt: Bytes;
      readonly sealed: Bytes;
      readonly fromMs: number;
      readonly untilMs: number | null;
    }
  /** This version, and every one before it that the till still holds, is good no more. */
  | { readonly type: "secret-withdrawn"; readonly subject: Bytes; readonly version: number }
  /** The office set the tries of a subject back; each id is applied once. */
  | {
      readonly type: "unlocked";
      readonly id: Bytes;
      readonly subjectClass: "operator" | "manager" | "code";
      readonly subject: Bytes;
    }
  /** What answers this till's eight digits without a network, sealed under `unlockKeyAad`. */
  | { readonly type: "unlock-key"; readonly sealed: Bytes }
  | ({ readonly type: "method-policy" } & MethodPolicy)
  /** The level the owner chose for this till; it changes over when it can. */
  | { readonly type: "vault-level"; readonly level: VaultLevel }
  /** How long codes and overrides go on without a word from the server; null: for ever. */
  | { readonly type: "vault-lease"; readonly hours: number | null };

/** The change's members, by position; `feed.ts` puts the type in front. */
export function encodeSecretChange(change: SecretChange): Cbor {
  switch (change.type) {
    case "secret":
      return [
        change.subjectClass,
        change.subject,
        change.version,
        change.profile,
        change.salt,
        change.sealed,
        change.fromMs,
        change.untilMs,
      ];
    case "secret-withdrawn":
      return [change.subject, change.version];
    case "unlocked":
      return [change.id, change.subjectClass, change.subject];
    case "unlock-key":
      return [change.sealed];
    case "method-policy":
      return [change.method, change.ask, change.aboveMinor, change.kind];
    case "vault-level":
      return [change.level];
    case "vault-lease":
      return [change.hours];
  }
}

export const SECRET_READERS: readonly (readonly [string, (shape: Shape) => SecretChange])[] = [
  [
    "secret",
    (shape) => ({
      type: "secret",
      subjectClass: shape.oneOf(["operator", "method"]),
      subject: shape.bytes(16),
      version: shape.integer(1),
      profile: shape.integer(1),
      salt: shape.bytes(16),
      sealed: shape.bytes(undefined, 256),
      fromMs: shape.integer(),
      untilMs: shape.integerOrNull(),
    }),
  ],
  [
    "secret-withdrawn",
    (shape) => ({ type: "secret-withdrawn", subject: shape.bytes(16), version: shape.integer(1) }),
  ],
  [
    "unlocked",
    (shape) => ({
      type: "unlocked",
      id: shape.bytes(16),
      subjectClass: shape.oneOf(["operator", "manager", "code"]),
      subject: shape.bytes(16),
    }),
  ],
  ["unlock-key", (shape) => ({ type: "unlock-key", sealed: shape.bytes(undefined, 256) })],
  [
    "method-policy",
    (shape) => ({
      type: "method-policy",
      method: shape.oneOf(["payment-code", "wallet-code"]),
      ask: shape.oneOf(["never", "always", "above"]),
      aboveMinor: shape.integer(),
      kind: shape.oneOf(["digits", "letters"]),
    }),
  ],
  [
    "vault-level",
    (shape) => ({
      type: "vault-level",
      level: shape.oneOf(["basic", "server-half", "passphrase", "prf"]),
    }),
  ],
  ["vault-lease", (shape) => ({ type: "vault-lease", hours: shape.integerOrNull() })],
];
