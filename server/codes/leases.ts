// Who may take a code without asking (PROTOCOL §11). A lease ends by its holder's own entry, stored here; by
// the end of the holder's epoch; or with the code. Nobody else is believed, for the holder may be offline and
// selling.
import { sameBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import type { LeaseMove } from "#protocol/entry-bodies.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { everyTill, TOLD_AFTER_EXPIRY_MS, writeChange } from "../feed/changes.ts";
import { oweServerEntry } from "../journal/server-journal.ts";
import { endClaim, tillName } from "./claims.ts";
import { lockCodes, type LockedCode } from "./locked-code.ts";

/** Gives the lease to a till, or to nobody; every till is told. The caller holds the code's lock. */
export async function giveLease(
  tx: DatabaseTransaction,
  merchant: Bytes,
  code: LockedCode,
  to: Uint8Array | null,
  why: LeaseMove,
  nowMs: number,
): Promise<void> {
  const { cti, expiresAtMs } = code;
  const next = to && new Uint8Array(to);
  await tx
    .updateTable("books.codes")
    .set({ lease_till: next, lease_asked_at_ms: null, lease_wanted_till: null, lease_withheld: false })
    .where("merchant_id", "=", merchant)
    .where("cti", "=", cti)
    .execute();
  await tellLease(tx, merchant, cti, next, expiresAtMs, nowMs);
  const from = code.leaseTill && new Uint8Array(code.leaseTill);
  await oweServerEntry(tx, merchant, { kind: "lease-moved", cti, from, to: next, why }, nowMs);
}

async function tellLease(
  tx: DatabaseTransaction,
  merchant: Bytes,
  cti: Bytes,
  till: Bytes | null,
  expiresAtMs: number,
  nowMs: number,
): Promise<void> {
  const name = till === null ? "" : ((await tillName(tx, merchant, till)) ?? "");
  const lease = { type: "lease", cti, till, tillName: name } as const;
  await writeChange(tx, merchant, everyTill, lease, nowMs, expiresAtMs + TOLD_AFTER_EXPIRY_MS);
}

/**
 * The holder's `lease-released` is stored: the code goes where the owner wants it, or to nobody. What is not
 * leased to it (any more) is none of its business.
 */
export async function leaseReleased(
  tx: DatabaseTransaction,
  merchant: Bytes,
  holder: Uint8Array,
  code: LockedCode,
  nowMs: number,
): Promise<void> {
  const isHolder = code.leaseTill !== null && sameBytes(code.leaseTill, holder);
  // A code that names its only till needs no lease; a stolen tablet's word is nobody's.
  if (!isHolder || code.leaseWithheld || code.onlyTill !== null) return;
  await giveLease(tx, merchant, code, await inService(tx, merchant, code.leaseWantedTill), "released", nowMs);
}

/** The wanted till, or nobody when it was revoked meanwhile. */
async function inService(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  till: Uint8Array | null,
): Promise<Uint8Array | null> {
  if (till === null) return null;
  const row = await tx
    .selectFrom("books.tills")
    .select("revoked_at_ms")
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .executeTakeFirst();
  return row?.revoked_at_ms === null ? till : null;
}

/**
 * A till's epoch is over. Its claims end and the leases it was asked for move on; the others go over to the
 * till's next tablet. After a theft everything stays where it is until the owner speaks: the thief may still
 * be selling.
 */
export async function codesAfterClose(
  tx: DatabaseTransaction,
  closed: { readonly merchant: Bytes; readonly till: Bytes; readonly epoch: number; readonly reason: string },
  nowMs: number,
): Promise<void> {
  const { merchant, till, epoch, reason } = closed;
  const stolen = reason === "stolen";
  const held = stolen ? [] : await claimsHeldBy(tx, merchant, till, epoch);
  const leased = await leasedTo(tx, merchant, till);
  const codes = await lockCodes(tx, merchant, [...held.map((claim) => claim.cti), ...leased]);
  for (const { seq, cti } of held) {
    if (!(await endClaim(tx, { merchant, till, epoch, seq }, "released", nowMs))) continue;
    const claim = { till, epoch, seq };
    await oweServerEntry(tx, merchant, { kind: "claim-released", cti, claim, why: reason }, nowMs);
  }
  for (const cti of leased) {
    const code = codes.get(toHex(cti));
    if (code === undefined || code.leaseTill === null || !sameBytes(code.leaseTill, till)) continue;
    if (stolen) await withhold(tx, merchant, code, nowMs);
    else if (code.leaseAskedAtMs !== null) {
      const to = await inService(tx, merchant, code.leaseWantedTill);
      await giveLease(tx, merchant, code, to, "closed", nowMs);
    }
  }
}

/** Nobody takes the code until the owner speaks, the till's next tablet included. */
async function withhold(
  tx: DatabaseTransaction,
  merchant: Bytes,
  code: LockedCode,
  nowMs: number,
): Promise<void> {
  if (code.leaseWithheld || code.onlyTill !== null) return;
  await tx
    .updateTable("books.codes")
    .set({ lease_withheld: true })
    .where("merchant_id", "=", merchant)
    .where("cti", "=", code.cti)
    .execute();
  await tellLease(tx, merchant, code.cti, null, code.expiresAtMs, nowMs);
}

/**
 * A revoked till is asked for all its leases; it gives them back by its own entry when it hears that it is
 * revoked. Until then it may be offline and selling.
 */
export async function leasesAfterRevoke(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  till: Uint8Array,
  nowMs: number,
): Promise<void> {
  // In the order in which pushes lock them.
  await lockCodes(tx, merchant, await leasedTo(tx, merchant, till));
  await tx
    .updateTable("books.codes")
    .set({ lease_asked_at_ms: nowMs })
    .where("merchant_id", "=", merchant)
    .where("lease_till", "=", till)
    .where("only_till", "is", null)
    .where("lease_asked_at_ms", "is", null)
    .where("revoked_at_ms", "is", null)
    .where("expires_at_ms", ">", nowMs)
    .execute();
}

async function claimsHeldBy(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  till: Uint8Array,
  epoch: number,
): Promise<readonly { readonly seq: number; readonly cti: Bytes }[]> {
  const rows = await tx
    .selectFrom("books.claims")
    .select(["seq", "cti"])
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "=", epoch)
    .where("state", "=", "held")
    .orderBy("seq")
    .execute();
  return rows.map((row) => ({ seq: row.seq, cti: new Uint8Array(row.cti) }));
}

async function leasedTo(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  till: Uint8Array,
): Promise<readonly Bytes[]> {
  const rows = await tx
    .selectFrom("books.codes as c")
    .leftJoin("books.code_claims as k", (join) =>
      join.onRef("k.merchant_id", "=", "c.merchant_id").onRef("k.cti", "=", "c.cti"),
    )
    .select("c.cti")
    .where("c.merchant_id", "=", merchant)
    .where("c.lease_till", "=", till)
    .where("c.revoked_at_ms", "is", null)
    .where("k.cti", "is", null)
    .orderBy("c.cti")
    .execute();
  return rows.map((row) => new Uint8Array(row.cti));
}
