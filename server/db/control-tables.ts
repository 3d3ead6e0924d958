// The `control` schema: who may sign in, the instance and its keys, the merchants. Not distributed.
import type { ColumnType, Generated } from "kysely";

/** bytea: Buffers come back, any bytes go in. `new Uint8Array(column)` is what WebCrypto takes. */
export type BytesColumn = ColumnType<Uint8Array, Uint8Array, Uint8Array>;
export type NullableBytesColumn = ColumnType<
  Uint8Array | null,
  Uint8Array | null | undefined,
  Uint8Array | null
>;

export type Role = "owner" | "manager" | "cashier" | "accountant";
export type Language = "zh-CN" | "en";

/** Written by better-auth: its own columns, its own dates. */
export interface UsersTable {
  id: string;
  name: string;
  email: string;
  email_verified: boolean;
  image: string | null;
  created_at: ColumnType<Date, Date | undefined, Date>;
  updated_at: ColumnType<Date, Date | undefined, Date>;
}

export interface AccountsTable {
  id: string;
  account_id: string;
  provider_id: string;
  user_id: string;
  password: string | null;
  access_token: string | null;
  refresh_token: string | null;
  id_token: string | null;
  access_token_expires_at: Date | null;
  refresh_token_expires_at: Date | null;
  scope: string | null;
  created_at: ColumnType<Date, Date | undefined, Date>;
  updated_at: ColumnType<Date, Date | undefined, Date>;
}

export interface SessionsTable {
  id: string;
  user_id: string;
  token: string;
  expires_at: Date;
  ip_address: string | null;
  user_agent: string | null;
  created_at: ColumnType<Date, Date | undefined, Date>;
  updated_at: ColumnType<Date, Date | undefined, Date>;
}

/** One row: this installation. */
export interface InstanceTable {
  single: Generated<boolean>;
  lineage: BytesColumn;
  /** Keyed digest of the master key: a wrong key file is told apart from a broken database. */
  master_check: BytesColumn;
  /** The master key, sealed under the recovery key; null until set-up has shown one. */
  recovery_wrap: NullableBytesColumn;
  created_at_ms: number;
  /** SHA-256 of the one-time set-up token; null when none is open. */
  setup_token_hash: NullableBytesColumn;
  setup_done_at_ms: number | null;
}

export type InstanceKeyUse = "root" | "answer" | "export";

export interface InstanceKeysTable {
  kid: BytesColumn;
  use: InstanceKeyUse;
  public_key: BytesColumn;
  /** PKCS #8, sealed under the master key. */
  sealed_key: BytesColumn;
  not_before_ms: number;
  not_after_ms: number;
  state: "active" | "retired" | "withdrawn";
}

export interface MerchantsTable {
  merchant_id: BytesColumn;
  name: string;
  language: Language;
  currency: string;
  /** The merchant's data key, sealed under the master key. */
  sealed_data_key: BytesColumn;
  /** 32 random bytes, sealed under the data key: siteKeys come from it. */
  sealed_master_secret: BytesColumn;
  created_at_ms: number;
}

export interface MerchantKeysTable {
  merchant_id: BytesColumn;
  kid: BytesColumn;
  public_key: BytesColumn;
  /** PKCS #8 of the issuer key, sealed under the merchant's data key. */
  sealed_key: BytesColumn;
  not_before_ms: number;
  /** Signs until here; codes it signed are good for longer. */
  not_after_ms: number;
  state: "active" | "retired" | "withdrawn";
}

export interface MembershipsTable {
  merchant_id: BytesColumn;
  user_id: string;
  role: Role;
  created_at_ms: number;
}

export interface OwnerLinksTable {
  token_hash: BytesColumn;
  user_id: string;
  created_at_ms: number;
  expires_at_ms: number;
  used_at_ms: number | null;
}

/** Sign-ins made by an owner link that have set no password since. */
export interface OwnerLinkSignInsTable {
  session_id: string;
  at_ms: number;
}

export interface AuditLogTable {
  id: Generated<number>;
  merchant_id: NullableBytesColumn;
  at_ms: number;
  /** User id, or `server`. */
  who: string;
  what: string;
  detail: ColumnType<Readonly<Record<string, string | number | boolean | null>>, string, never>;
}

export interface ControlTables {
  "control.users": UsersTable;
  "control.accounts": AccountsTable;
  "control.sessions": SessionsTable;
  "control.instance": InstanceTable;
  "control.instance_keys": InstanceKeysTable;
  "control.merchants": MerchantsTable;
  "control.merchant_keys": MerchantKeysTable;
  "control.memberships": MembershipsTable;
  "control.owner_links": OwnerLinksTable;
  "control.owner_link_sign_ins": OwnerLinkSignInsTable;
  "control.audit_log": AuditLogTable;
}
