import { PIN_LENGTH } from "#domain/pin.ts";
import { accepted, refused, type Result } from "#domain/result.ts";
import { pinSetAad } from "#protocol/aads.ts";
import { fromHex } from "#protocol/bytes.ts";
import type { PadOutcome } from "#protocol/engine-calls.ts";
import type { PinWorker, RecordWish } from "#protocol/pin-calls.ts";
import { SECRET_SALT_BYTES } from "#protocol/vault-records.ts";
import type { OperatorRow } from "#storage/schema.ts";
import { exportKeyOf } from "../export-keys.ts";
import { restartTries } from "../vault/attempt-book.ts";
import { nextVersion, nobodyHasPin } from "../vault/live-secrets.ts";
import { no, withPin, type PadParts, type PadRefusal, type PadWork } from "./pad-parts.ts";
import { ownProfile } from "./try-pin.ts";

/**
 * Sets a PIN. Free for the owner while nobody has one; any other needs the word of whoever knows the old one,
 * or of a manager, given just before (`pin-needs-manager`).
 */
export async function newPinPad(parts: PadParts, operatorId: string): Promise<Result<PadWork, PadRefusal>> {
  const { db, vault, approvals } = parts;
  const operator = await db.operators.get(operatorId);
  if (!operator?.active) return refused({ code: "no-operator" });
  // A till whose vault was lost knows of no PIN: without this, anybody could set the owner's.
  if (!(await vault.standing()).open) return refused({ code: "vault-closed" });
  const isFirst = operator.role === "owner" && (await nobodyHasPin(db));
  if (!isFirst && !approvals.holds({ what: "new-pin", operatorId }))
    return refused({ code: "pin-needs-manager" });
  return accepted({
    kind: "digits",
    fixedLength: PIN_LENGTH,
    check: (worker, end) => setPin(parts, operator, isFirst, worker, end),
  });
}

async function setPin(
  parts: PadParts,
  operator: OperatorRow,
  isFirst: boolean,
  worker: PinWorker,
  end: () => void,
): Promise<PadOutcome> {
  const { db, ledger, vault, approvals, results } = parts;
  const wish = await recordWish(parts, operator);
  const made = await worker.newRecord(await vault.material(), wish);
  if (made.kind === "again") return made;
  if (made.kind === "refused") return no(made.refusal);
  end();
  const { record, carried } = made;
  const { subject } = wish;
  const set = await ledger.append<PadRefusal>({
    body: () => ({
      kind: "pin-set",
      operator: subject,
      version: record.version,
      ...(carried ? { carried } : {}),
    }),
    inside: async () => {
      // The leave may have run out, or the office's own PIN come, while the new one was typed.
      const mayStill = isFirst
        ? await nobodyHasPin(db)
        : approvals.holds({ what: "new-pin", operatorId: operator.id });
      if (!mayStill) return { code: "pin-needs-manager" };
      if ((await nextVersion(db, operator.id)) !== record.version) return { code: "not-committed" };
      await db.secrets.put({ subject: operator.id, ...record });
      await restartTries(db, "operator", subject);
      return null;
    },
  });
  if (!set.ok) return no(set.refusal);
  approvals.end();
  // Whoever is in stays in: a PIN set for another one is no sign-in.
  if (!results.present()) results.operatorIn(operator, "pin");
  return { kind: "pin-set", operator: withPin(operator) };
}

async function recordWish(
  { db, identity, keyset, surroundings }: PadParts,
  operator: OperatorRow,
): Promise<RecordWish> {
  const subject = fromHex(operator.id);
  const version = await nextVersion(db, operator.id);
  const key = exportKeyOf(keyset());
  const { till, epoch } = identity;
  const carry = key && {
    exportKey: key.key,
    aad: pinSetAad(till, epoch, subject, version),
    salt: surroundings.randomBytes(SECRET_SALT_BYTES),
  };
  const salt = surroundings.randomBytes(SECRET_SALT_BYTES);
  return { subject, version, salt, profile: await ownProfile(db), carry: carry ?? null };
}
