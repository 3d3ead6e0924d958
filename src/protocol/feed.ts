import { MAX_STALE_HOURS, type OutagePolicy } from "#domain/outage-policy.ts";
import type { IssueRules } from "./office-api.ts";
import type { Bytes } from "./bytes.ts";
import { decodeCbor, encodeCbor, type Cbor } from "./cbor.ts";
import { decodeFeedEnvelope, openFeedEnvelope, type FeedEnvelope, type SignedPage } from "./feed-envelope.ts";
import { encodeSecretChange, SECRET_READERS, type SecretChange } from "./feed-secrets.ts";
import type { Keyset } from "./keyset.ts";
import { readShape, type Shape } from "./shape.ts";
import { encodeSignedAnswer, signInContext } from "./signed-answer.ts";

/**
 * The change feed from server to till (PROTOCOL §7). A page is signed whole; the engine applies it in one
 * transaction.
 */
export type FeedChange =
  /** Rules for codes, as the owner saved them (G9, G11). */
  | { readonly type: "policy"; readonly policy: IssueRules }
  /** What tills do with codes that nobody has leased, and while they are alone (PROTOCOL §11). */
  | { readonly type: "outage-policy"; readonly policy: OutagePolicy }
  | { readonly type: "shop"; readonly shopName: string; readonly tillName: string; readonly currency: string }
  | {
      readonly type: "operator";
      readonly operator: Bytes;
      readonly name: string;
      readonly role: "owner" | "manager" | "cashier";
      readonly active: boolean;
    }
  /** A live code this till could take, under the tag of its 16-digit number. */
  | { readonly type: "code"; readonly numberTag: Bytes; readonly cose: Bytes; readonly cti: Bytes }
  /** Who may take the code without asking; null till: nobody. */
  | { readonly type: "lease"; readonly cti: Bytes; readonly till: Bytes | null; readonly tillName: string }
  /** The office asks the lease back (or no longer does): the till gives it up by an entry of its own. */
  | { readonly type: "lease-wanted"; readonly cti: Bytes; readonly wanted: boolean }
  /** The owner freed a code that this till's claim of (epoch, seq) held. */
  | { readonly type: "claim-released"; readonly cti: Bytes; readonly epoch: number; readonly seq: number }
  | { readonly type: "revoked"; readonly cti: Bytes; readonly untilMs: number }
  | {
      readonly type: "spent";
      readonly cti: Bytes;
      readonly till: Bytes;
      readonly tillName: string;
      readonly atMs: number;
      readonly amountMinor: number;
      readonly untilMs: number;
    }
  /** This till's sale of (epoch, seq) came second on its code: a named loss, the sale stands (§11). */
  | { readonly type: "loss"; readonly epoch: number; readonly seq: number; readonly lossMinor: number }
  /** The use that won against the sale of (epoch, seq): at which till, and when by that till's time. */
  | {
      readonly type: "lost-to";
      readonly epoch: number;
      readonly seq: number;
      readonly tillName: string;
      readonly atMs: number;
    }
  | { readonly type: "keyset"; readonly keyset: Bytes; readonly signature: Bytes }
  /** The store's key of a week, sealed to this till's vault. */
  | { readonly type: "site-key"; readonly keyEpoch: number; readonly sealed: Bytes }
  /** `active` codes and secrets work · `revoked` cash and delivery only. */
  | { readonly type: "till-state"; readonly state: "active" | "revoked" }
  | SecretChange;

export interface FeedPage {
  readonly lineage: Bytes;
  readonly merchant: Bytes;
  readonly till: Bytes;
  /** Applies only to a till that stands at `from`, unless `full`. */
  readonly from: number;
  readonly to: number;
  /** Everything the till should know: what it has and is not here goes (never its own journal). */
  readonly full: boolean;
  readonly changes: readonly FeedChange[];
  readonly serverMs: number | null;
  readonly requestHash: Bytes;
}

