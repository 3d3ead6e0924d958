import { sameBytes } from "#protocol/bytes.ts";
import { decodeEntry } from "#protocol/entry.ts";
import type { HeadRow, IdentityRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import type { CopyCertificate, CopyContents, Mirror } from "./mirror.ts";

/** What the start found in the second copy. */
export interface Recovered {
  /** Entries of other epochs stand in it: they are taken in when the first screen stands. */
  readonly foreign: CopyContents | null;
  /** The copy does not say yet whose it is. */
  readonly uncertified: boolean;
  /** Where an entry is missing that the copy does not have either; null: none is. */
  readonly hole: number | null;
}

/** One start copies so many; the next goes on from there. */
const MOST_COPIED = 2000;
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
  if (head && reachesBeyond(contents, head)) {
    const { continuation, putBack } = await import("./put-back.ts");
    const rows = await continuation(contents.entries, devicePoint, head);
    if (rows.length > 0) await putBack(db, head, rows);
  } else if (mirror && head && !mirror.broken) await fillCopy(db, mirror, contents, head);
  const isOurs = ({ certificate }: CopyCertificate): boolean => sameBytes(certificate, identity.certificate);
  const others = contents.certificates.some((one) => !isOurs(one));
  return { foreign: others ? contents : null, uncertified: !contents.certificates.some(isOurs), hole };
}

/**
 * Copies the entries that a crash after their commit, or a disk without room, kept out of the copy. Left out,
 * all that is written behind them could never be put back: a copy is only read as far as it continues.
 */
async function fillCopy(
  db: TillDatabase,
  mirror: Mirror,
  { entries }: CopyContents,
  head: HeadRow,
): Promise<void> {
  const { epoch } = head;
  const copied = entries.map(({ bytes }) => decodeEntry(bytes)).findLast((entry) => entry?.epoch === epoch);
  // A copy that was begun anew holds nothing that the server has signed for.
  const from = (copied?.seq ?? (await db.receipts.get(epoch))?.seq ?? -1) + 1;
  if (from > head.seq) return;
  const rows = db.journal.where("[epoch+seq]").between([epoch, from], [epoch, head.seq], true, true);
  for (const row of await rows.limit(MOST_COPIED).toArray()) await mirror.append(row);
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

/** Does the copy name a later entry of this epoch? Whether that one continues the head is looked at then. */
function reachesBeyond({ entries }: CopyContents, head: HeadRow): boolean {
  return entries.some(({ bytes }) => {
    const entry = decodeEntry(bytes);
    return entry?.epoch === head.epoch && entry.seq > head.seq;
  });
}
