import { afterEach, describe, expect, it } from "vitest";
import { appendRows } from "#storage/append-transaction.ts";
import type { HeadRow, JournalRow } from "#storage/schema.ts";
import { TillDatabase } from "#storage/till-database.ts";

const opened: TillDatabase[] = [];

async function openDatabase(): Promise<TillDatabase> {
  const db = new TillDatabase(`append-${opened.length}`);
  opened.push(db);
  await db.open();
  return db;
}

function entryAt(seq: number, first: number): JournalRow {
  const [bytes, signature, hash] = [new Uint8Array([first]), new Uint8Array(64), new Uint8Array(32)];
  hash[0] = first;
  return { epoch: 1, seq, kind: "sale", bytes, signature, hash, nowMs: 0 };
}

function headOf({ epoch, seq, hash }: JournalRow): HeadRow {
  return { key: "head", epoch, seq, hash, runningCount: 1, runningMinor: 100 };
}

afterEach(async () => {
  for (const db of opened.splice(0)) await db.delete();
});

describe("an entry put on disk without questions", () => {
  it("I3: an entry that is there is never written over, whatever the head says", async () => {
    const db = await openDatabase();
    const sold = entryAt(7, 0xaa);
    await db.journal.add(sold);
    const other = entryAt(7, 0xbb);
    const mark = { key: "mark", markMs: 0, anchorMs: 0 } as const;
    const rows = { journal: other, head: headOf(other), mark, sale: null };
    await expect(appendRows(db.backendDB(), rows, () => true)).rejects.toMatchObject({
      name: "ConstraintError",
    });
    expect((await db.journal.get([1, 7]))?.hash[0]).toBe(0xaa);
    expect(await db.head.get("head")).toBeUndefined();
  });
});
