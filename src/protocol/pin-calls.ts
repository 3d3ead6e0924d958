import type { PinRefusal } from "#domain/refusal.ts";
import type { Bytes } from "./bytes.ts";
import type { CodePayload } from "./payment-code-bytes.ts";
import type { SecretRecord } from "./vault-records.ts";

/**
 * What the engine asks of a pin.worker. Characters reach the worker from the pad through a port of their own;
 * what leaves it is yes, no, or a record that tells nothing without the vault's key. A worker serves one pad
 * and dies.
 */
export interface PinWorker {
  /** The pad's end of the line: PadMessage in, PadCount out. */
  attach(port: MessagePort): Promise<void>;
  /** Reads the pad as a new PIN: first `again`, then a record when both were the same. */
  newRecord(material: VaultMaterial, wish: RecordWish): Promise<NewRecord>;
  /** Does the pad hold one of these secrets? One Argon2 each, in this order, all of them. */
  checkSecret(
    material: VaultMaterial,
    subject: Bytes,
    candidates: readonly SecretCandidate[],
    raise: RaisedCost | null,
  ): Promise<SecretCheck>;
  /** Does the pad hold the password that this code was bound to? */
  checkCode(material: VaultMaterial, siteKey: SealedBytes, payload: CodePayload): Promise<boolean>;
  /** Under which tags these digits may stand in the code list, one for each site key that opened. */
  numberTags(
    material: VaultMaterial,
    siteKeys: readonly SealedBytes[],
    digits: string,
  ): Promise<readonly Bytes[]>;
  /** Is this what the office answers to these digits (PROTOCOL §10)? */
  checkUnlock(material: VaultMaterial, key: SealedBytes, question: UnlockQuestion): Promise<boolean>;
  /** A fresh vault: VK and a key pair, wrapped. The pair's private half exists unwrapped only in there. */
  makeVault(): Promise<NewVault>;
  /** Does this material open the vault, private half and all? */
  opens(material: VaultMaterial): Promise<boolean>;
  /** Does the vault open what was sealed to it? */
  opensSealed(material: VaultMaterial, sealed: SealedBytes): Promise<boolean>;
  /** The same VK under another key; without one, under a fresh key to be stored beside it. */
  rewrap(material: VaultMaterial, wrapKey: CryptoKey | null): Promise<Rewrapped>;
  /** The pad as the vault's passphrase: the wrap key that comes of it, null for bad text. */
  passphraseKey(salt: Bytes): Promise<CryptoKey | null>;
  /** The pad as a new passphrase: first `again`, then its wrap key when both were the same. */
  newPassphrase(salt: Bytes): Promise<NewPassphrase>;
  /** How long Argon2 takes with this profile on this device, ms. */
  timeProfile(profile: number): Promise<number>;
}

/** What opens the vault: its wrap key, however it was come by (`field/security.md`). */
export interface VaultMaterial {
  readonly wrapKey: CryptoKey;
  readonly wrappedVk: Bytes;
  readonly wrappedPrivate: Bytes;
}

export interface NewVault extends VaultMaterial {
  readonly publicKey: Bytes;
}

export interface Rewrapped {
  readonly wrapKey: CryptoKey;
  readonly wrappedVk: Bytes;
}

/** What the server sealed to this till's vault. */
export interface SealedBytes {
  readonly sealed: Bytes;
  readonly aad: Bytes;
}

/** A PIN to be made: its record's version and cost, and how it travels to the other tills. */
export interface RecordWish {
  readonly subject: Bytes;
  readonly version: number;
  readonly salt: Bytes;
  readonly profile: number;
  /** The server's export key; null: none has come yet, and the PIN stays here alone. */
  readonly carry: { readonly exportKey: Bytes; readonly aad: Bytes; readonly salt: Bytes } | null;
}

/** One secret that would be right: this till's own record, or what the server sealed. */
export type SecretCandidate =
  | { readonly kind: "record"; readonly record: SecretRecord }
  | ({ readonly kind: "sealed"; readonly profile: number; readonly salt: Bytes } & SealedBytes);

/** Where a right secret's own record is cheaper than this, it is made anew. */
export interface RaisedCost {
  readonly profile: number;
  readonly salt: Bytes;
}

export interface SecretCheck {
  readonly right: boolean;
  /** The record that was right, at the raised cost; null where nothing is to be raised. */
  readonly raised: SecretRecord | null;
}

export interface UnlockQuestion {
  readonly till: Bytes;
  readonly epoch: number;
  readonly subject: Bytes;
  readonly digits: string;
  readonly answer: string;
}

/** A, for the server: at profile 1, sealed to its export key. */
export interface CarriedA {
  readonly profile: number;
  readonly salt: Bytes;
  readonly sealed: Bytes;
}

export type NewRecord =
  | { readonly kind: "again" }
  | { readonly kind: "record"; readonly record: SecretRecord; readonly carried: CarriedA | null }
  | { readonly kind: "refused"; readonly refusal: PinRefusal };

export type NewPassphrase =
  | { readonly kind: "again" }
  | { readonly kind: "key"; readonly wrapKey: CryptoKey }
  | { readonly kind: "refused"; readonly refusal: PinRefusal };
