import { toHex } from "#protocol/bytes.ts";
import type { TillBody } from "#protocol/entry-bodies.ts";
import type { JournalRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";

/** What followed from an entry about codes when it was committed, done once more after a recovery. */
export async function replayCodeEntry(
  db: TillDatabase,
  row: Pick<JournalRow, "epoch" | "seq" | "hash">,
  body: Extract<TillBody, { kind: "claim" | "claim-dropped" | "lease-released" }>,
): Promise<void> {
  switch (body.kind) {
    case "claim":
      await db.claims.put({ cti: toHex(body.cti), epoch: row.epoch, seq: row.seq, entryHash: row.hash });
      return;
    case "claim-dropped":
      await db.claims.delete(toHex(body.cti));
      return;
    case "lease-released":
      for (const cti of body.ctis.map(toHex)) {
        const lease = await db.leases.get(cti);
        if (lease) await db.leases.put({ ...lease, till: null });
        await db.leaseAsks.delete(cti);
      }
  }
}
