import { sameBytes, type Bytes } from "./bytes.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { importPublicKey, sign, verify } from "./crypto.ts";
import { MAX_ENTRY_BYTES } from "./entry.ts";
import { usableKeys, type Keyset } from "./keyset.ts";
import { readShape } from "./shape.ts";

/**
 * How every word of the server travels to a till: the bytes as they were signed, and the answer key's
 * signature over them in their own context, so that an answer to one question is never one to another
 * (PROTOCOL §5).
 */
export interface SignedAnswer {
  readonly bytes: Bytes;
  readonly signature: Bytes;
}

export type AnswerContext = "answer" | "feed" | "claim" | "parcel";

/** An answer may carry a whole entry: the one that a fork stands on. */
export const MAX_ANSWER_BYTES: number = MAX_ENTRY_BYTES + 4096;

export async function signInContext(
  answerKey: CryptoKey,
  context: AnswerContext,
  bytes: Bytes,
): Promise<SignedAnswer> {
  return { bytes, signature: await sign(answerKey, context, bytes) };
}

export function encodeSignedAnswer(answer: SignedAnswer): Bytes {
  return encodeCbor([answer.bytes, answer.signature]);
}

/** Reads it without trusting it; null when it is none, or its bytes are more than `maxBytes`. */
export function decodeSignedAnswer(
  bytes: Uint8Array,
  maxBytes: number = MAX_ANSWER_BYTES,
): SignedAnswer | null {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return null;
  return readShape(decoded.value, (shape) => ({
    bytes: shape.bytes(undefined, maxBytes),
    signature: shape.bytes(64),
  }));
}

/**
 * What was signed, as `read` reads it, if an answer key of our keyset signed it in this context and it is
 * bound to this very request (null: to any). Null is «no answer», whatever the HTTP status was: retry; lock,
 * delete and freeze nothing.
 */
export async function openSigned<T extends { readonly requestHash: Bytes }>(
  keyset: Keyset,
  context: AnswerContext,
  signed: SignedAnswer,
  requestHash: Uint8Array | null,
  read: (bytes: Uint8Array) => T | null,
): Promise<T | null> {
  if (!(await signedByServer(keyset, context, signed))) return null;
  const answer = read(signed.bytes);
  return answer && (requestHash === null || sameBytes(answer.requestHash, requestHash)) ? answer : null;
}

/** Did one of the keyset's answer keys sign these bytes in this context? */
async function signedByServer(
  keyset: Keyset,
  context: AnswerContext,
  signed: SignedAnswer,
): Promise<boolean> {
  for (const key of usableKeys(keyset, "answer")) {
    if (await verify(await importPublicKey(key.key), context, signed.bytes, signed.signature)) return true;
  }
  return false;
}
