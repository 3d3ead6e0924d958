import type { Bytes } from "./bytes.ts";
import type { Cbor } from "./cbor.ts";
import type { Shape } from "./shape.ts";

/**
 * What the server's own journal records of its tills (PROTOCOL §5, §6): restores, losses and the evidence for
 * them, decisions about quarantine. Projections are rebuilt from these.
 */
export type ServerRecord =
  /** The server was restored: what its own journal held, as far as the backup knows it (§2). */
  | {
      readonly kind: "lineage-begun";
      readonly before: Bytes;
      readonly lineage: Bytes;
      readonly epoch: number;
      readonly headSeq: number;
      readonly headHash: Bytes;
    }
  /** An epoch ended, or broke, and entries of it may never come. */
  | {
      readonly kind: "loss";
      readonly till: Bytes;
      readonly epoch: number;
      readonly reason: string;
      readonly fromSeq: number;
      /** The highest entry known to exist; null: not known. */
      readonly knownHeadSeq: number | null;
      readonly count: number | null;
      readonly sumMinor: number | null;
      /** Where the figures come from. */
      readonly source: string;
      readonly atMs: number;
    }
  /** A paper receipt shows a sale that never came. */
  | {
      readonly kind: "loss-receipt";
      readonly till: Bytes;
      readonly epoch: number;
      readonly seq: number;
      /** The first eight hex digits of the entry's hash, as printed. */
      readonly headHex: string;
      readonly amountMinor: number;
    }
  /** Decided once about these entries, by their hashes. */
  | {
      readonly kind: "quarantine-decided";
      readonly till: Bytes;
      readonly epoch: number;
      readonly decided: "booked" | "rejected";
      readonly hashes: readonly Bytes[];
    };

/** Hashes of one `quarantine-decided` entry at most: it stays well under 64 KiB. */
export const MAX_DECIDED_HASHES = 1000;
const MAX_WORD = 40;

export function encodeServerRecord(body: ServerRecord): Cbor {
  switch (body.kind) {
    case "lineage-begun":
      return [body.before, body.lineage, body.epoch, body.headSeq, body.headHash];
    case "loss": {
      const { till, epoch, reason, fromSeq, knownHeadSeq, count, sumMinor, source, atMs } = body;
      return [till, epoch, reason, fromSeq, knownHeadSeq, count, sumMinor, source, atMs];
    }
    case "loss-receipt":
      return [body.till, body.epoch, body.seq, body.headHex, body.amountMinor];
    case "quarantine-decided":
      return [body.till, body.epoch, body.decided, body.hashes.map((hash) => [hash])];
  }
}

/** The record, or null when it is of another kind. Members of the wrong kind throw the shape's mismatch. */
export function readServerRecord(kind: string, shape: Shape): ServerRecord | null {
  switch (kind) {
    case "lineage-begun":
      return {
        kind,
        before: shape.bytes(8),
        lineage: shape.bytes(8),
        epoch: shape.integer(1),
        headSeq: shape.integer(-1),
        headHash: shape.bytes(32),
      };
    case "loss":
      return {
        kind,
        till: shape.bytes(16),
        epoch: shape.integer(1),
        reason: shape.text(MAX_WORD),
        fromSeq: shape.integer(),
        knownHeadSeq: shape.integerOrNull(),
        count: shape.integerOrNull(),
        sumMinor: shape.integerOrNull(),
        source: shape.text(MAX_WORD),
        atMs: shape.integer(),
      };
    case "loss-receipt":
      return {
        kind,
        till: shape.bytes(16),
        epoch: shape.integer(1),
        seq: shape.integer(1),
        headHex: shape.text(8),
        amountMinor: shape.integer(1),
      };
    case "quarantine-decided":
      return {
        kind,
        till: shape.bytes(16),
        epoch: shape.integer(1),
        decided: shape.oneOf(["booked", "rejected"]),
        hashes: shape.list(MAX_DECIDED_HASHES, (hash) => hash.bytes(32)),
      };
    default:
      return null;
  }
}
