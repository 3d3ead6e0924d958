// What a push is worth before the database is asked: which of its entries form an unbroken chain that the
// till's own key vouches for (PROTOCOL §5). Pure: bytes in, verdict out.
import { sameBytes, type Bytes } from "#protocol/bytes.ts";
import { decodeEntry, verifyEntry, type Entry, type SignedEntry } from "#protocol/entry.ts";
import { deviceKey } from "./device-keys.ts";
import { hashEntryHere } from "./entry-hash.ts";

export interface BatchEntry {
  readonly signed: SignedEntry;
  readonly entry: Entry;
  readonly hash: Bytes;
}

/** Entries of one epoch with consecutive seqs; whether they chain is said by `authenticate`. */
export interface Batch {
  readonly merchant: Bytes;
  readonly till: Bytes;
  readonly epoch: number;
  readonly entries: readonly BatchEntry[];
  /** Something after these could not be read as their continuation. */
  readonly cutShort: boolean;
}

/** Reads the entries of a push; null when not even the first is one of a till: then the bytes are no push. */
export function readBatch(entries: readonly SignedEntry[]): Batch | null {
  const read: BatchEntry[] = [];
  for (const signed of entries) {
    const entry = decodeEntry(signed.bytes);
    const first = read[0]?.entry;
    const belongs = entry !== null && (first === undefined || continues(first, read.length, entry));
    if (!belongs) break;
    read.push({ signed, entry, hash: hashEntryHere(signed.bytes) });
  }
  const first = read[0]?.entry;
  if (first === undefined || first.till === "server") return null;
  const { merchant, till, epoch } = first;
  return { merchant, till, epoch, entries: read, cutShort: read.length < entries.length };
}

function continues(first: Entry, place: number, entry: Entry): boolean {
  return (
    entry.till !== "server" &&
    first.till !== "server" &&
    sameBytes(entry.till, first.till) &&
    sameBytes(entry.merchant, first.merchant) &&
    entry.epoch === first.epoch &&
    entry.seq === first.seq + place
  );
}

export interface Authenticity {
  /** So many entries from the front are one chain, the last of them signed by the till. */
  readonly authentic: number;
  /**
   * Entries follow that do not chain to them, and the till itself signed those: its journal broke, not the
   * line.
   */
  readonly brokenByTill: boolean;
}

/**
 * How far the batch is authentic under this device key. The last entry's signature vouches for all before it;
 * where the chain breaks, the entry before the break has to vouch (PROTOCOL §5 `damaged`).
 */
export async function authenticate(batch: Batch, devicePoint: Uint8Array): Promise<Authenticity> {
  const key = await deviceKey(devicePoint);
  const { entries } = batch;
  const breakAt = entries.findIndex((item, i) => {
    const before = entries[i - 1];
    return before !== undefined && !sameBytes(item.entry.prev, before.hash);
  });
  const run = breakAt < 0 ? entries : entries.slice(0, breakAt);
  let authentic = run.length;
  // One signature is the rule; a signature spoiled on a disk must not hold up what stands before it.
  while (authentic > 0 && !(await vouched(key, run[authentic - 1]))) authentic--;
  const last = entries.at(-1);
  const brokenByTill =
    breakAt > 0 && last !== undefined && (await vouched(key, last)) && chained(entries.slice(breakAt));
  return { authentic, brokenByTill };
}

async function vouched(key: CryptoKey, item: BatchEntry | undefined): Promise<boolean> {
  return item !== undefined && (await verifyEntry(key, item.signed));
}

function chained(entries: readonly BatchEntry[]): boolean {
  return entries.every((item, i) => {
    const before = entries[i - 1];
    return before === undefined || sameBytes(item.entry.prev, before.hash);
  });
}

/** What the server holds of the epoch, read under its lock. */
export interface Held {
  readonly headSeq: number;
  readonly headHash: Bytes;
  /** Hashes held for the batch's seqs up to the head. */
  readonly hashAt: (seq: number) => Uint8Array | undefined;
  /** What may still be added: all, only to quarantine, or (after a replacement) late entries. */
  readonly takes: "all" | "late" | "quarantine";
}

/** What to do with the authentic part of a batch. */
export type Placement =
  | { readonly kind: "append"; readonly entries: readonly BatchEntry[]; readonly late: boolean }
  | { readonly kind: "gap"; readonly need: number }
  /** The till's own entry at `seq` differs from ours: two journals under one name. */
  | { readonly kind: "fork"; readonly seq: number; readonly past: readonly BatchEntry[] }
  | { readonly kind: "quarantine"; readonly past: readonly BatchEntry[] };

/**
 * Places authentic entries against what is held. Same hash is a repeat and changes nothing (PROTOCOL §5, §6).
 */
export function place(held: Held, entries: readonly BatchEntry[]): Placement {
  const first = entries[0];
  if (first === undefined) return { kind: "append", entries: [], late: false };
  const differs = entries.findIndex((item) => {
    const ours = item.entry.seq <= held.headSeq ? held.hashAt(item.entry.seq) : undefined;
    return ours !== undefined && !sameBytes(ours, item.hash);
  });
  const fresh = entries.findIndex((item) => item.entry.seq > held.headSeq);
  if (held.takes === "quarantine") {
    const from = differs >= 0 ? differs : fresh;
    return from < 0
      ? { kind: "append", entries: [], late: false }
      : { kind: "quarantine", past: entries.slice(from) };
  }
  if (differs >= 0) {
    return { kind: "fork", seq: entries[differs]?.entry.seq ?? 0, past: entries.slice(differs) };
  }
  if (fresh < 0) return { kind: "append", entries: [], late: false };
  if (first.entry.seq > held.headSeq + 1) return { kind: "gap", need: held.headSeq + 1 };
  const next = entries[fresh];
  if (next !== undefined && !sameBytes(next.entry.prev, held.headHash)) {
    // It goes on from another entry than our head: the journals parted there or before.
    return { kind: "fork", seq: held.headSeq, past: entries.slice(fresh) };
  }
  return { kind: "append", entries: entries.slice(fresh), late: held.takes === "late" };
}