export async function signFeedPage(answerKey: CryptoKey, page: FeedPage): Promise<SignedPage> {
  const bytes = encodeCbor([
    1,
    page.lineage,
    page.merchant,
    page.till,
    page.from,
    page.to,
    page.full,
    page.changes.map(encodeChange),
    page.serverMs,
    page.requestHash,
  ]);
  return await signInContext(answerKey, "feed", bytes);
}

export function encodeSignedPage(page: SignedPage): Bytes {
  return encodeSignedAnswer(page);
}

/** The page, if an answer key signed it for this request (when given). Null is «no answer». */
export async function openFeedPage(
  keyset: Keyset,
  signed: SignedPage,
  requestHash: Uint8Array | null,
): Promise<FeedPage | null> {
  const envelope = await openFeedEnvelope(keyset, signed, requestHash);
  return envelope && readFeedPage(envelope);
}

/** Reads a page's bytes, changes included; null when they are none. */
export function decodeFeedPage(bytes: Uint8Array): FeedPage | null {
  const envelope = decodeFeedEnvelope(bytes);
  return envelope && readFeedPage(envelope);
}

function readFeedPage(envelope: FeedEnvelope): FeedPage | null {
  const changes = envelope.changes.map((change) => readShape([change], (shape) => shape.nested(readOne)));
  // A change of a later version is skipped here; its till gets it again in a full page after its update.
  return changes.includes(null)
    ? null
    : { ...envelope, changes: changes.flatMap((read) => read?.change ?? []) };
}

/**
 * Told apart: a change that is none at all (the page is no page), and one that this version does not know.
 */
function readOne(shape: Shape): { readonly change: FeedChange | null } {
  return { change: readChange(shape) };
}

function encodeChange(change: FeedChange): Cbor {
  switch (change.type) {
    case "policy": {
      const { validDays, latestExpiryMs, passwordRule, passwordAboveMinor, passwordKind, maxCodeMinor } =
        change.policy;
      const rule = [validDays, latestExpiryMs, passwordRule, passwordAboveMinor, passwordKind, maxCodeMinor];
      return [change.type, rule];
    }
    case "outage-policy": {
      const { codeWay, floorPerCodeMinor, exposureMinor, staleHours } = change.policy;
      return [change.type, [codeWay, floorPerCodeMinor, exposureMinor, staleHours]];
    }
    case "shop":
      return [change.type, [change.shopName, change.tillName, change.currency]];
    case "operator":
      return [change.type, [change.operator, change.name, change.role, change.active]];
    case "code":
      return [change.type, [change.numberTag, change.cose, change.cti]];
    case "lease":
      return [change.type, [change.cti, change.till, change.tillName]];
    case "lease-wanted":
      return [change.type, [change.cti, change.wanted]];
    case "claim-released":
      return [change.type, [change.cti, change.epoch, change.seq]];
    case "lost-to":
      return [change.type, [change.epoch, change.seq, change.tillName, change.atMs]];
    case "revoked":
      return [change.type, [change.cti, change.untilMs]];
    case "spent":
      return [
        change.type,
        [change.cti, change.till, change.tillName, change.atMs, change.amountMinor, change.untilMs],
      ];
    case "loss":
      return [change.type, [change.epoch, change.seq, change.lossMinor]];
    case "keyset":
      return [change.type, [change.keyset, change.signature]];
    case "site-key":
      return [change.type, [change.keyEpoch, change.sealed]];
    case "till-state":
      return [change.type, [change.state]];
    case "secret":
    case "secret-withdrawn":
    case "unlocked":
    case "unlock-key":
    case "method-policy":
    case "vault-level":
    case "vault-lease":
      return [change.type, encodeSecretChange(change)];
  }
}

function readChange(outer: Shape): FeedChange | null {
  const type = outer.text(40);
  const body = outer.any();
  return readShape([body], (wrapper) => {
    const read = READERS.get(type);
    if (!read) {
      wrapper.any();
      return null;
    }
    return wrapper.nested(read);
  });
}

