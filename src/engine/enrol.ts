import type { EnrolRefusal } from "#domain/refusal.ts";
import { accepted, refused, type Result } from "#domain/result.ts";
import { sameBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import { exportPublicKey, newSigningPair, sha256 } from "#protocol/crypto.ts";
import {
  compareDigits,
  decodeEnrolAnswer,
  decodeEnrolRequest,
  encodeEnrolRequest,
  openEnrolAnswer,
  proveEnrolment,
  readActivation,
  type ActivationCode,
  type EnrolAnswer,
} from "#protocol/enrolment.ts";
import type { Activation, ActivationPreview } from "#protocol/engine-calls.ts";
import { openKeyset } from "#protocol/keyset.ts";
import type { PinWorker } from "#protocol/pin-calls.ts";
import { CBOR_TYPE, REQUEST_TIMEOUT_MS, TILL_API } from "#protocol/till-api.ts";
import type { IdentityRow, PendingEnrolmentRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import { beginCopy, readCopy } from "./books-at-start.ts";
import { verifiedSet } from "./carried.ts";
import type { CopyContents, MirrorFile } from "./mirror.ts";
import { beginEpoch, unsentOfOthers } from "./new-epoch.ts";
import type { Surroundings } from "./surroundings.ts";
import type { OpenVault } from "./vault/open-vault.ts";

/** What this tablet was before, and how it is asked. */
export interface EnrolWish {
  readonly text: string;
  /** A till that is in order becomes another epoch only when somebody wants just that. */
  readonly deliberate?: boolean;
  /** What the second copy holds: with an empty or damaged database, the only trace of some sales. */
  readonly copy: CopyContents;
}

/**
 * Enrols this tablet (PROTOCOL §3), or enrols it again: what it held before is kept, to be carried. Keys and
 * request are on disk before the request leaves: when the answer is lost, the same request goes again and
 * gets the same answer, instead of burning the owner's activation code. Refused as `already-enrolled` where
 * all is well, as `unsent-elsewhere` where sales of another merchant are not delivered.
 */
export async function enrolTablet(
  db: TillDatabase,
  surroundings: Surroundings,
  pinWorker: Pick<PinWorker, "makeVault">,
  { text, deliberate = false, copy }: EnrolWish,
): Promise<Result<IdentityRow, EnrolRefusal>> {
  const before = await db.enrolled();
  if (before && !deliberate && !(await db.setting("stop"))) return refused({ code: "already-enrolled" });
  const code = readActivation(text);
  if (!code) return refused({ code: "activation-mistyped" });
  const pending = await preparePending(db, surroundings, pinWorker, code);
  const answered = await post(
    surroundings,
    encodeEnrolRequest({
      requestBytes: pending.request,
      proof: pending.proof,
      signature: pending.signature,
    }),
  );
  if (!answered.ok) return answered;
  return keep(db, code, pending, answered.value, copy);
}

/** The tablet that is to be enrolled. */
export interface EnrolParts {
  readonly db: TillDatabase;
  readonly surroundings: Surroundings;
  readonly vault: Pick<OpenVault, "hire">;
  readonly copyFile: MirrorFile | null;
  /** The database is spoiled for good. */
  readonly unopenable: boolean;
}

/** Enrols this tablet with what it has: the books are made anew where nobody could open them any more. */
export async function enrolHere(
  { db, surroundings, vault, copyFile, unopenable }: EnrolParts,
  activation: Activation,
): Promise<Result<IdentityRow, EnrolRefusal>> {
  const worker = vault.hire();
  try {
    // Only here, when somebody has read what it means and wants it.
    if (unopenable) await (await import("./unopenable.ts")).makeAnew(db);
    const wish = { ...activation, copy: await readCopy(copyFile) };
    const enrolled = await enrolTablet(db, surroundings, worker.calls, wish);
    // What the copy held is in the database by now, and signed for by nobody: only here it begins anew.
    if (enrolled.ok) await beginCopy(db, copyFile, enrolled.value);
    return enrolled;
  } finally {
    worker.dismiss();
  }
}

/** What an activation code says of itself before it is used. */
export function previewOf(text: string): Result<ActivationPreview, EnrolRefusal> {
  const code = readActivation(text);
  if (!code) return refused({ code: "activation-mistyped" });
  return accepted({ source: code.source, shopName: code.shopName, tillName: code.tillName });
}

async function preparePending(
  db: TillDatabase,
  surroundings: Surroundings,
  pinWorker: Pick<PinWorker, "makeVault">,
  code: ActivationCode,
): Promise<PendingEnrolmentRow> {
  const activationHash = toHex(await sha256(code.secret));
  const before = await db.pendingEnrolment();
  if (before?.activationHash === activationHash) return before;
  const device = await newSigningPair(false);
  const { publicKey, ...vault } = await pinWorker.makeVault();
  const signed = await proveEnrolment(code, device.privateKey, {
    locator: code.locator,
    deviceKey: await exportPublicKey(device.publicKey),
    vaultKey: publicKey,
    nonce: surroundings.randomBytes(16),
  });
  const row: PendingEnrolmentRow = {
    key: "pending",
    activationHash,
    request: signed.requestBytes,
    proof: signed.proof,
    signature: signed.signature,
    devicePrivate: device.privateKey,
    vault: { key: "vault", level: "basic", publicKey, ...vault },
  };
  await db.identity.put(row);
  return row;
}

async function post(surroundings: Surroundings, body: Bytes): Promise<Result<EnrolAnswer, EnrolRefusal>> {
  try {
    const response = await surroundings.fetch(TILL_API.enrol, {
      method: "POST",
      headers: { "content-type": CBOR_TYPE },
      body,
      cache: "no-store",
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    if (!response.ok) return refused(await namedRefusal(response));
    const answer = decodeEnrolAnswer(new Uint8Array(await response.arrayBuffer()));
    return answer ? accepted(answer) : refused({ code: "server-not-genuine" });
  } catch (cause) {
    if (cause instanceof TypeError || cause instanceof DOMException)
      return refused({ code: "server-unreachable" });
    throw cause;
  }
}

const NAMED: ReadonlySet<string> = new Set([
  "activation-unknown",
  "activation-expired",
  "activation-used",
  "activation-killed",
]);

/** An unsigned refusal only chooses words: nothing on this tablet changes because of it. */
async function namedRefusal(response: Response): Promise<EnrolRefusal> {
  const body: unknown = await response.json().catch(() => null);
  const error = body && typeof body === "object" && "error" in body ? body.error : null;
  const code = error && typeof error === "object" && "code" in error ? error.code : null;
  if (code === "too-many-tries") {
    const waitMs = error && typeof error === "object" && "waitMs" in error ? error.waitMs : null;
    return { code, waitMs: typeof waitMs === "number" ? waitMs : 60_000 };
  }
  if (typeof code === "string" && NAMED.has(code)) return { code } as EnrolRefusal;
  return { code: "server-unreachable" };
}

/** Puts a genuine answer on disk whole, or nothing of it. */
async function keep(
  db: TillDatabase,
  code: ActivationCode,
  pending: PendingEnrolmentRow,
  answer: EnrolAnswer,
  contents: CopyContents,
): Promise<Result<IdentityRow, EnrolRefusal>> {
  const sent = decodeEnrolRequest(
    encodeEnrolRequest({
      requestBytes: pending.request,
      proof: pending.proof,
      signature: pending.signature,
    }),
  );
  const certificate = sent && (await openEnrolAnswer(code, sent.request, answer));
  const keyset =
    certificate && (await openKeyset(certificate.rootKey, answer.keysetBytes, answer.keysetSignature, null));
  const past = (await db.setting("past-lineages"))?.lineages ?? [];
  // A server of a lineage this till has left is an old copy of ours: whatever it enrols would be lost again.
  const isPast = certificate && past.some((one) => sameBytes(one, certificate.lineage));
  if (!certificate || !keyset || isPast) return refused({ code: "server-not-genuine" });
  const before = await db.enrolled();
  const copy = await verifiedSet(contents);
  const stranded = await unsentOfOthers(db, before, copy, certificate.merchant);
  if (stranded.count > 0) return refused({ code: "unsent-elsewhere", ...stranded });
  const identity: IdentityRow = {
    key: "till",
    certificate: answer.certificateBytes,
    rootSignature: answer.rootSignature,
    merchant: certificate.merchant,
    store: certificate.store,
    till: certificate.till,
    epoch: certificate.epoch,
    rootKey: certificate.rootKey,
    devicePrivate: pending.devicePrivate,
    compareDigits: answer.compare ? await compareDigits(answer.certificateBytes) : null,
  };
  const { lineage, serverMs } = certificate;
  await beginEpoch(db, {
    identity,
    vault: pending.vault,
    lineage,
    tillName: answer.tillName,
    copy,
    settings: [
      { key: "keyset", bytes: answer.keysetBytes, signature: answer.keysetSignature },
      { key: "shop", shopName: answer.shopName, tillName: answer.tillName, currency: "CNY" },
      { key: "feed", version: 0, lineage, appliedAtMs: null },
      { key: "mark", markMs: serverMs, anchorMs: serverMs },
    ],
  });
  return accepted(identity);
}
