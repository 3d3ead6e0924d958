// Secrets that tills check: Argon2id of a PIN or a password, kept encrypted, never the text. A new version
// ends the one before it at once or after an overlap, and every till learns it through its feed (PROTOCOL
// §10).
import { hashRaw } from "@node-rs/argon2";
import { randomBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import { ARGON2_PROFILE_1 } from "#protocol/payment-code-bytes.ts";
import { SECRET_SALT_BYTES, secretBytes } from "#protocol/vault-records.ts";
import type { Database, DatabaseTransaction } from "../db/tables.ts";
import { everyTill, writeChange } from "../feed/changes.ts";
import type { MerchantKeys } from "../keys/merchant-keys.ts";
import { openField, sealField, type FieldPlace } from "../keys/sealed-field.ts";

/** A till has made so many more versions of one PIN than we know of, at most. */
const FARTHEST_AHEAD = 1000;

/** What of a secret is kept: `a` is 32 bytes, Argon2id of its text under `salt`. */
export interface HashedSecret {
  readonly profile: number;
  readonly salt: Bytes;
  readonly a: Bytes;
}

export interface SecretToAdd {
  readonly subjectClass: "operator" | "method";
  readonly subject: Uint8Array;
  /** What the pad must be able to type; null: made on a till, where the pad has typed it. */
  readonly kind: "digits" | "letters" | null;
  readonly hashed: HashedSecret;
  /** The till's own number for it: ours is not lower. 0: made here. */
  readonly atLeast: number;
  readonly overlapMs: number;
  /** The till it was made at; null: in the office. */
  readonly till: Uint8Array | null;
  readonly nowMs: number;
}

/** Only profile 1 is made here: what a tablet must check may cost what the weakest tablet can pay. */
export async function hashSecret(text: string): Promise<HashedSecret> {
  const bytes = secretBytes(text);
  if (bytes === null) throw new TypeError("secret-store: judged text is no secret");
  const salt = randomBytes(SECRET_SALT_BYTES);
  return { profile: 1, salt, a: await argon2(bytes, salt) };
}

async function argon2(secret: Uint8Array, salt: Uint8Array): Promise<Bytes> {
  const { memoryKib, iterations, parallelism, bytes } = ARGON2_PROFILE_1;
  const cost = { memoryCost: memoryKib, timeCost: iterations, parallelism, outputLen: bytes };
  return new Uint8Array(await hashRaw(secret, { ...cost, salt }));
}

function placeOf(merchant: Uint8Array, subject: Uint8Array, version: number): FieldPlace {
  return { merchant, field: `secrets.sealed_a/${toHex(subject)}`, version };
}

/** A of a stored secret. Throws when the row was tampered with or moved. */
export function openSecret(
  keys: MerchantKeys,
  subject: Uint8Array,
  version: number,
  sealed: Uint8Array,
): Promise<Bytes> {
  return openField(keys.dataKey, placeOf(keys.merchantId, subject, version), sealed);
}

/**
 * Stores a secret under its next version; answers that. The one before it stays good for the overlap, all
 * older ones end: a till never has to try more than two.
 */
export async function addSecret(
  tx: DatabaseTransaction,
  keys: MerchantKeys,
  added: SecretToAdd,
): Promise<number> {
  const { subject, hashed, overlapMs, nowMs } = added;
  const merchant = keys.merchantId;
  await lockSecrets(tx, merchant);
  const before = await versionsOf(tx, merchant, subject);
  const newest = before[0]?.version ?? 0;
  const version = nextVersion(newest, added.atLeast);
  const untilMs = nowMs + overlapMs;
  const ended = before.find((row) => isLive(row, nowMs) && (row.version < newest || overlapMs === 0));
  if (ended !== undefined) await endUpTo(tx, merchant, subject, ended.version, nowMs);
  if (overlapMs > 0) await endLater(tx, merchant, subject, newest, untilMs);
  await tx
    .insertInto("books.secrets")
    .values({
      merchant_id: merchant,
      subject,
      version,
      subject_class: added.subjectClass,
      kind: added.kind,
      profile: hashed.profile,
      salt: hashed.salt,
      sealed_a: await sealField(keys.dataKey, placeOf(merchant, subject, version), hashed.a),
      from_ms: nowMs,
      until_ms: null,
      made_by: added.till === null ? "office" : "till",
      made_till: added.till,
      made_at_ms: nowMs,
    })
    .execute();
  return version;
}

/**
 * The till's own number where it is ahead of ours, so that its record does not outlive what replaces it; a
 * number out of all reason is its own affair, and uses none of ours up.
 */
function nextVersion(newest: number, atLeast: number): number {
  return atLeast <= newest + FARTHEST_AHEAD ? Math.max(newest + 1, atLeast) : newest + 1;
}

/**
 * A till says that it holds a secret of this number which it did not send along: what is made here from now
 * on has a higher one, and ends it.
 */
export async function noteVersion(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  operator: Uint8Array,
  version: number,
  nowMs: number,
): Promise<void> {
  await lockSecrets(tx, merchant);
  const newest = (await versionsOf(tx, merchant, operator))[0]?.version ?? 0;
  if (version <= newest || version > newest + FARTHEST_AHEAD) return;
  await tx
    .insertInto("books.secrets")
    .values({
      merchant_id: merchant,
      subject: operator,
      version,
      subject_class: "operator",
      kind: null,
      profile: 1,
      salt: new Uint8Array(),
      sealed_a: null,
      from_ms: nowMs,
      until_ms: nowMs,
      made_by: "till",
      made_till: null,
      made_at_ms: nowMs,
    })
    .execute();
}

/**
 * Ends every secret of the subject at once, those that only tills hold with them; answers whether any was
 * ever known here.
 */
export async function withdrawSecrets(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  subject: Uint8Array,
  nowMs: number,
): Promise<boolean> {
  await lockSecrets(tx, merchant);
  const [newest] = await versionsOf(tx, merchant, subject);
  if (newest === undefined) return false;
  await endUpTo(tx, merchant, subject, newest.version, nowMs);
  return true;
}

/** Two writers of one subject would take one number; the counters row is every writer's last lock. */
async function lockSecrets(tx: DatabaseTransaction, merchant: Uint8Array): Promise<void> {
  await tx
    .selectFrom("books.counters")
    .select("arrival")
    .where("merchant_id", "=", merchant)
    .forUpdate()
    .executeTakeFirstOrThrow();
}

interface Version {
  readonly version: number;
  readonly until_ms: number | null;
}

function isLive(row: Version, nowMs: number): boolean {
  return row.until_ms === null || row.until_ms > nowMs;
}

/** The newest first. */
async function versionsOf(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  subject: Uint8Array,
): Promise<readonly Version[]> {
  return await tx
    .selectFrom("books.secrets")
    .select(["version", "until_ms"])
    .where("merchant_id", "=", merchant)
    .where("subject", "=", subject)
    .orderBy("version", "desc")
    .execute();
}

/** This version and all before it are good no more; the tills hear it, and no full page brings them again. */
async function endUpTo(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  subject: Uint8Array,
  version: number,
  nowMs: number,
): Promise<void> {
  await tx
    .updateTable("books.secrets")
    .set((eb) => ({
      sealed_a: null,
      until_ms: eb.fn<number>("least", [eb.fn.coalesce("until_ms", eb.val(nowMs)), eb.val(nowMs)]),
    }))
    .where("merchant_id", "=", merchant)
    .where("subject", "=", subject)
    .where("version", "<=", version)
    .execute();
  await tx
    .updateTable("books.feed_changes")
    .set({ until_ms: nowMs })
    .where("merchant_id", "=", merchant)
    .where("change_id", "in", (eb) =>
      eb
        .selectFrom("books.sealed_to_vaults")
        .select("change_id")
        .where("merchant_id", "=", merchant)
        .where("kind", "=", "secret")
        .where("subject", "=", subject)
        .where("version", "<=", version),
    )
    .execute();
  const change = { type: "secret-withdrawn", subject: new Uint8Array(subject), version } as const;
  await writeChange(tx, merchant, everyTill, change, nowMs);
}

/** The end that stands already is kept when it is the nearer one. */
async function endLater(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  subject: Uint8Array,
  version: number,
  untilMs: number,
): Promise<void> {
  await tx
    .updateTable("books.secrets")
    .set((eb) => ({
      until_ms: eb.fn<number>("least", [eb.fn.coalesce("until_ms", eb.val(untilMs)), eb.val(untilMs)]),
    }))
    .where("merchant_id", "=", merchant)
    .where("subject", "=", subject)
    .where("version", "=", version)
    .execute();
}

/** Secrets whose overlap is over: what they were is nobody's business any more. Answers how many. */
export async function forgetEnded(db: Database, nowMs: number): Promise<number> {
  const gone = await db
    .updateTable("books.secrets")
    .set({ sealed_a: null })
    .where("sealed_a", "is not", null)
    .where("until_ms", "<=", nowMs)
    .executeTakeFirst();
  return Number(gone.numUpdatedRows);
}
