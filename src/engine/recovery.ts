import type { StopReason } from "#domain/refusal.ts";
import { sameBytes, toHex } from "#protocol/bytes.ts";
import { decodeEntry } from "#protocol/entry.ts";
import { decodeTillBody, type SaleBody } from "#protocol/entry-bodies.ts";
import type { HeadRow, JournalRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import { continuation, type Mirror } from "./mirror.ts";
import { writeSale } from "./sale-desk.ts";
import { forgiveTries, recountTry } from "./vault/attempt-book.ts";

/**
 * At start: entries that only the mirror still has are put back behind the database's head (PROTOCOL §4). A
 * database that lost its last commits in a power cut would otherwise sign other entries under the same
 * numbers: a fork.
 */
export async function recoverFromMirror(
  db: TillDatabase,
  mirror: Mirror,
  devicePoint: Uint8Array,
): Promise<number> {
  const head = await db.head.get("head");
  if (!head) return 0;
  const rows = await continuation(await mirror.read(), devicePoint, head);
  if (rows.length === 0) {
    const receipt = await db.receipts.get(head.epoch);
    // The server has signed for every entry: the copy guards nothing any more, and is read at each start.
    if (receipt && receipt.seq >= head.seq) await mirror.forgetIfLong();
    return 0;
  }
  const tillName = (await db.setting("shop"))?.tillName ?? "";
  await db.transaction("rw", [...db.engineTables], async () => {
    let next: HeadRow = head;
    for (const row of rows) {
      await db.journal.add(row);
      const sale = await replay(db, row, tillName);
      next = {
        ...next,
        seq: row.seq,
        hash: row.hash,
        runningCount: sale?.runningCount ?? next.runningCount,
        runningMinor: sale?.runningMinor ?? next.runningMinor,
      };
    }
    await db.head.put(next);
  });
  return rows.length;
}

/**
 * Puts back from the mirror what is missing from `hole` on, up to the next entry that is there. True when
 * that one continues what was put back: the chain is whole again. What followed from these entries was kept
 * in tables of its own.
 */
export async function mendHole(
  db: TillDatabase,
  mirror: Mirror,
  devicePoint: Uint8Array,
  hole: { readonly epoch: number; readonly seq: number },
): Promise<boolean> {
  const { epoch, seq } = hole;
  const before = await db.journal.get([epoch, seq - 1]);
  const next = await db.journal.where("[epoch+seq]").between([epoch, seq], [epoch, Infinity]).first();
  const follower = next && decodeEntry(next.bytes);
  if (!before || !follower) return false;
  const all = await continuation(await mirror.read(), devicePoint, before);
  const rows = all.filter((row) => row.seq < follower.seq);
  const last = rows.at(-1);
  if (last?.seq !== follower.seq - 1 || !sameBytes(last.hash, follower.prev)) return false;
  await db.journal.bulkAdd(rows);
  return true;
}

/**
 * What followed from an entry when it was committed, done once more: sales, spent codes, tries (I11: a power
 * cut gives none back), a stop. A PIN's record stands in no entry and cannot come back.
 */
async function replay(db: TillDatabase, row: JournalRow, tillName: string): Promise<SaleBody | null> {
  const entry = decodeEntry(row.bytes);
  const body = entry && decodeTillBody(entry.kind, entry.body);
  switch (body?.kind) {
    case "sale": {
      const headHex = toHex(row.hash).slice(0, 8);
      await writeSale(db, body, { epoch: row.epoch, seq: row.seq, nowMs: row.nowMs, headHex }, tillName);
      for (const tender of body.tenders)
        if (tender.method === "payment-code") await forgiveTries(db, "code", tender.cti);
      return body;
    }
    case "attempt":
      await recountTry(db, body.subjectClass, body.subject, body.n);
      return null;
    case "operator-in":
      await forgiveTries(db, "operator", body.operator);
      return null;
    case "stopped":
      await db.settings.put({ key: "stop", reason: body.reason as StopReason });
      return null;
    case "genesis":
    case "pin-set":
    case "operator-out":
    case "refusal":
    case "clock-jump":
    case undefined:
      return null;
  }
}
