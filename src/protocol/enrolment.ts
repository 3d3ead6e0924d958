import { fromBase32, fromCrockford, tidyCrockford, toBase32, toCrockford } from "./base32.ts";
import { concat, randomBytes, sameBytes, type Bytes } from "./bytes.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { digitsOf, hash, hkdf, importPublicKey, mac, macKey, sign, thumbprint, verify } from "./crypto.ts";
import { decodeCertificate, type Certificate } from "./certificate.ts";
import { readShape } from "./shape.ts";

/**
 * Enrolment (PROTOCOL §3). The owner's activation code proves the tablet to the server and the server to the
 * tablet; the secret itself never travels: both sides only show that they know it.
 */

/**
 * What an activation code carries. A typed one has 40 secret bits and no root; a scanned one 128 bits and the
 * root.
 */
export interface ActivationCode {
  readonly source: "typed" | "scanned";
  readonly locator: string;
  readonly secret: Bytes;
  readonly rootThumbprint: Bytes | null;
  readonly shopName: string | null;
  readonly tillName: string | null;
}

export const LOCATOR_LENGTH = 4;
export const TYPED_SECRET_LENGTH = 8;
export const ACTIVATION_MINUTES = 10;
/** This many wrong proofs kill an activation code. */
export const ACTIVATION_MAX_WRONG = 5;
const SCANNED_PREFIX = "GTE1";
const SCANNED_SECRET_BYTES = 16;

/**
 * A new code: `typed` for people, `scanned` for the camera, under one locator but with secrets of their own.
 */
export interface NewActivation {
  readonly locator: string;
  readonly typedSecret: Bytes;
  readonly scannedSecret: Bytes;
}

export function newActivation(): NewActivation {
  let locator = SCANNED_PREFIX;
  // The prefix is Crockford text, too: under it a typed code would be taken for a scanned one, cut short.
  while (locator === SCANNED_PREFIX) locator = toCrockford(randomBytes(3), LOCATOR_LENGTH);
  return {
    locator,
    typedSecret: randomBytes(5),
    scannedSecret: randomBytes(SCANNED_SECRET_BYTES),
  };
}

/** «AB12-CD34-EF56»: locator, then the 40 secret bits. */
export function typedActivation(activation: NewActivation): string {
  const text = activation.locator + toCrockford(activation.typedSecret);
  return `${text.slice(0, 4)}-${text.slice(4, 8)}-${text.slice(8, 12)}`;
}

/**
 * «GTE1…» for a QR code: also pins the server's root and tells the names to show before Activate is pressed.
 */
export function scannedActivation(
  activation: NewActivation,
  rootThumbprint: Uint8Array,
  names: { readonly shopName: string; readonly tillName: string },
): string {
  const body = [
    1,
    activation.locator,
    activation.scannedSecret,
    rootThumbprint,
    names.shopName,
    names.tillName,
  ];
  return SCANNED_PREFIX + toBase32(encodeCbor(body));
}

/** Reads a typed or scanned activation code; null when it is neither. */
export function readActivation(text: string): ActivationCode | null {
  const folded = text.normalize("NFKC").trim().toUpperCase();
  return folded.startsWith(SCANNED_PREFIX) ? readScanned(folded) : readTyped(folded);
}

function readTyped(text: string): ActivationCode | null {
  const tidy = tidyCrockford(text);
  if (tidy.length !== LOCATOR_LENGTH + TYPED_SECRET_LENGTH) return null;
  const secret = fromCrockford(tidy.slice(LOCATOR_LENGTH));
  if (!secret || !/^[0-9A-HJKMNP-TV-Z]+$/.test(tidy)) return null;
  const locator = tidy.slice(0, LOCATOR_LENGTH);
  return { source: "typed", locator, secret, rootThumbprint: null, shopName: null, tillName: null };
}

function readScanned(text: string): ActivationCode | null {
  const bytes = fromBase32(text.slice(SCANNED_PREFIX.length));
  const decoded = bytes && decodeCbor(bytes);
  if (!decoded?.ok) return null;
  return readShape(decoded.value, (shape) => {
    shape.literal(1);
    return {
      source: "scanned" as const,
      locator: shape.text(LOCATOR_LENGTH),
      secret: shape.bytes(SCANNED_SECRET_BYTES),
      rootThumbprint: shape.bytes(32),
      shopName: shape.text(200),
      tillName: shape.text(200),
    };
  });
}

/** `R`: the tablet's keys and a nonce under a locator. */
export interface EnrolRequest {
  readonly locator: string;
  readonly deviceKey: Bytes;
  readonly vaultKey: Bytes;
  readonly nonce: Bytes;
}

/** R with its two proofs, as posted. */
export interface SignedEnrolRequest {
  readonly requestBytes: Bytes;
  readonly proof: Bytes;
  readonly signature: Bytes;
}

export async function proveEnrolment(
  code: ActivationCode,
  devicePrivate: CryptoKey,
  request: EnrolRequest,
): Promise<SignedEnrolRequest> {
  const requestBytes = encodeCbor([1, request.locator, request.deviceKey, request.vaultKey, request.nonce]);
  return {
    requestBytes,
    proof: await mac(await activationKey(code.secret), "enrol", requestBytes),
    signature: await sign(devicePrivate, "enrol", requestBytes),
  };
}

export function encodeEnrolRequest(signed: SignedEnrolRequest): Bytes {
  return encodeCbor([signed.requestBytes, signed.proof, signed.signature]);
}

