import type { StopReason } from "#domain/refusal.ts";
import { sameBytes, toHex } from "#protocol/bytes.ts";
import { decodeEntry, genesisPrev } from "#protocol/entry.ts";
import { decodeTillBody, type SaleBody } from "#protocol/entry-bodies.ts";
import type { HeadRow, IdentityRow, JournalRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import { continuation, type CopyCertificate, type CopyContents, type Mirror } from "./mirror.ts";
import { replayCodeEntry } from "./loose-codes.ts";
import { writeSale } from "./sale-record.ts";
import { forgiveTries, recountTry } from "./vault/attempt-book.ts";

/** What the start found in the second copy. */
export interface Recovered {
  /** Entries of other epochs stand in it: they are taken in when the first screen stands. */
  readonly foreign: CopyContents | null;
  /** The copy does not say yet whose it is. */
  readonly uncertified: boolean;
  /** Where an entry is missing that the copy does not have either; null: none is. */
  readonly hole: number | null;
}

const NO_COPY: CopyContents = { certificates: [], entries: [] };

/**
 * At start: entries that only the mirror still has are put back behind the database's head (PROTOCOL §4). A
 * database that lost its last commits in a power cut would otherwise sign other entries under the same
 * numbers: a fork. Where head and rows do not fit together, they are repaired.
 */
export async function recoverFromMirror(
  db: TillDatabase,
  mirror: Mirror | null,
  identity: IdentityRow,
  devicePoint: Uint8Array,
): Promise<Recovered> {
  const { epoch } = identity;
  const [contents, found] = await Promise.all([mirror?.read() ?? NO_COPY, standing(db, epoch)]);
  let head = found.head;
  let hole: number | null = null;
  if (!found.fits) {
    const { repairHead } = await import("./repair.ts");
    ({ head, hole } = await repairHead(db, identity, devicePoint, contents.entries));
  }
  const rows = head ? await continuation(contents.entries, devicePoint, head) : [];
  if (head && rows.length > 0) await putBack(db, head, rows);
  const isOurs = ({ certificate }: CopyCertificate): boolean => sameBytes(certificate, identity.certificate);
  const others = contents.certificates.some((one) => !isOurs(one));
  return { foreign: others ? contents : null, uncertified: !contents.certificates.some(isOurs), hole };
}

/** The head, and whether the newest row of the journal is the one it names. */
async function standing(
  db: TillDatabase,
  epoch: number,
): Promise<{ readonly head: HeadRow | null; readonly fits: boolean }> {
  const [head, last] = await Promise.all([
    db.head.get("head"),
    db.journal
      .where("[epoch+seq]")
      .between([epoch, 0], [epoch, Infinity])
      .last()
      .catch(() => null),
  ]);
  // A till just enrolled has none yet; one that had a journal would begin another under the same numbers.
  if (!head) return { head: null, fits: false };
  return { head, fits: last?.seq === head.seq && sameBytes(last.hash, head.hash) };
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
  return (await db.journal.get([epoch, seq - 1])) ?? null;
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
      await forgiveTries(db, "operator", body.operator);
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
    case "pin-set":
    case "operator-out":
    case "refusal":
    case "clock-jump":
    case undefined:
      return null;
  }
}
