// A merchant's own keys: the data key that seals its fields, the issuer key that signs its payment codes, and
// the master secret that site keys come from. One merchant's keys open nothing of another's.
import { randomBytes, toHex } from "#protocol/bytes.ts";
import type { Bytes } from "#protocol/bytes.ts";
import { exportPublicKey, importSigningKey, keyId, newSigningPair } from "#protocol/crypto.ts";
import type { Language } from "../db/control-tables.ts";
import type { Database, DatabaseTransaction } from "../db/tables.ts";
import type { SigningKey } from "./instance.ts";
import type { MasterKey } from "./master-key.ts";
import { fieldKey, openField, sealField } from "./sealed-field.ts";
import type { FieldKey, FieldPlace } from "./sealed-field.ts";

export interface MerchantKeys {
  readonly merchantId: Bytes;
  /** For `sealField` and `openField` of this merchant's fields. */
  readonly dataKey: FieldKey;
  /** 32 bytes; siteKey(store, e) = HKDF(masterSecret, [store, e]) (PROTOCOL §2). */
  readonly masterSecret: Bytes;
  /** Signs codes until `notAfterMs`. */
  readonly issuer: SigningKey;
}

export interface NewMerchant {
  readonly merchantId: Uint8Array;
  readonly name: string;
  readonly language: Language;
  /** ISO 4217. */
  readonly currency: string;
  readonly nowMs: number;
}

export interface MerchantKeyring {
  /** Writes the merchant's row with fresh keys. Throws when the merchant is there already. */
  create(tx: DatabaseTransaction, merchant: NewMerchant): Promise<void>;
  /**
   * The merchant's keys; null when there is no such merchant. An issuer key past its 90 days is replaced
   * first (`onRotated` is told, so that the keyset gets a new version). Inside a transaction pass the
   * transaction.
   */
  load(db: Database, merchantId: Uint8Array, nowMs: number): Promise<MerchantKeys | null>;
}

/** PROTOCOL §2: issuer keys sign 90 days. */
export const ISSUER_SIGNS_MS: number = 90 * 86_400_000;
const mostKept = 1000;

/** @param onRotated called inside the rotating transaction with the new key */
export function merchantKeyring(
  master: MasterKey,
  onRotated: (tx: DatabaseTransaction, merchantId: Bytes, issuer: SigningKey) => Promise<void> = async () =>
    undefined,
): MerchantKeyring {
  const kept = new Map<string, MerchantKeys>();
  return {
    create: async (tx, merchant) => {
      const dataSecret = randomBytes(32);
      const { merchantId, nowMs } = merchant;
      const dataKey = await fieldKey(dataSecret);
      await tx
        .insertInto("control.merchants")
        .values({
          merchant_id: merchantId,
          name: merchant.name,
          language: merchant.language,
          currency: merchant.currency,
          sealed_data_key: await sealField(master.fieldKey, dataKeyPlace(merchantId), dataSecret),
          sealed_master_secret: await sealField(dataKey, masterSecretPlace(merchantId), randomBytes(32)),
          created_at_ms: nowMs,
        })
        .execute();
      await addIssuerKey(tx, dataKey, new Uint8Array(merchantId), nowMs);
    },
    load: async (db, merchantId, nowMs) => {
      const name = toHex(merchantId);
      const known = kept.get(name);
      if (known !== undefined && nowMs < known.issuer.notAfterMs) return known;
      const keys = await read(db, master, merchantId, nowMs, onRotated);
      // Inside a transaction the rows may yet be rolled back; what is kept must be what is stored.
      if (keys === null || db.isTransaction) return keys;
      if (kept.size >= mostKept) kept.delete(kept.keys().next().value ?? "");
      kept.set(name, keys);
      return keys;
    },
  };
}

function dataKeyPlace(merchant: Uint8Array): FieldPlace {
  return { merchant, field: "merchants.sealed_data_key", version: 1 };
}

function masterSecretPlace(merchant: Uint8Array): FieldPlace {
  return { merchant, field: "merchants.sealed_master_secret", version: 1 };
}

function issuerPlace(merchant: Uint8Array, kid: Uint8Array): FieldPlace {
  return { merchant, field: `merchant_keys.sealed_key/${toHex(kid)}`, version: 1 };
}

