import { sameBytes } from "#protocol/bytes.ts";
import { importPublicKey } from "#protocol/crypto.ts";
import { decodeEntry, genesisPrev, hashEntry, verifyEntry, type SignedEntry } from "#protocol/entry.ts";
import { decodeTillBody } from "#protocol/till-body-reader.ts";
import type { HeadRow, IdentityRow, JournalRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import { continuation, putBack } from "./put-back.ts";

/**
 * Head and newest row do not fit together: one of the two is older than the other, or gone (PROTOCOL §6
 * `damaged`). Rows that verify behind the head carry it on; rows missing before it come from the copy where
 * it has them. What cannot be had again is named by `hole`, and selling goes on behind the head: never a
 * number twice.
 */
export async function repairHead(
  db: TillDatabase,
  identity: IdentityRow,
  devicePoint: Uint8Array,
  copied: readonly SignedEntry[],
): Promise<{ readonly head: HeadRow | null; readonly hole: number | null }> {
  const { epoch } = identity;
  const head = (await db.head.get("head")) ?? (await headFromRows(db, identity, devicePoint, copied));
  if (!head) return { head: null, hole: null };
  const ahead = await rowsBehind(db, devicePoint, head);
  if (ahead.length > 0) return { head: await putBack(db, head, ahead), hole: null };
  const last = await newest(db, epoch, head.seq);
  if (last?.seq === head.seq) return { head, hole: null };
  const floor = await db.setting("floor");
  const begin = floor?.epoch === epoch ? floor : { seq: -1, hash: await genesisPrev(identity.certificate) };
  const link = last ?? { epoch, ...begin };
  const rows = (await continuation(copied, devicePoint, { ...link, epoch })).filter(
    (row) => row.seq <= head.seq,
  );
  const end = rows.at(-1);
  if (end?.seq !== head.seq || !sameBytes(end.hash, head.hash)) return { head, hole: link.seq + 1 };
  await db.journal.bulkPut([...rows]);
  return { head, hole: null };
}

/** A head for a journal that lost it: the newest row that is signed, or where the copy begins. */
async function headFromRows(
  db: TillDatabase,
  identity: IdentityRow,
  devicePoint: Uint8Array,
  copied: readonly SignedEntry[],
): Promise<HeadRow | null> {
  const { epoch } = identity;
  const last = await newest(db, epoch, Infinity);
  const device = await importPublicKey(devicePoint);
  if (last && (await verifyEntry(device, last))) {
    const running = await runningAt(db, epoch, last.seq);
    const head: HeadRow = { key: "head", epoch, seq: last.seq, hash: last.hash, ...running };
    await db.head.put(head);
    return head;
  }
  const begin = { epoch, seq: -1, hash: await genesisPrev(identity.certificate) };
  const rows = await continuation(copied, devicePoint, begin);
  if (rows.length === 0) return null;
  return putBack(db, { key: "head", ...begin, runningCount: 0, runningMinor: 0 }, rows);
}

/** Rows that go on from the head in an unbroken chain of this till's own. */
async function rowsBehind(
  db: TillDatabase,
  devicePoint: Uint8Array,
  head: HeadRow,
): Promise<readonly JournalRow[]> {
  const { epoch } = head;
  const rows = await db.journal
    .where("[epoch+seq]")
    .between([epoch, head.seq], [epoch, Infinity], false)
    .toArray()
    .catch(() => []);
  const device = await importPublicKey(devicePoint);
  const good: JournalRow[] = [];
  let { seq, hash } = head;
  for (const row of rows) {
    const entry = decodeEntry(row.bytes);
    const follows = entry?.seq === seq + 1 && row.seq === entry.seq && sameBytes(entry.prev, hash);
    if (!follows || !(await verifyEntry(device, row))) break;
    good.push(row);
    seq = row.seq;
    hash = await hashEntry(row.bytes);
  }
  return good;
}

async function newest(db: TillDatabase, epoch: number, seq: number): Promise<JournalRow | null> {
  const rows = db.journal.where("[epoch+seq]").between([epoch, 0], [epoch, seq], true, true);
  return (await rows.last().catch(() => undefined)) ?? null;
}

/** Running figures as the newest sale up to here has them. */
async function runningAt(
  db: TillDatabase,
  epoch: number,
  seq: number,
): Promise<Pick<HeadRow, "runningCount" | "runningMinor">> {
  const row = await db.journal
    .where("[kind+epoch+seq]")
    .between(["sale", epoch, 0], ["sale", epoch, seq], true, true)
    .last();
  const entry = row && decodeEntry(row.bytes);
  const body = entry && decodeTillBody(entry.kind, entry.body);
  if (body?.kind !== "sale") return { runningCount: 0, runningMinor: 0 };
  return { runningCount: body.runningCount, runningMinor: body.runningMinor };
}
