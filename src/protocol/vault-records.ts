import { concat, utf8, type Bytes } from "./bytes.ts";
import { encodeCbor } from "./cbor.ts";
import { hkdf, mac, macKey } from "./crypto.ts";
import { ARGON2_PROFILE_1, type Argon2Profile } from "./payment-code-bytes.ts";

/**
 * What stands on a till's disk about a secret (PROTOCOL §10): never the secret, nothing that tells it without
 * VK.
 */
export interface SecretRecord {
  /** Which of `ARGON2_PROFILES`. */
  readonly profile: number;
  readonly salt: Bytes;
  /** Goes up by one with each change of the secret. */
  readonly version: number;
  /** mac(pepper,"pin",[subject,version,A]). */
  readonly mac: Bytes;
}

/**
 * Argon2id parameters by number, fixed for good; each costs more than the one before it. Codes and all that
 * the server makes stand at 1; a till may raise its own records to what it makes in good time.
 */
export const ARGON2_PROFILES: ReadonlyMap<number, Argon2Profile> = new Map([
  [1, ARGON2_PROFILE_1],
  [2, { ...ARGON2_PROFILE_1, iterations: 4 }],
  [3, { ...ARGON2_PROFILE_1, memoryKib: 47_104 }],
  [4, { ...ARGON2_PROFILE_1, memoryKib: 47_104, iterations: 4 }],
]);

export const SECRET_SALT_BYTES = 16;
/** Longest secret that is looked at, in bytes of UTF-8. */
export const MAX_SECRET_BYTES = 128;
export const VK_BYTES = 32;
/** A passphrase guards a vault whose disk may be copied, where no count of tries helps. */
export const MIN_PASSPHRASE = 15;

/** The pepper of a vault: bound to VK, so that without VK a record cannot be tested at all. */
export async function pepperOf(vk: Uint8Array): Promise<CryptoKey> {
  return macKey(await hkdf(vk, utf8("guitai/pepper/1"), 32));
}

/** The MAC of a record: `a` is Argon2id of the secret under the record's salt. */
export function recordMac(
  pepper: CryptoKey,
  subject: Uint8Array,
  version: number,
  a: Uint8Array,
): Promise<Bytes> {
  return mac(pepper, "pin", encodeCbor([subject, version, a]));
}

/**
 * A secret's bytes as they are hashed: well-formed, NFKC, at most 128 bytes. Null is bad text, which counts
 * as a failed try like any other wrong one.
 */
export function secretBytes(text: string): Bytes | null {
  if (!text.isWellFormed()) return null;
  const bytes = utf8(text.normalize("NFKC"));
  return bytes.length > 0 && bytes.length <= MAX_SECRET_BYTES ? bytes : null;
}

/** Wraps bytes under VK (AES-256-GCM, random 96-bit iv in front), bound to what they are. */
export async function wrapUnderVk(vk: Uint8Array, label: string, plain: Uint8Array): Promise<Bytes> {
  const iv = crypto.getRandomValues(new Uint8Array(12));
  const params: AesGcmParams = { name: "AES-GCM", iv, additionalData: utf8(label) };
  return concat(iv, new Uint8Array(await crypto.subtle.encrypt(params, await wrapKey(vk), plain as Bytes)));
}

/** What `wrapUnderVk` wrapped, or null when VK or the label is another. */
export async function unwrapUnderVk(
  vk: Uint8Array,
  label: string,
  wrapped: Uint8Array,
): Promise<Bytes | null> {
  const params: AesGcmParams = { name: "AES-GCM", iv: wrapped.slice(0, 12), additionalData: utf8(label) };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(params, await wrapKey(vk), wrapped.slice(12) as Bytes));
  } catch {
    // AES-GCM tells only that it did not open: another key, another label or changed bytes are one answer.
    return null;
  }
}

async function wrapKey(vk: Uint8Array): Promise<CryptoKey> {
  const raw = await hkdf(vk, utf8("guitai/wrap/1"), 32);
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}
