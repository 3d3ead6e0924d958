import { describe, expect, it, vi } from "vitest";
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

  it("C7: where there is no service worker the engine carries, by the same code, on commit", async () => {
    const till = await BenchTill.ready();
    await till.engine.setCarrier("engine");
    await till.engine.charge(100);
    await till.engine.takeCash(100);
    const entries = await till.db.journal.count();
    await vi.waitFor(() => expect(till.known.entries).toHaveLength(entries));
    await till.engine.syncNow();
    expect(till.view.link.unsentCount).toBe(0);
  });

  it("C7: the back-off rings its own bell, once for each failure, however often somebody pokes", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    const bells: { readonly ms: number; readonly ring: () => void }[] = [];
    const loop = new DeliveryLoop({
      fetch: (path, init) => till.network.fetch(path, init),
      clockMs: () => till.world.ms,
      monotonicMs: () => till.world.ms,
      randomBytes: (length) => new Uint8Array(length),
      databaseName: till.databaseName,
      onLine: () => true,
      announce: () => undefined,
      alone: (work) => work(),
      later: (ms, ring) => bells.push({ ms, ring }),
    });
    for (let pokes = 0; pokes < 5; pokes++) await loop.poke("commit");
    expect(bells).toHaveLength(1);
    till.network.down = false;
    await till.engine.charge(100);
    await till.engine.takeCash(100);
    till.world.pass(60_000);
    bells[0]?.ring();
    await vi.waitFor(() => expect(loop.answered).toBe(true));
    expect(bells[0]?.ms).toBeGreaterThanOrEqual(1000);
    expect(bells[0]?.ms).toBeLessThanOrEqual(60_000);
    expect(bells).toHaveLength(1);
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