async function read(
  db: Database,
  master: MasterKey,
  merchantId: Uint8Array,
  nowMs: number,
  onRotated: (tx: DatabaseTransaction, merchantId: Bytes, issuer: SigningKey) => Promise<void>,
): Promise<MerchantKeys | null> {
  const row = await db
    .selectFrom("control.merchants")
    .select(["merchant_id", "sealed_data_key", "sealed_master_secret"])
    .where("merchant_id", "=", merchantId)
    .executeTakeFirst();
  if (row === undefined) return null;
  const id = new Uint8Array(row.merchant_id);
  const dataKey = await fieldKey(await openField(master.fieldKey, dataKeyPlace(id), row.sealed_data_key));
  let issuer = await readIssuer(db, dataKey, id);
  if (issuer === null || nowMs >= issuer.notAfterMs) {
    issuer = await inTransaction(db, (tx) => rotate(tx, dataKey, id, nowMs, onRotated));
  }
  const masterSecret = await openField(dataKey, masterSecretPlace(id), row.sealed_master_secret);
  return { merchantId: id, dataKey, masterSecret, issuer };
}

function inTransaction<T>(db: Database, work: (tx: DatabaseTransaction) => Promise<T>): Promise<T> {
  return db.isTransaction ? work(db as DatabaseTransaction) : db.transaction().execute(work);
}

/**
 * Two requests may find the old key at once: the merchant's row is the lock, and the second finds the new
 * key.
 */
async function rotate(
  tx: DatabaseTransaction,
  dataKey: FieldKey,
  merchantId: Bytes,
  nowMs: number,
  onRotated: (tx: DatabaseTransaction, merchantId: Bytes, issuer: SigningKey) => Promise<void>,
): Promise<SigningKey> {
  await tx
    .selectFrom("control.merchants")
    .select("merchant_id")
    .where("merchant_id", "=", merchantId)
    .forUpdate()
    .execute();
  const found = await readIssuer(tx, dataKey, merchantId);
  if (found !== null && nowMs < found.notAfterMs) return found;
  await tx
    .updateTable("control.merchant_keys")
    .set({ state: "retired" })
    .where("merchant_id", "=", merchantId)
    .where("state", "=", "active")
    .execute();
  const issuer = await addIssuerKey(tx, dataKey, merchantId, nowMs);
  await onRotated(tx, merchantId, issuer);
  return issuer;
}

async function addIssuerKey(
  tx: DatabaseTransaction,
  dataKey: FieldKey,
  merchantId: Bytes,
  nowMs: number,
): Promise<SigningKey> {
  const pair = await newSigningPair(true);
  const publicKey = await exportPublicKey(pair.publicKey);
  const kid = await keyId(publicKey);
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  const issuer = { kid, publicKey, notBeforeMs: nowMs, notAfterMs: nowMs + ISSUER_SIGNS_MS };
  await tx
    .insertInto("control.merchant_keys")
    .values({
      merchant_id: merchantId,
      kid,
      public_key: publicKey,
      sealed_key: await sealField(dataKey, issuerPlace(merchantId, kid), pkcs8),
      not_before_ms: issuer.notBeforeMs,
      not_after_ms: issuer.notAfterMs,
      state: "active",
    })
    .execute();
  return { ...issuer, privateKey: await importSigningKey(pkcs8, false) };
}

async function readIssuer(db: Database, dataKey: FieldKey, merchantId: Bytes): Promise<SigningKey | null> {
  const row = await db
    .selectFrom("control.merchant_keys")
    .selectAll()
    .where("merchant_id", "=", merchantId)
    .where("state", "=", "active")
    .executeTakeFirst();
  if (row === undefined) return null;
  const kid = new Uint8Array(row.kid);
  const pkcs8 = await openField(dataKey, issuerPlace(merchantId, kid), row.sealed_key);
  return {
    kid,
    publicKey: new Uint8Array(row.public_key),
    privateKey: await importSigningKey(pkcs8, false),
    notBeforeMs: row.not_before_ms,
    notAfterMs: row.not_after_ms,
  };
}
