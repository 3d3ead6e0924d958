import { sameBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import { decodeEntry } from "#protocol/entry.ts";
import { decodeTillBody } from "#protocol/till-body-reader.ts";
import type { CarriedRow, FormerSaleRow, IdentityRow, JournalRow, SettingsRow } from "#storage/schema.ts";
import type { VaultRow } from "#storage/vault-rows.ts";
import type { Collection, TillDatabase } from "#storage/till-database.ts";
import { addCarried, carriedFromJournal, carriedUnsent, saleFigures, type CarriedSet } from "./carried.ts";
import { leaveLineage } from "./lineage.ts";
import { writeSale } from "./sale-record.ts";
import { forgiveTries, recountTry } from "./vault/attempt-book.ts";

/** What an enrolment brings. */
export interface NewEpoch {
  readonly identity: IdentityRow;
  readonly vault: VaultRow;
  readonly settings: readonly SettingsRow[];
  readonly lineage: Bytes;
  readonly tillName: string;
  /** What the second copy holds, verified. */
  readonly copy: CarriedSet;
}

/** So many rows at a time are moved from the journal to the carried ones. */
const MOVED_AT_ONCE = 500;
/** Settings that speak of the epoch that ends. */
const OF_THE_EPOCH = [
  "stop",
  "floor",
  "receipted-days",
  "outage-policy",
  "heard",
  "vault-wish",
  "unlock-key",
  "payment-code-password",
  "wallet-code-password",
];
/** What a carrier noted of the epoch that ends. */
const NOTES_OF_THE_EPOCH = ["token", "taken-aside", "hole", "finding", "lineage", "progress"];

/**
 * Sales without a receipt that belong to another merchant than this one: own, carried and in the copy. Their
 * number and sum; an enrolment for this merchant would leave them here with nobody who may carry them.
 */
export async function unsentOfOthers(
  db: TillDatabase,
  before: IdentityRow | null,
  copy: CarriedSet,
  merchant: Bytes,
): Promise<{ readonly count: number; readonly sumMinor: number }> {
  const taken = new Map<string, number>();
  for (const row of await db.carriedReceipts.toArray()) taken.set(groupOf(row), row.seq);
  const waiting = new Map<string, CarriedRow>();
  if (before && !sameBytes(before.merchant, merchant)) {
    const till = toHex(before.till);
    const { epoch } = before;
    const receipt = await db.receipts.get(epoch);
    taken.set(groupOf({ till, epoch }), receipt?.seq ?? -1);
    const sales = db.journal.where("[kind+epoch+seq]");
    const behind = sales.between(["sale", epoch, (receipt?.seq ?? -1) + 1], ["sale", epoch, Infinity]);
    await behind.each((row) => {
      waiting.set(`${groupOf({ till, epoch })}:${row.seq}`, carriedFromJournal(row, till, before.merchant));
    });
  }
  for (const row of copy.rows) {
    if (!sameBytes(row.merchant, merchant) && row.seq > (taken.get(groupOf(row)) ?? -1))
      waiting.set(`${groupOf(row)}:${row.seq}`, row);
  }
  const own = saleFigures(waiting.values());
  const foreign = await db.carried.filter((row) => !sameBytes(row.merchant, merchant)).count();
  const carried = foreign > 0 ? await carriedUnsent(db) : { count: 0, sumMinor: 0 };
  return { count: own.count + carried.count, sumMinor: own.sumMinor + carried.sumMinor };
}

function groupOf(of: { readonly till: string; readonly epoch: number }): string {
  return `${of.till}:${of.epoch}`;
}

/**
 * Makes the tablet the till of a new epoch in one transaction, and keeps what the one before leaves behind:
 * its entries become carried ones with their receipt, its sales stay in the list. Or nothing of it: then the
 * till is what it was. Only Dexie is awaited inside.
 */
export async function beginEpoch(db: TillDatabase, next: NewEpoch): Promise<void> {
  await db.transaction("rw", db.tables, async () => {
    const before = (await db.enrolled()) ?? null;
    const feed = await db.setting("feed");
    // Enrolled at a restored server before a word of it was heard: what the lost one signed for must go
    // again.
    if (before && feed && !sameBytes(feed.lineage, next.lineage))
      await leaveLineage(db, toHex(before.till), feed.lineage);
    if (before) await carryEpoch(db, before);
    const fresh = await addCarried(db, next.copy, next.identity.merchant);
    await replayCopy(db, fresh, next.tillName);
    const was = before ?? lastOf(next.copy);
    await leaveTill(db, was, next.identity);
    await db.identity.clear();
    await db.identity.put(next.identity);
    await db.vault.put(next.vault);
    await db.settings.bulkDelete(OF_THE_EPOCH);
    await db.settings.bulkPut([...next.settings]);
    await db.delivery.bulkDelete(NOTES_OF_THE_EPOCH);
    const { till, epoch } = next.identity;
    await db.delivery.put({ key: "holder", till: toHex(till), epoch, lineage: toHex(next.lineage) });
  });
}

/** The journal of the epoch that ends, with the server's receipt and whose it is. */
async function carryEpoch(db: TillDatabase, before: IdentityRow): Promise<void> {
  const till = toHex(before.till);
  const { epoch, certificate, rootSignature, merchant } = before;
  let above = -1;
  for (;;) {
    const rows = await readable(db, epoch, above);
    const last = rows.at(-1);
    if (!last) break;
    await db.carried.bulkPut(rows.map((row) => carriedFromJournal(row, till, merchant)));
    above = last.seq;
  }
  await db.carriedCertificates.put({ till, epoch, certificate, rootSignature });
  const receipt = await db.receipts.get(epoch);
  const aside = await db.delivery.get("taken-aside");
  const asideSeq = aside?.key === "taken-aside" && aside.epoch === epoch ? aside.seq : -1;
  if (receipt) {
    const { seq, answer, signature } = receipt;
    await db.carriedReceipts.put({ till, epoch, seq, answer, signature, asideSeq });
  }
  await db.journal.clear();
  await db.head.clear();
  await db.receipts.clear();
  await db.inbox.clear();
}

/** The next rows of the journal; one that the disk cannot read any more is stepped over. */
async function readable(db: TillDatabase, epoch: number, above: number): Promise<readonly JournalRow[]> {
  const behind = (): Collection<JournalRow, [number, number]> =>
    db.journal.where("[epoch+seq]").between([epoch, above], [epoch, Infinity], false).limit(MOVED_AT_ONCE);
  try {
    return await behind().toArray();
  } catch {
    // Named one by one, those around the spoiled one still come along.
    const keys = await behind().primaryKeys();
    const rows: JournalRow[] = [];
    for (const key of keys) {
      const row = await db.journal.get(key).catch(() => undefined);
      if (row) rows.push(row);
    }
    return rows;
  }
}

/**
 * What only the copy knew: sales for the list, their codes spent; tries, which nothing gives back (I11).
 * Those at PINs are let go with the PINs.
 */
async function replayCopy(db: TillDatabase, rows: readonly CarriedRow[], tillName: string): Promise<void> {
  for (const row of rows) {
    const entry = row.kind === "sale" || row.kind === "attempt" ? decodeEntry(row.bytes) : null;
    const body = entry && decodeTillBody(entry.kind, entry.body);
    if (body?.kind === "attempt") await recountTry(db, body.subjectClass, body.subject, body.n);
    if (body?.kind !== "sale") continue;
    for (const tender of body.tenders)
      if (tender.method === "payment-code") await forgiveTries(db, "code", tender.cti);
    if (await db.sales.get(toHex(body.sale))) continue;
    const { epoch, seq, nowMs, hash } = row;
    await writeSale(db, body, { epoch, seq, nowMs, headHex: toHex(hash).slice(0, 8) }, tillName);
  }
}

/** Whose copy it is: the till of its newest entry. */
function lastOf(copy: CarriedSet): Pick<IdentityRow, "merchant" | "till"> | null {
  const certificate = copy.rows.at(-1);
  const till = certificate && decodeEntry(certificate.bytes)?.till;
  return certificate && till && till !== "server" ? { merchant: certificate.merchant, till } : null;
}

/** What the new epoch must not find: codes, people and secrets of the old one; another till's sales. */
async function leaveTill(
  db: TillDatabase,
  was: Pick<IdentityRow, "merchant" | "till"> | null,
  next: IdentityRow,
): Promise<void> {
  const sameShop = was !== null && sameBytes(was.merchant, next.merchant);
  if (was && (!sameShop || !sameBytes(was.till, next.till))) {
    if (sameShop) await moveSales(db, toHex(was.till));
    await Promise.all([db.sales.clear(), db.losses.clear(), db.codeSums.clear()]);
  }
  // Codes this tablet took stay spent; what the office revoked stays revoked.
  if (!sameShop) await Promise.all([db.spent.clear(), db.revoked.clear(), db.formerSales.clear()]);
  await Promise.all([
    db.codes.clear(),
    db.leases.clear(),
    db.siteKeys.clear(),
    db.claims.clear(),
    db.leaseAsks.clear(),
    db.operators.clear(),
    db.secrets.clear(),
    db.sealedSecrets.clear(),
    // By the owner's leave people begin anew; tries at codes and of the device itself are never given back
    // (I11).
    db.attempts.where("key").startsWithAnyOf("operator:", "manager:").delete(),
  ]);
}

/** Another till of the shop stood on this tablet: its sales stay in the list, behind those of the new one. */
async function moveSales(db: TillDatabase, till: string): Promise<void> {
  const era = ((await db.formerSales.toCollection().last())?.era ?? 0) + 1;
  const losses = new Map(
    (await db.losses.toArray()).map((row) => [`${row.epoch}:${row.seq}`, row.lossMinor]),
  );
  const rows = await db.sales.toArray();
  await db.formerSales.bulkAdd(
    rows.map((row): FormerSaleRow => {
      const lossMinor = losses.get(`${row.epoch}:${row.seq}`) ?? null;
      return { ...row, era, till, lossMinor };
    }),
  );
}
