import { describe, expect, it, vi } from "vitest";
import { BenchTill, PIN } from "./bench-till.ts";

const PASSWORD = "48159";
const WRONG = "314159";

describe("a pad that is left (DESIGN §6)", () => {
  it("G7: a screen left while its PIN is checked stops nothing: the check ends, and the till goes on", async () => {
    const till = await BenchTill.ready();
    await till.engine.lock();
    const pad = await till.openPad({ purpose: "operator", operatorId: till.operatorId });
    await till.press(pad, PIN);
    const check = holdCheck(till);
    const confirmed = till.engine.confirmPad(pad.padId);
    await check.reached;
    await till.engine.closePad(pad.padId);
    check.release();
    expect(await confirmed).toMatchObject({ kind: "operator-in" });
    expect(await till.engine.charge(100)).toMatchObject({ ok: true });
  });

  it("I11: «hand back» pressed during the check gives the try back to nobody", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed({ password: PASSWORD, lease: till.known });
    await till.engine.presentScan(code.text);
    const pad = await till.openPad({ purpose: "code" });
    await till.press(pad, WRONG);
    const check = holdCheck(till);
    const confirmed = till.engine.confirmPad(pad.padId);
    await check.reached;
    await till.engine.closePad(pad.padId);
    check.release();
    expect(await confirmed).toMatchObject({ refusal: { code: "password-wrong", triesLeft: 4 } });
    expect((await till.db.attempts.get(`code:${code.cti}`))?.count).toBe(1);
  });

  it("G7: a new PIN whose pad was left between its two entries is not set by the next pad", async () => {
    const till = await BenchTill.unboxed();
    await till.engine.enrol({ text: till.scanned });
    const pad = await till.openPad({ purpose: "new-pin", operatorId: till.operatorId });
    expect(await till.enter(pad, PIN)).toEqual({ kind: "again" });
    await till.engine.closePad(pad.padId);
    const next = await till.openPad({ purpose: "new-pin", operatorId: till.operatorId });
    expect(await till.enter(next, PIN)).toEqual({ kind: "again" });
  });
});

describe("a code that is out of the game leaves the counter (UX §11.9)", () => {
  it("G24: with its tenth wrong password; cash goes on at once", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed({ password: PASSWORD, lease: till.known });
    await till.engine.presentScan(code.text);
    await till.db.attempts.put({ key: `code:${code.cti}`, count: 9 });
    till.world.pass(16 * 60_000);
    const pad = await till.openPad({ purpose: "code" });
    expect(await till.enter(pad, WRONG)).toMatchObject({ refusal: { code: "password-locked" } });
    expect(till.view.sale?.state).toBe("due");
    expect(await till.engine.takeCash(code.amountMinor)).toMatchObject({ ok: true });
  });

  it("G24: when it was locked before it came; no pad opens, and the sale waits for another means", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed({ password: PASSWORD, lease: till.known });
    await till.db.attempts.put({ key: `code:${code.cti}`, count: 10 });
    await till.engine.presentScan(code.text);
    const pad = await till.engine.openPad({ purpose: "code" });
    expect(pad).toEqual({ ok: false, refusal: { code: "password-locked" } });
    await vi.waitFor(() => expect(till.view.sale?.state).toBe("due"), { interval: 1 });
  });

  it("I8: when it was revoked while its password was typed", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed({ password: PASSWORD, lease: till.known });
    await till.engine.presentScan(code.text);
    const pad = await till.openPad({ purpose: "code" });
    await till.db.revoked.put({ cti: code.cti, untilMs: till.world.ms + 1_000_000 });
    expect(await till.enter(pad, PASSWORD)).toMatchObject({ refusal: { code: "revoked" } });
    expect(till.view.sale?.state).toBe("due");
  });

  it("G24: a wrong password or a wait leaves it there: the customer may try again", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed({ password: PASSWORD, lease: till.known });
    await till.engine.presentScan(code.text);
    for (let tries = 1; tries <= 5; tries++) {
      await till.enter(await till.openPad({ purpose: "code" }), WRONG);
      expect(till.view.sale?.state).toBe("password");
    }
    expect(await till.engine.openPad({ purpose: "code" })).toMatchObject({
      refusal: { code: "password-wait" },
    });
    expect(till.view.sale?.state).toBe("password");
  });

  it("G7: when the till is locked over it; the sum stays, and no customer gets past the lock", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed({ password: PASSWORD, lease: till.known });
    await till.engine.presentScan(code.text);
    await till.engine.lock();
    expect(till.view.phase).toBe("locked");
    expect(till.view.sale).toMatchObject({ state: "due", dueMinor: code.amountMinor });
    expect(await till.engine.takeCash(code.amountMinor)).toMatchObject({ refusal: { code: "no-operator" } });
  });
});

/** Stops the pin worker between the count and the check, until it is let go. */
function holdCheck(till: BenchTill): { readonly reached: Promise<void>; readonly release: () => void } {
  const reached = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  till.pinHands.hold = () => {
    reached.resolve();
    return go.promise;
  };
  return { reached: reached.promise, release: () => go.resolve() };
}
