import type { CodeClaims, CodeKind, PasswordRule } from "#domain/payment-code.ts";
import type { CodeRefusal } from "#domain/refusal.ts";
import { accepted, refused, type Result } from "#domain/result.ts";
import { fromBase32, toBase32 } from "./base32.ts";
import { concat, fromHex, sameBytes, toHex, utf8, type Bytes } from "./bytes.ts";
import { decodeCbor, encodeCbor, type Cbor, type CborKey } from "./cbor.ts";
import { hash, importPublicKey, mac } from "./crypto.ts";
import { isShortId, shortId } from "./ids.ts";
import { findKey, type Keyset } from "./keyset.ts";
import { readShape } from "./shape.ts";

/**
 * The bytes of a payment code (PROTOCOL §9): «GT1» + base32 of an untagged COSE_Sign1 (RFC 9052) with exactly
 * {1: −7, 4: kid} protected, nothing unprotected, external_aad «GT1».
 */
export const CODE_PREFIX = "GT1";
/** About 280 characters in practice; above this it is noise. */
export const MAX_CODE_TEXT = 1024;
export const SALT_BYTES = 8;
export const TAG_BYTES = 16;

const LABEL_ALG = 1;
const LABEL_KID = 4;
const ALG_ES256 = -7;
const CLAIM_ISS = 1;
const CLAIM_AUD = 3;
const CLAIM_EXP = 4;
const CLAIM_NBF = 5;
const CLAIM_CTI = 7;
const CLAIM_OURS = -65537;
const KINDS: readonly CodeKind[] = ["exact", "up-to"];
const RULES: readonly PasswordRule[] = ["none", "method", "own"];

/** All that stands in a code: the claims that are judged, and what binds its password. */
export interface CodePayload extends CodeClaims {
  readonly salt: Bytes;
  /** 16 zero bytes where no password is asked for. */
  readonly tag: Bytes;
}

/** The payload's bytes; with `tag` emptied they are what the tag is made of. */
export function encodePayload(payload: CodePayload, tag: Uint8Array = payload.tag): Bytes {
  const audience = `${payload.audience.kind === "store" ? "s" : "t"}:${payload.audience.shortId}`;
  const ours = [
    payload.amountMinor,
    payload.currency,
    KINDS.indexOf(payload.kind),
    RULES.indexOf(payload.rule),
    payload.keyEpoch,
    payload.salt,
    tag,
  ];
  return encodeCbor(
    new Map<CborKey, Cbor>([
      [CLAIM_ISS, payload.issuer],
      [CLAIM_AUD, audience],
      [CLAIM_EXP, Math.floor(payload.expiresAtMs / 1000)],
      [CLAIM_NBF, Math.floor(payload.validFromMs / 1000)],
      [CLAIM_CTI, fromHex(payload.cti)],
      [CLAIM_OURS, ours],
    ]),
  );
}

/** Signs a payload: the code's COSE bytes. */
export async function signCode(issuerKey: CryptoKey, kid: Uint8Array, payload: CodePayload): Promise<Bytes> {
  const payloadBytes = encodePayload(payload);
  const protectedBytes = protectedHeader(kid);
  const signature = await crypto.subtle.sign(
    { name: "ECDSA", hash: "SHA-256" },
    issuerKey,
    signatureStructure(protectedBytes, payloadBytes),
  );
  return encodeCbor([protectedBytes, new Map(), payloadBytes, new Uint8Array(signature)]);
}

/** The text of the QR code. */
export function codeText(cose: Uint8Array): string {
  return CODE_PREFIX + toBase32(cose);
}

/** A code whose form, key and signature hold, still to be judged by `judgeCode`. */
export interface AuthenticCode {
  readonly cose: Bytes;
  readonly payload: CodePayload;
  readonly payloadBytes: Bytes;
}

/** COSE bytes of a scanned text, or why they are none. Folding of case and width is done here. */
export function readCodeText(text: string): Result<Bytes, CodeRefusal> {
  const folded = text.normalize("NFKC").trim().toUpperCase();
  if (!folded.startsWith(CODE_PREFIX)) return refused({ code: "not-a-code" });
  const cose = folded.length <= MAX_CODE_TEXT ? fromBase32(folded.slice(CODE_PREFIX.length)) : null;
  return cose ? accepted(cose) : refused({ code: "malformed" });
}

/**
 * Checks form, algorithm, key, withdrawal and signature, in this order (PROTOCOL §9). Before the signature
 * holds, nothing the code says may be shown, counted or believed.
 */
export async function authenticateCode(
  cose: Bytes,
  keyset: Keyset,
  merchant: Uint8Array,
): Promise<Result<AuthenticCode, CodeRefusal>> {
  const form = readForm(cose);
  if (!form) return refused({ code: "malformed" });
  if (form.alg !== ALG_ES256) return refused({ code: "wrong-algorithm" });
  const ours = shortId(merchant);
  const key = form.kid && findKey(keyset, form.kid);
  if (!key || key.use !== "issuer") {
    return refused({ code: form.payload.issuer === ours ? "unknown-key" : "another-merchant" });
  }
  if (!key.merchant || !sameBytes(key.merchant, merchant)) return refused({ code: "another-merchant" });
  if (key.state === "withdrawn") return refused({ code: "key-withdrawn" });
  const holds = await crypto.subtle.verify(
    { name: "ECDSA", hash: "SHA-256" },
    await importPublicKey(key.key),
    form.signature,
    signatureStructure(form.protectedBytes, form.payloadBytes),
  );
  if (!holds) return refused({ code: "bad-signature" });
  // A genuine key over another merchant's name would be our own server's bug; it is not believed either.
  if (form.payload.issuer !== ours) return refused({ code: "another-merchant" });
  return accepted({ cose, payload: form.payload, payloadBytes: form.payloadBytes });
}

