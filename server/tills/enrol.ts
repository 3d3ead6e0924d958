// A tablet becomes a till (PROTOCOL §3). The proof shows that it knows the code, the certificate that we are
// we.
import { accepted, refused, type Result } from "#domain/result.ts";
import type { EnrolRefusal } from "#domain/refusal.ts";
import { sameBytes, type Bytes } from "#protocol/bytes.ts";
import { encodeCertificate } from "#protocol/certificate.ts";
import {
  ACTIVATION_MAX_WRONG,
  certify,
  checkEnrolment,
  type decodeEnrolRequest,
  type EnrolAnswer,
} from "#protocol/enrolment.ts";
import { genesisPrev } from "#protocol/entry.ts";
import { importPublicKey } from "#protocol/crypto.ts";
import { audit } from "../audit.ts";
import { keysOf, signedKeyset, wake, type Books } from "../books.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { publishChanges } from "../feed/sequencer.ts";
import { openSecrets } from "./activations.ts";
import { closeEpochs, confirmEpoch } from "./epochs.ts";

export type ReceivedEnrolment = NonNullable<ReturnType<typeof decodeEnrolRequest>>;

interface Done {
  readonly merchant: Bytes;
  readonly answer: EnrolAnswer;
}

/** Enrols; the same keys get the same certificate again, since an answer may be lost on its way. */
export async function enrol(
  books: Books,
  received: ReceivedEnrolment,
): Promise<Result<EnrolAnswer, EnrolRefusal>> {
  const place = await books.db
    .selectFrom("control.activation_directory")
    .selectAll()
    .where("locator", "=", received.request.locator)
    .executeTakeFirst();
  if (place === undefined) return refused({ code: "activation-unknown" });
  const { merchant_id: merchant, activation_id: activationId } = place;
  // A counted wrong proof has to be committed, so refusals are answers of the transaction and roll nothing
  // back.
  const done = await books.db
    .transaction()
    .execute((tx) => enrolIn(books, tx, new Uint8Array(merchant), activationId, received));
  if (!done.ok) return done;
  await publishChanges(books, done.value.merchant);
  await wake(books, done.value.merchant, "till");
  return accepted(done.value.answer);
}

async function enrolIn(
  books: Books,
  tx: DatabaseTransaction,
  merchant: Bytes,
  activationId: Uint8Array,
  received: ReceivedEnrolment,
): Promise<Result<Done, EnrolRefusal>> {
  const nowMs = books.nowMs();
  const named = await tx
    .selectFrom("books.activations")
    .select("till_id")
    .where("merchant_id", "=", merchant)
    .where("activation_id", "=", activationId)
    .executeTakeFirstOrThrow();
  // The till before its codes, as the office takes them: the other way round the two would wait for each
  // other.
  await lockTill(tx, merchant, named.till_id);
  const activation = await tx
    .selectFrom("books.activations")
    .selectAll()
    .where("merchant_id", "=", merchant)
    .where("activation_id", "=", activationId)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const used = activation.used_epoch;
  if (used === null && activation.killed) return refused({ code: "activation-killed" });
  if (used === null && nowMs >= activation.expires_at_ms) return refused({ code: "activation-expired" });
  const keys = await keysOf(books, tx, merchant);
  const secrets = await openSecrets(keys, activationId, activation.secrets);
  const secret = await checkEnrolment(received, secrets);
  const { request } = received;
  if (used !== null) {
    const same =
      secret !== null &&
      sameBytes(request.deviceKey, activation.used_device_key ?? new Uint8Array()) &&
      sameBytes(request.vaultKey, activation.used_vault_key ?? new Uint8Array());
    if (!same) return refused({ code: "activation-used" });
    return await answerFor(books, tx, merchant, activation.till_id, used, secret, request.nonce);
  }
  if (secret === null || !(await isPoint(request.vaultKey))) {
    const wrong = activation.wrong + 1;
    const killed = wrong >= ACTIVATION_MAX_WRONG;
    await tx
      .updateTable("books.activations")
      .set({ wrong, killed })
      .where("merchant_id", "=", merchant)
      .where("activation_id", "=", activationId)
      .execute();
    if (killed)
      await audit(tx, { merchantId: merchant, atMs: nowMs, who: "server", what: "activation-killed" });
    return refused({ code: killed ? "activation-killed" : "activation-mistyped" });
  }
  const typed = sameBytes(secret, secrets[0]);
  const wanted = { till: activation.till_id, request, typed, reason: activation.reason };
  const epoch = await openEpoch(books, tx, merchant, wanted);
  await tx
    .updateTable("books.activations")
    .set({ used_epoch: epoch, used_device_key: request.deviceKey, used_vault_key: request.vaultKey })
    .where("merchant_id", "=", merchant)
    .where("activation_id", "=", activationId)
    .execute();
  return await answerFor(books, tx, merchant, activation.till_id, epoch, secret, request.nonce);
}

