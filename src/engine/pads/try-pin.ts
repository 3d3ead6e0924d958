import { accepted, refused, type Result } from "#domain/result.ts";
import { fromHex } from "#protocol/bytes.ts";
import type { PinWorker, RaisedCost, SecretCheck } from "#protocol/pin-calls.ts";
import { SECRET_SALT_BYTES } from "#protocol/vault-records.ts";
import type { OperatorRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import { liveSecrets } from "../vault/live-secrets.ts";
import { pinTryRefusal, type PadParts, type PadRefusal } from "./pad-parts.ts";

/**
 * One try at an operator's PIN: counted on disk first, then looked at in the worker, which is gone
 * afterwards. What a right one allows is written by the caller, in one transaction with `keepSuccess`.
 */
export async function tryPin(
  parts: PadParts,
  worker: PinWorker,
  end: () => void,
  subjectClass: "operator" | "manager",
  operator: OperatorRow,
): Promise<Result<SecretCheck, PadRefusal>> {
  const { db, identity, time, book, vault } = parts;
  const subject = fromHex(operator.id);
  const candidates = await liveSecrets(db, identity, operator.id, time.read().nowMs);
  if (candidates.length === 0) return refused({ code: "pin-needs-manager" });
  const counted = await book.count(subjectClass, subject);
  if (!counted.ok) {
    end();
    return refused("kind" in counted.refusal ? pinTryRefusal(counted.refusal) : counted.refusal);
  }
  const check = await worker.checkSecret(await vault.material(), subject, candidates, await raise(parts));
  end();
  if (!check.right) return refused(pinTryRefusal(await book.mayTry(subjectClass, subject)));
  return accepted(check);
}

/**
 * To run inside the transaction that records the success: tries start anew, and a record that this device can
 * make costlier is written so.
 */
export async function keepSuccess(
  parts: PadParts,
  subjectClass: "operator" | "manager",
  operator: OperatorRow,
  { raised }: SecretCheck,
): Promise<void> {
  const { db, book } = parts;
  await book.forgive(subjectClass, fromHex(operator.id));
  if (!raised) return;
  const present = await db.secrets.get(operator.id);
  // Changed while the check ran, it is another secret.
  if (present?.version === raised.version && present.profile < raised.profile)
    await db.secrets.put({ subject: operator.id, ...raised });
}

/** The profile this device was found to make in good time. */
export async function ownProfile(db: TillDatabase): Promise<number> {
  return (await db.setting("argon2"))?.profile ?? 1;
}

async function raise({ db, surroundings }: PadParts): Promise<RaisedCost | null> {
  const profile = await ownProfile(db);
  return profile > 1 ? { profile, salt: surroundings.randomBytes(SECRET_SALT_BYTES) } : null;
}