interface CodeForm {
  readonly alg: number;
  readonly kid: Bytes | null;
  readonly protectedBytes: Bytes;
  readonly payloadBytes: Bytes;
  readonly payload: CodePayload;
  readonly signature: Bytes;
}

function readForm(cose: Uint8Array): CodeForm | null {
  const decoded = decodeCbor(cose);
  if (!decoded.ok) return null;
  const outer = readShape(decoded.value, (shape) => ({
    protectedBytes: shape.bytes(undefined, 64),
    unprotected: shape.any(),
    payloadBytes: shape.bytes(undefined, 512),
    signature: shape.bytes(64),
  }));
  if (!outer || !(outer.unprotected instanceof Map) || outer.unprotected.size !== 0) return null;
  const header = decodeCbor(outer.protectedBytes);
  if (!header.ok || !(header.value instanceof Map)) return null;
  const alg: unknown = header.value.get(LABEL_ALG);
  const kid: unknown = header.value.get(LABEL_KID);
  if (typeof alg !== "number" || header.value.size !== 2) return null;
  if (!(kid instanceof Uint8Array) || kid.length !== 8) return null;
  const payload = readPayload(outer.payloadBytes);
  return payload && { alg, kid: kid as Bytes, payload, ...outer };
}

function readPayload(bytes: Uint8Array): CodePayload | null {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok || !(decoded.value instanceof Map) || decoded.value.size !== 6) return null;
  const claims = decoded.value as ReadonlyMap<CborKey, Cbor>;
  const inOrder = [CLAIM_ISS, CLAIM_AUD, CLAIM_EXP, CLAIM_NBF, CLAIM_CTI, CLAIM_OURS].map(
    (label) => claims.get(label) ?? null,
  );
  const read = readShape(inOrder, (shape) => ({
    issuer: shape.text(12),
    audience: shape.text(14),
    expiresAtMs: shape.integer(0, 9e12) * 1000,
    validFromMs: shape.integer(0, 9e12) * 1000,
    cti: toHex(shape.bytes(16)),
    ours: shape.nested((ours) => ({
      amountMinor: ours.integer(1),
      currency: ours.text(3),
      kind: KINDS[ours.integer(0, KINDS.length - 1)] ?? "exact",
      rule: RULES[ours.integer(0, RULES.length - 1)] ?? "own",
      keyEpoch: ours.integer(),
      salt: ours.bytes(SALT_BYTES),
      tag: ours.bytes(TAG_BYTES),
    })),
  }));
  if (!read || !isShortId(read.issuer)) return null;
  const audience = /^([st]):(.{12})$/.exec(read.audience);
  const audienceId = audience?.[2];
  if (!audienceId || !isShortId(audienceId)) return null;
  const { ours, ...rest } = read;
  return {
    ...rest,
    ...ours,
    audience: { kind: audience[1] === "s" ? "store" : "till", shortId: audienceId },
  };
}

function protectedHeader(kid: Uint8Array): Bytes {
  return encodeCbor(
    new Map<CborKey, Cbor>([
      [LABEL_ALG, ALG_ES256],
      [LABEL_KID, kid],
    ]),
  );
}

/** `Sig_structure` of RFC 9052 §4.4, what the signature is over. */
function signatureStructure(protectedBytes: Uint8Array, payloadBytes: Uint8Array): Bytes {
  return encodeCbor(["Signature1", protectedBytes, utf8(CODE_PREFIX), payloadBytes]);
}

/**
 * Argon2id parameters of profile 1 (PROTOCOL §10), fixed for codes so that server and till agree for good.
 */
export const ARGON2_PROFILE_1: Argon2Profile = {
  memoryKib: 19_456,
  iterations: 2,
  parallelism: 1,
  bytes: 32,
};

export interface Argon2Profile {
  readonly memoryKib: number;
  readonly iterations: number;
  readonly parallelism: number;
  readonly bytes: number;
}

/** The Argon2 salt of a code: bound to its issuer, so that two shops never share work. */
export async function codeSalt(issuer: string, salt: Uint8Array): Promise<Bytes> {
  return (await hash("code-salt", concat(utf8(issuer), salt))).slice(0, 16);
}

/**
 * The keyed tag that binds a password to a code: `P` is Argon2id of the password under `codeSalt`. Without
 * the site key a photographed code gives no way to test a guess.
 */
export async function codeTag(siteKey: CryptoKey, payload: CodePayload, p: Uint8Array): Promise<Bytes> {
  const untagged = encodePayload(payload, new Uint8Array(0));
  return (await mac(siteKey, "code-tag", concat(untagged, p))).slice(0, TAG_BYTES);
}

/** Under which tag a 16-digit number is looked up in a till's list. */
export async function numberTag(siteKey: CryptoKey, digits: string): Promise<Bytes> {
  return (await mac(siteKey, "number", utf8(digits))).slice(0, TAG_BYTES);
}
