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
  newRecord(material: VaultMaterial, subject: Bytes, version: number, salt: Bytes): Promise<NewRecord>;
  /** Does the pad hold the PIN of this record? */
  checkPin(material: VaultMaterial, subject: Bytes, record: SecretRecord): Promise<boolean>;
  /** Does the pad hold the password that this code was bound to? */
  checkCode(material: VaultMaterial, siteKey: SealedSiteKey, payload: CodePayload): Promise<boolean>;
  /** Under which tags these digits may stand in the code list, one for each site key that opened. */
  numberTags(
    material: VaultMaterial,
    siteKeys: readonly SealedSiteKey[],
    digits: string,
  ): Promise<readonly Bytes[]>;
  /** A fresh vault: VK and a key pair, wrapped. The pair's private half exists unwrapped only in there. */
  makeVault(): Promise<NewVault>;
}

/**
 * What opens the vault: at the level «basic» the wrap key lies beside what it wraps (`field/security.md`).
 */
export interface VaultMaterial {
  readonly wrapKey: CryptoKey;
  readonly wrappedVk: Bytes;
  readonly wrappedPrivate: Bytes;
}

export interface NewVault extends VaultMaterial {
  readonly publicKey: Bytes;
}

export interface SealedSiteKey {
  readonly sealed: Bytes;
  readonly aad: Bytes;
}

export type NewRecord =
  | { readonly kind: "again" }
  | { readonly kind: "record"; readonly record: SecretRecord }
  | { readonly kind: "refused"; readonly refusal: PinRefusal };
