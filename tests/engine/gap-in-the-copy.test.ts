import { describe, expect, it } from "vitest";
import { readDisk, writeDisk } from "../simulation/memory-disk.ts";
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
});
