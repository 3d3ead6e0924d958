import type { StopReason } from "#domain/refusal.ts";
import { sameBytes } from "#protocol/bytes.ts";
import { importPublicKey } from "#protocol/crypto.ts";
import { decodeEntry, hashEntry, verifyEntry } from "#protocol/entry.ts";
import { decodeCertificate } from "#protocol/certificate.ts";
import type { Keyset } from "#protocol/keyset.ts";
import { openAnswer, type Answer } from "#protocol/push.ts";
import type { IdentityRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import type { Mirror } from "../mirror.ts";
import { mendHole } from "../put-back.ts";

/**
 * Judges what a signed answer said against this till (PROTOCOL §6). Null: not proven, go on. A reason stops
 * codes and secrets; cash and delivery go on in every case. An entry that is gone is first looked for in the
 * mirror.
 */
export async function judgeFinding(
  db: TillDatabase,
  identity: IdentityRow,
  keyset: Keyset,
  mirror: Mirror | null,
): Promise<StopReason | null> {
  if (!(await isWhole(db, identity, mirror))) return "damaged";
  const finding = await db.delivery.get("finding");
  if (finding?.key !== "finding") return null;
  const signed = { bytes: finding.answer, signature: finding.signature };
  const answer = await openAnswer(keyset, signed, finding.requestHash);
  if (!answer || answer.epoch !== identity.epoch) return null;
  switch (answer.result) {
    case "fork":
      return (await isProvenFork(db, identity, answer)) ? "fork" : null;
    case "quarantined":
      // No entry of ours is held against us: what we say is set apart, nothing says that we parted.
      return "set-apart";
    case "damaged":
    case "gap":
      return "damaged";
    case "ok":
    case "closed":
      return judgeHead(db, identity, answer);
  }
}

/** Is every entry there that the carrier looked for, now at least? */
async function isWhole(db: TillDatabase, identity: IdentityRow, mirror: Mirror | null): Promise<boolean> {
  const hole = await db.delivery.get("hole");
  if (hole?.key !== "hole" || hole.epoch !== identity.epoch) return true;
  // A row that cannot be read is as good as gone.
  if (!(await db.journal.get([hole.epoch, hole.seq]).catch(() => undefined))) {
    const certificate = decodeCertificate(identity.certificate);
    const mended =
      mirror && certificate && (await mendHole(db, mirror, identity, certificate.deviceKey, hole));
    if (!mended) return false;
  }
  await db.delivery.delete("hole");
  return true;
}

/**
 * A signed head that is not in our journal: ahead of us we were restored from an older state, beside us
 * forked.
 */
async function judgeHead(
  db: TillDatabase,
  identity: IdentityRow,
  answer: Answer,
): Promise<StopReason | null> {
  const head = await db.head.get("head");
  if (head && answer.seq > head.seq) return "behind";
  const floor = await db.setting("floor");
  const { epoch } = identity;
  // The row itself may be gone without harm: its hash stands in the floor or in the head.
  const named = [floor, head].find((one) => one?.epoch === epoch && one.seq === answer.seq);
  const row = named ?? (await db.journal.get([epoch, answer.seq]));
  if (!row) return "damaged";
  return sameBytes(row.hash, answer.headHash) ? null : "fork";
}

/**
 * Believed only if the server's entry at that seq carries this device's own signature and differs from ours.
 */
async function isProvenFork(db: TillDatabase, identity: IdentityRow, answer: Answer): Promise<boolean> {
  if (answer.detail.kind !== "entry") return false;
  const entry = decodeEntry(answer.detail.entry.bytes);
  const certificate = decodeCertificate(identity.certificate);
  if (!entry || !certificate || entry.epoch !== identity.epoch) return false;
  const device = await importPublicKey(certificate.deviceKey);
  if (!(await verifyEntry(device, answer.detail.entry))) return false;
  const ours = await db.journal.get([identity.epoch, entry.seq]);
  return !ours || !sameBytes(ours.hash, await hashEntry(answer.detail.entry.bytes));
}