async function lockTill(
  tx: DatabaseTransaction,
  merchant: Bytes,
  till: Uint8Array,
): Promise<{
  readonly store_id: Uint8Array;
  readonly short_id: string;
  readonly epoch_floor: number;
}> {
  return await tx
    .selectFrom("books.tills")
    .select(["store_id", "short_id", "epoch_floor"])
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .forUpdate()
    .executeTakeFirstOrThrow();
}

async function isPoint(bytes: Uint8Array): Promise<boolean> {
  return (await importPublicKey(bytes).catch(() => null)) !== null;
}

interface NewEpoch {
  readonly till: Uint8Array;
  readonly request: ReceivedEnrolment["request"];
  readonly typed: boolean;
  /** Why the epoch before ends, once this one is confirmed. */
  readonly reason: string | null;
}

async function openEpoch(
  books: Books,
  tx: DatabaseTransaction,
  merchant: Bytes,
  { till, request, typed, reason }: NewEpoch,
): Promise<number> {
  const nowMs = books.nowMs();
  const row = await lockTill(tx, merchant, till);
  const last = await tx
    .selectFrom("books.till_epochs")
    .select("epoch")
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .orderBy("epoch", "desc")
    .limit(1)
    .executeTakeFirst();
  const epoch = Math.max(last?.epoch ?? 0, row.epoch_floor) + 1;
  const certificate = encodeCertificate({
    lineage: books.instance.lineage,
    merchant,
    store: new Uint8Array(row.store_id),
    till: new Uint8Array(till),
    epoch,
    deviceKey: request.deviceKey,
    vaultKey: request.vaultKey,
    rootKey: books.instance.root.publicKey,
    serverMs: nowMs,
  });
  const prev = await genesisPrev(certificate);
  // An epoch nobody confirmed ends with the next one: its key belongs to nobody we know.
  await closeEpochs(tx, merchant, till, ["pending"], "rejected", nowMs);
  await tx
    .insertInto("books.till_epochs")
    .values({
      merchant_id: merchant,
      till_id: till,
      epoch,
      certificate,
      device_key: request.deviceKey,
      vault_key: request.vaultKey,
      genesis_prev: prev,
      head_hash: prev,
      state: "pending",
      closed_reason: null,
      renewal_reason: reason,
      typed,
      enrolled_at_ms: nowMs,
      confirmed_at_ms: null,
      last_seen_ms: nowMs,
      build: null,
    })
    .execute();
  if (!typed) await confirmEpoch(tx, merchant, till, epoch, nowMs);
  const detail = { till: row.short_id, epoch, typed };
  await audit(tx, { merchantId: merchant, atMs: nowMs, who: "server", what: "till-enrolled", detail });
  return epoch;
}

async function answerFor(
  books: Books,
  tx: DatabaseTransaction,
  merchant: Bytes,
  till: Uint8Array,
  epoch: number,
  secret: Uint8Array,
  nonce: Uint8Array,
): Promise<Result<Done, EnrolRefusal>> {
  const row = await tx
    .selectFrom("books.till_epochs as e")
    .innerJoin("books.tills as t", (join) =>
      join.onRef("t.merchant_id", "=", "e.merchant_id").onRef("t.till_id", "=", "e.till_id"),
    )
    .innerJoin("control.merchants as m", "m.merchant_id", "e.merchant_id")
    .select(["e.certificate", "e.typed", "t.name as till_name", "m.name as shop_name"])
    .where("e.merchant_id", "=", merchant)
    .where("e.till_id", "=", till)
    .where("e.epoch", "=", epoch)
    .executeTakeFirstOrThrow();
  const certificateBytes = new Uint8Array(row.certificate);
  const { rootSignature, proof } = await certify(
    books.instance.root.privateKey,
    certificateBytes,
    secret,
    nonce,
  );
  const keyset = await signedKeyset(books, tx, merchant);
  return accepted({
    merchant,
    answer: {
      certificateBytes,
      rootSignature,
      proof,
      keysetBytes: keyset.bytes,
      keysetSignature: keyset.signature,
      shopName: row.shop_name,
      tillName: row.till_name,
      compare: row.typed,
    },
  });
}
