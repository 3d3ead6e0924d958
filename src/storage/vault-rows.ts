import type { Bytes } from "#protocol/bytes.ts";
import type { SubjectClass } from "#protocol/entry-bodies.ts";
import type { MethodPolicy, VaultLevel } from "#protocol/feed-secrets.ts";
import type { SecretRecord } from "#protocol/vault-records.ts";

/** Rows of the till's database that have to do with secrets (PROTOCOL §10). None of them tells one. */

/** Version 4 adds what the office sends about secrets. */
export const STORES_V4: Readonly<Record<string, string>> = {
  sealedSecrets: "[subject+version]",
  unlocks: "id",
};

/** A PIN made on this till, under the vault's pepper. */
export interface SecretRow extends SecretRecord {
  /** The operator's id, hex. */
  readonly subject: string;
}

/** A PIN or a method's password as the office sent it: opened at a check only, in the pin worker. */
export interface SealedSecretRow {
  /** Hex: the operator's id, or what stands for the method. */
  readonly subject: string;
  readonly version: number;
  readonly subjectClass: "operator" | "method";
  readonly profile: number;
  readonly salt: Bytes;
  readonly sealed: Bytes;
  readonly fromMs: number;
  readonly untilMs: number | null;
  /** The full feed that named it last. */
  readonly run?: number;
}

/** An unlock that the office gave; kept once it is applied, so that it never counts a second time. */
export interface UnlockRow {
  /** Hex. */
  readonly id: string;
  readonly subjectClass: SubjectClass;
  /** Hex. */
  readonly subject: string;
  readonly applied: boolean;
}

interface VaultHalves {
  readonly key: "vault";
  readonly wrappedVk: Bytes;
  readonly publicKey: Bytes;
  readonly wrappedPrivate: Bytes;
}

/**
 * VK under one pepper method, and the vault's private half under VK. Only at `basic` does what opens it lie
 * beside it.
 */
export type VaultRow = VaultHalves &
  (
    | { readonly level: "basic"; readonly wrapKey: CryptoKey }
    /** The wrap key is made of this half and the server's, which is never on this disk. */
    | { readonly level: "server-half"; readonly half: Bytes; readonly generation: number }
    /** The wrap key is Argon2id of what a manager types after a start. */
    | { readonly level: "passphrase"; readonly salt: Bytes }
    /** The wrap key comes out of the tablet's own authenticator. */
    | { readonly level: "prf"; readonly salt: Bytes; readonly credential: Bytes }
  );

/** When a method's password is asked for, and on which pad. */
type AskedPassword = Omit<MethodPolicy, "method">;

export type VaultSettingsRow =
  /** What the owner chose for this till's vault: its level, and how long it goes without the server. */
  | { readonly key: "vault-wish"; readonly level: VaultLevel; readonly leaseHours: number | null }
  /** What answers the eight digits of a locked operator, sealed to the vault. */
  | { readonly key: "unlock-key"; readonly sealed: Bytes }
  | ({ readonly key: "payment-code-password" } & AskedPassword)
  | ({ readonly key: "wallet-code-password" } & AskedPassword)
  /** The costliest Argon2 profile that this device makes in good time. */
  | { readonly key: "argon2"; readonly profile: number };
