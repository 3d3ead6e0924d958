import { decodeAnswer } from "#protocol/push.ts";
import type { IdentityRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import { carriedWaiting } from "./carried.ts";
import type { Mirror } from "./mirror.ts";

const DAY_MS = 86_400_000;
/** Entries stay so long after the server has signed for them: a restored one is refilled from here. */
export const KEEP_MS: number = 30 * DAY_MS;
/** So many rows go at once: a sale may come between. */
export const PRUNED_AT_ONCE = 200;

/**
 * Lets go of what the server signed for 30 anchored days ago (PROTOCOL §5), one small step; true when more
 * can go at once. Both ends of the 30 days are times the server signed, `anchorMs` the last of them: no
 * clock of the tablet can shorten them. Sales stay in their list. The floor says where the journal begins
 * from then on.
 */
export async function pruneStep(
  db: TillDatabase,
  identity: IdentityRow,
  mirror: Mirror | null,
  anchorMs: number,
): Promise<boolean> {
  const oldMs = anchorMs - KEEP_MS;
  await compactCopy(db, identity, mirror);
  const upTo = await noteDay(db, identity.epoch, oldMs);
  const own = upTo !== null && (await pruneJournal(db, identity.epoch, upTo));
  return (await pruneCarried(db, oldMs)) || own;
}

/** Notes how far the server has signed by this day; answers how far it had by 30 days ago, null: unknown. */
async function noteDay(db: TillDatabase, epoch: number, oldMs: number): Promise<number | null> {
  const [receipt, noted] = await Promise.all([db.receipts.get(epoch), db.setting("receipted-days")]);
  const serverMs = receipt && decodeAnswer(receipt.answer)?.serverMs;
  const days = noted?.epoch === epoch ? noted.days : [];
  const last = days.at(-1);
  if (receipt && typeof serverMs === "number" && (!last || serverMs - last.serverMs >= DAY_MS)) {
    const old = days.filter((day) => day.serverMs <= oldMs);
    // Of the old ones the newest says all.
    const kept = [...old.slice(-1), ...days.filter((day) => day.serverMs > oldMs)];
    const next = [...kept, { serverMs, seq: receipt.seq }];
    await db.settings.put({ key: "receipted-days", epoch, days: next });
  }
  return days.findLast((day) => day.serverMs <= oldMs)?.seq ?? null;
}

async function pruneJournal(db: TillDatabase, epoch: number, upTo: number): Promise<boolean> {
  return db.transaction("rw", [db.journal, db.settings, db.receipts, db.head], async () => {
    // DO NOT MOVE outside: a receipt taken back meanwhile (another lineage) would let unsigned money go.
    const receipt = await db.receipts.get(epoch);
    const head = await db.head.get("head");
    if (!receipt || head?.epoch !== epoch) return false;
    // The head's own row stays: the server's next word is compared with it.
    const last = Math.min(upTo, receipt.seq, head.seq - 1);
    const rows = await db.journal
      .where("[epoch+seq]")
      .between([epoch, 0], [epoch, last], true, true)
      .limit(PRUNED_AT_ONCE)
      .toArray();
    const newest = rows.at(-1);
    if (!newest) return false;
    await db.journal.bulkDelete(rows.map((row): [number, number] => [row.epoch, row.seq]));
    await db.settings.put({ key: "floor", epoch, seq: newest.seq, hash: newest.hash });
    return newest.seq < last;
  });
}

/** Carried entries by the day of their group's receipt; what lies in quarantine has none, and stays. */
async function pruneCarried(db: TillDatabase, oldMs: number): Promise<boolean> {
  for (const { till, epoch, answer } of await db.carriedReceipts.toArray()) {
    const serverMs = decodeAnswer(answer)?.serverMs ?? null;
    if (serverMs === null || serverMs > oldMs) continue;
    const gone = await db.transaction("rw", [db.carried, db.carriedReceipts], async () => {
      const receipt = await db.carriedReceipts.get([till, epoch]);
      if (!receipt || decodeAnswer(receipt.answer)?.serverMs !== serverMs) return 0;
      return db.carried
        .where("[till+epoch+seq]")
        .between([till, epoch, 0], [till, epoch, receipt.seq], true, true)
        .limit(PRUNED_AT_ONCE)
        .delete();
    });
    if (gone > 0) return true;
  }
  return false;
}

/** The copy is read whole at each start: what the server has signed for needs no second copy. */
async function compactCopy(db: TillDatabase, identity: IdentityRow, mirror: Mirror | null): Promise<void> {
  if (!mirror?.isLong) return;
  const { epoch } = identity;
  const receipted = (await db.receipts.get(epoch))?.seq ?? -1;
  const waiting = db.journal.where("[epoch+seq]").between([epoch, receipted], [epoch, Infinity], false);
  // Days of an outage stay long: rewritten each time, they would cost more than they weigh.
  if ((await waiting.count()) > MOST_KEPT) return;
  await mirror.beginAnew(identity, await waiting.toArray(), await carriedWaiting(db));
}

const MOST_KEPT = 1000;
