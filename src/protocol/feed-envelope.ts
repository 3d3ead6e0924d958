import type { Bytes } from "./bytes.ts";
import { decodeCbor, type Cbor } from "./cbor.ts";
import { LINEAGE_BYTES, type Keyset } from "./keyset.ts";
import { readShape } from "./shape.ts";
import { decodeSignedAnswer, openSigned, type SignedAnswer } from "./signed-answer.ts";
import { writeUnsent, type UnsentWords } from "./unsent-words.ts";

/**
 * The outside of a feed page (PROTOCOL §7): all that a carrier must check before it keeps the page for the
 * engine. What the changes say is read in `feed.ts`, which a carrier need not load.
 */
export interface FeedEnvelope {
  readonly lineage: Bytes;
  readonly merchant: Bytes;
  readonly till: Bytes;
  readonly from: number;
  readonly to: number;
  readonly full: boolean;
  /** Not read yet. */
  readonly changes: readonly Cbor[];
  readonly serverMs: number | null;
  readonly requestHash: Bytes;
}

export type SignedPage = SignedAnswer;

export const MAX_FEED_CHANGES = 2000;

/** A page as long as its changes make it; null when it is none. */
export function decodeSignedPage(bytes: Uint8Array): SignedAnswer | null {
  return decodeSignedAnswer(bytes, Number.MAX_SAFE_INTEGER);
}

/** The envelope, if an answer key signed it for this request (when given). Null is «no answer». */
export async function openFeedEnvelope(
  keyset: Keyset,
  signed: SignedAnswer,
  requestHash: Uint8Array | null,
): Promise<FeedEnvelope | null> {
  return await openSigned(keyset, "feed", signed, requestHash, decodeFeedEnvelope);
}

/** Reads a page's bytes without its changes; null when they are none. */
export function decodeFeedEnvelope(bytes: Uint8Array): FeedEnvelope | null {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return null;
  return readShape(decoded.value, (shape) => {
    shape.literal(1);
    return {
      lineage: shape.bytes(LINEAGE_BYTES),
      merchant: shape.bytes(16),
      till: shape.bytes(16),
      from: shape.integer(),
      to: shape.integer(),
      full: shape.boolean(),
      changes: shape.anyList(MAX_FEED_CHANGES),
      serverMs: shape.integerOrNull(),
      requestHash: shape.bytes(32),
    };
  });
}

/**
 * `GET` path of a page: `from` is what the till has applied, `nonce` binds the answer to this request,
 * `unsent` is what the till says of its own unreceipted sales.
 */
export function feedPath(from: number | "full", nonceHex: string, unsent: UnsentWords | null = null): string {
  const words = unsent === null ? "" : `&unsent=${writeUnsent(unsent)}`;
  return `/api/till/feed?from=${from}&nonce=${nonceHex}${words}`;
}
