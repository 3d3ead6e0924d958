// A code's row under lock: whoever sells, claims, moves or revokes a code takes this lock first, so that all
// agree who was first (PROTOCOL §11).
import { toHex, type Bytes } from "#protocol/bytes.ts";
import type { DatabaseTransaction } from "../db/tables.ts";

export interface LockedCode {
  readonly cti: Bytes;
  readonly storeId: Uint8Array;
  readonly amountMinor: number;
  readonly kind: "exact" | "up-to";
  readonly leaseTill: Uint8Array | null;
  /** The holder is asked to give it back, for this till (null: for nobody). */
  readonly leaseAskedAtMs: number | null;
  readonly leaseWantedTill: Uint8Array | null;
  /** The holder's tablet was stolen. */
  readonly leaseWithheld: boolean;
  readonly onlyTill: Uint8Array | null;
  readonly revoked: boolean;
  readonly expiresAtMs: number;
}

/** Locks these codes in the order of their ids; those nobody issued are not among the answers. By hex cti. */
export async function lockCodes(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  ctis: readonly Uint8Array[],
): Promise<ReadonlyMap<string, LockedCode>> {
  if (ctis.length === 0) return new Map();
  const rows = await tx
    .selectFrom("books.codes")
    .select(["cti", "store_id", "amount_minor", "kind", "lease_till", "only_till", "revoked_at_ms"])
    .select(["expires_at_ms", "lease_asked_at_ms", "lease_wanted_till", "lease_withheld"])
    .where("merchant_id", "=", merchant)
    .where(
      "cti",
      "in",
      ctis.map((cti) => Buffer.from(cti)),
    )
    .orderBy("cti")
    .forUpdate()
    .execute();
  return new Map(
    rows.map((row) => [
      toHex(row.cti),
      {
        cti: new Uint8Array(row.cti),
        storeId: row.store_id,
        amountMinor: row.amount_minor,
        kind: row.kind,
        leaseTill: row.lease_till,
        leaseAskedAtMs: row.lease_asked_at_ms,
        leaseWantedTill: row.lease_wanted_till,
        leaseWithheld: row.lease_withheld,
        onlyTill: row.only_till,
        revoked: row.revoked_at_ms !== null,
        expiresAtMs: row.expires_at_ms,
      },
    ]),
  );
}

/** Locks one code; undefined when nobody issued it. */
export async function lockCode(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  cti: Uint8Array,
): Promise<LockedCode | undefined> {
  return (await lockCodes(tx, merchant, [cti])).get(toHex(cti));
}
