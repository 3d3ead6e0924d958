// Writes what tills must learn. A change stands in its writer's own transaction without a version, so that
// neither can be there without the other; the sequencer numbers it after the commit (PROTOCOL §7).
import { concat, randomBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import { encodeFeedChange, type FeedChange } from "#protocol/feed.ts";
import type { DatabaseTransaction } from "../db/tables.ts";

/** Who gets a change: every till of the shop, one till, or one epoch of a till. */
export interface Audience {
  readonly till: Uint8Array | null;
  readonly epoch?: number;
}
export const everyTill: Audience = { till: null };

/** Revoked and spent ids are told for this long after the code's end (PROTOCOL §7). */
export const TOLD_AFTER_EXPIRY_MS: number = 90 * 24 * 60 * 60 * 1000;

/**
 * Writes one change; answers its id, by which its version can be found later. Full pages leave it out after
 * `untilMs`.
 */
export async function writeChange(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  audience: Audience,
  change: FeedChange,
  nowMs: number,
  untilMs: number | null = endOf(change),
): Promise<Bytes> {
  const changeId = newChangeId(nowMs);
  await tx
    .insertInto("books.feed_changes")
    .values({
      merchant_id: merchant,
      change_id: changeId,
      version: null,
      till_id: audience.till,
      epoch: audience.epoch ?? null,
      type: change.type,
      subject: subjectOf(change, audience),
      body: encodeFeedChange(change),
      until_ms: untilMs,
      created_at_ms: nowMs,
    })
    .execute();
  return changeId;
}

let written = 0;

/**
 * Ids grow within one process, so that two changes of one moment keep the order in which they were written.
 */
function newChangeId(nowMs: number): Bytes {
  written = (written + 1) % 0x1_0000_0000;
  const head = new DataView(new ArrayBuffer(12));
  head.setBigUint64(0, BigInt(nowMs));
  head.setUint32(8, written);
  return concat(new Uint8Array(head.buffer), randomBytes(4));
}

/** A later change of the same subject makes this one superfluous in a full page. */
function subjectOf(change: FeedChange, audience: Audience): string {
  const till = audience.till ? toHex(audience.till) : "";
  switch (change.type) {
    case "policy":
    case "outage-policy":
    case "keyset":
      return change.type;
    case "shop":
    case "till-state":
      return `${change.type}:${till}`;
    case "operator":
      return `operator:${toHex(change.operator)}`;
    case "code":
    case "lease":
    case "lease-wanted":
    case "claim-released":
    case "revoked":
    case "spent":
      return `${change.type}:${toHex(change.cti)}`;
    case "lost-to":
    case "loss":
      return `${change.type}:${till}:${change.epoch}:${change.seq}`;
    case "site-key":
      return `site-key:${till}:${audience.epoch ?? 0}:${change.keyEpoch}`;
    // Told anew when it gets an end, and once withdrawn no full page carries it any more.
    case "secret":
      return `secret:${till}:${audience.epoch ?? 0}:${toHex(change.subject)}:${change.version}`;
    case "secret-withdrawn":
      return `secret-withdrawn:${toHex(change.subject)}`;
    case "unlocked":
      return `unlocked:${toHex(change.id)}`;
    case "unlock-key":
      return `unlock-key:${till}:${audience.epoch ?? 0}`;
    case "method-policy":
      return `method-policy:${change.method}`;
    case "vault-level":
    case "vault-lease":
      return `${change.type}:${till}`;
  }
}

function endOf(change: FeedChange): number | null {
  return change.type === "revoked" || change.type === "spent" ? change.untilMs : null;
}
