import type { Bytes } from "./bytes.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { MAX_EXPORT_BYTES } from "./export-file.ts";
import { LINEAGE_BYTES, type Keyset } from "./keyset.ts";
import { NONCE_BYTES } from "./push.ts";
import { readShape } from "./shape.ts";
import { openSigned, signInContext, type SignedAnswer } from "./signed-answer.ts";

/**
 * A parcel: an export file that a till carries for another one (PROTOCOL §5, §12). The till cannot open it;
 * it sends the file as it is, piece by piece, and keeps it until the server has signed for the whole.
 */
export interface ParcelPiece {
  readonly nonce: Bytes;
  /** SHA-256 of the whole file: its name, and what is compared when all pieces are there. */
  readonly fileHash: Bytes;
  readonly size: number;
  readonly offset: number;
  readonly bytes: Bytes;
}

/** With all around it this stays under what the till's door takes. */
export const MAX_PIECE_BYTES: number = 256 * 1024;
const MAX_CODE_LENGTH = 40;

/**
 * `partial`: send on from `received` · `done`: opened, its entries are stored · `waiting`: kept whole, to be
 * opened when what is missing before it has come · `refused`: not a file of ours, by `refusal`'s name.
 */
export type ParcelState = "partial" | "done" | "waiting" | "refused";

export interface ParcelAnswer {
  readonly lineage: Bytes;
  readonly merchant: Bytes;
  readonly fileHash: Bytes;
  readonly received: number;
  readonly state: ParcelState;
  /** Why it waits or was refused; empty otherwise. */
  readonly refusal: string;
  /** Entries of the file: newly stored, known before, set apart for the owner. */
  readonly stored: number;
  readonly alreadyThere: number;
  readonly setApart: number;
  readonly serverMs: number | null;
  readonly requestHash: Bytes;
}

export function encodeParcelPiece(piece: ParcelPiece): Bytes {
  return encodeCbor([1, piece.nonce, piece.fileHash, piece.size, piece.offset, piece.bytes]);
}

/** Reads a piece; null when it is none, or larger than a piece or a file may be. */
export function decodeParcelPiece(bytes: Uint8Array): ParcelPiece | null {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return null;
  const piece = readShape(decoded.value, (shape) => {
    shape.literal(1);
    return {
      nonce: shape.bytes(NONCE_BYTES),
      fileHash: shape.bytes(32),
      size: shape.integer(1, MAX_EXPORT_BYTES),
      offset: shape.integer(),
      bytes: shape.bytes(undefined, MAX_PIECE_BYTES),
    };
  });
  if (piece === null || piece.bytes.length === 0) return null;
  return piece.offset + piece.bytes.length <= piece.size ? piece : null;
}

export async function signParcelAnswer(answerKey: CryptoKey, answer: ParcelAnswer): Promise<SignedAnswer> {
  const bytes = encodeCbor([
    1,
    answer.lineage,
    answer.merchant,
    answer.fileHash,
    answer.received,
    answer.state,
    answer.refusal,
    answer.stored,
    answer.alreadyThere,
    answer.setApart,
    answer.serverMs,
    answer.requestHash,
  ]);
  return await signInContext(answerKey, "parcel", bytes);
}

/** The answer to this piece, or null (see `openSigned`): sent again, and nothing deleted. */
export async function openParcelAnswer(
  keyset: Keyset,
  signed: SignedAnswer,
  requestHash: Uint8Array,
): Promise<ParcelAnswer | null> {
  return await openSigned(keyset, "parcel", signed, requestHash, decodeParcelAnswer);
}

function decodeParcelAnswer(bytes: Uint8Array): ParcelAnswer | null {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return null;
  return readShape(decoded.value, (shape) => {
    shape.literal(1);
    return {
      lineage: shape.bytes(LINEAGE_BYTES),
      merchant: shape.bytes(16),
      fileHash: shape.bytes(32),
      received: shape.integer(0, MAX_EXPORT_BYTES),
      state: shape.oneOf(["partial", "done", "waiting", "refused"]),
      refusal: shape.text(MAX_CODE_LENGTH),
      stored: shape.integer(),
      alreadyThere: shape.integer(),
      setApart: shape.integer(),
      serverMs: shape.integerOrNull(),
      requestHash: shape.bytes(32),
    };
  });
}
