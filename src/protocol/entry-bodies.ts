import { toHex, type Bytes } from "./bytes.ts";
import type { Cbor } from "./cbor.ts";
import type { VaultLevel } from "./feed-secrets.ts";
import { encodeServerRecord, readServerRecord, type ServerRecord } from "./server-records.ts";
import { readShape, type Shape } from "./shape.ts";

/**
 * What the entries of this version say (PROTOCOL §4). A reader that meets an unknown kind or body keeps the
 * entry and applies it later. No body holds personal data: people stand here by id.
 */
export type TillBody =
  /** Entry 0: the chain begins; prev is the certificate's hash. */
  | { readonly kind: "genesis" }
  /**
   * An operator's PIN was set or changed on this till; the record's version, never the PIN. The second form
   * carries it for the other tills; the first one stays readable.
   */
  | {
      readonly kind: "pin-set";
      readonly operator: Bytes;
      readonly version: number;
      readonly carried?: CarriedSecret;
    }
  /** `how` stands in the second form; entries of the first were all let in by a PIN. */
  | { readonly kind: "operator-in"; readonly operator: Bytes; readonly how?: "pin" | "unchecked" }
  | { readonly kind: "operator-out"; readonly operator: Bytes }
  /** Written before a secret is checked: the n-th try since the last success (PROTOCOL §10). */
  | {
      readonly kind: "attempt";
      readonly subjectClass: SubjectClass;
      readonly subject: Bytes;
      readonly n: number;
    }
  /** Something presented was not taken; `cti` only when its signature held. */
  | {
      readonly kind: "refusal";
      readonly code: string;
      readonly cti: Bytes | null;
      readonly sale: Bytes | null;
    }
  | ({ readonly kind: "sale" } & SaleBody)
  /** The clock left the range in which it can be believed, or came back (PROTOCOL §8). */
  | {
      readonly kind: "clock-jump";
      readonly quality: string;
      readonly clockMs: number;
      readonly nowMs: number;
    }
  /** Codes and secrets stopped here, and why (PROTOCOL §6). */
  | { readonly kind: "stopped"; readonly reason: string }
  /** The till wants this code for this sale and is about to ask the server for it (PROTOCOL §11). */
  | { readonly kind: "claim"; readonly cti: Bytes; readonly sale: Bytes }
  /** The claim made by the entry at (epoch, seq) ends without a sale. */
  | { readonly kind: "claim-dropped"; readonly cti: Bytes; readonly epoch: number; readonly seq: number }
  /** From here on this till takes these codes no more without asking. */
  | { readonly kind: "lease-released"; readonly ctis: readonly Bytes[] }
  /** A manager's or one's own old PIN was right, for something an operator may not do alone. */
  | { readonly kind: "approved"; readonly what: ApprovedAct; readonly subject: Bytes; readonly by: Bytes }
  /** A subject's tries start anew; `by` names the manager, and nobody where the office did it. */
  | {
      readonly kind: "unlocked";
      readonly subjectClass: SubjectClass;
      readonly subject: Bytes;
      readonly how: "manager" | "server" | "office-digits";
      readonly by: Bytes | null;
    }
  /** The till changed over to the level its owner chose (PROTOCOL §2). */
  | { readonly kind: "vault-level"; readonly level: VaultLevel }
  /** What opened the old vault is lost: from here on secrets are to be sealed to this key (PROTOCOL §10). */
  | { readonly kind: "vault-renewed"; readonly vaultKey: Bytes };

/** `own-pin`: whoever typed it changes the own one. */
export type ApprovedAct = "own-pin" | "new-pin" | "passphrase";

/** A's way from the till that made it to the server: sealed to the export key, under `pinSetAad`. */
export interface CarriedSecret {
  readonly profile: number;
  readonly salt: Bytes;
  readonly sealed: Bytes;
}

export type SubjectClass = "operator" | "manager" | "code";

export interface SaleBody {
  readonly sale: Bytes;
  readonly operator: Bytes;
  /** The feed version whose rules this sale began and ended with. */
  readonly feedVersion: number;
  readonly currency: string;
  readonly totalMinor: number;
  readonly tenders: readonly TenderBody[];
  /** Sales of this epoch up to and with this one, and their sum: what makes a gap a stated number. */
  readonly runningCount: number;
  readonly runningMinor: number;
}

export type TenderBody =
  | {
      readonly method: "cash";
      readonly amountMinor: number;
      readonly receivedMinor: number;
    }
  | {
      readonly method: "payment-code";
      readonly amountMinor: number;
      /** What of an up-to code goes back to the issuer's list. */
      readonly returnedMinor: number;
      readonly cti: Bytes;
      readonly via: "scan" | "number";
      /** The code itself, so that the sale proves what it took. */
      readonly cose: Bytes;
    };