const READERS: ReadonlyMap<string, (shape: Shape) => FeedChange> = new Map<
  string,
  (shape: Shape) => FeedChange
>([
  [
    "policy",
    (shape) => ({
      type: "policy",
      policy: {
        validDays: shape.integer(1),
        latestExpiryMs: shape.integerOrNull(),
        passwordRule: shape.oneOf(["never", "always", "above"]),
        passwordAboveMinor: shape.integer(),
        passwordKind: shape.oneOf(["digits", "letters"]),
        maxCodeMinor: shape.integer(1),
      },
    }),
  ],
  [
    "shop",
    (shape) => ({
      type: "shop",
      shopName: shape.text(200),
      tillName: shape.text(200),
      currency: shape.text(3),
    }),
  ],
  [
    "operator",
    (shape) => ({
      type: "operator",
      operator: shape.bytes(16),
      name: shape.text(200),
      role: shape.oneOf(["owner", "manager", "cashier"]),
      active: shape.boolean(),
    }),
  ],
  [
    "code",
    (shape) => ({
      type: "code",
      numberTag: shape.bytes(16),
      cose: shape.bytes(undefined, 1024),
      cti: shape.bytes(16),
    }),
  ],
  [
    "lease",
    (shape) => ({
      type: "lease",
      cti: shape.bytes(16),
      till: shape.bytesOrNull(16),
      tillName: shape.text(200),
    }),
  ],
  [
    "outage-policy",
    (shape) => ({
      type: "outage-policy",
      policy: {
        codeWay: shape.oneOf(["leased", "online-only", "floor-limited"]),
        floorPerCodeMinor: shape.integer(1),
        exposureMinor: shape.integer(1),
        staleHours: shape.integer(1, MAX_STALE_HOURS),
      },
    }),
  ],
  ["lease-wanted", (shape) => ({ type: "lease-wanted", cti: shape.bytes(16), wanted: shape.boolean() })],
  [
    "claim-released",
    (shape) => ({
      type: "claim-released",
      cti: shape.bytes(16),
      epoch: shape.integer(1),
      seq: shape.integer(),
    }),
  ],
  [
    "lost-to",
    (shape) => ({
      type: "lost-to",
      epoch: shape.integer(1),
      seq: shape.integer(),
      tillName: shape.text(200),
      atMs: shape.integer(),
    }),
  ],
  ["revoked", (shape) => ({ type: "revoked", cti: shape.bytes(16), untilMs: shape.integer() })],
  [
    "spent",
    (shape) => ({
      type: "spent",
      cti: shape.bytes(16),
      till: shape.bytes(16),
      tillName: shape.text(200),
      atMs: shape.integer(),
      amountMinor: shape.integer(),
      untilMs: shape.integer(),
    }),
  ],
  [
    "loss",
    (shape) => ({ type: "loss", epoch: shape.integer(1), seq: shape.integer(), lossMinor: shape.integer(1) }),
  ],
  [
    "keyset",
    (shape) => ({ type: "keyset", keyset: shape.bytes(undefined, 256 * 1024), signature: shape.bytes(64) }),
  ],
  [
    "site-key",
    (shape) => ({ type: "site-key", keyEpoch: shape.integer(), sealed: shape.bytes(undefined, 256) }),
  ],
  ["till-state", (shape) => ({ type: "till-state", state: shape.oneOf(["active", "revoked"]) })],
  ...SECRET_READERS,
]);

/** A change as it is kept until a page carries it. */
export function encodeFeedChange(change: FeedChange): Bytes {
  return encodeCbor(encodeChange(change));
}

/** Reads a kept change; null when this version does not know it. */
export function decodeFeedChange(bytes: Uint8Array): FeedChange | null {
  const decoded = decodeCbor(bytes);
  return decoded.ok ? readShape(decoded.value, readChange) : null;
}

export { decodeSignedPage, feedPath, MAX_FEED_CHANGES, type SignedPage } from "./feed-envelope.ts";
