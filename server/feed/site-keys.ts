// The weekly keys under which a store's code passwords and numbers are tagged (PROTOCOL §2, §9), sealed to
// each till.
import { encodeCbor } from "#protocol/cbor.ts";
import { hkdf, macKey } from "#protocol/crypto.ts";
import { siteKeyAad } from "#protocol/aads.ts";
import { seal } from "#protocol/sealed.ts";
import { keyEpochsWanted } from "#domain/key-epoch.ts";
import { sameBytes, type Bytes } from "#protocol/bytes.ts";
import type { Books } from "../books.ts";
import { keysOf } from "../books.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { writeChange } from "./changes.ts";

/** siteKey(store, e): 32 bytes from the merchant's secret. */
export function siteKeyBytes(masterSecret: Uint8Array, store: Uint8Array, keyEpoch: number): Promise<Bytes> {
  return hkdf(masterSecret, encodeCbor(["site-key", store, keyEpoch]), 32);
}

export async function siteKey(
  masterSecret: Uint8Array,
  store: Uint8Array,
  keyEpoch: number,
): Promise<CryptoKey> {
  return await macKey(await siteKeyBytes(masterSecret, store, keyEpoch));
}

/** The till epoch whose vault the keys are sealed to. */
export interface VaultHolder {
  readonly merchant: Uint8Array;
  readonly store: Uint8Array;
  readonly till: Uint8Array;
  readonly epoch: number;
  readonly vaultKey: Uint8Array;
}

/**
 * Is this still the key that the epoch's vault has? Renewed meanwhile, it would be told what it cannot open,
 * and nobody would seal it again.
 */
export async function isStillVault(tx: DatabaseTransaction, holder: VaultHolder): Promise<boolean> {
  const row = await tx
    .selectFrom("books.till_epochs")
    .select("vault_key")
    .where("merchant_id", "=", holder.merchant)
    .where("till_id", "=", holder.till)
    .where("epoch", "=", holder.epoch)
    .forShare()
    .executeTakeFirst();
  return row !== undefined && sameBytes(row.vault_key, holder.vaultKey);
}

/**
 * Makes sure the feed carries to this till every key it should hold: this week's, two ahead, all with live
 * codes.
 */
export async function ensureSiteKeys(books: Books, holder: VaultHolder): Promise<void> {
  const { db } = books;
  const { merchant, store, till, epoch } = holder;
  const nowMs = books.nowMs();
  const live = await db
    .selectFrom("books.codes")
    .select("key_epoch")
    .distinct()
    .where("merchant_id", "=", merchant)
    .where("store_id", "=", store)
    .where("expires_at_ms", ">", nowMs)
    .where("revoked_at_ms", "is", null)
    .execute();
  const held = await db
    .selectFrom("books.site_keys")
    .select("key_epoch")
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "=", epoch)
    .execute();
  const has = new Set(held.map((row) => row.key_epoch));
  const wanted = new Set([...keyEpochsWanted(nowMs), ...live.map((row) => row.key_epoch)]);
  const missing = [...wanted].filter((keyEpoch) => !has.has(keyEpoch)).sort((a, b) => a - b);
  if (missing.length === 0) return;
  const keys = await keysOf(books, db, merchant);
  for (const keyEpoch of missing) {
    const raw = await siteKeyBytes(keys.masterSecret, store, keyEpoch);
    const sealed = await seal(holder.vaultKey, siteKeyAad(till, store, keyEpoch), raw);
    await db.transaction().execute(async (tx) => {
      if (!(await isStillVault(tx, holder))) return;
      const change = { type: "site-key", keyEpoch, sealed } as const;
      const key = { merchant_id: merchant, till_id: till, epoch, key_epoch: keyEpoch };
      const changeId = await writeChange(tx, merchant, { till, epoch }, change, nowMs);
      // Two pulls at once seal twice; both are good, and the first noted is the one that counts.
      await tx
        .insertInto("books.site_keys")
        .values({ ...key, change_id: changeId })
        .onConflict((conflict) => conflict.doNothing())
        .execute();
    });
  }
}
