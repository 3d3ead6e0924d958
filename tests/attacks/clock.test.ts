import { describe, expect, it } from "vitest";
import { BenchTill } from "../engine/bench-till.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const YEAR_MS = 365 * DAY_MS;

/** Takes a code or says why not. */
async function shown(till: BenchTill, text: string): Promise<string> {
  const outcome = await till.engine.presentScan(text);
  await till.engine.nextSale();
  return outcome.kind === "refused" ? outcome.refusal.code : outcome.kind;
}

/** A code that is good for so long from now, in the till's lists. */
function goodFor(till: BenchTill, ms: number): ReturnType<BenchTill["handed"]> {
  return till.handed({
    lease: till.known,
    payload: { expiresAtMs: Math.floor((till.world.ms + ms) / 1000) * 1000 },
  });
}

describe("a clock that is turned (PROTOCOL §8)", () => {
  it.each([false, true])(
    "B9: ten years ahead for a minute, then back: what is valid works, what expired stays so (restarted: %s)",
    async (restarted) => {
      const till = await BenchTill.ready();
      const [valid, soon] = [await goodFor(till, 30 * DAY_MS), await goodFor(till, 30_000)];
      till.clockOffsetMs = 10 * YEAR_MS;
      expect(await shown(till, valid.text)).toBe("clock");
      till.world.pass(MINUTE_MS);
      if (restarted) {
        await till.restart();
        await till.signIn();
      }
      expect(await shown(till, valid.text)).toBe("clock");
      till.clockOffsetMs = 0;
      expect(await shown(till, soon.text)).toBe("expired");
      expect(await shown(till, valid.text)).toBe("paid");
      expect(till.view.clock).not.toBe("leap");
    },
  );

  it("B9: ten years ahead for a minute, server within reach all the time: the same", async () => {
    const till = await BenchTill.ready();
    const valid = await goodFor(till, 30 * DAY_MS);
    till.clockOffsetMs = 10 * YEAR_MS;
    await till.deliver();
    till.world.pass(MINUTE_MS);
    await till.deliver();
    // The server's word sets the time whatever the clock shows.
    till.clockOffsetMs = 0;
    await till.deliver();
    expect(await shown(till, valid.text)).toBe("paid");
  });

  it.each([false, true])(
    "B9: a year back: nothing that expired comes to life, what is valid works (restarted: %s)",
    async (restarted) => {
      const till = await BenchTill.ready();
      const [valid, soon] = [await goodFor(till, 30 * DAY_MS), await goodFor(till, MINUTE_MS)];
      till.world.pass(2 * MINUTE_MS);
      expect(await shown(till, soon.text)).toBe("expired");
      till.clockOffsetMs = -YEAR_MS;
      if (restarted) {
        await till.restart();
        await till.signIn();
      }
      expect(await shown(till, soon.text)).toBe("expired");
      expect(till.view.clock).toBe("back");
      expect(await shown(till, valid.text)).toBe("paid");
    },
  );

  it("B9: back and ahead by turns every minute gives no second back", async () => {
    const till = await BenchTill.ready();
    const soon = await goodFor(till, 5 * MINUTE_MS);
    for (let minute = 0; minute < 6; minute += 1) {
      till.clockOffsetMs = minute % 2 === 0 ? -YEAR_MS : 10 * YEAR_MS;
      till.world.pass(MINUTE_MS);
      await till.engine.serviceWorkerWrote();
    }
    till.clockOffsetMs = 0;
    expect(await shown(till, soon.text)).toBe("expired");
  });

  it.each([-1, 1])(
    "an hour wrong (%i) with the server's time known: judged by the server's",
    async (sign) => {
      const till = await BenchTill.ready();
      till.clockOffsetMs = sign * HOUR_MS;
      await till.deliver();
      const [valid, soon] = [await goodFor(till, 30 * MINUTE_MS), await goodFor(till, MINUTE_MS)];
      till.world.pass(2 * MINUTE_MS);
      await till.deliver();
      expect(await shown(till, soon.text)).toBe("expired");
      expect(await shown(till, valid.text)).toBe("paid");
    },
  );

  it("C6: four months offline, selling every day: codes are judged by the till's own time", async () => {
    const till = await BenchTill.ready();
    const [long, short] = [await goodFor(till, 300 * DAY_MS), await goodFor(till, 100 * DAY_MS)];
    till.network.down = true;
    for (let day = 0; day < 120; day += 1) {
      till.world.pass(DAY_MS);
      if (day % 15 === 0) {
        await till.restart();
        await till.signIn();
      }
      await till.engine.charge(500);
      await till.engine.takeCash(500);
      await till.engine.nextSale();
    }
    expect(till.view.clock).toBe("plausible");
    expect(await shown(till, short.text)).toBe("expired");
    expect(await shown(till, long.text)).toBe("paid");
  });

  it("B9: months in a drawer: no codes on that clock, cash goes on, the server's word mends it", async () => {
    const till = await BenchTill.ready();
    const [long, short] = [await goodFor(till, 300 * DAY_MS), await goodFor(till, 10 * DAY_MS)];
    till.kill();
    till.world.pass(90 * DAY_MS);
    till.network.down = true;
    await till.start();
    await till.signIn();
    expect(await shown(till, long.text)).toBe("clock");
    await till.engine.charge(500);
    expect(await till.engine.takeCash(500)).toMatchObject({ ok: true });
    await till.engine.nextSale();
    till.network.down = false;
    await till.deliver();
    expect(await shown(till, short.text)).toBe("expired");
    expect(await shown(till, long.text)).toBe("paid");
  });
});
