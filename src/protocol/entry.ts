import { decodeCbor, encodeCbor, type Cbor } from "./cbor.ts";
import type { Bytes } from "./bytes.ts";
import { hash, sign, verify } from "./crypto.ts";
import { readShape } from "./shape.ts";

/** The till id under which the server keeps its own journal of a merchant (PROTOCOL §5). */
export const SERVER_TILL = "server";

/**
 * A journal entry (PROTOCOL §4): the one shape of the books, on the till, in the server's own journal, in
 * exports. Its bytes are stored and forwarded as signed. The bodies are in `entry-bodies.ts`.
 */
export interface Entry {
  /** Above 1: of a later version, whose body this one cannot read. Absent: 1. */
  readonly version?: number;
  readonly merchant: Bytes;
  /** The till's 16 bytes, or `server` for the server's own journal. */
  readonly till: Bytes | typeof SERVER_TILL;
  readonly epoch: number;
  readonly seq: number;
  /** Hash of the entry before; of the certificate for seq 0. */
  readonly prev: Bytes;
  readonly kind: string;
  readonly time: EntryTime;
  readonly versions: EntryVersions;
  readonly body: Cbor;
}

export interface EntryTime {
  /** The device's clock as it stood: evidence only, never order. */
  readonly clockMs: number;
  /** The till's own idea of now (PROTOCOL §8). */
  readonly nowMs: number;
  readonly quality: ClockQuality;
}
export type ClockQuality = "anchored" | "plausible" | "back" | "leap";

export interface EntryVersions {
  readonly feed: number;
  readonly keyset: number;
  readonly build: string;
}

/** An entry as it lies in a journal. */
export interface SignedEntry {
  readonly bytes: Bytes;
  readonly signature: Bytes;
}

export const MAX_ENTRY_BYTES: number = 64 * 1024;
/** More epochs than any till lives through; within what a database keeps in four bytes. */
export const MAX_EPOCH: number = 2 ** 31 - 1;
export const MAX_BUILD_LENGTH = 40;
const MAX_KIND_LENGTH = 40;

/**
 * The entry's bytes. Throws when it is longer than 64 KiB, or has a member that no reader would take: met
 * here, before it is signed, it is a bug; met at the server it would be a sale that cannot be read for ever.
 */
export function encodeEntry(entry: Entry): Bytes {
  const { clockMs, nowMs, quality } = entry.time;
  const { feed, keyset, build } = entry.versions;
  const bytes = encodeCbor([
    1,
    entry.merchant,
    entry.till,
    entry.epoch,
    entry.seq,
    entry.prev,
    entry.kind,
    [clockMs, nowMs, quality],
    [feed, keyset, build],
    entry.body,
  ]);
  if (bytes.length > MAX_ENTRY_BYTES) throw new RangeError("entry: longer than 64 KiB");
  if (decodeEntry(bytes) === null) throw new TypeError("entry: no reader would take it");
  return bytes;
}

/**
 * Reads an entry's bytes; null when they are none. An unknown kind or body is no reason: it is kept for
 * later.
 */
export function decodeEntry(bytes: Uint8Array): Entry | null {
  if (bytes.length > MAX_ENTRY_BYTES) return null;
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return null;
  return readShape(decoded.value, (shape) => {
    const version = shape.integer(1);
    const entry = {
      ...(version > 1 && { version }),
      merchant: shape.bytes(16),
      till: shape.bytesOrLiteral(16, SERVER_TILL),
      epoch: shape.integer(0, MAX_EPOCH),
      seq: shape.integer(),
      prev: shape.bytes(32),
      kind: shape.text(MAX_KIND_LENGTH),
      time: shape.nested((time) => ({
        clockMs: time.integer(Number.MIN_SAFE_INTEGER),
        nowMs: time.integer(Number.MIN_SAFE_INTEGER),
        quality: time.oneOf(["anchored", "plausible", "back", "leap"]),
      })),
      versions: shape.nested((versions) => ({
        feed: versions.integer(),
        keyset: versions.integer(),
        build: versions.text(MAX_BUILD_LENGTH),
      })),
      body: shape.any(),
    };
    // A later version may add members behind these, and never changes what these are: so that a server that
    // was put back to an older build still stores and receipts what it will understand again.
    while (version > 1 && shape.more()) shape.any();
    return entry;
  });
}

export function hashEntry(entryBytes: Uint8Array): Promise<Bytes> {
  return hash("entry", entryBytes);
}

export async function signEntry(privateKey: CryptoKey, entryBytes: Bytes): Promise<SignedEntry> {
  return { bytes: entryBytes, signature: await sign(privateKey, "entry", entryBytes) };
}

export function verifyEntry(publicKey: CryptoKey, entry: SignedEntry): Promise<boolean> {
  return verify(publicKey, "entry", entry.bytes, entry.signature);
}

/** What entry 0 chains to: `H("cert",C)`. */
export function genesisPrev(certificateBytes: Uint8Array): Promise<Bytes> {
  return hash("cert", certificateBytes);
}
