import type { ExportRefusal } from "./export-file.ts";

/**
 * What the office asks and hears about export files and journals; JSON, ids short, times ms, amounts minor.
 */

/** What became of one imported file. */
export interface ImportAnswer {
  readonly till: string;
  /** Null: this shop knows no such till. */
  readonly tillName: string | null;
  readonly epoch: number;
  readonly first: number;
  readonly last: number;
  /** Entries newly in the books, there before, and set apart for the owner to decide. */
  readonly stored: number;
  readonly alreadyThere: number;
  readonly setApart: number;
  /** The file is kept sealed: entries from `needSeq` on must come first, or the till is not known here. */
  readonly waiting: { readonly why: "gap" | "till-unknown"; readonly needSeq: number } | null;
}

export type ImportProblem =
  | ExportRefusal
  /** An entry that neither its own nor a later signature vouches for. */
  | { readonly code: "entry-not-authentic"; readonly seq: number };

/** A file that waits for what comes before it. */
export interface WaitingParcel {
  readonly till: string;
  readonly tillName: string | null;
  readonly epoch: number;
  readonly first: number;
  readonly last: number;
  readonly why: string;
  readonly sinceMs: number;
}

/** A journal that can be downloaded: a till's epoch, or the server's own (`till` null). */
export interface JournalListRow {
  readonly till: string | null;
  readonly tillName: string;
  readonly epoch: number;
  readonly entries: number;
  readonly headHex: string;
  readonly state: string;
}

/** «Is this receipt in the journal?» (B10): its number and the first eight digits of its entry's hash. */
export interface ReceiptCheck {
  /**
   * `found` in the books · `set-apart` kept beside them, the owner has to decide · `rejected` kept beside
   * them, the owner decided against it · `differs` every till has another entry under this number ·
   * `not-found` a till has not delivered so far, it may still come.
   */
  readonly result: "found" | "set-apart" | "rejected" | "differs" | "not-found";
  readonly places: readonly ReceiptPlace[];
}

export interface ReceiptPlace {
  readonly tillName: string;
  readonly epoch: number;
  /** Of the sale, for its page; null for an entry that is none, or not booked. */
  readonly saleId: string | null;
  readonly amountMinor: number | null;
  readonly atMs: number | null;
  /** The digits that stand there instead; only where they differ. */
  readonly headHex: string;
}

/** The file that `verify-journal --keys` reads: which roots to believe. */
export interface JournalKeysFile {
  readonly format: "guitai-keys";
  readonly version: 1;
  readonly merchant: string;
  readonly roots: readonly { readonly thumbprint: string; readonly key: string }[];
}

/*
 * Routes
 *   POST /api/office/exports   the file, application/octet-stream → ImportAnswer, or 4xx `{ error:
 * ImportProblem }`
 *   GET  /api/office/exports                    → { rows: WaitingParcel[] }
 *   GET  /api/office/journals                   → { rows: JournalListRow[] }
 *   GET  /api/office/journals/server            → the server's own journal, «GTJ1» (owner)
 *   GET  /api/office/journals/server/:epoch     → the same of before a restore
 *   GET  /api/office/journals/:till/:epoch      → a till's journal, «GTJ1» (owner)
 *   GET  /api/office/journal-keys               → JournalKeysFile (owner)
 *   GET  /api/office/receipt-check?seq=&head=&epoch=  → ReceiptCheck (of this epoch only, if named)
 */
