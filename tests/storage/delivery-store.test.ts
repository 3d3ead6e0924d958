import { describe, expect, it } from "vitest";
import { openDeliveryStore } from "#storage/delivery-store.ts";
import { TillDatabase } from "#storage/till-database.ts";
import type { JournalRow } from "#storage/schema.ts";

let databases = 0;

describe("the service worker's view of the till's database (PROTOCOL §5)", () => {
  it("I12: never makes the database: a wiped till must not look like a new one", async () => {
    const name = freshName();
    expect(await openDeliveryStore(name)).toBeNull();
    expect((await indexedDB.databases()).map((one) => one.name)).not.toContain(name);
    expect(await openDeliveryStore(name)).toBeNull();
  });

  it("reads the journal of one epoch in order, from where it is asked and no more than asked", async () => {
    const { name, db } = await tillDatabase();
    await db.journal.bulkAdd([row(2, 0), row(1, 2), row(1, 0), row(1, 1), row(1, 3)]);
    const store = await openStore(name);
    expect((await store.journalFrom(1, 1, 2)).map((one) => [one.epoch, one.seq])).toEqual([
      [1, 1],
      [1, 2],
    ]);
    expect((await store.journalFrom(1, 0, 100)).map((one) => one.seq)).toEqual([0, 1, 2, 3]);
    expect(await store.journalFrom(3, 0, 100)).toEqual([]);
    expect(await store.journalRow(1, 9)).toBeNull();
    store.close();
  });

  it("I12: lets an upgrade of the page go ahead at once", async () => {
    const { name, db } = await tillDatabase();
    const store = await openStore(name);
    db.close();
    const upgraded = await new Promise<number>((resolve, reject) => {
      const request = indexedDB.open(name, 1000);
      request.onsuccess = () => resolve(request.result.version);
      request.onblocked = () => reject(new Error("the store holds the database"));
    });
    expect(upgraded).toBe(1000);
    store.close();
  });

  it("I2: a receipt is there for the engine when the write answers", async () => {
    const { name, db } = await tillDatabase();
    const store = await openStore(name);
    const receipt = { epoch: 1, seq: 7, answer: new Uint8Array(3), signature: new Uint8Array(64) };
    await store.putReceipt(receipt);
    expect(await db.receipts.get(1)).toEqual(receipt);
    expect(await store.receipt(1)).toEqual(receipt);
    await store.putDelivery({ key: "token", token: "t", untilMs: 5 });
    await store.deleteDelivery("token");
    expect(await store.delivery("token")).toBeNull();
    store.close();
  });
});

function freshName(): string {
  databases++;
  return `store-${databases}`;
}

async function tillDatabase(): Promise<{ name: string; db: TillDatabase }> {
  const name = freshName();
  const db = new TillDatabase(name);
  await db.open();
  return { name, db };
}

async function openStore(name: string): Promise<NonNullable<Awaited<ReturnType<typeof openDeliveryStore>>>> {
  const store = await openDeliveryStore(name);
  if (!store) throw new Error("no store");
  return store;
}

function row(epoch: number, seq: number): JournalRow {
  const bytes = Uint8Array.of(epoch, seq);
  return {
    epoch,
    seq,
    kind: "sale",
    bytes,
    signature: new Uint8Array(64),
    hash: new Uint8Array(32),
    nowMs: 0,
  };
}
