import { toHex } from "#protocol/bytes.ts";
import type { IdentityRow } from "#storage/schema.ts";
import type { Table, TillDatabase } from "#storage/till-database.ts";

/** So many rows go at once: a sale may come between. */
const SWEPT_AT_ONCE = 500;

/**
 * The last page of a full feed is applied: what no page of it named is gone at the office, and goes here.
 * Until now it stayed, so that no code was free and no operator gone only because the list was half read.
 * What this till did itself stays for good. Does nothing when no full feed is under way.
 */
export async function endFullRun(db: TillDatabase, identity: IdentityRow): Promise<void> {
  const under = await db.setting("full-run");
  if (!under) return;
  const { run } = under;
  const stop = await db.setting("stop");
  const own = toHex(identity.till);
  const isOld = (row: { readonly run?: number }): boolean => row.run !== run;
  await sweep(db, db.codes, isOld);
  await sweep(db, db.siteKeys, isOld);
  await sweep(db, db.sealedSecrets, isOld);
  await sweep(db, db.revoked, isOld);
  await sweep(db, db.leaseAsks, isOld);
  await sweep(db, db.spent, (row) => isOld(row) && !row.here);
  // A revoked till's own leases stay until its entry has given them back, or nobody could ever take those
  // codes.
  const keeps = stop?.reason === "revoked";
  await sweep(db, db.leases, (row) => isOld(row) && !(keeps && row.till === own));
  await db.operators.filter((row) => isOld(row) && row.active).modify({ active: false });
  await db.settings.delete("full-run");
}

async function sweep<T, K>(db: TillDatabase, table: Table<T, K>, isOld: (row: T) => boolean): Promise<void> {
  const keys = (await table.filter(isOld).primaryKeys()) as K[];
  for (let at = 0; at < keys.length; at += SWEPT_AT_ONCE) {
    await db.transaction("rw", table, () => table.bulkDelete(keys.slice(at, at + SWEPT_AT_ONCE)));
  }
}
