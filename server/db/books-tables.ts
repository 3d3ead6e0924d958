// The `books` schema: everything a merchant's money is written in. Every key begins with merchant_id.
import type { ColumnType, Generated } from "kysely";
import type { VaultLevel } from "#protocol/feed-secrets.ts";
import type { BytesColumn, NullableBytesColumn } from "./control-tables.ts";
import type { ParcelTables } from "./parcel-tables.ts";
import type { SecretTables, TillVaultColumns } from "./secret-tables.ts";

/** Found by till id before the merchant is known: the one door from a tablet to its shop. */
export interface TillDirectoryTable {
  till_id: BytesColumn;
  merchant_id: BytesColumn;
}

export interface ActivationDirectoryTable {
  locator: string;
  merchant_id: BytesColumn;
  activation_id: BytesColumn;
  expires_at_ms: number;
}

/** One row: the highest time this server has signed (PROTOCOL §8). */
export interface ClockMarkTable {
  one: Generated<boolean>;
  mark_ms: number;
}

/** Lineages that ended with a restore of the server (PROTOCOL §2). */
export interface PastLineagesTable {
  lineage: BytesColumn;
  ended_at_ms: number;
}

export interface CountersTable {
  merchant_id: BytesColumn;
  arrival: Generated<number>;
  feed_version: Generated<number>;
  /** Versions up to here were given before the last restore of the server, or were lost in it. */
  feed_base: Generated<number>;
}

export interface StoresTable {
  merchant_id: BytesColumn;
  store_id: BytesColumn;
  name: string;
}

export interface TillsTable extends TillVaultColumns {
  merchant_id: BytesColumn;
  till_id: BytesColumn;
  store_id: BytesColumn;
  short_id: string;
  name: string;
  created_at_ms: number;
  revoked_at_ms: number | null;
  /** The last arrival before it was revoked; null while it is not. */
  revoked_arrival: Generated<number | null>;
  /** No epoch up to here is given again (PROTOCOL §2). */
  epoch_floor: Generated<number>;
}

/**
 * `pending` typed code, owner has not said «same» · `frozen` fork · `damaged` the chain broke · `closed`
 * replaced.
 */
export type EpochState = "pending" | "open" | "frozen" | "damaged" | "closed";

export interface TillEpochsTable {
  merchant_id: BytesColumn;
  till_id: BytesColumn;
  epoch: number;
  certificate: BytesColumn;
  device_key: BytesColumn;
  vault_key: BytesColumn;
  /** What entry 0 must chain to. */
  genesis_prev: BytesColumn;
  /** −1 while nothing is held; then `head_hash` is `genesis_prev`. */
  head_seq: Generated<number>;
  head_hash: BytesColumn;
  state: EpochState;
  closed_reason: string | null;
  /** Enrolled by a typed code, which the owner confirms by six digits. */
  typed: boolean;
  enrolled_at_ms: number;
  confirmed_at_ms: number | null;
  /** The feed version this till is known to have applied. */
  feed_version: Generated<number>;
  /** Every signature up to this seq has been checked one by one. */
  verified_seq: Generated<number>;
  last_seen_ms: number | null;
  build: string | null;
  /** Why the epoch before this one ends with it. */
  renewal_reason: Generated<string | null>;
  /** The head of the till's last signed hello; null before the first. */
  claimed_seq: Generated<number | null>;
  claimed_at_ms: Generated<number | null>;
  /** The last arrival before it was closed: what has a higher one came late. */
  closed_arrival: Generated<number | null>;
  closed_at_ms: Generated<number | null>;
  /** The till's own words about its unreceipted sales; null until it has said any. */
  unsent_count: number | null;
  unsent_minor: number | null;
  unsent_oldest_ms: number | null;
  unsent_said_ms: number | null;
  /**
   * Since when it speaks, says that something waits, and the head stands at `waiting_seq`; null: progress.
   */
  waiting_since_ms: number | null;
  /** When it said so last. */
  waiting_said_ms: number | null;
  waiting_seq: number | null;
  /** How its vault is guarded, as it told; null: has not told. */
  vault_level: Generated<VaultLevel | null>;
}

export interface ActivationsTable {
  merchant_id: BytesColumn;
  activation_id: BytesColumn;
  till_id: BytesColumn;
  locator: string;
  /** Both secrets, sealed under the merchant's data key. */
  secrets: BytesColumn;
  created_at_ms: number;
  expires_at_ms: number;
  wrong: Generated<number>;
  killed: Generated<boolean>;
  used_epoch: number | null;
  used_device_key: NullableBytesColumn;
  used_vault_key: NullableBytesColumn;
  /** Why the till's present epoch ends when this is used. */
  reason: Generated<string | null>;
}

