import type { Bytes } from "#protocol/bytes.ts";
import type { OutagePolicy } from "#domain/outage-policy.ts";
import type { IssueRules } from "#protocol/office-api.ts";
import type { VaultRow, VaultSettingsRow } from "./vault-rows.ts";

/**
 * The till's IndexedDB, row by row. Each table has one writer: the engine worker all of them but the last
 * three, which belong to the service worker. Ids are hex text in keys, bytes in values.
 */
export const DATABASE_NAME = "guitai";

/** Additive only: a page of an older build may still have the database open. */
export const STORES_V1: Readonly<Record<string, string>> = {
  identity: "key",
  head: "key",
  journal: "[epoch+seq], [kind+epoch+seq]",
  sales: "id, [epoch+seq]",
  spent: "cti",
  attempts: "key",
  operators: "id",
  secrets: "subject",
  vault: "key",
  codes: "numberTag, cti",
  leases: "cti",
  revoked: "cti",
  siteKeys: "keyEpoch",
  losses: "[epoch+seq]",
  settings: "key",
  reserve: "key",
  receipts: "epoch",
  delivery: "key",
  inbox: "++id",
};

/**
 * Version 2 adds what came from elsewhere than the present epoch: its entries, the server's receipts for
 * them, and the sales of tills this tablet was before.
 */
export const STORES_V2: Readonly<Record<string, string>> = {
  carried: "[till+epoch+seq]",
  carriedReceipts: "[till+epoch]",
  carriedCertificates: "[till+epoch]",
  formerSales: "[era+epoch+seq]",
};

/**
 * Version 3 adds what a till must keep of codes at several tills (PROTOCOL §11): claims not yet ended, leases
 * the office asks back, and sums of the codes taken.
 */
export const STORES_V3: Readonly<Record<string, string>> = {
  claims: "cti",
  leaseAsks: "cti",
  codeSums: "[epoch+seq]",
};

export interface IdentityRow {
  readonly key: "till";
  readonly certificate: Bytes;
  readonly rootSignature: Bytes;
  readonly merchant: Bytes;
  readonly store: Bytes;
  readonly till: Bytes;
  readonly epoch: number;
  readonly rootKey: Bytes;
  /** ECDSA P-256, non-extractable: made here, never leaves (I: stops scripts, not a copied disk). */
  readonly devicePrivate: CryptoKey;
  /** Six digits to compare until the owner says «same»; null when scanned or confirmed. */
  readonly compareDigits: string | null;
}

/**
 * An enrolment under way: the keys are on disk before the request leaves, so a retry sends the same request.
 */
export interface PendingEnrolmentRow {
  readonly key: "pending";
  /** SHA-256 of the activation text: another code starts over with new keys. */
  readonly activationHash: string;
  readonly request: Bytes;
  readonly proof: Bytes;
  readonly signature: Bytes;
  readonly devicePrivate: CryptoKey;
  readonly vault: VaultRow;
}

export interface HeadRow {
  readonly key: "head";
  readonly epoch: number;
  readonly seq: number;
  readonly hash: Bytes;
  /** Sales of this epoch and their sum. */
  readonly runningCount: number;
  readonly runningMinor: number;
}

export interface JournalRow {
  readonly epoch: number;
  readonly seq: number;
  readonly kind: string;
  readonly bytes: Bytes;
  readonly signature: Bytes;
  readonly hash: Bytes;
  readonly nowMs: number;
}

export interface SaleRecord {
  readonly id: string;
  readonly epoch: number;
  readonly seq: number;
  readonly atMs: number;
  readonly operatorId: string;
  readonly amountMinor: number;
  readonly method: "cash" | "payment-code" | "mixed";
  readonly headHex: string;
  /**
   * Sales of the epoch up to and with this one, and their sum: what is unsent is a difference of two rows.
   */
  readonly runningCount: number;
  readonly runningMinor: number;
}

export interface SpentRow {
  readonly cti: string;
  readonly tillName: string;
  readonly atMs: number;
  readonly amountMinor: number;
  readonly here: boolean;
  /** The full feed that named it last. */
  readonly run?: number;
}

export interface AttemptsRow {
  /** `operator:<hex>`, `manager:<hex>`, `code:<cti>`, `device:operator` and so on. */
  readonly key: string;
  readonly count: number;
}

