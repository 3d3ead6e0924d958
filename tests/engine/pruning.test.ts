import { describe, expect, it } from "vitest";
import { sameBytes } from "#protocol/bytes.ts";
import { decodeEntry } from "#protocol/entry.ts";
import { PRUNED_AT_ONCE, pruneStep } from "#engine/pruning.ts";
import { BenchTill } from "./bench-till.ts";

const DAY_MS = 86_400_000;

describe("what is let go, and when (PROTOCOL §5)", () => {
  it("I12: a receipted entry stays to the last moment of the 30th day, and goes after it", async () => {
    const till = await BenchTill.ready();
    await sell(till, 100);
    await quietDays(till, 1);
    const receipted = (await till.db.receipts.get(1))?.seq ?? -1;
    // Something newer, so that not everything is the head.
    await sell(till, 200);
    await quietDays(till, 30, -1);
    expect(await till.db.journal.get([1, receipted])).toBeDefined();
    await quietDays(till, 1);
    expect(await lowest(till)).toBe(receipted + 1);
    expect(await till.db.setting("floor")).toMatchObject({ epoch: 1, seq: receipted });
  });

  it("I12: what the server has not signed for stays, however old it is", async () => {
    const till = await BenchTill.ready();
    await quietDays(till, 1);
    const receipted = (await till.db.receipts.get(1))?.seq ?? -1;
    till.network.down = true;
    for (const amount of [100, 200, 300]) await sell(till, amount);
    // Whatever was noted of the days: only the receipt itself counts.
    const days = [{ serverMs: till.world.ms, seq: 10_000 }];
    await till.db.settings.put({ key: "receipted-days", epoch: 1, days });
    const identity = await till.db.enrolled();
    if (!identity) throw new Error("bench: no till");
    for (let step = 0; step < 5; step++)
      await pruneStep(till.db, identity, null, till.world.ms + 400 * DAY_MS);
    expect(await lowest(till)).toBe(receipted + 1);
    till.network.calm();
    await till.deliver();
    expect(till.view.link.unsentCount).toBe(0);
  });

  it("I12: the tablet's clock cannot shorten the days", async () => {
    const till = await BenchTill.ready();
    await sell(till, 100);
    await quietDays(till, 1);
    await sell(till, 200);
    till.clockOffsetMs = 400 * DAY_MS;
    await quietDays(till, 1);
    expect(await lowest(till)).toBe(0);
  });

  it("B7: list, sums and chain are whole behind the floor; the till starts, sells and delivers", async () => {
    const till = await BenchTill.ready();
    for (const amount of [100, 200]) await sell(till, amount);
    await quietDays(till, 1);
    await sell(till, 300);
    await quietDays(till, 32);
    expect(await lowest(till)).toBeGreaterThan(0);
    await till.restart();
    await till.signIn();
    await sell(till, 400);
    expect(await till.lastBody()).toMatchObject({ runningCount: 4, runningMinor: 1000 });
    expect((await till.engine.sales({ before: null, limit: 9 })).map((row) => row.amountMinor)).toEqual([
      400, 300, 200, 100,
    ]);
    expect(await chainsToFloor(till)).toBe(true);
    await till.deliver();
    expect(till.view).toMatchObject({ stop: null, link: { unsentCount: 0 } });
  });

  it("I2: in a new lineage nothing goes until it is signed for anew", async () => {
    const till = await BenchTill.ready();
    await sell(till, 100);
    await quietDays(till, 1);
    await sell(till, 200);
    await quietDays(till, 20);
    Object.assign(till.server, { lineage: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) });
    till.server.rewind(till.known, 2);
    await quietDays(till, 15);
    expect(await lowest(till)).toBe(0);
    expect(till.view.link.unsentCount).toBe(0);
  });

  it("C7: it goes in small steps, and not under a sale", async () => {
    const till = await BenchTill.ready();
    await sell(till, 100);
    await quietDays(till, 1);
    await sell(till, 200);
    const before = await till.db.journal.count();
    await till.engine.charge(77);
    await quietDays(till, 31);
    expect(await till.db.journal.count()).toBeGreaterThanOrEqual(before);
    await till.engine.cancelSale();
    await till.deliver();
    expect(await till.db.journal.count()).toBeLessThan(before);
    expect(PRUNED_AT_ONCE).toBeLessThanOrEqual(500);
  });

  it("I12: carried entries stay 30 anchored days behind their receipt, too; what lies in quarantine stays", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    await sell(till, 100);
    till.network.down = false;
    const { typed, till: next } = till.server.expectAgain(till.known);
    await till.engine.enrol({ text: typed, deliberate: true });
    await till.server.confirm(next);
    await till.deliver();
    expect(till.view.link.unsentCount).toBe(0);
    await quietDays(till, 29);
    expect(await till.db.carried.count()).toBeGreaterThan(0);
    await quietDays(till, 3);
    expect(await till.db.carried.count()).toBe(0);
    const rows = await till.engine.sales({ before: null, limit: 9 });
    expect(rows).toMatchObject([{ amountMinor: 100, delivered: "server" }]);
  });
});

/** Days of an open till whose news come each day; the last one `shortMs` short. */
async function quietDays(till: BenchTill, days: number, shortMs = 0): Promise<void> {
  for (let day = 1; day <= days; day++) {
    till.world.pass(DAY_MS + (day === days ? shortMs : 0));
    await till.deliver();
    await till.deliver();
  }
}

async function lowest(till: BenchTill): Promise<number> {
  return (await till.db.journal.orderBy("[epoch+seq]").first())?.seq ?? -1;
}

async function chainsToFloor(till: BenchTill): Promise<boolean> {
  const floor = await till.db.setting("floor");
  let prev = floor?.hash;
  for (const row of await till.db.journal.toArray()) {
    const entry = decodeEntry(row.bytes);
    if (!prev || !entry || !sameBytes(entry.prev, prev)) return false;
    prev = row.hash;
  }
  return true;
}

async function sell(till: BenchTill, amountMinor: number): Promise<void> {
  await till.engine.charge(amountMinor);
  const paid = await till.engine.takeCash(amountMinor);
  if (!paid.ok) throw new Error(paid.refusal.code);
  await till.engine.nextSale();
}
