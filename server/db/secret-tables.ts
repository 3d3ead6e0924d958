// The tables of secrets and vaults in the `books` schema (migration 0040).
import type { Generated } from "kysely";
import type { PasswordMethod, VaultLevel } from "#protocol/feed-secrets.ts";
import type { BytesColumn, NullableBytesColumn } from "./control-tables.ts";

export interface SecretsTable {
  merchant_id: BytesColumn;
  /** An operator's id, or `methodSubject`. */
  subject: BytesColumn;
  version: number;
  subject_class: "operator" | "method";
  /** What the pad must be able to type; null: made on a till. */
  kind: "digits" | "letters" | null;
  profile: number;
  salt: BytesColumn;
  /** Argon2id of the secret under the merchant's data key; null: ended. */
  sealed_a: NullableBytesColumn;
  from_ms: number;
  until_ms: number | null;
  made_by: "office" | "till";
  made_till: NullableBytesColumn;
  made_at_ms: number;
}

export interface SealedToVaultsTable {
  merchant_id: BytesColumn;
  till_id: BytesColumn;
  epoch: number;
  kind: "secret" | "unlock-key";
  subject: BytesColumn;
  version: number;
  /** The end that was told with it. */
  until_ms: number | null;
  change_id: BytesColumn;
}

export interface PinsFromTillsTable {
  merchant_id: BytesColumn;
  till_id: BytesColumn;
  epoch: number;
  seq: number;
  /** In the order in which they were written. */
  n: Generated<number>;
  operator_id: BytesColumn;
  version: number;
  profile: number;
  salt: BytesColumn;
  sealed: BytesColumn;
  received_at_ms: number;
}

export interface TriesTable {
  merchant_id: BytesColumn;
  till_id: BytesColumn;
  epoch: number;
  subject_class: "operator" | "manager";
  subject: BytesColumn;
  n: number;
  at_ms: number;
}

export interface VaultRenewalsTable {
  merchant_id: BytesColumn;
  till_id: BytesColumn;
  epoch: number;
  seq: number;
  /** 65 bytes: where the till wants its secrets sealed to. */
  vault_key: BytesColumn;
  asked_at_ms: number;
  decided: "mine" | "not-mine" | null;
  decided_at_ms: number | null;
  decided_by: string | null;
}

export interface MethodPoliciesTable {
  merchant_id: BytesColumn;
  method: PasswordMethod;
  ask: "never" | "always" | "above";
  above_minor: number;
  kind: "digits" | "letters";
  saved_at_ms: number;
  saved_by: string;
}

export interface SecretRulesTable {
  merchant_id: BytesColumn;
  remind_days: number | null;
  account_rules: "nist" | "guide";
}

/** Columns of 0040 in tables that were there before. */
export interface TillVaultColumns {
  /** What the owner chose; null: as a till begins. */
  vault_level: Generated<VaultLevel | null>;
  vault_lease_hours: Generated<number | null>;
}

export interface SecretTables {
  "books.secrets": SecretsTable;
  "books.sealed_to_vaults": SealedToVaultsTable;
  "books.pins_from_tills": PinsFromTillsTable;
  "books.tries": TriesTable;
  "books.vault_renewals": VaultRenewalsTable;
  "books.method_policies": MethodPoliciesTable;
  "books.secret_rules": SecretRulesTable;
}
