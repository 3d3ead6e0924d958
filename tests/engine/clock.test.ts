import { describe, expect, it } from "vitest";
import { decodeEntry } from "#protocol/entry.ts";
import { decodeTillBody } from "#protocol/till-body-reader.ts";
import { BenchTill } from "./bench-till.ts";

const DAY_MS = 86_400_000;

describe("a till's clock (PROTOCOL §8)", () => {
  it("G9: a clock set back a month revives no code that has expired", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed({ payload: { expiresAtMs: till.world.ms + 60_000 } });
    till.world.pass(61_000);
    till.clockOffsetMs = -30 * DAY_MS;
    expect(await till.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "expired" } });
    expect(till.view.clock).toBe("back");
    await till.restart();
    await till.signIn();
    expect(await till.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "expired" } });
  });

  it("G9: a clock ten years ahead stops codes by its own name, and cash goes on", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed();
    till.clockOffsetMs = 3650 * DAY_MS;
    await till.engine.charge(code.amountMinor);
    expect(await till.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "clock" } });
    expect(await till.engine.takeCash(code.amountMinor)).toMatchObject({ ok: true });
    expect(till.view.clock).toBe("leap");
  });

  it("G9: a leap poisons nothing: with the clock right again, the code is taken", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed();
    till.clockOffsetMs = 3650 * DAY_MS;
    await till.engine.presentScan(code.text);
    await till.restart();
    await till.signIn();
    till.clockOffsetMs = 0;
    expect(await till.engine.presentScan(code.text)).toMatchObject({ kind: "paid" });
  });

  it("B9: a clock that leaves the believable range and comes back is in the journal, once each", async () => {
    const till = await BenchTill.ready();
    till.clockOffsetMs = -DAY_MS;
    await till.engine.serviceWorkerWrote();
    await till.engine.serviceWorkerWrote();
    till.clockOffsetMs = 0;
    await till.engine.serviceWorkerWrote();
    const jumps = (await till.db.journal.toArray()).filter((row) => row.kind === "clock-jump");
    const bodies = jumps.map((row) => decodeTillBody("clock-jump", decodeEntry(row.bytes)?.body ?? null));
    expect(bodies).toMatchObject([{ quality: "back" }, { quality: "plausible" }]);
  });

  it("the server's answer sets the time right, in either direction", async () => {
    const till = await BenchTill.ready();
    till.clockOffsetMs = 12 * DAY_MS;
    await till.engine.charge(100);
    await till.engine.takeCash(100);
    expect(await lastNowMs(till)).toBe(till.world.ms + 12 * DAY_MS);
    till.clockOffsetMs = 0;
    await till.deliver();
    await till.engine.charge(100);
    await till.engine.takeCash(100);
    expect(Math.abs((await lastNowMs(till)) - till.world.ms)).toBeLessThan(10);
    expect(till.view.clock).toBe("anchored");
  });

  it("entries hold whole milliseconds, whatever fraction the process counts in", async () => {
    const till = await BenchTill.ready();
    till.clockOffsetMs = -DAY_MS;
    till.world.pass(1.7);
    await till.engine.charge(100);
    expect(await till.engine.takeCash(100)).toMatchObject({ ok: true });
    expect(Number.isSafeInteger(await lastNowMs(till))).toBe(true);
  });
});

async function lastNowMs(till: BenchTill): Promise<number> {
  const row = (await till.db.journal.toArray()).at(-1);
  return (row && decodeEntry(row.bytes)?.time.nowMs) ?? Number.NaN;
}