export interface OperatorRow {
  readonly id: string;
  readonly name: string;
  readonly role: "owner" | "manager" | "cashier";
  readonly active: boolean;
  /** The full feed that named it last. */
  readonly run?: number;
}

export interface CodeRow {
  /** Tag of the 16-digit number under its week's site key, hex. */
  readonly numberTag: string;
  readonly cti: string;
  readonly cose: Bytes;
  /** The full feed that named it last. */
  readonly run?: number;
}

export interface LeaseRow {
  readonly cti: string;
  /** Hex id of the till that holds it; null: nobody. */
  readonly till: string | null;
  readonly tillName: string;
  /** The full feed that named it last. */
  readonly run?: number;
}

/** A `claim` entry that neither a sale nor a `claim-dropped` has ended. */
export interface ClaimRow {
  readonly cti: string;
  /** Of its entry, which is what the server is asked by. */
  readonly epoch: number;
  readonly seq: number;
  readonly entryHash: Bytes;
}

/** A lease the office asks this till to give back. */
export interface LeaseAskRow {
  readonly cti: string;
  /** The full feed that named it last. */
  readonly run?: number;
}

/** What a sale took in codes; running sums make what is not receipted a difference of two rows. */
export interface CodeSumRow {
  readonly epoch: number;
  readonly seq: number;
  readonly codeMinor: number;
  /** Over all rows up to and with this one. */
  readonly runningMinor: number;
}

export interface RevokedRow {
  readonly cti: string;
  readonly untilMs: number;
  /** The full feed that named it last. */
  readonly run?: number;
}

export interface SiteKeyRow {
  readonly keyEpoch: number;
  readonly sealed: Bytes;
  /** The full feed that named it last. */
  readonly run?: number;
}

export interface LossRow {
  readonly epoch: number;
  readonly seq: number;
  readonly lossMinor: number;
  /** The use of the code that won; not told for losses of another kind. */
  readonly lostTo?: { readonly tillName: string; readonly atMs: number };
}

export type SettingsRow =
  | VaultSettingsRow
  | {
      readonly key: "feed";
      readonly version: number;
      readonly lineage: Bytes;
      readonly appliedAtMs: number | null;
    }
  | { readonly key: "keyset"; readonly bytes: Bytes; readonly signature: Bytes }
  | { readonly key: "policy"; readonly policy: IssueRules }
  | { readonly key: "outage-policy"; readonly policy: OutagePolicy }
  /** When the server last confirmed the rules, by the till's time; never later than that time said. */
  | { readonly key: "heard"; readonly atMs: number }
  | { readonly key: "shop"; readonly shopName: string; readonly tillName: string; readonly currency: string }
  | { readonly key: "mark"; readonly markMs: number; readonly anchorMs: number }
  /** The lineages this till has left: it never returns to one (PROTOCOL §2). Newest last. */
  | {
      readonly key: "past-lineages";
      readonly lineages: readonly Bytes[];
      /** What the server had signed for when they ended: nothing is deleted by it, and it proves what was. */
      readonly receipts: readonly (ReceiptRow & { readonly till: string })[];
    }
  /** A full feed is coming in, page by page: what this run has not named is taken away at its end. */
  | { readonly key: "full-run"; readonly run: number }
  /** The number of the newest full feed: no later one has a lower. */
  | { readonly key: "last-run"; readonly run: number }
  /** The newest entry that was let go: the journal of this epoch begins behind it, and chains to its hash. */
  | { readonly key: "floor"; readonly epoch: number; readonly seq: number; readonly hash: Bytes }
  /** How far the server had signed for this epoch on which of its days, oldest first. */
  | {
      readonly key: "receipted-days";
      readonly epoch: number;
      readonly days: readonly { readonly serverMs: number; readonly seq: number }[];
    }
  /** Sales among the carried entries that no receipt covers yet; `oldestMs` null when there are none. */
  | {
      readonly key: "carried-unsent";
      readonly count: number;
      readonly sumMinor: number;
      readonly oldestMs: number | null;
    }
  | {
      readonly key: "stop";
      readonly reason:
        | "fork"
        | "set-apart"
        | "behind"
        | "damaged"
        | "revoked"
        | "empty-database"
        | "vault-lost";
      /** Of a renewed vault: six digits for the owner to compare. */
      readonly digits?: string;
    };

export interface ReserveRow {
  readonly key: "reserve";
  readonly ballast: Bytes;
}

