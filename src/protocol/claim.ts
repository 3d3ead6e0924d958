import type { Bytes } from "./bytes.ts";
import { decodeCbor, encodeCbor, type Cbor } from "./cbor.ts";
import { MAX_EPOCH } from "./entry.ts";
import { LINEAGE_BYTES, type Keyset } from "./keyset.ts";
import { NONCE_BYTES } from "./push.ts";
import { readShape, type Shape } from "./shape.ts";
import { openSigned, signInContext, type SignedAnswer } from "./signed-answer.ts";

/**
 * A till asks for a code that nobody has leased (PROTOCOL §11): the `claim` entry is on its disk first, the
 * request names it, and the same request may come any number of times. The entry's hash goes with it, so that
 * a copied tablet with the same epoch and seq is another claimant.
 */
export interface ClaimRequest {
  readonly nonce: Bytes;
  readonly lineage: Bytes;
  readonly cti: Bytes;
  /** Epoch and seq of the `claim` entry; the till is the token's. */
  readonly epoch: number;
  readonly seq: number;
  readonly entryHash: Bytes;
}

/** What the server decided of one claim, once. */
export type ClaimDecision =
  /** The code is this till's, until its sale or its `claim-dropped` arrives, or the owner frees it. */
  | { readonly kind: "granted" }
  /** Another till has it in hand (`claim`), or holds its lease. */
  | { readonly kind: "held"; readonly by: "claim" | "lease"; readonly tillName: string }
  | {
      readonly kind: "spent";
      readonly tillName: string;
      readonly atMs: number;
      readonly amountMinor: number;
    }
  | { readonly kind: "revoked" }
  | { readonly kind: "expired"; readonly atMs: number }
  /** No such code was issued, or not for this till. */
  | { readonly kind: "unknown" }
  /** This very claim was granted and is over: dropped, or freed by the owner. */
  | { readonly kind: "released" }
  /** This till's codes are stopped. */
  | { readonly kind: "stopped" };

/** The signed answer, bound to its request. */
export interface ClaimAnswer {
  readonly lineage: Bytes;
  readonly merchant: Bytes;
  readonly till: Bytes;
  readonly epoch: number;
  readonly seq: number;
  readonly cti: Bytes;
  readonly decision: ClaimDecision;
  readonly requestHash: Bytes;
}

export function encodeClaimRequest(claim: ClaimRequest): Bytes {
  const { nonce, lineage, cti, epoch, seq, entryHash } = claim;
  return encodeCbor([1, nonce, lineage, cti, epoch, seq, entryHash]);
}

/** Reads a claim; null when it is none. */
export function decodeClaimRequest(bytes: Uint8Array): ClaimRequest | null {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return null;
  return readShape(decoded.value, (shape) => {
    shape.literal(1);
    return {
      nonce: shape.bytes(NONCE_BYTES),
      lineage: shape.bytes(LINEAGE_BYTES),
      cti: shape.bytes(16),
      epoch: shape.integer(1, MAX_EPOCH),
      seq: shape.integer(),
      entryHash: shape.bytes(32),
    };
  });
}

/** Signs an answer. */
export async function signClaimAnswer(answerKey: CryptoKey, answer: ClaimAnswer): Promise<SignedAnswer> {
  const { lineage, merchant, till, epoch, seq, cti, decision, requestHash } = answer;
  const said = encodeClaimDecision(decision);
  const bytes = encodeCbor([1, lineage, merchant, till, epoch, seq, cti, said, requestHash]);
  return await signInContext(answerKey, "claim", bytes);
}

/** The answer to this claim, or null (see `openSigned`): the claim stays unknown, and is asked again. */
export async function openClaimAnswer(
  keyset: Keyset,
  signed: SignedAnswer,
  requestHash: Uint8Array,
): Promise<ClaimAnswer | null> {
  return await openSigned(keyset, "claim", signed, requestHash, decodeClaimAnswer);
}

function decodeClaimAnswer(bytes: Uint8Array): ClaimAnswer | null {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return null;
  return readShape(decoded.value, (shape) => {
    shape.literal(1);
    return {
      lineage: shape.bytes(LINEAGE_BYTES),
      merchant: shape.bytes(16),
      till: shape.bytes(16),
      epoch: shape.integer(1, MAX_EPOCH),
      seq: shape.integer(),
      cti: shape.bytes(16),
      decision: shape.nested(readDecision),
      requestHash: shape.bytes(32),
    };
  });
}

/** A decision as it stands in the answer and in the server's record of it. */
export function encodeClaimDecision(decision: ClaimDecision): Cbor {
  switch (decision.kind) {
    case "held":
      return [decision.kind, decision.by, decision.tillName];
    case "spent":
      return [decision.kind, decision.tillName, decision.atMs, decision.amountMinor];
    case "expired":
      return [decision.kind, decision.atMs];
    case "granted":
    case "revoked":
    case "unknown":
    case "released":
    case "stopped":
      return [decision.kind];
  }
}

/** Reads a kept decision; null when this version does not know it. */
export function decodeClaimDecision(bytes: Uint8Array): ClaimDecision | null {
  const decoded = decodeCbor(bytes);
  return decoded.ok ? readShape(decoded.value, readDecision) : null;
}

function readDecision(shape: Shape): ClaimDecision {
  const kind = shape.oneOf([
    "granted",
    "held",
    "spent",
    "revoked",
    "expired",
    "unknown",
    "released",
    "stopped",
  ]);
  switch (kind) {
    case "held":
      return { kind, by: shape.oneOf(["claim", "lease"]), tillName: shape.text(200) };
    case "spent":
      return {
        kind,
        tillName: shape.text(200),
        atMs: shape.integer(),
        amountMinor: shape.integer(),
      };
    case "expired":
      return { kind, atMs: shape.integer() };
    case "granted":
    case "revoked":
    case "unknown":
    case "released":
    case "stopped":
      return { kind };
  }
}
