import { decodeCbor, encodeCbor } from "./cbor.ts";
import type { Bytes } from "./bytes.ts";
import { importPublicKey, sha256, sign, verify } from "./crypto.ts";
import { MAX_ENTRY_BYTES, MAX_EPOCH, type SignedEntry } from "./entry.ts";
import { LINEAGE_BYTES, type Keyset } from "./keyset.ts";
import { readShape } from "./shape.ts";
import { MAX_ANSWER_BYTES, openSigned, signInContext, type SignedAnswer } from "./signed-answer.ts";

/** Hello, push and the server's signed answer (PROTOCOL §5). */
export interface Hello {
  readonly challenge: Bytes;
  readonly till: Bytes;
  readonly epoch: number;
  /** The till's head; −1 is not possible: genesis is entry 0. */
  readonly seq: number;
  readonly headHash: Bytes;
  readonly lineage: Bytes;
  readonly feedVersion: number;
}

export const CHALLENGE_BYTES = 32;
export const NONCE_BYTES = 16;
/**
 * Five hundred sales are about 160 KiB: on a good line a day's catch-up is a handful of round trips. On a
 * poor one the carrier sends less at a time, by the bytes that get through.
 */
export const MAX_PUSH_ENTRIES = 500;
export const MAX_PUSH_BYTES: number = 256 * 1024;
export const TOKEN_MINUTES = 60;

export async function signHello(devicePrivate: CryptoKey, hello: Hello): Promise<Bytes> {
  const bytes = encodeCbor([
    hello.challenge,
    hello.till,
    hello.epoch,
    hello.seq,
    hello.headHash,
    hello.lineage,
    hello.feedVersion,
  ]);
  return encodeCbor([bytes, await sign(devicePrivate, "hello", bytes)]);
}

export interface ReceivedHello extends Hello {
  /** Is it signed by this device key? */
  readonly signedBy: (devicePoint: Uint8Array) => Promise<boolean>;
}

export function decodeHello(bytes: Uint8Array): ReceivedHello | null {
  const outer = decodeCbor(bytes);
  const signed =
    outer.ok &&
    readShape(outer.value, (shape) => ({ hello: shape.bytes(undefined, 512), signature: shape.bytes(64) }));
  if (!signed) return null;
  const inner = decodeCbor(signed.hello);
  const hello =
    inner.ok &&
    readShape(inner.value, (shape) => ({
      challenge: shape.bytes(CHALLENGE_BYTES),
      till: shape.bytes(16),
      epoch: shape.integer(1, MAX_EPOCH),
      seq: shape.integer(),
      headHash: shape.bytes(32),
      lineage: shape.bytes(LINEAGE_BYTES),
      feedVersion: shape.integer(),
    }));
  if (!hello) return null;
  const signedBy = async (point: Uint8Array): Promise<boolean> =>
    verify(await importPublicKey(point), "hello", signed.hello, signed.signature);
  return { ...hello, signedBy };
}

/** The answer to a hello: the signed A, and a bearer token for an hour (null when the till is unknown). */
export interface HelloAnswer {
  readonly answer: SignedAnswer;
  readonly token: string | null;
}

export function encodeHelloAnswer(hello: HelloAnswer): Bytes {
  return encodeCbor([hello.answer.bytes, hello.answer.signature, hello.token]);
}

export function decodeHelloAnswer(bytes: Uint8Array): HelloAnswer | null {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return null;
  return readShape(decoded.value, (shape) => ({
    answer: { bytes: shape.bytes(undefined, MAX_ANSWER_BYTES), signature: shape.bytes(64) },
    token: shape.textOrNull(200),
  }));
}

/** A batch of one epoch, in order, without holes. */
export interface Push {
  readonly nonce: Bytes;
  readonly lineage: Bytes;
  readonly entries: readonly SignedEntry[];
}

export function encodePush(push: Push): Bytes {
  const entries = push.entries.map((entry) => [entry.bytes, entry.signature]);
  return encodeCbor([1, push.nonce, push.lineage, entries]);
}

/** Reads a push; null when it is none, or over 500 entries or 256 KiB. */
export function decodePush(bytes: Uint8Array): Push | null {
  if (bytes.length > MAX_PUSH_BYTES) return null;
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return null;
  return readShape(decoded.value, (shape) => {
    shape.literal(1);
    return {
      nonce: shape.bytes(NONCE_BYTES),
      lineage: shape.bytes(LINEAGE_BYTES),
      entries: shape.list(MAX_PUSH_ENTRIES, (entry) => ({
        bytes: entry.bytes(undefined, MAX_ENTRY_BYTES),
        signature: entry.bytes(64),
      })),
    };
  });
}

