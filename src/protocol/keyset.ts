import { decodeCbor, encodeCbor, type Cbor } from "./cbor.ts";
import { sameBytes, toHex, type Bytes } from "./bytes.ts";
import { importPublicKey, keyId, sign, verify } from "./crypto.ts";
import { readShape } from "./shape.ts";

/**
 * The server's public keys as the till knows them (PROTOCOL §2): signed by the root that the till pinned at
 * enrolment, replaced only by a higher version of the same lineage, never losing an old key that old receipts
 * need.
 */
export type KeyUse = "answer" | "issuer" | "export";
export type KeyState = "active" | "retired" | "withdrawn";

export interface KeysetKey {
  readonly kid: Bytes;
  readonly use: KeyUse;
  /** Short id's owner: the merchant's 16 bytes for issuer keys, null for keys of the whole server. */
  readonly merchant: Bytes | null;
  /** 65 bytes, uncompressed point. */
  readonly key: Bytes;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  readonly state: KeyState;
}

export interface Keyset {
  readonly lineage: Bytes;
  readonly version: number;
  readonly keys: readonly KeysetKey[];
}

export const MAX_KEYS = 500;
export const LINEAGE_BYTES = 8;

export function encodeKeyset(keyset: Keyset): Bytes {
  const keys = keyset.keys.map((key): Cbor => [
    key.kid,
    key.use,
    key.merchant,
    key.key,
    key.notBeforeMs,
    key.notAfterMs,
    key.state,
  ]);
  return encodeCbor([1, keyset.lineage, keyset.version, keys]);
}

/** Reads a keyset's bytes; null when they are none. Nothing is verified here. */
export function decodeKeyset(bytes: Uint8Array): Keyset | null {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return null;
  return readShape(decoded.value, (shape) => {
    shape.literal(1);
    return {
      lineage: shape.bytes(LINEAGE_BYTES),
      version: shape.integer(1),
      keys: shape.list(MAX_KEYS, (key) => ({
        kid: key.bytes(8),
        use: key.oneOf(["answer", "issuer", "export"]),
        merchant: key.bytesOrNull(16),
        key: key.bytes(65),
        notBeforeMs: key.integer(),
        notAfterMs: key.integer(),
        state: key.oneOf(["active", "retired", "withdrawn"]),
      })),
    };
  });
}

export function signKeyset(rootKey: CryptoKey, keysetBytes: Uint8Array): Promise<Bytes> {
  return sign(rootKey, "keyset", keysetBytes);
}

/**
 * The keyset, if its root signature holds, every kid is its key's own, and it follows the one we have: a
 * higher version or the very same one, with every old key still there and none that was withdrawn back to
 * life. Null keeps what we have. A new lineage (a restore) begins anew.
 */
export async function openKeyset(
  rootPoint: Uint8Array,
  keysetBytes: Uint8Array,
  signature: Uint8Array,
  present: Keyset | null,
): Promise<Keyset | null> {
  const root = await importPublicKey(rootPoint);
  if (!(await verify(root, "keyset", keysetBytes, signature))) return null;
  const keyset = decodeKeyset(keysetBytes);
  if (!keyset) return null;
  for (const key of keyset.keys) {
    if (!sameBytes(key.kid, await keyId(key.key))) return null;
  }
  if (present && sameBytes(present.lineage, keyset.lineage)) {
    if (keyset.version < present.version) return null;
    if (keyset.version === present.version && !sameBytes(keysetBytes, encodeKeyset(present))) return null;
    for (const old of present.keys) {
      // Without the old key a receipt it signed would be worth nothing, and the money under it could not be
      // let go.
      const kept = findKey(keyset, old.kid);
      if (!kept || (old.state === "withdrawn" && kept.state !== "withdrawn")) return null;
    }
  }
  return keyset;
}

/** The key of this id, whatever its state. */
export function findKey(keyset: Keyset, kid: Uint8Array): KeysetKey | null {
  const wanted = toHex(kid);
  return keyset.keys.find((key) => toHex(key.kid) === wanted) ?? null;
}

/** All keys of a use that may still vouch for something old: active and retired, not withdrawn. */
export function usableKeys(keyset: Keyset, use: KeyUse): readonly KeysetKey[] {
  return keyset.keys.filter((key) => key.use === use && key.state !== "withdrawn");
}
