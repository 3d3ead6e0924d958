// Activation codes (PROTOCOL §3): ten minutes by this server's clock, one use, the newest of a till only.
import { toHex, type Bytes, randomBytes } from "#protocol/bytes.ts";
import { decodeCbor, encodeCbor } from "#protocol/cbor.ts";
import { thumbprint } from "#protocol/crypto.ts";
import {
  ACTIVATION_MINUTES,
  newActivation,
  scannedActivation,
  typedActivation,
  type NewActivation,
} from "#protocol/enrolment.ts";
import type { ActivationAnswer, OpenActivation } from "#protocol/office-api.ts";
import type { RenewalReason } from "#protocol/office-losses-api.ts";
import { readShape } from "#protocol/shape.ts";
import { open, seal, type Ground } from "../books.ts";
import type { Database, DatabaseTransaction } from "../db/tables.ts";
import type { MerchantKeys } from "../keys/merchant-keys.ts";

const MAX_DRAWS = 50;

export interface ActivationFor {
  readonly till: Uint8Array;
  readonly tillName: string;
  readonly shopName: string;
  /** Why the till's present epoch ends when this is used; null for a till that no tablet is yet. */
  readonly reason?: RenewalReason | null;
}

/**
 * Makes a till's activation code and kills the till's older ones. Its secrets are kept sealed, to check a
 * tablet's proof by.
 */
export async function createActivation(
  ground: Pick<Ground, "instance">,
  tx: DatabaseTransaction,
  keys: MerchantKeys,
  wanted: ActivationFor,
  nowMs: number,
): Promise<ActivationAnswer> {
  const merchant = keys.merchantId;
  await killActivations(tx, merchant, wanted.till);
  const activationId = randomBytes(16);
  const expiresAtMs = nowMs + ACTIVATION_MINUTES * 60_000;
  let activation = newActivation();
  for (
    let draw = 1;
    !(await takeLocator(tx, activation.locator, merchant, activationId, expiresAtMs, nowMs));
    draw++
  ) {
    if (draw >= MAX_DRAWS) throw new Error("activations: no free locator");
    activation = newActivation();
  }
  const secrets = encodeCbor([activation.typedSecret, activation.scannedSecret]);
  await tx
    .insertInto("books.activations")
    .values({
      merchant_id: merchant,
      activation_id: activationId,
      till_id: wanted.till,
      locator: activation.locator,
      secrets: await seal(keys, secretsField(activationId), secrets),
      created_at_ms: nowMs,
      expires_at_ms: expiresAtMs,
      used_epoch: null,
      used_device_key: null,
      used_vault_key: null,
      reason: wanted.reason ?? null,
    })
    .execute();
  return await answerOf(ground, activation, wanted, expiresAtMs);
}

/**
 * The till's code that a tablet may still use, as it was answered when it was made: a page that is opened
 * again shows it again, instead of a new one that would end what somebody is just typing. Null: none is open.
 */
export async function openActivationOf(
  ground: Pick<Ground, "instance">,
  db: Database,
  keys: MerchantKeys,
  wanted: Omit<ActivationFor, "reason">,
  nowMs: number,
): Promise<OpenActivation | null> {
  const row = await db
    .selectFrom("books.activations")
    .select(["activation_id", "locator", "secrets", "expires_at_ms", "reason"])
    .where("merchant_id", "=", keys.merchantId)
    .where("till_id", "=", wanted.till)
    .where("killed", "=", false)
    .where("used_epoch", "is", null)
    .where("expires_at_ms", ">", nowMs)
    .executeTakeFirst();
  if (row === undefined) return null;
  const [typedSecret, scannedSecret] = await openSecrets(keys, row.activation_id, row.secrets);
  const activation = { locator: row.locator, typedSecret, scannedSecret };
  const answer = await answerOf(ground, activation, wanted, row.expires_at_ms);
  return { ...answer, reason: row.reason as RenewalReason | null };
}

async function answerOf(
  ground: Pick<Ground, "instance">,
  activation: NewActivation,
  { shopName, tillName }: Pick<ActivationFor, "shopName" | "tillName">,
  expiresAtMs: number,
): Promise<ActivationAnswer> {
  const pin = await thumbprint(ground.instance.root.publicKey);
  const qrText = scannedActivation(activation, pin, { shopName, tillName });
  return { typedCode: typedActivation(activation), qrText, expiresAtMs };
}

/** No activation code made for this till so far will be taken any more. */
export async function killActivations(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  till: Uint8Array,
): Promise<void> {
  await tx
    .updateTable("books.activations")
    .set({ killed: true })
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("killed", "=", false)
    .execute();
}

/** The typed secret, then the scanned one. */
export async function openSecrets(
  keys: MerchantKeys,
  activationId: Uint8Array,
  sealed: Uint8Array,
): Promise<readonly [typed: Bytes, scanned: Bytes]> {
  const decoded = decodeCbor(await open(keys, secretsField(activationId), sealed));
  const secrets = decoded.ok
    ? readShape(decoded.value, (shape): readonly [Bytes, Bytes] => [shape.bytes(5), shape.bytes(16)])
    : null;
  if (secrets === null) throw new Error("activations: secrets do not read back");
  return secrets;
}

function secretsField(activationId: Uint8Array): string {
  return `activations.secrets/${toHex(activationId)}`;
}

/** A locator leads to one activation of the whole server; one that has expired may be used again. */
async function takeLocator(
  tx: DatabaseTransaction,
  locator: string,
  merchant: Uint8Array,
  activationId: Uint8Array,
  expiresAtMs: number,
  nowMs: number,
): Promise<boolean> {
  const columns = { merchant_id: merchant, activation_id: activationId, expires_at_ms: expiresAtMs };
  const taken = await tx
    .insertInto("control.activation_directory")
    .values({ locator, ...columns })
    .onConflict((conflict) =>
      conflict
        .column("locator")
        .doUpdateSet(columns)
        .where("control.activation_directory.expires_at_ms", "<", nowMs),
    )
    .returning("locator")
    .executeTakeFirst();
  return taken !== undefined;
}