/**
 * How many of these entries, taken from the front, fit one push of `maxBytes`. At least one: an entry is at
 * most 64 KiB, and on the slowest line it has to get away all the same.
 */
export function fittingPush(entries: readonly SignedEntry[], maxBytes: number = MAX_PUSH_BYTES): number {
  // 64 bytes a signature and at most 9 of heads; 64 for the frame around them.
  let bytes = 64;
  let count = 0;
  for (const entry of entries.slice(0, MAX_PUSH_ENTRIES)) {
    bytes += entry.bytes.length + 64 + 9;
    if (bytes > Math.min(maxBytes, MAX_PUSH_BYTES) && count > 0) break;
    count++;
  }
  return count;
}

export type AnswerResult = "ok" | "gap" | "fork" | "damaged" | "quarantined" | "closed";

/** `A`: what the server holds of this epoch, and what it makes of the request it is bound to. */
export interface Answer {
  readonly lineage: Bytes;
  readonly merchant: Bytes;
  readonly till: Bytes;
  readonly epoch: number;
  /** The server's head of this epoch; −1 when it holds nothing. */
  readonly seq: number;
  readonly headHash: Bytes;
  readonly result: AnswerResult;
  readonly detail: AnswerDetail;
  /** Null when the server does not trust its own clock. */
  readonly serverMs: number | null;
  readonly requestHash: Bytes;
}

export type AnswerDetail =
  | { readonly kind: "none" }
  /** Send again from this seq. */
  | { readonly kind: "need"; readonly seq: number }
  /** The server's own entry at that seq, with its signature: believed only if authentic and different. */
  | { readonly kind: "entry"; readonly seq: number; readonly entry: SignedEntry }
  /** Codes and secrets of this till are stopped by the office. */
  | { readonly kind: "revoked" }
  /** The owner has not said «same» yet. */
  | { readonly kind: "pending" };

export function encodeAnswer(answer: Answer): Bytes {
  return encodeCbor([
    1,
    answer.lineage,
    answer.merchant,
    answer.till,
    answer.epoch,
    answer.seq,
    answer.headHash,
    answer.result,
    encodeDetail(answer.detail),
    answer.serverMs,
    answer.requestHash,
  ]);
}

export async function signAnswer(answerKey: CryptoKey, answer: Answer): Promise<SignedAnswer> {
  return await signInContext(answerKey, "answer", encodeAnswer(answer));
}

export function decodeAnswer(bytes: Uint8Array): Answer | null {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return null;
  return readShape(decoded.value, (shape) => {
    shape.literal(1);
    return {
      lineage: shape.bytes(LINEAGE_BYTES),
      merchant: shape.bytes(16),
      till: shape.bytes(16),
      epoch: shape.integer(1),
      seq: shape.integer(-1),
      headHash: shape.bytes(32),
      result: shape.oneOf(["ok", "gap", "fork", "damaged", "quarantined", "closed"]),
      detail: shape.nested((detail): AnswerDetail => {
        const kind = detail.oneOf(["none", "need", "entry", "revoked", "pending"]);
        switch (kind) {
          case "need":
            return { kind, seq: detail.integer() };
          case "entry":
            return {
              kind,
              seq: detail.integer(),
              entry: { bytes: detail.bytes(undefined, MAX_ENTRY_BYTES), signature: detail.bytes(64) },
            };
          case "none":
          case "revoked":
          case "pending":
            return { kind };
        }
      }),
      serverMs: shape.integerOrNull(),
      requestHash: shape.bytes(32),
    };
  });
}

/** The answer to this request, or null: see `openSigned`. */
export async function openAnswer(
  keyset: Keyset,
  signed: SignedAnswer,
  requestHash: Uint8Array,
): Promise<Answer | null> {
  return await openSigned(keyset, "answer", signed, requestHash, decodeAnswer);
}

/** `requestHash` of a posted body. */
export function hashRequest(body: Uint8Array): Promise<Bytes> {
  return sha256(body);
}

/** `requestHash` of a GET: its path with its query, nonce included. */
export function hashGet(pathWithQuery: string): Promise<Bytes> {
  return sha256(new TextEncoder().encode(pathWithQuery));
}

function encodeDetail(detail: AnswerDetail): readonly (string | number | Uint8Array)[] {
  switch (detail.kind) {
    case "need":
      return [detail.kind, detail.seq];
    case "entry":
      return [detail.kind, detail.seq, detail.entry.bytes, detail.entry.signature];
    case "none":
    case "revoked":
    case "pending":
      return [detail.kind];
  }
}

export { decodeSignedAnswer, encodeSignedAnswer, type SignedAnswer } from "./signed-answer.ts";