/**
 * The server's newest receipt of an epoch: everything up to `seq` is stored there. Written by the service
 * worker.
 */
export interface ReceiptRow {
  readonly epoch: number;
  readonly seq: number;
  readonly answer: Bytes;
  readonly signature: Bytes;
}

/** How delivery stands. Written by the service worker, read by the engine for the strip. */
export type DeliveryRow =
  | {
      readonly key: "token";
      readonly token: string;
      readonly untilMs: number;
      /** The epoch it was given to: with another's, the server would speak of that one. */
      readonly epoch?: number;
    }
  /**
   * Who the tablet is: written by the engine with each new identity and lineage. What a carrier still holds
   * of the one before is not written any more.
   */
  | { readonly key: "holder"; readonly till: string; readonly epoch: number; readonly lineage: string }
  /** A signed answer or page that names another lineage: the engine looks whether to go over to it. */
  | {
      readonly key: "lineage";
      readonly context: "answer" | "feed";
      readonly bytes: Bytes;
      readonly signature: Bytes;
      readonly requestHash: Bytes;
    }
  /** Since when answers came and receipts did not move although entries wait. */
  | {
      readonly key: "progress";
      /** All receipted and taken seqs added up: it moves when any of them does. */
      readonly reached: number;
      readonly sinceMs: number | null;
      readonly rounds: number;
    }
  | {
      readonly key: "state";
      readonly state: "online" | "syncing" | "offline" | "silent";
      readonly sinceMs: number;
      readonly lastAnswerMs: number | null;
      readonly done: number;
      readonly of: number;
      readonly failures: number;
      readonly nextTryMs: number;
      /** So many bytes of a batch the line of late carried in time; see `pace.ts`. */
      readonly paceBytes?: number;
    }
  /**
   * Behind a fork: the server keeps all entries up to this one beside the chain. Nothing is receipted by it.
   */
  | { readonly key: "taken-aside"; readonly epoch: number; readonly seq: number }
  /** Where the carrier found an entry gone that the server has not signed for. */
  | { readonly key: "hole"; readonly epoch: number; readonly seq: number }
  /** What a verified answer said against this till; the engine looks at the evidence and decides. */
  | {
      readonly key: "finding";
      readonly answer: Bytes;
      readonly signature: Bytes;
      readonly requestHash: Bytes;
    };

/**
 * A signed entry of another epoch, or of another till of the same merchant, kept here until the server has
 * signed for it (PROTOCOL §5: any enrolled till may carry). Written by the engine; never changed, and gone 30
 * anchored days after its receipt.
 */
export interface CarriedRow {
  /** Hex. */
  readonly till: string;
  readonly epoch: number;
  readonly seq: number;
  readonly merchant: Bytes;
  readonly kind: string;
  readonly bytes: Bytes;
  readonly signature: Bytes;
  readonly hash: Bytes;
  readonly nowMs: number;
  /** The sum when it is a sale that reads; null otherwise. */
  readonly saleMinor: number | null;
}

/**
 * The server's newest receipt for carried entries of one (till, epoch). Written by the carrier; the engine
 * writes it once, when an epoch of its own becomes a carried one.
 */
export interface CarriedReceiptRow {
  /** Hex. */
  readonly till: string;
  readonly epoch: number;
  readonly seq: number;
  readonly answer: Bytes;
  readonly signature: Bytes;
  /** Stored by the server beside a chain that parted, up to this one: the owner decides. -1: nothing. */
  readonly asideSeq: number;
}

/** Who signed a carried journal, where that is known: a server that forgot the epoch is shown it. */
export interface CarriedCertificateRow {
  /** Hex. */
  readonly till: string;
  readonly epoch: number;
  readonly certificate: Bytes;
  readonly rootSignature: Bytes;
}

/** A sale of another till that this tablet was before; a later era is a later till. */
export interface FormerSaleRow extends SaleRecord {
  readonly era: number;
  /** Hex. */
  readonly till: string;
  readonly lossMinor: number | null;
}

export interface InboxRow {
  readonly id?: number;
  readonly bytes: Bytes;
  readonly signature: Bytes;
  readonly requestHash: Bytes;
  /** How long the request took and when its answer came, by the device's clock: what an anchor needs. */
  readonly roundTripMs: number;
  readonly receivedClockMs: number;
}
