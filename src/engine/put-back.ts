import type { StopReason } from "#domain/refusal.ts";
import { sameBytes, toHex } from "#protocol/bytes.ts";
import { importPublicKey } from "#protocol/crypto.ts";
import { decodeEntry, genesisPrev, hashEntry, verifyEntry, type SignedEntry } from "#protocol/entry.ts";
import type { SaleBody } from "#protocol/entry-bodies.ts";
import { decodeAnswer } from "#protocol/push.ts";
import { decodeTillBody } from "#protocol/till-body-reader.ts";
import type { HeadRow, IdentityRow, JournalRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import { replayCodeEntry } from "./code-replay.ts";
import type { Mirror } from "./mirror.ts";
import { writeSale } from "./sale-record.ts";
import { forgiveTries, recountTry, restartTries } from "./vault/attempt-book.ts";

/**
 * The mirror's longest run that continues a head: right epoch, next seq, right prev, our own signature. What
 * the database lost behind its head comes back this way; anything else in the mirror is left alone.
 */
export async function continuation(
  mirror: readonly SignedEntry[],
  devicePoint: Uint8Array,
  head: { readonly epoch: number; readonly seq: number; readonly hash: Uint8Array },
): Promise<readonly JournalRow[]> {
  const device = await importPublicKey(devicePoint);
  const rows: JournalRow[] = [];
  let { seq, hash } = head;
  for (const signed of mirror) {
    const entry = decodeEntry(signed.bytes);
    if (!entry || entry.epoch !== head.epoch || entry.seq !== seq + 1) continue;
    if (!sameBytes(entry.prev, hash) || !(await verifyEntry(device, signed))) continue;
    const { bytes, signature } = signed;
    const own = await hashEntry(bytes);
    const nowMs = entry.time.nowMs;
    rows.push({ epoch: entry.epoch, seq: entry.seq, kind: entry.kind, bytes, signature, hash: own, nowMs });
    seq = entry.seq;
    hash = own;
  }
  return rows;
}

/** Puts entries back behind a head, with all that followed from them, in one transaction. */
export async function putBack(
  db: TillDatabase,
  head: HeadRow,
  rows: readonly JournalRow[],
): Promise<HeadRow> {
  const tillName = (await db.setting("shop"))?.tillName ?? "";
  return db.transaction("rw", [...db.engineTables], async () => {
    let next: HeadRow = head;
    for (const row of rows) {
      await db.journal.put(row);
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
    return next;
  });
}

/**
 * Puts back from the mirror what is missing from `hole` on, up to the next entry that is there, or to the
 * head. True when that one continues what was put back: the chain is whole again.
 */
export async function mendHole(
  db: TillDatabase,
  mirror: Mirror,
  identity: Pick<IdentityRow, "certificate">,
  devicePoint: Uint8Array,
  hole: { readonly epoch: number; readonly seq: number },
): Promise<boolean> {
  const { epoch, seq } = hole;
  const [next, head] = await Promise.all([
    db.journal.where("[epoch+seq]").between([epoch, seq], [epoch, Infinity], false).first(),
    db.head.get("head"),
  ]);
  const follower = next && decodeEntry(next.bytes);
  const until = follower
    ? { seq: follower.seq - 1, hash: follower.prev }
    : head && { seq: head.seq, hash: head.hash };
  const before = await linkBefore(db, identity, epoch, seq);
  if (!before || !until) return false;
  const all = await continuation((await mirror.read()).entries, devicePoint, before);
  const rows = all.filter((row) => row.seq <= until.seq);
  const last = rows.at(-1);
  if (last?.seq !== until.seq || !sameBytes(last.hash, until.hash)) return false;
  // Over a row that cannot be read any more, `add` would fail; what is put is what was signed, to the byte.
  await db.journal.bulkPut([...rows]);
  return true;
}

/** What entry `seq` chains to: the row before it, the floor, or the certificate. */
async function linkBefore(
  db: TillDatabase,
  identity: Pick<IdentityRow, "certificate">,
  epoch: number,
  seq: number,
): Promise<{ readonly epoch: number; readonly seq: number; readonly hash: Uint8Array } | null> {
  if (seq === 0) return { epoch, seq: -1, hash: await genesisPrev(identity.certificate) };
  const floor = await db.setting("floor");
  if (floor?.epoch === epoch && floor.seq === seq - 1) return floor;
  const before = await db.journal.get([epoch, seq - 1]).catch(() => undefined);
  if (before) return before;
  // The row may be gone as well; what the server signed for it is as good.
  const receipt = await db.receipts.get(epoch);
  const answer = receipt?.seq === seq - 1 ? decodeAnswer(receipt.answer) : null;
  return answer && { epoch, seq: seq - 1, hash: answer.headHash };
}

/**
 * What followed from an entry when it was committed, done once more: sales, spent codes, tries (I11: a power
 * cut gives none back), a stop. A PIN's record cannot come back from here; the office sends it once more.
 */
async function replay(db: TillDatabase, row: JournalRow, tillName: string): Promise<SaleBody | null> {
  const entry = decodeEntry(row.bytes);
  const body = entry && decodeTillBody(entry.kind, entry.body);
  switch (body?.kind) {
    case "sale": {
      const headHex = toHex(row.hash).slice(0, 8);
      // Only head or journal may have been lost, and not what followed from them.
      if (await db.sales.get(toHex(body.sale))) return body;
      await writeSale(db, body, { epoch: row.epoch, seq: row.seq, nowMs: row.nowMs, headHex }, tillName);
      for (const tender of body.tenders)
        if (tender.method === "payment-code") await forgiveTries(db, "code", tender.cti);
      return body;
    }
    case "attempt":
      await recountTry(db, body.subjectClass, body.subject, body.n);
      return null;
    case "operator-in":
      if (body.how !== "unchecked") await forgiveTries(db, "operator", body.operator);
      return null;
    case "pin-set":
      await restartTries(db, "operator", body.operator);
      return null;
    case "approved":
      await forgiveTries(db, body.what === "own-pin" ? "operator" : "manager", body.by);
      return null;
    case "unlocked":
      if (body.by) await forgiveTries(db, "manager", body.by);
      await restartTries(db, body.subjectClass, body.subject);
      return null;
    case "stopped":
      await db.settings.put({ key: "stop", reason: body.reason as StopReason });
      return null;
    case "claim":
    case "claim-dropped":
    case "lease-released":
      await replayCodeEntry(db, row, body);
      return null;
    case "genesis":
    case "vault-level":
    case "vault-renewed":
    case "operator-out":
    case "refusal":
    case "clock-jump":
    case undefined:
      return null;
  }
}