export interface EntriesTable {
  merchant_id: BytesColumn;
  till_id: BytesColumn;
  epoch: number;
  seq: number;
  hash: BytesColumn;
  bytes: BytesColumn;
  signature: BytesColumn;
  kind: string;
  arrival: number;
  received_at_ms: number;
  applied_version: number | null;
}

export interface ServerHeadsTable {
  merchant_id: BytesColumn;
  epoch: number;
  head_seq: number;
  head_hash: BytesColumn;
}

export interface JournalDutiesTable {
  merchant_id: BytesColumn;
  duty_id: BytesColumn;
  /** CBOR of a server body. */
  body: BytesColumn;
  kind: string;
  created_at_ms: number;
}

export interface QuarantinedTable {
  merchant_id: BytesColumn;
  till_id: BytesColumn;
  epoch: number;
  hash: BytesColumn;
  seq: number;
  bytes: BytesColumn;
  signature: BytesColumn;
  reason: string;
  received_at_ms: number;
  /** What the sale says it was; null for every other entry. */
  sale_minor: Generated<number | null>;
  decided: Generated<"booked" | "rejected" | null>;
  decided_at_ms: Generated<number | null>;
  decided_by: Generated<string | null>;
  /** Its number, given when it was booked. */
  arrival: Generated<number | null>;
  applied_version: Generated<number | null>;
}

/** What is missing of an epoch, as far as anybody knows. A projection of the server's journal. */
export interface LossesTable {
  merchant_id: BytesColumn;
  till_id: BytesColumn;
  epoch: number;
  reason: string;
  /** Where the figures come from: `later-entries`, `claimed-head`, `till-said`, `none`. */
  source: string;
  from_seq: number;
  known_head_seq: number | null;
  count: number | null;
  sum_minor: number | null;
  /** The first entry that is still missing. */
  next_seq: number;
  late_count: Generated<number>;
  late_minor: Generated<number>;
  state: "open" | "shrunk" | "closed";
  at_ms: number;
}

export interface LossReceiptsTable {
  merchant_id: BytesColumn;
  till_id: BytesColumn;
  epoch: number;
  seq: number;
  head_hex: string;
  amount_minor: number;
  entered_at_ms: number;
  entered_by: string;
}

export interface SalesTable {
  merchant_id: BytesColumn;
  till_id: BytesColumn;
  epoch: number;
  seq: number;
  /** Empty for the till's chain, the entry's own hash when booked out of quarantine. */
  branch: ColumnType<Uint8Array, Uint8Array | undefined, Uint8Array>;
  short_id: string;
  sale_id: BytesColumn;
  arrival: number;
  received_at_ms: number;
  /** The till's own time. */
  at_ms: number;
  operator_id: BytesColumn;
  currency: string;
  total_minor: number;
  loss_minor: Generated<number>;
  hash: BytesColumn;
  /** Why the owner should look: `late` came in after its epoch was closed. */
  flagged: string | null;
}

export interface SaleTendersTable {
  merchant_id: BytesColumn;
  till_id: BytesColumn;
  epoch: number;
  seq: number;
  /** Empty for the till's chain, the entry's own hash when booked out of quarantine. */
  branch: ColumnType<Uint8Array, Uint8Array | undefined, Uint8Array>;
  n: number;
  method: "cash" | "payment-code";
  amount_minor: number;
  returned_minor: Generated<number>;
  cti: NullableBytesColumn;
}

export interface CodesTable {
  merchant_id: BytesColumn;
  cti: BytesColumn;
  short_id: string;
  /** Counts the merchant's codes from 1: order and cursor of the list. */
  number: number;
  store_id: BytesColumn;
  cose: BytesColumn;
  /** The 16 digits, sealed under the merchant's data key. */
  digits: BytesColumn;
  number_tag: BytesColumn;
  amount_minor: number;
  currency: string;
  kind: "exact" | "up-to";
  rule: "none" | "method" | "own";
  key_epoch: number;
  issued_at_ms: number;
  issued_by: string;
  valid_from_ms: number;
  expires_at_ms: number;
  lease_till: NullableBytesColumn;
  /** The only till that may take it, when its audience is a till. */
  only_till: NullableBytesColumn;
  /** Since when the lease's holder is asked to give it back; null: it stays. */
  lease_asked_at_ms: number | null;
  /** Who gets it then; null: nobody. */
  lease_wanted_till: NullableBytesColumn;
  /** The holder's tablet was stolen: only the owner's word frees the code. */
  lease_withheld: Generated<boolean>;
  revoked_at_ms: number | null;
}

export interface CodeClaimsTable {
  merchant_id: BytesColumn;
  cti: BytesColumn;
  till_id: BytesColumn;
  epoch: number;
  seq: number;
  /** Empty for the till's chain, the entry's own hash when booked out of quarantine. */
  branch: ColumnType<Uint8Array, Uint8Array | undefined, Uint8Array>;
  amount_minor: number;
  returned_minor: number;
  at_ms: number;
  /** A second sale came and the winner was named: it never changes again. */
  decided: Generated<boolean>;
  /** By what right the code was taken: `order` is nothing but having come first. */
  basis: Generated<"lease" | "claim" | "order">;
}

