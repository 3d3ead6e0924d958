import { Dexie, type Collection, type Table } from "dexie";
import {
  DATABASE_NAME,
  STORES_V1,
  STORES_V2,
  STORES_V3,
  type AttemptsRow,
  type CarriedCertificateRow,
  type CarriedReceiptRow,
  type CarriedRow,
  type ClaimRow,
  type CodeRow,
  type CodeSumRow,
  type DeliveryRow,
  type FormerSaleRow,
  type HeadRow,
  type IdentityRow,
  type InboxRow,
  type JournalRow,
  type LeaseAskRow,
  type LeaseRow,
  type LossRow,
  type OperatorRow,
  type PendingEnrolmentRow,
  type ReceiptRow,
  type ReserveRow,
  type RevokedRow,
  type SaleRecord,
  type SettingsRow,
  type SiteKeyRow,
  type SpentRow,
} from "./schema.ts";
import {
  STORES_V4,
  type SealedSecretRow,
  type SecretRow,
  type UnlockRow,
  type VaultRow,
} from "./vault-rows.ts";

/**
 * The till's database as the engine sees it. Every write is strict: `complete` comes after the disk, because
 * the default of browsers loses the last seconds in a power cut (measured: 3,804 of 3,804 acknowledged
 * writes).
 */
export class TillDatabase extends Dexie {
  declare identity: Table<IdentityRow | PendingEnrolmentRow, string>;
  declare head: Table<HeadRow, string>;
  declare journal: Table<JournalRow, [number, number]>;
  declare sales: Table<SaleRecord, string>;
  declare spent: Table<SpentRow, string>;
  declare attempts: Table<AttemptsRow, string>;
  declare operators: Table<OperatorRow, string>;
  declare secrets: Table<SecretRow, string>;
  declare sealedSecrets: Table<SealedSecretRow, [string, number]>;
  declare unlocks: Table<UnlockRow, string>;
  declare vault: Table<VaultRow, string>;
  declare codes: Table<CodeRow, string>;
  declare leases: Table<LeaseRow, string>;
  declare revoked: Table<RevokedRow, string>;
  declare siteKeys: Table<SiteKeyRow, number>;
  declare losses: Table<LossRow, [number, number]>;
  declare settings: Table<SettingsRow, string>;
  declare reserve: Table<ReserveRow, string>;
  declare receipts: Table<ReceiptRow, number>;
  declare delivery: Table<DeliveryRow, string>;
  declare inbox: Table<InboxRow, number>;
  declare carried: Table<CarriedRow, [string, number, number]>;
  declare carriedCertificates: Table<CarriedCertificateRow, [string, number]>;
  declare carriedReceipts: Table<CarriedReceiptRow, [string, number]>;
  declare claims: Table<ClaimRow, string>;
  declare leaseAsks: Table<LeaseAskRow, string>;
  declare codeSums: Table<CodeSumRow, [number, number]>;
  declare formerSales: Table<FormerSaleRow, [number, number, number]>;

  constructor(name: string = DATABASE_NAME) {
    super(name, { chromeTransactionDurability: "strict", cache: "disabled" });
    this.version(1).stores(STORES_V1);
    this.version(2).stores(STORES_V2);
    this.version(3).stores(STORES_V3);
    this.version(4).stores(STORES_V4);
  }

  /** The tables the engine writes, opened together in every append so that no effect can forget one. */
  get engineTables(): readonly Table[] {
    return this.tables.filter((table) => !APART.has(table.name));
  }

  /** One setting by its key, typed. */
  async setting<K extends SettingsRow["key"]>(key: K): Promise<Extract<SettingsRow, { key: K }> | null> {
    const row = await this.settings.get(key);
    return row?.key === key ? (row as Extract<SettingsRow, { key: K }>) : null;
  }

  async enrolled(): Promise<IdentityRow | null> {
    const row = await this.identity.get("till");
    return row?.key === "till" ? row : null;
  }

  async pendingEnrolment(): Promise<PendingEnrolmentRow | null> {
    const row = await this.identity.get("pending");
    return row?.key === "pending" ? row : null;
  }
}

/**
 * Written by the carrier alone, or never by an append: it must not wait for the carrier, nor the carrier for
 * it, nor for a long list of carried entries that is being read in.
 */
const APART: ReadonlySet<string> = new Set([
  "receipts",
  "delivery",
  "inbox",
  "carriedReceipts",
  "carried",
  "carriedCertificates",
  "formerSales",
]);

/** Is this the disk saying that it is full? */
export function isQuotaError(cause: unknown): boolean {
  return cause instanceof Dexie.DexieError
    ? cause.name === "QuotaExceededError" ||
        (cause.inner instanceof Error && cause.inner.name === "QuotaExceededError")
    : cause instanceof Error && cause.name === "QuotaExceededError";
}

const DISK_FAULTS: ReadonlySet<string> = new Set([
  "AbortError",
  "DatabaseClosedError",
  "InvalidStateError",
  "TimeoutError",
  "TransactionInactiveError",
  "UnknownError",
]);

/** Did browser or disk give a transaction up, for another reason than room and not by our own doing? */
export function isDiskFault(cause: unknown): boolean {
  return cause instanceof Error && DISK_FAULTS.has(cause.name) && !isQuotaError(cause);
}

export { Dexie };
export type { Collection, Table };
