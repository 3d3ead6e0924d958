import { describe, expect, it } from "vitest";
import { BenchTill } from "./bench-till.ts";
import { failWrites } from "./unreliable-disk.ts";
import { DeliveryLoop } from "#engine/sync/delivery-loop.ts";

describe("when rounds of delivery run (C7)", () => {
  it("C7: a poke during a round runs one more round after it", async () => {
    const till = await BenchTill.ready();
    till.rounds = 0;
    await Promise.all([till.loop.poke("commit"), till.loop.poke("commit"), till.loop.poke("online")]);
    expect(till.rounds).toBe(2);
  });

  it("C7: after a failure the timer waits, from a second to a minute; everybody else does not", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    const rounds = countRounds(till);
    await till.loop.poke("commit");
    expect(rounds()).toBe(1);
    till.world.pass(400);
    await till.loop.poke("timer");
    expect(rounds()).toBe(1);
    for (const reason of ["commit", "online", "visible", "asked", "hint"] as const)
      await till.loop.poke(reason);
    expect(rounds()).toBe(6);
    till.world.pass(60_001);
    await till.loop.poke("timer");
    expect(rounds()).toBe(7);
  });

  it("C7: a clock set back does not stretch the wait", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    await till.loop.poke("commit");
    till.clockOffsetMs = -86_400_000;
    const rounds = countRounds(till);
    await till.loop.poke("timer");
    expect(rounds()).toBe(1);
  });

  it("C7: it never gives up", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    const rounds = countRounds(till);
    for (let tries = 1; tries <= 50; tries++) {
      till.world.pass(60_001);
      await till.loop.poke("timer");
    }
    expect(rounds()).toBe(50);
    expect((await till.db.delivery.get("state")) as unknown).toMatchObject({ failures: 50, state: "silent" });
    till.network.down = false;
    till.world.pass(60_001);
    await till.loop.poke("timer");
    expect((await till.db.delivery.get("state")) as unknown).toMatchObject({ failures: 0, state: "online" });
  });

  it("C7: a disk that takes no receipt ends the round, not the carrier", async () => {
    const till = await BenchTill.ready();
    await till.engine.charge(100);
    await till.engine.takeCash(100);
    failWrites(till.databaseName, "QuotaExceededError", { at: "receipt" });
    await till.loop.poke("commit");
    expect(till.loop.answered).toBe(false);
    await till.deliver();
    expect(till.loop.answered).toBe(true);
    expect(till.view.link.unsentCount).toBe(0);
  });

  it("C7: on a tablet that is no till yet a round does nothing, and makes no database", async () => {
    const till = await BenchTill.ready();
    const name = "never-enrolled";
    const loop = new DeliveryLoop({
      fetch: () => Promise.reject(new Error("nothing to send")),
      clockMs: () => till.world.ms,
      monotonicMs: () => 0,
      randomBytes: (length) => new Uint8Array(length),
      databaseName: name,
      onLine: () => true,
      announce: () => undefined,
      alone: (work) => work(),
    });
    await loop.poke("asked");
    expect((await indexedDB.databases()).map((one) => one.name)).not.toContain(name);
  });

  it("C7: without a network the strip says offline or silent since the last answer", async () => {
    const till = await BenchTill.ready();
    const answeredMs = till.world.ms;
    till.network.down = true;
    till.world.pass(90_000);
    await till.deliver();
    expect(till.view.link).toMatchObject({ state: "silent", sinceMs: answeredMs });
    await till.engine.pageFacts({ onLine: false, persisted: true, freeBytes: null });
    expect(till.view.link.state).toBe("offline");
  });

  it("G6: a till started in an outage does not say that it is connected because it was so yesterday", async () => {
    const till = await BenchTill.ready();
    expect(till.view.link.state).toBe("online");
    till.network.down = true;
    till.kill();
    till.world.pass(3_600_000);
    await till.start();
    expect(till.view.link.state).toBe("syncing");
    await till.deliver();
    expect(till.view.link.state).toBe("silent");
  });
});

/** How many requests were tried since: with the line cut, or with nothing to push, each round tries one. */
function countRounds(till: BenchTill): () => number {
  const before = till.network.tried.length;
  return () => till.network.tried.length - before;
}