/** What a till asked for, by the entry that asked: decided once, kept as a record. */
export interface ClaimsTable {
  merchant_id: BytesColumn;
  till_id: BytesColumn;
  epoch: number;
  seq: number;
  cti: BytesColumn;
  entry_hash: BytesColumn;
  /**
   * `dropped` by the till · `released` by the owner or the end of the epoch · `refused` as `decision` says.
   */
  state: "held" | "sold" | "dropped" | "released" | "refused";
  decision: BytesColumn;
  decided_at_ms: number;
  ended_at_ms: number | null;
}

export interface OutcomesTable {
  merchant_id: BytesColumn;
  till_id: BytesColumn;
  epoch: number;
  seq: number;
  /** Empty for the till's chain, the entry's own hash when booked out of quarantine. */
  branch: ColumnType<Uint8Array, Uint8Array | undefined, Uint8Array>;
  kind: string;
  cti: BytesColumn;
  loss_minor: number;
  at_ms: number;
}

export interface IssueRequestsTable {
  merchant_id: BytesColumn;
  /** Hash of the request id: the id itself stays with the caller, a generated password comes from it. */
  request_hash: BytesColumn;
  cti: BytesColumn;
  /** The kind of password made by us; null when none was. */
  generated: "digits" | "letters" | null;
}

export interface FeedChangesTable {
  merchant_id: BytesColumn;
  change_id: BytesColumn;
  /** Null until the sequencer has seen it committed. */
  version: number | null;
  /** Null: every till of the shop. */
  till_id: NullableBytesColumn;
  /** Only for this epoch of the till: sealed to its vault, or about its entries. */
  epoch: number | null;
  type: string;
  /** A later change of the same subject replaces this one. */
  subject: string;
  body: BytesColumn;
  /** Not needed any more after this moment. */
  until_ms: number | null;
  created_at_ms: number;
}

export interface SiteKeysTable {
  merchant_id: BytesColumn;
  till_id: BytesColumn;
  epoch: number;
  key_epoch: number;
  change_id: BytesColumn;
}

/** As `CodePolicy` of the office's API; written as JSON text. */
export interface StoredPolicy {
  readonly validDays: number;
  readonly latestExpiryMs: number | null;
  readonly passwordRule: "never" | "always" | "above";
  readonly passwordAboveMinor: number;
  readonly passwordKind: "digits" | "letters";
  readonly maxCodeMinor: number;
  /** What happens in an outage; absent in what was saved before it could be chosen. */
  readonly codeWay?: "leased" | "online-only" | "floor-limited";
  readonly floorPerCodeMinor?: number;
  readonly exposureMinor?: number;
  readonly staleHours?: number;
}

export interface PoliciesTable {
  merchant_id: BytesColumn;
  number: number;
  policy: ColumnType<StoredPolicy, string, never>;
  saved_at_ms: number;
  saved_by: string;
  change_id: BytesColumn;
}

export interface OperatorsTable {
  merchant_id: BytesColumn;
  operator_id: BytesColumn;
  name: string;
  role: "owner" | "manager" | "cashier";
  active: Generated<boolean>;
  account_id: string | null;
  created_at_ms: Generated<number>;
}

export interface FindingsTable {
  merchant_id: BytesColumn;
  kind: string;
  till_id: BytesColumn;
  epoch: number;
  seq: number;
  at_ms: number;
}

export interface BooksTables extends ParcelTables, SecretTables {
  "control.till_directory": TillDirectoryTable;
  "control.activation_directory": ActivationDirectoryTable;
  "control.clock_mark": ClockMarkTable;
  "control.past_lineages": PastLineagesTable;
  "books.counters": CountersTable;
  "books.stores": StoresTable;
  "books.tills": TillsTable;
  "books.till_epochs": TillEpochsTable;
  "books.activations": ActivationsTable;
  "books.entries": EntriesTable;
  "books.server_heads": ServerHeadsTable;
  "books.journal_duties": JournalDutiesTable;
  "books.quarantined": QuarantinedTable;
  "books.losses": LossesTable;
  "books.loss_receipts": LossReceiptsTable;
  "books.sales": SalesTable;
  "books.sale_tenders": SaleTendersTable;
  "books.codes": CodesTable;
  "books.code_claims": CodeClaimsTable;
  "books.claims": ClaimsTable;
  "books.outcomes": OutcomesTable;
  "books.issue_requests": IssueRequestsTable;
  "books.feed_changes": FeedChangesTable;
  "books.site_keys": SiteKeysTable;
  "books.policies": PoliciesTable;
  "books.operators": OperatorsTable;
  "books.findings": FindingsTable;
}
