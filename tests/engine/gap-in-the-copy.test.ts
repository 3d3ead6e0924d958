import { describe, expect, it } from "vitest";
import { readDisk, watchDisk, writeDisk } from "../simulation/memory-disk.ts";
import { BenchTill } from "./bench-till.ts";

describe("a copy that misses an entry", () => {
  it("I1: what was sold behind a crash before the copy comes back when the disk loses it", async () => {
    // Found by the simulation: killed between commit and copy, and days later the disk went back.
    const till = await BenchTill.ready();
    const sell = async (amountMinor: number): Promise<void> => {
      await till.engine.nextSale();
      await till.engine.charge(amountMinor);
      expect(await till.engine.takeCash(amountMinor)).toMatchObject({ ok: true });
    };
    await till.signIn();
    await sell(100);
    const before = readDisk(till.databaseName);
    till.mirror.broken = true;
    await sell(200);
    till.mirror.broken = false;
    await till.restart();
    await till.signIn();
    await sell(300);
    till.kill();
    writeDisk(till.databaseName, before);
    await till.start();
    const sold = (await till.bodies()).flatMap((body) => (body.kind === "sale" ? [body.totalMinor] : []));
    expect(sold).toEqual([100, 200, 300]);
  });

  it("I6: a disk that fails while a lost entry is put back delays the delivery and ends nothing", async () => {
    // Found by the simulation: the fault came out of the engine's look at what the carrier wrote.
    const till = await BenchTill.ready();
    till.network.down = true;
    for (const amountMinor of [100, 200, 300]) {
      await till.engine.charge(amountMinor);
      await till.engine.takeCash(amountMinor);
      await till.engine.nextSale();
    }
    const rows = await till.db.journal.toArray();
    const middle = rows.at(-2);
    await till.db.journal.delete([middle?.epoch ?? 0, middle?.seq ?? 0]);
    till.network.down = false;
    await till.loop.poke("asked");
    let lies = 0;
    watchDisk(till.databaseName, { reached: () => false, lies: () => lies++ === 0 });
    await till.engine.serviceWorkerWrote();
    watchDisk(till.databaseName, null);
    expect(lies).toBeGreaterThan(0);
    await till.deliver();
    await till.deliver();
    expect(till.view.link.unsentCount).toBe(0);
    expect(till.known.entries).toHaveLength(rows.length);
  });
});