/** Reads a posted request; null when it is none. Its proofs are checked by `checkEnrolment`. */
export function decodeEnrolRequest(
  bytes: Uint8Array,
): (SignedEnrolRequest & { request: EnrolRequest }) | null {
  const outer = decodeCbor(bytes);
  const signed =
    outer.ok &&
    readShape(outer.value, (shape) => ({
      requestBytes: shape.bytes(undefined, 1024),
      proof: shape.bytes(32),
      signature: shape.bytes(64),
    }));
  if (!signed) return null;
  const inner = decodeCbor(signed.requestBytes);
  const request =
    inner.ok &&
    readShape(inner.value, (shape) => {
      shape.literal(1);
      return {
        locator: shape.text(LOCATOR_LENGTH),
        deviceKey: shape.bytes(65),
        vaultKey: shape.bytes(65),
        nonce: shape.bytes(16),
      };
    });
  return request ? { ...signed, request } : null;
}

/**
 * Did the sender know one of these secrets and hold the device key it names? Answers which secret, or null. A
 * vault key that is no point of the curve is a no: whatever is sealed to this till later would fail, for as
 * long as it lives.
 */
export async function checkEnrolment(
  signed: SignedEnrolRequest & { readonly request: EnrolRequest },
  secrets: readonly Uint8Array[],
): Promise<Uint8Array | null> {
  const device = await importPublicKey(signed.request.deviceKey).catch(() => null);
  const vault = await importPublicKey(signed.request.vaultKey).catch(() => null);
  if (!vault || !device || !(await verify(device, "enrol", signed.requestBytes, signed.signature)))
    return null;
  for (const secret of secrets) {
    const proof = await mac(await activationKey(secret), "enrol", signed.requestBytes);
    if (sameBytes(proof, signed.proof)) return secret;
  }
  return null;
}

/**
 * The server's answer to R: certificate, root signature, proof of the secret, and the keyset to begin with.
 */
export interface EnrolAnswer {
  readonly certificateBytes: Bytes;
  readonly rootSignature: Bytes;
  readonly proof: Bytes;
  readonly keysetBytes: Bytes;
  readonly keysetSignature: Bytes;
  readonly shopName: string;
  readonly tillName: string;
  /** True after a typed code: both screens show six digits until the owner says «same». */
  readonly compare: boolean;
}

export function encodeEnrolAnswer(answer: EnrolAnswer): Bytes {
  return encodeCbor([
    answer.certificateBytes,
    answer.rootSignature,
    answer.proof,
    answer.keysetBytes,
    answer.keysetSignature,
    answer.shopName,
    answer.tillName,
    answer.compare,
  ]);
}

export function decodeEnrolAnswer(bytes: Uint8Array): EnrolAnswer | null {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return null;
  return readShape(decoded.value, (shape) => ({
    certificateBytes: shape.bytes(undefined, 2048),
    rootSignature: shape.bytes(64),
    proof: shape.bytes(32),
    keysetBytes: shape.bytes(undefined, 256 * 1024),
    keysetSignature: shape.bytes(64),
    shopName: shape.text(200),
    tillName: shape.text(200),
    compare: shape.boolean(),
  }));
}

/** The server's half: signs C and proves that it knew the secret too. */
export async function certify(
  rootPrivate: CryptoKey,
  certificateBytes: Uint8Array,
  secret: Uint8Array,
  nonce: Uint8Array,
): Promise<{ readonly rootSignature: Bytes; readonly proof: Bytes }> {
  return {
    rootSignature: await sign(rootPrivate, "cert", certificateBytes),
    proof: await mac(await activationKey(secret), "enrolled", concat(certificateBytes, nonce)),
  };
}

/**
 * The certificate, if every proof holds: the secret's, the root's signature, the root the QR pinned, and our
 * own keys in it. Null means the answer came from somebody else: nothing of it may be kept. The keyset has a
 * signature of its own (`openKeyset`); names are only shown, and no proof covers them.
 */
export async function openEnrolAnswer(
  code: ActivationCode,
  request: EnrolRequest,
  answer: EnrolAnswer,
): Promise<Certificate | null> {
  const certificate = decodeCertificate(answer.certificateBytes);
  if (!certificate) return null;
  const expected = await mac(
    await activationKey(code.secret),
    "enrolled",
    concat(answer.certificateBytes, request.nonce),
  );
  const root = await importPublicKey(certificate.rootKey).catch(() => null);
  const pinned =
    code.rootThumbprint === null || sameBytes(code.rootThumbprint, await thumbprint(certificate.rootKey));
  // `compare` is covered by no proof: whoever stands between could take the six digits away, so a typed code
  // insists.
  const compared = answer.compare || code.source === "scanned";
  const genuine =
    root !== null &&
    pinned &&
    compared &&
    sameBytes(expected, answer.proof) &&
    sameBytes(certificate.deviceKey, request.deviceKey) &&
    sameBytes(certificate.vaultKey, request.vaultKey) &&
    (await verify(root, "cert", answer.certificateBytes, answer.rootSignature));
  return genuine ? certificate : null;
}

/** The six digits both screens show after a typed code. */
export async function compareDigits(certificateBytes: Uint8Array): Promise<string> {
  return digitsOf(await hash("compare", certificateBytes), 6);
}

// A 40-bit secret behind a bare HMAC could be searched by whoever records the exchange; the ten minutes, the
// five tries and TLS are what protects it. HKDF only separates the two lengths of secret.
async function activationKey(secret: Uint8Array): Promise<CryptoKey> {
  return macKey(await hkdf(secret, new TextEncoder().encode("guitai/activation/1"), 32));
}

export { decodeCertificate, encodeCertificate, type Certificate } from "./certificate.ts";
