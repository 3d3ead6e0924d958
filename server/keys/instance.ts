// This installation: its lineage and the three key pairs that tills know it by, made once.
import { sql } from "kysely";
import { randomBytes, sameBytes, toHex } from "#protocol/bytes.ts";
import type { Bytes } from "#protocol/bytes.ts";
import { exportPublicKey, importSigningKey, keyId, newSigningPair } from "#protocol/crypto.ts";
import { LINEAGE_BYTES } from "#protocol/keyset.ts";
import type { InstanceKeyUse } from "../db/control-tables.ts";
import type { Database, DatabaseTransaction } from "../db/tables.ts";
import type { MasterKey } from "./master-key.ts";
import { openField, sealField } from "./sealed-field.ts";
import type { FieldPlace } from "./sealed-field.ts";

export interface KeyInfo {
  /** 8 bytes (PROTOCOL §1). */
  readonly kid: Bytes;
  /** 65 bytes, uncompressed point. */
  readonly publicKey: Bytes;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
}

/** A key this server signs with (ECDSA P-256). */
export interface SigningKey extends KeyInfo {
  readonly privateKey: CryptoKey;
}

/** PROTOCOL §2. `exports` opens exports (ECDH, for HPKE). */
export interface Instance {
  readonly lineage: Bytes;
  readonly root: SigningKey;
  readonly answer: SigningKey;
  readonly exports: SigningKey;
}

/** `wrong-master-key`: KEY_FILE holds a key, but not the one this database was made with. */
export type InstanceResult =
  | { readonly ok: true; readonly value: Instance }
  | { readonly ok: false; readonly refusal: { readonly code: "wrong-master-key" } };

const lifeMs = 10 * 365 * 86_400_000;
const uses = ["root", "answer", "export"] as const;
/** Taken while the instance is made, so that two first starts make one instance. */
const lockKey = 4_751_002_208;

/** True when the database has been started on before: then its master key must be there already. */
export async function hasInstance(db: Database): Promise<boolean> {
  return (await db.selectFrom("control.instance").select("single").executeTakeFirst()) !== undefined;
}

/** Opens the instance, and makes it in one transaction on the first start. */
export async function openInstance(db: Database, master: MasterKey, nowMs: number): Promise<InstanceResult> {
  return await db.transaction().execute(async (tx) => {
    await sql`select pg_advisory_xact_lock(${lockKey})`.execute(tx);
    let row = await tx.selectFrom("control.instance").selectAll().executeTakeFirst();
    if (row === undefined) {
      await createInstance(tx, master, nowMs);
      row = await tx.selectFrom("control.instance").selectAll().executeTakeFirstOrThrow();
    }
    if (!sameBytes(row.master_check, master.check))
      return { ok: false, refusal: { code: "wrong-master-key" } };
    const [root, answer, exports] = await Promise.all(uses.map((use) => readKey(tx, master, use)));
    if (root === undefined || answer === undefined || exports === undefined)
      throw new Error("instance key missing");
    return { ok: true, value: { lineage: new Uint8Array(row.lineage), root, answer, exports } };
  });
}

function keyPlace(use: InstanceKeyUse, kid: Uint8Array): FieldPlace {
  return { merchant: null, field: `instance_keys.sealed_key/${use}/${toHex(kid)}`, version: 1 };
}

async function createInstance(tx: DatabaseTransaction, master: MasterKey, nowMs: number): Promise<void> {
  await tx
    .insertInto("control.instance")
    .values({ lineage: randomBytes(LINEAGE_BYTES), master_check: master.check, created_at_ms: nowMs })
    .execute();
  for (const use of uses) {
    const pair = await newSigningPair(true);
    const publicKey = await exportPublicKey(pair.publicKey);
    const kid = await keyId(publicKey);
    const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
    await tx
      .insertInto("control.instance_keys")
      .values({
        kid,
        use,
        public_key: publicKey,
        sealed_key: await sealField(master.fieldKey, keyPlace(use, kid), pkcs8),
        not_before_ms: nowMs,
        not_after_ms: nowMs + lifeMs,
        state: "active",
      })
      .execute();
  }
}

async function readKey(tx: DatabaseTransaction, master: MasterKey, use: InstanceKeyUse): Promise<SigningKey> {
  const row = await tx
    .selectFrom("control.instance_keys")
    .selectAll()
    .where("use", "=", use)
    .where("state", "=", "active")
    .executeTakeFirstOrThrow();
  const kid = new Uint8Array(row.kid);
  const pkcs8 = await openField(master.fieldKey, keyPlace(use, kid), row.sealed_key);
  return {
    kid,
    publicKey: new Uint8Array(row.public_key),
    privateKey: use === "export" ? await importOpeningKey(pkcs8) : await importSigningKey(pkcs8, false),
    notBeforeMs: row.not_before_ms,
    notAfterMs: row.not_after_ms,
  };
}

function importOpeningKey(pkcs8: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("pkcs8", pkcs8, { name: "ECDH", namedCurve: "P-256" }, false, [
    "deriveBits",
  ]);
}

/**
 * The export key of this id, present or past, as HPKE wants it: a file may have lain long in somebody's
 * drawer. Null when it is none of ours.
 */
export async function exportPair(
  db: Database,
  master: MasterKey,
  kid: Uint8Array,
): Promise<CryptoKeyPair | null> {
  const row = await exportKeys(db).where("kid", "=", kid).executeTakeFirst();
  return row === undefined ? null : await openPair(master, row);
}

/** Every export key that stands, the newest first: for what was sealed without saying to which. */
export async function exportPairs(db: Database, master: MasterKey): Promise<readonly CryptoKeyPair[]> {
  const rows = await exportKeys(db).orderBy("not_before_ms", "desc").execute();
  return await Promise.all(rows.map((row) => openPair(master, row)));
}

function exportKeys(db: Database) {
  return db
    .selectFrom("control.instance_keys")
    .select(["kid", "public_key", "sealed_key"])
    .where("use", "=", "export")
    .where("state", "!=", "withdrawn");
}

async function openPair(
  master: MasterKey,
  row: { readonly kid: Uint8Array; readonly public_key: Uint8Array; readonly sealed_key: Uint8Array },
): Promise<CryptoKeyPair> {
  const pkcs8 = await openField(master.fieldKey, keyPlace("export", new Uint8Array(row.kid)), row.sealed_key);
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const point = new Uint8Array(row.public_key);
  const publicKey = await crypto.subtle.importKey("raw", point, curve, true, []);
  return { publicKey, privateKey: await importOpeningKey(pkcs8) };
}