/** What the server writes into its own journal of a merchant (till = `server`). */
export type ServerBody =
  | { readonly kind: "server-genesis" }
  | {
      readonly kind: "code-issued";
      readonly cti: Bytes;
      readonly cose: Bytes;
      readonly leaseTill: Bytes | null;
      readonly amountMinor: number;
    }
  | { readonly kind: "code-revoked"; readonly cti: Bytes; readonly amountMinor: number }
  /**
   * A second sale on one code: the winner is decided once, the loser's sale stands, the sum is a named loss.
   */
  | {
      readonly kind: "double-spend";
      readonly cti: Bytes;
      readonly winner: EntryRef;
      readonly loser: EntryRef;
      /** What is lost by this decision; nothing where the sale was a loss by another name before. */
      readonly lossMinor: number;
    }
  /** The owner, or the end of its epoch, took a granted claim from its till (PROTOCOL §11). */
  | { readonly kind: "claim-released"; readonly cti: Bytes; readonly claim: EntryRef; readonly why: string }
  /** Who may take a code alone from now on; null: nobody. */
  | {
      readonly kind: "lease-moved";
      readonly cti: Bytes;
      readonly from: Bytes | null;
      readonly to: Bytes | null;
      readonly why: LeaseMove;
    }
  | ServerRecord;

/**
 * How a lease came to its new holder: the old one gave it back, its tablet was replaced, or the owner said
 * so.
 */
export type LeaseMove = "released" | "closed" | "owner";

export interface EntryRef {
  readonly till: Bytes;
  readonly epoch: number;
  readonly seq: number;
  /** The hash of an entry booked out of quarantine, whose number another one has; none: the till's chain. */
  readonly branch?: Bytes;
}

export const MAX_TENDERS = 20;
/** Leases that one entry gives back. */
export const MAX_RELEASED = 500;
export const MAX_COSE = 1024;

export function encodeTillBody(body: TillBody): Cbor {
  switch (body.kind) {
    case "genesis":
      return [];
    case "pin-set":
      return body.carried
        ? [body.operator, body.version, body.carried.profile, body.carried.salt, body.carried.sealed]
        : [body.operator, body.version];
    case "operator-in":
      return body.how ? [body.operator, body.how] : [body.operator];
    case "operator-out":
      return [body.operator];
    case "attempt":
      return [body.subjectClass, body.subject, body.n];
    case "refusal":
      return [body.code, body.cti, body.sale];
    case "sale":
      return [
        body.sale,
        body.operator,
        body.feedVersion,
        body.currency,
        body.totalMinor,
        body.tenders.map(encodeTender),
        body.runningCount,
        body.runningMinor,
      ];
    case "clock-jump":
      return [body.quality, body.clockMs, body.nowMs];
    case "stopped":
      return [body.reason];
    case "claim":
      return [body.cti, body.sale];
    case "claim-dropped":
      return [body.cti, body.epoch, body.seq];
    case "lease-released":
      return [body.ctis];
    case "approved":
      return [body.what, body.subject, body.by];
    case "unlocked":
      return [body.subjectClass, body.subject, body.how, body.by];
    case "vault-level":
      return [body.level];
    case "vault-renewed":
      return [body.vaultKey];
  }
}

function encodeTender(tender: TenderBody): Cbor {
  if (tender.method === "cash") return ["cash", tender.amountMinor, tender.receivedMinor];
  return ["payment-code", tender.amountMinor, tender.returnedMinor, tender.cti, tender.via, tender.cose];
}

export function encodeServerBody(body: ServerBody): Cbor {
  switch (body.kind) {
    case "server-genesis":
      return [];
    case "code-issued":
      return [body.cti, body.cose, body.leaseTill, body.amountMinor];
    case "code-revoked":
      return [body.cti, body.amountMinor];
    case "double-spend":
      return [body.cti, encodeRef(body.winner), encodeRef(body.loser), body.lossMinor];
    case "claim-released":
      return [body.cti, encodeRef(body.claim), body.why];
    case "lease-moved":
      return [body.cti, body.from, body.to, body.why];
    case "lineage-begun":
    case "loss":
    case "loss-receipt":
    case "quarantine-decided":
      return encodeServerRecord(body);
  }
}

export function decodeServerBody(kind: string, body: Cbor): ServerBody | null {
  return readShape(body, (shape): ServerBody | null => {
    switch (kind) {
      case "server-genesis":
        return { kind };
      case "code-issued":
        return {
          kind,
          cti: shape.bytes(16),
          cose: shape.bytes(undefined, MAX_COSE),
          leaseTill: shape.bytesOrNull(16),
          amountMinor: shape.integer(1),
        };
      case "code-revoked":
        return { kind, cti: shape.bytes(16), amountMinor: shape.integer(1) };
      case "double-spend":
        return {
          kind,
          cti: shape.bytes(16),
          winner: shape.nested(readRef),
          loser: shape.nested(readRef),
          lossMinor: shape.integer(),
        };
      case "claim-released":
        return { kind, cti: shape.bytes(16), claim: shape.nested(readRef), why: shape.text(40) };
      case "lease-moved":
        return {
          kind,
          cti: shape.bytes(16),
          from: shape.bytesOrNull(16),
          to: shape.bytesOrNull(16),
          why: shape.oneOf(["released", "closed", "owner"]),
        };
      default:
        return readServerRecord(kind, shape);
    }
  });
}

function encodeRef(ref: EntryRef): Cbor {
  const { till, epoch, seq, branch } = ref;
  return branch === undefined ? [till, epoch, seq] : [till, epoch, seq, branch];
}

function readRef(shape: Shape): EntryRef {
  const ref = { till: shape.bytes(16), epoch: shape.integer(1), seq: shape.integer() };
  return shape.more() ? { ...ref, branch: shape.bytes(32) } : ref;
}

/**
 * The key under which a code is spent once and for all: its cti, hex (the merchant is the database's or the
 * till's).
 */
export function spendKey(cti: Uint8Array): string {
  return toHex(cti);
}
