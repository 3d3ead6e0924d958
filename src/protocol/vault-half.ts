import { sameBytes, type Bytes } from "./bytes.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { hkdf, importPublicKey, sign, verify } from "./crypto.ts";
import { LINEAGE_BYTES, usableKeys, type Keyset } from "./keyset.ts";
import { readShape } from "./shape.ts";

/**
 * The server's half of a vault's wrap key, level `server-half` (PROTOCOL §2): fetched after a start, kept in
 * memory only, so that a copied disk opens nothing and a revoked till nothing any more.
 *
 *   POST /api/till/vault-half  VaultHalfRequest → [answer, sig(answer key, "vault-half", answer)]
 *                              (Authorization: Bearer token), or unsigned 403 `till-not-in-service`
 */
export const VAULT_HALF_PATH = "/api/till/vault-half";
/** Bytes of a half. */
export const HALF_BYTES = 32;
const NONCE_BYTES = 16;

export interface VaultHalfRequest {
  readonly nonce: Bytes;
  /** The generation that this till's wrap was made with; null: none yet, the newest. */
  readonly generation: number | null;
}

export interface VaultHalf {
  readonly generation: number;
  readonly half: Bytes;
}

export interface VaultHalfAnswer extends VaultHalf {
  readonly lineage: Bytes;
  readonly merchant: Bytes;
  readonly till: Bytes;
  readonly epoch: number;
  /** A newer generation: the till wraps anew with it, so that no half serves for years. Null: this is it. */
  readonly next: VaultHalf | null;
  readonly serverMs: number | null;
  readonly requestHash: Bytes;
}

/** The half of one till epoch in one generation, from the merchant's secret: a restored server has it too. */
export async function vaultHalfOf(
  masterSecret: Uint8Array,
  till: Uint8Array,
  epoch: number,
  generation: number,
): Promise<VaultHalf> {
  const info = encodeCbor(["vault-half", till, epoch, generation]);
  return { generation, half: await hkdf(masterSecret, info, HALF_BYTES) };
}

export function encodeVaultHalfRequest({ nonce, generation }: VaultHalfRequest): Bytes {
  return encodeCbor([1, nonce, generation]);
}

export function decodeVaultHalfRequest(bytes: Uint8Array): VaultHalfRequest | null {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return null;
  return readShape(decoded.value, (shape) => {
    shape.literal(1);
    return { nonce: shape.bytes(NONCE_BYTES), generation: shape.integerOrNull() };
  });
}

/** Signs the answer: its whole body, ready to send. */
export async function signVaultHalf(answerKey: CryptoKey, answer: VaultHalfAnswer): Promise<Bytes> {
  const bytes = encodeCbor([
    1,
    answer.lineage,
    answer.merchant,
    answer.till,
    answer.epoch,
    answer.generation,
    answer.half,
    answer.next && [answer.next.generation, answer.next.half],
    answer.serverMs,
    answer.requestHash,
  ]);
  return encodeCbor([bytes, await sign(answerKey, "vault-half", bytes)]);
}

/** The answer, if an answer key signed it for this till epoch and this request. Null is «no answer». */
export async function openVaultHalf(
  keyset: Keyset,
  body: Uint8Array,
  asked: { readonly till: Uint8Array; readonly epoch: number; readonly requestHash: Uint8Array },
): Promise<VaultHalfAnswer | null> {
  const decoded = decodeCbor(body);
  const signed = decoded.ok
    ? readShape(decoded.value, (shape) => ({
        bytes: shape.bytes(undefined, 1024),
        signature: shape.bytes(64),
      }))
    : null;
  if (!signed) return null;
  for (const { key } of usableKeys(keyset, "answer")) {
    if (!(await verify(await importPublicKey(key), "vault-half", signed.bytes, signed.signature))) continue;
    const answer = decodeVaultHalf(signed.bytes);
    const forUs =
      answer !== null &&
      sameBytes(answer.till, asked.till) &&
      answer.epoch === asked.epoch &&
      sameBytes(answer.requestHash, asked.requestHash);
    return forUs ? answer : null;
  }
  return null;
}

function decodeVaultHalf(bytes: Uint8Array): VaultHalfAnswer | null {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return null;
  return readShape(decoded.value, (shape) => {
    shape.literal(1);
    return {
      lineage: shape.bytes(LINEAGE_BYTES),
      merchant: shape.bytes(16),
      till: shape.bytes(16),
      epoch: shape.integer(1),
      generation: shape.integer(1),
      half: shape.bytes(HALF_BYTES),
      next: shape.nestedOrNull((next) => ({
        generation: next.integer(1),
        half: next.bytes(HALF_BYTES),
      })),
      serverMs: shape.integerOrNull(),
      requestHash: shape.bytes(32),
    };
  });
}
