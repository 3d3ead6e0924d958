// Encryption of single database fields. The place a value belongs to is bound into it: a sealed value that is
// copied to another merchant's row, or another column, does not open.
import { concat, randomBytes, utf8 } from "#protocol/bytes.ts";
import type { Bytes } from "#protocol/bytes.ts";
import { encodeCbor } from "#protocol/cbor.ts";
import { hkdf } from "#protocol/crypto.ts";

/** Where a sealed value belongs. `merchant` is null for values of the whole instance. */
export interface FieldPlace {
  readonly merchant: Uint8Array | null;
  /** `table.column`, and what else tells rows apart. */
  readonly field: string;
  /** Version of the value; 0 where there is none. */
  readonly version: number;
}

/** A key that seals fields: AES-256-GCM, not extractable. */
export type FieldKey = CryptoKey & { readonly __fieldKey?: never };

const formatVersion = 1;
const ivBytes = 12;
const tagBytes = 16;

/** A field key from 32 secret bytes. */
export function fieldKey(secret: Uint8Array): Promise<FieldKey> {
  return crypto.subtle.importKey("raw", secret as Bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
}

/** A field key bound to a purpose, from 32 bytes that serve several purposes. */
export async function derivedFieldKey(secret: Uint8Array, purpose: string): Promise<FieldKey> {
  return await fieldKey(await hkdf(secret, utf8(`guitai/${purpose}/1`), 32));
}

function additionalData(place: FieldPlace): Bytes {
  return encodeCbor([place.merchant, place.field, place.version]);
}

/** Seals a value for its place: format byte ‖ random 96-bit IV ‖ ciphertext ‖ tag. */
export async function sealField(key: FieldKey, place: FieldPlace, plain: Uint8Array): Promise<Bytes> {
  const iv = randomBytes(ivBytes);
  const params = { name: "AES-GCM", iv, additionalData: additionalData(place) };
  const sealed = await crypto.subtle.encrypt(params, key, plain as Bytes);
  return concat(Uint8Array.of(formatVersion), iv, new Uint8Array(sealed));
}

/** Opens a sealed value; null when it is not ours, not for this place, or was changed. */
export async function tryOpenField(
  key: FieldKey,
  place: FieldPlace,
  sealed: Uint8Array,
): Promise<Bytes | null> {
  if (sealed.length < 1 + ivBytes + tagBytes || sealed[0] !== formatVersion) return null;
  const iv = sealed.slice(1, 1 + ivBytes);
  const params = { name: "AES-GCM", iv, additionalData: additionalData(place) };
  try {
    return new Uint8Array(await crypto.subtle.decrypt(params, key, sealed.slice(1 + ivBytes)));
  } catch (fault) {
    if (fault instanceof DOMException && fault.name === "OperationError") return null;
    throw fault;
  }
}

/** Opens a sealed value of ours. Throws when it does not open: the row was tampered with or moved. */
export async function openField(key: FieldKey, place: FieldPlace, sealed: Uint8Array): Promise<Bytes> {
  const plain = await tryOpenField(key, place, sealed);
  if (plain === null) throw new Error(`sealed field does not open: ${place.field}`);
  return plain;
}
