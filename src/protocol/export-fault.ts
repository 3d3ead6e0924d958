/**
 * What is wrong with a journal file, first thing first (B10). `epoch` and `seq` name the entry where there is
 * one to name.
 */
export interface JournalFault {
  readonly code: JournalFaultCode;
  readonly epoch: number | null;
  readonly seq: number | null;
}
export type JournalFaultCode =
  | "not-a-journal"
  /** The file ends before the server's statement of what it adds up to. */
  | "cut-short"
  | "record-unreadable"
  | "record-out-of-place"
  /** Bytes behind the end. */
  | "after-the-end"
  | "certificate-bad"
  | "keyset-bad"
  /** A root that is not in the reader's own keys. */
  | "root-not-trusted"
  | "entry-unreadable"
  /** An entry of another shop, till or epoch. */
  | "entry-elsewhere"
  /** Entries are missing before this one. */
  | "gap"
  /** This entry stands where an earlier one belongs, or stands there twice. */
  | "out-of-order"
  | "chain-broken"
  | "signature-bad"
  | "sale-unreadable"
  /** The tenders do not add up to the total. */
  | "sale-total"
  /** Count or sum of sales so far is not what the sales before add up to. */
  | "running-total"
  | "receipt-bad"
  | "receipt-elsewhere"
  /** The server has signed for an entry that the file does not hold. */
  | "receipt-ahead"
  /** The server has signed for another entry under this seq. */
  | "receipt-differs"
  /** No signed decision of this shop's server to book something. */
  | "decision-bad"
  /** A decision about another till or epoch. */
  | "decision-elsewhere"
  /** The entry beside the chain is named by no decision before it. */
  | "booked-undecided"
  | "booked-twice"
  | "end-bad"
  /** The server's statement names another count, head or sum than the file's own. */
  | "end-differs";
