// What the books are given: the server's services, and what is made of them once for all routes.
import { utf8, type Bytes } from "#protocol/bytes.ts";
import { hkdf, macKey } from "#protocol/crypto.ts";
import { encodeKeyset, signKeyset, type KeysetKey } from "#protocol/keyset.ts";
import type { Database } from "./db/tables.ts";
import type { WakeUpTopic } from "./http/wake-up.ts";
import type { MerchantKeys } from "./keys/merchant-keys.ts";
import { openField, sealField, type FieldPlace } from "./keys/sealed-field.ts";
import { faultFields } from "./log.ts";
import type { Services } from "./services.ts";
import { signedClock, type SignedClock } from "./journal/signed-clock.ts";

/** What of the services the books need; set-up has no more than this at hand. */
export type Ground = Pick<
  Services,
  "config" | "db" | "log" | "nowMs" | "master" | "instance" | "merchants" | "wakeUps"
>;

export interface Books extends Ground {
  /** HMAC key of bearer tokens and challenges: of the installation, so that any of its servers takes them. */
  readonly tokenKey: CryptoKey;
  readonly clock: SignedClock;
}

export async function openBooks(ground: Ground): Promise<Books> {
  const tokenKey = await macKey(await hkdf(ground.master.cookieSecret, utf8("guitai/till-token/1"), 32));
  return { ...ground, tokenKey, clock: signedClock(ground.db, ground.nowMs) };
}

/**
 * The merchant's keys. Throws when there is no such merchant: whoever asks has read its id from our own rows.
 */
export async function keysOf(
  ground: Pick<Ground, "merchants" | "nowMs">,
  db: Database,
  merchant: Uint8Array,
): Promise<MerchantKeys> {
  const keys = await ground.merchants.load(db, merchant, ground.nowMs());
  if (keys === null) throw new Error("books: no such merchant");
  return keys;
}

export function seal(keys: MerchantKeys, field: string, plain: Uint8Array): Promise<Bytes> {
  return sealField(keys.dataKey, placeOf(keys, field), plain);
}

export function open(keys: MerchantKeys, field: string, sealed: Uint8Array): Promise<Bytes> {
  return openField(keys.dataKey, placeOf(keys, field), sealed);
}

function placeOf(keys: MerchantKeys, field: string): FieldPlace {
  return { merchant: keys.merchantId, field, version: 1 };
}

export interface SignedKeyset {
  readonly version: number;
  readonly bytes: Bytes;
  readonly signature: Bytes;
}

/**
 * What the tills of this merchant know of our keys: the server's own and the merchant's issuers (PROTOCOL
 * §2).
 */
export async function signedKeyset(
  ground: Ground,
  db: Database,
  merchant: Uint8Array,
): Promise<SignedKeyset> {
  const ours = await db
    .selectFrom("control.instance_keys")
    .select(["kid", "use", "public_key", "not_before_ms", "not_after_ms", "state"])
    .orderBy("not_before_ms")
    .orderBy("kid")
    .execute();
  const theirs = await db
    .selectFrom("control.merchant_keys")
    .select(["kid", "public_key", "not_before_ms", "not_after_ms", "state"])
    .where("merchant_id", "=", merchant)
    .orderBy("not_before_ms")
    .orderBy("kid")
    .execute();
  const keys: KeysetKey[] = [];
  for (const row of ours) {
    const { use } = row;
    if (use !== "root") keys.push({ ...keyRow(row), use, merchant: null });
  }
  for (const row of theirs) keys.push({ ...keyRow(row), use: "issuer", merchant: new Uint8Array(merchant) });
  // Keys are added and only ever go active → retired → withdrawn, so this sum only grows with what it stands
  // for.
  const version = keys.reduce((sum, key) => sum + { active: 1, retired: 2, withdrawn: 3 }[key.state], 0);
  const bytes = encodeKeyset({ lineage: ground.instance.lineage, version, keys });
  return { version, bytes, signature: await signKeyset(ground.instance.root.privateKey, bytes) };
}

function keyRow(row: {
  kid: Uint8Array;
  public_key: Uint8Array;
  not_before_ms: number;
  not_after_ms: number;
  state: KeysetKey["state"];
}): Omit<KeysetKey, "use" | "merchant"> {
  return {
    kid: new Uint8Array(row.kid),
    key: new Uint8Array(row.public_key),
    notBeforeMs: row.not_before_ms,
    notAfterMs: row.not_after_ms,
    state: row.state,
  };
}

/** Wakes whoever looks on. A lost wake-up costs a delay, so its failure must not undo what it speaks of. */
export async function wake(
  ground: Ground,
  merchant: Uint8Array,
  ...topics: readonly WakeUpTopic[]
): Promise<void> {
  try {
    await ground.wakeUps.notify(ground.db, topics, merchant);
  } catch (fault) {
    ground.log.warn("wake-up-not-sent", faultFields(fault));
  }
}
