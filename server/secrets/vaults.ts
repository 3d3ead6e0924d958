// How each till guards its secrets: the level and the lease that the owner chose, and vaults made anew.
import { sql } from "kysely";
import type { VaultLevel } from "#protocol/feed-secrets.ts";
import type { SecretsRefusal, VaultRenewalRequest, VaultRow } from "#protocol/office-secrets-api.ts";
import { renewalDigits } from "#protocol/unlock.ts";
import { accepted, refused, type Result } from "#domain/result.ts";
import { audit } from "../audit.ts";
import type { Books } from "../books.ts";
import type { IssueFor } from "../codes/issue-code.ts";
import type { Database, DatabaseTransaction } from "../db/tables.ts";
import { writeChange } from "../feed/changes.ts";
import { findTill } from "../office/till-commands.ts";

type Refused = SecretsRefusal | { readonly code: "not-found" | "till-revoked" };

interface Row {
  readonly till_id: Uint8Array;
  readonly short_id: string;
  readonly name: string;
  readonly chosen: VaultLevel | null;
  readonly lease_hours: number | null;
  readonly at_till: VaultLevel | null;
  readonly last_seen_ms: number | null;
  readonly epoch: number | null;
  readonly seq: number | null;
  readonly vault_key: Uint8Array | null;
  readonly asked_at_ms: number | null;
}

/** Every till that is not revoked, or one of them. */
export async function readVaults(
  db: Database,
  merchant: Uint8Array,
  tillId: string | null = null,
): Promise<readonly VaultRow[]> {
  const one = tillId === null ? sql`true` : sql`t.short_id = ${tillId}`;
  // The last renewal of the present epoch, as long as nobody has decided about it.
  const rows = await sql<Row>`
    select t.till_id, t.short_id, t.name, t.vault_level as chosen, t.vault_lease_hours as lease_hours,
      e.vault_level as at_till, e.last_seen_ms, r.epoch, r.seq, r.vault_key, r.asked_at_ms
    from books.tills t
    left join books.till_epochs e on e.merchant_id = t.merchant_id and e.till_id = t.till_id
      and e.state = 'open'
    left join lateral (select v.* from books.vault_renewals v where v.merchant_id = t.merchant_id
      and v.till_id = t.till_id and v.epoch = e.epoch order by v.seq desc limit 1) r on r.decided is null
    where t.merchant_id = ${merchant} and t.revoked_at_ms is null and ${one}
    order by t.created_at_ms, t.till_id`.execute(db);
  return await Promise.all(rows.rows.map(shown));
}

async function shown(row: Row): Promise<VaultRow> {
  const { till_id, epoch, seq, vault_key, asked_at_ms } = row;
  const asked = epoch !== null && seq !== null && vault_key !== null && asked_at_ms !== null;
  return {
    tillId: row.short_id,
    tillName: row.name,
    level: row.chosen ?? "basic",
    atTill: row.at_till,
    leaseHours: row.lease_hours,
    lastSeenMs: row.last_seen_ms,
    renewal: asked
      ? { epoch, seq, askedAtMs: asked_at_ms, digits: await renewalDigits(till_id, epoch, vault_key) }
      : null,
  };
}

/** The owner's choice for one till, as the till and the audit log hear it. */
export async function chooseLevel(
  books: Books,
  by: IssueFor,
  tillId: string,
  level: VaultLevel,
): Promise<Result<null, Refused>> {
  return await choose(books, by, tillId, { vault_level: level }, { type: "vault-level", level }, { level });
}

export async function chooseLease(
  books: Books,
  by: IssueFor,
  tillId: string,
  hours: number | null,
): Promise<Result<null, Refused>> {
  const change = { type: "vault-lease", hours } as const;
  return await choose(books, by, tillId, { vault_lease_hours: hours }, change, { hours });
}

