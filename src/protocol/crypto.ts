import { encodeCbor } from "./cbor.ts";
import { concat, utf8, type Bytes } from "./bytes.ts";

/**
 * The four primitives of PROTOCOL §1 over WebCrypto, alike on till and server. Every one takes a context, so
 * that a signature or hash made for one purpose never counts for another.
 */
export type Context =
  | "entry"
  | "cert"
  | "keyset"
  | "enrol"
  | "enrolled"
  | "compare"
  | "hello"
  | "answer"
  | "feed"
  | "claim"
  | "code-salt"
  | "code-tag"
  | "number"
  | "pin"
  | "unlock"
  | "vault-half"
  | "parcel"
  | "journal";

const P256: EcKeyImportParams = { name: "ECDSA", namedCurve: "P-256" };
const ECDSA: EcdsaParams = { name: "ECDSA", hash: "SHA-256" };

/** `"guitai/"‖ctx‖"/1" ‖ 00 ‖ b`: what is hashed, signed or keyed. */
function framed(context: Context, bytes: Uint8Array): Bytes {
  return concat(utf8(`guitai/${context}/1`), Uint8Array.of(0), bytes);
}

/** SHA-256 of bare bytes, for request hashes and thumbprints. */
export async function sha256(bytes: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Bytes));
}

/** `H(ctx,b)`, 32 bytes. */
export function hash(context: Context, bytes: Uint8Array): Promise<Bytes> {
  return sha256(framed(context, bytes));
}

/** `sig(K,ctx,b)`: 64 bytes r‖s. Random and malleable: never hash or compare a signature. */
export async function sign(privateKey: CryptoKey, context: Context, bytes: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign(ECDSA, privateKey, framed(context, bytes)));
}

/** Does this signature hold? A malformed signature is simply a no. */
export function verify(
  publicKey: CryptoKey,
  context: Context,
  bytes: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> {
  return crypto.subtle.verify(ECDSA, publicKey, signature as Bytes, framed(context, bytes));
}

/** `mac(K,ctx,b)`: HMAC-SHA-256, 32 bytes. */
export async function mac(key: CryptoKey, context: Context, bytes: Uint8Array): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.sign("HMAC", key, framed(context, bytes)));
}

/** An HMAC key from raw bytes. */
export function macKey(raw: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", raw as Bytes, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
}

/** HKDF-SHA-256 with an empty salt: `length` bytes bound to `info`. */
export async function hkdf(secret: Uint8Array, info: Uint8Array, length: number): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", secret as Bytes, "HKDF", false, ["deriveBits"]);
  const params: HkdfParams = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info: info as Bytes };
  return new Uint8Array(await crypto.subtle.deriveBits(params, key, length * 8));
}

/** A P-256 point as 65 bytes, uncompressed: how public keys travel. */
export async function exportPublicKey(publicKey: CryptoKey): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.exportKey("raw", publicKey));
}

/** A verifying key from 65 bytes. Throws when the bytes are no point of the curve. */
export function importPublicKey(point: Uint8Array): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", point as Bytes, P256, true, ["verify"]);
}

/** A signing key from PKCS #8. */
export function importSigningKey(pkcs8: Uint8Array, extractable: boolean): Promise<CryptoKey> {
  return crypto.subtle.importKey("pkcs8", pkcs8 as Bytes, P256, extractable, ["sign"]);
}

/** A signing pair; the till's own is made with `extractable` false and never leaves it. */
export function newSigningPair(extractable: boolean): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey(P256, extractable, ["sign", "verify"]);
}

/** First 8 bytes of the COSE key thumbprint (RFC 9679) of a P-256 point. */
export async function keyId(point: Uint8Array): Promise<Bytes> {
  return (await thumbprint(point)).slice(0, 8);
}

/** The whole COSE key thumbprint, 32 bytes: what an activation QR pins. */
export function thumbprint(point: Uint8Array): Promise<Bytes> {
  const coseKey = new Map<number, number | Uint8Array>([
    [1, 2],
    [-1, 1],
    [-2, point.slice(1, 33)],
    [-3, point.slice(33, 65)],
  ]);
  return sha256(encodeCbor(coseKey));
}

/** `digits` decimal digits of x: its first 8 bytes mod 10^digits (PROTOCOL §1). */
export function digitsOf(x: Uint8Array, digits: number): string {
  const view = new DataView(x.buffer, x.byteOffset, x.byteLength);
  return (view.getBigUint64(0) % 10n ** BigInt(digits)).toString().padStart(digits, "0");
}
