import type { HeadRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import { continuation, type Mirror } from "./mirror.ts";
import { replayEntry } from "./sale-desk.ts";

/**
 * At start: entries that only the mirror still has are put back behind the database's head (PROTOCOL §4). A
 * database that lost its last commits in a power cut would otherwise sign other entries under the same
 * numbers: a fork.
 */
export async function recoverFromMirror(
  db: TillDatabase,
  mirror: Mirror,
  devicePoint: Uint8Array,
  tillName: string,
): Promise<number> {
  const head = await db.head.get("head");
  if (!head) return 0;
  const rows = await continuation(await mirror.read(), devicePoint, head);
  if (rows.length === 0) return 0;
  await db.transaction("rw", [...db.engineTables], async () => {
    let next: HeadRow = head;
    for (const row of rows) {
      await db.journal.add(row);
      const sale = await replayEntry(db, row, tillName);
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