async function choose(
  books: Books,
  { merchant, userId }: IssueFor,
  tillId: string,
  columns: { readonly vault_level?: VaultLevel; readonly vault_lease_hours?: number | null },
  change: Parameters<typeof writeChange>[3] & { readonly type: "vault-level" | "vault-lease" },
  said: Readonly<Record<string, string | number | null>>,
): Promise<Result<null, Refused>> {
  const nowMs = books.nowMs();
  return await books.db.transaction().execute(async (tx) => {
    const till = await findTill(tx, merchant, tillId, true);
    if (till === null) return refused({ code: "not-found" });
    if (till.revoked_at_ms !== null) return refused({ code: "till-revoked" });
    await tx
      .updateTable("books.tills")
      .set(columns)
      .where("merchant_id", "=", merchant)
      .where("till_id", "=", till.till_id)
      .execute();
    await writeChange(tx, merchant, { till: till.till_id }, change, nowMs);
    const detail = { till: tillId, ...said };
    const what = `${change.type}-chosen`;
    await audit(tx, { merchantId: merchant, atMs: nowMs, who: userId, what, detail });
    return accepted(null);
  });
}

/**
 * «This is my tablet»: its new vault gets everything, sealed anew when it asks next. «It is not» leaves the
 * old one in place, and the till at cash and delivery. Decided once, about what stood on the screen.
 */
export async function decideRenewal(
  books: Books,
  by: IssueFor,
  tillId: string,
  { mine, epoch, seq }: VaultRenewalRequest,
): Promise<Result<null, Refused>> {
  const { merchant, userId } = by;
  const nowMs = books.nowMs();
  return await books.db.transaction().execute(async (tx) => {
    const till = await findTill(tx, merchant, tillId, true);
    if (till === null) return refused({ code: "not-found" });
    if (till.revoked_at_ms !== null) return refused({ code: "till-revoked" });
    // The lock of a push first: a till that asks again in this moment is seen, or comes after.
    const standing = await tx
      .selectFrom("books.till_epochs")
      .select("state")
      .where("merchant_id", "=", merchant)
      .where("till_id", "=", till.till_id)
      .where("epoch", "=", epoch)
      .forUpdate()
      .executeTakeFirst();
    const asked = await tx
      .selectFrom("books.vault_renewals")
      .select(["seq", "vault_key", "decided"])
      .where("merchant_id", "=", merchant)
      .where("till_id", "=", till.till_id)
      .where("epoch", "=", epoch)
      .orderBy("seq", "desc")
      .limit(1)
      .executeTakeFirst();
    if (standing?.state !== "open" || asked?.seq !== seq || asked.decided !== null)
      return refused({ code: "renewal-changed" });
    await tx
      .updateTable("books.vault_renewals")
      .set({ decided: mine ? "mine" : "not-mine", decided_at_ms: nowMs, decided_by: userId })
      .where("merchant_id", "=", merchant)
      .where("till_id", "=", till.till_id)
      .where("epoch", "=", epoch)
      .where("seq", "<=", seq)
      .where("decided", "is", null)
      .execute();
    if (mine) await moveIn(tx, { merchant, till: till.till_id, epoch }, asked.vault_key, nowMs);
    const what = mine ? "vault-renewal-confirmed" : "vault-renewal-rejected";
    const detail = { till: tillId, epoch };
    await audit(tx, { merchantId: merchant, atMs: nowMs, who: userId, what, detail });
    return accepted(null);
  });
}

/** What was sealed to the old vault is told no more; the next pull seals all of it to the new one. */
async function moveIn(
  tx: DatabaseTransaction,
  {
    merchant,
    till,
    epoch,
  }: { readonly merchant: Uint8Array; readonly till: Uint8Array; readonly epoch: number },
  vaultKey: Uint8Array,
  nowMs: number,
): Promise<void> {
  await tx
    .updateTable("books.till_epochs")
    .set({ vault_key: vaultKey })
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "=", epoch)
    .execute();
  for (const table of ["books.site_keys", "books.sealed_to_vaults"] as const)
    await tx
      .deleteFrom(table)
      .where("merchant_id", "=", merchant)
      .where("till_id", "=", till)
      .where("epoch", "=", epoch)
      .execute();
  await tx
    .updateTable("books.feed_changes")
    .set({ until_ms: nowMs })
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "=", epoch)
    .where("type", "in", ["site-key", "secret", "unlock-key"])
    .execute();
  await writeChange(tx, merchant, { till }, { type: "till-state", state: "active" }, nowMs);
}
