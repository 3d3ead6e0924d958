import { describe, expect, it } from "vitest";
import { BenchTill, PIN, realArgon2 } from "./bench-till.ts";

const WRONG = "314159";

describe("an operator's PIN (PROTOCOL §10)", () => {
  it("G7: is set by entering it twice, and lets the operator in afterwards", async () => {
    const till = await BenchTill.unboxed({ argon2: realArgon2 });
    await till.engine.enrol({ text: till.scanned });
    expect(await till.setPin()).toMatchObject({ kind: "pin-set", operator: { hasPin: true } });
    expect(till.view.phase).toBe("open");
    await till.engine.lock();
    expect(till.view.phase).toBe("locked");
    expect(await till.signIn()).toMatchObject({ kind: "operator-in" });
    expect((await till.bodies()).map((body) => body.kind)).toEqual([
      "genesis",
      "pin-set",
      "operator-out",
      "attempt",
      "operator-in",
    ]);
  });

  it("G7: two different entries set nothing, and the pad begins anew", async () => {
    const till = await BenchTill.unboxed();
    await till.engine.enrol({ text: till.scanned });
    const pad = await till.openPad({ purpose: "new-pin", operatorId: till.operatorId });
    expect(await till.enter(pad, PIN)).toEqual({ kind: "again" });
    await till.press(pad, WRONG);
    expect(await till.engine.confirmPad(pad.padId)).toEqual({
      kind: "refused",
      refusal: { code: "pin-differs" },
    });
    expect(till.view.phase).toBe("needs-pin");
    expect(await till.enter(pad, PIN)).toEqual({ kind: "again" });
    expect(await till.enter(pad, PIN)).toMatchObject({ kind: "pin-set" });
  });

  it("G21: a PIN that is guessed first, or is short, is refused by its reason", async () => {
    const till = await BenchTill.unboxed();
    await till.engine.enrol({ text: till.scanned });
    expect(await till.setPin("123456")).toMatchObject({ refusal: { code: "pin-too-weak", why: "sequence" } });
    expect(await till.setPin("888888")).toMatchObject({ refusal: { code: "pin-too-weak", why: "repeat" } });
    expect(await till.setPin("520520")).toMatchObject({ refusal: { code: "pin-too-weak" } });
    expect(await till.setPin("27182")).toMatchObject({ refusal: { code: "pin-too-short", min: 6 } });
  });

  it("G7: nobody sets a second PIN over one that is there", async () => {
    const till = await BenchTill.ready();
    const again = await till.engine.openPad({ purpose: "new-pin", operatorId: till.operatorId });
    expect(again).toEqual({ ok: false, refusal: { code: "pin-needs-manager" } });
  });

  it("G7: no PIN and no digit of it stands in the journal or on the disk beside it", async () => {
    const till = await BenchTill.ready();
    const secrets = await till.db.secrets.toArray();
    expect(Object.keys(secrets[0] ?? {}).toSorted()).toEqual([
      "mac",
      "profile",
      "salt",
      "subject",
      "version",
    ]);
    const utf8 = new TextDecoder("latin1");
    for (const row of await till.db.journal.toArray()) expect(utf8.decode(row.bytes)).not.toContain(PIN);
  });

  it("I11: a try is on disk before the secret is looked at", async () => {
    const till = await lockedTill();
    let countedBeforeCheck = -1;
    till.pinHands.hold = async () => {
      countedBeforeCheck = (await till.db.attempts.get(`operator:${till.operatorId}`))?.count ?? 0;
    };
    expect(await till.signIn(WRONG)).toEqual({
      kind: "refused",
      refusal: { code: "pin-wrong", triesLeft: 4 },
    });
    expect(countedBeforeCheck).toBe(1);
    expect(await till.lastBody()).toMatchObject({ kind: "attempt", subjectClass: "operator", n: 1 });
  });

  it("I11: a kill between the count and the check gives no try back, however often", async () => {
    const till = await lockedTill();
    for (let kills = 1; kills <= 5; kills++) {
      await killBetweenCountAndCheck(till);
      expect((await till.db.attempts.get(`operator:${till.operatorId}`))?.count).toBe(kills);
    }
    const pad = await till.engine.openPad({ purpose: "operator", operatorId: till.operatorId });
    expect(pad).toMatchObject({ ok: false, refusal: { code: "pin-wait" } });
    expect(await till.brokenAt()).toBeNull();
  });

  it("G24: the fifth wrong try makes the operator wait 30 s, and the right PIN waits as well", async () => {
    const till = await lockedTill();
    for (let left = 4; left >= 1; left--)
      expect(await till.signIn(WRONG)).toEqual({
        kind: "refused",
        refusal: { code: "pin-wrong", triesLeft: left },
      });
    expect(await till.signIn(WRONG)).toEqual({
      kind: "refused",
      refusal: { code: "pin-wait", waitMs: 30_000, tries: 5 },
    });
    till.world.pass(29_999);
    expect(await askPad(till)).toEqual({ code: "pin-wait", waitMs: 1, tries: 5 });
    till.world.pass(1);
    expect(await till.signIn()).toMatchObject({ kind: "operator-in" });
    expect(await till.db.attempts.get(`operator:${till.operatorId}`)).toBeUndefined();
  });

  it("G24: with the tenth wrong try the operator is locked, also after a restart", async () => {
    const till = await lockedTill();
    for (let tries = 1; tries <= 10; tries++) {
      await till.signIn(WRONG);
      till.world.pass(16 * 60_000);
    }
    expect(await askPad(till)).toEqual({ code: "pin-locked" });
    await till.restart();
    till.world.pass(24 * 3_600_000);
    expect(await askPad(till)).toEqual({ code: "pin-locked" });
  });

  it("G24: a restart begins the whole wait anew, and setting the clock ahead shortens nothing", async () => {
    const till = await lockedTill();
    for (let tries = 1; tries <= 5; tries++) await till.signIn(WRONG);
    till.world.pass(25_000);
    await till.restart();
    till.clockOffsetMs = 3_600_000;
    expect(await askPad(till)).toMatchObject({ code: "pin-wait" });
    till.world.pass(29_000);
    expect(await askPad(till)).toMatchObject({ code: "pin-wait" });
    till.world.pass(1000);
    expect(await askPad(till)).toBeNull();
  });

  it("G24: a second window that stood by for long gives no wait away when it takes over", async () => {
    const till = await lockedTill();
    for (let tries = 1; tries <= 5; tries++) await till.signIn(WRONG);
    till.kill();
    await till.start({ elsewhereMs: 20 * 60_000 });
    expect(await askPad(till)).toMatchObject({ code: "pin-wait", waitMs: 30_000, tries: 5 });
  });

  it("G24: a pad opened before the wait began is not a way around it", async () => {
    const till = await lockedTill();
    const pad = await till.openPad({ purpose: "operator", operatorId: till.operatorId });
    await till.press(pad, PIN);
    // Meanwhile five tries came from another window.
    await till.db.attempts.put({ key: `operator:${till.operatorId}`, count: 5 });
    const refusal = { code: "pin-wait", tries: 5 };
    expect(await till.engine.confirmPad(pad.padId)).toMatchObject({ kind: "refused", refusal });
    expect(till.view.phase).toBe("locked");
  });

  it("G24: a prankster's tries slow the device down, and cash goes on", async () => {
    const till = await BenchTill.ready();
    await till.db.attempts.put({ key: "device:code", count: 10 });
    const code = await till.handed({ password: "4711" });
    await till.engine.charge(code.amountMinor);
    expect(await till.engine.presentScan(code.text)).toMatchObject({ kind: "password" });
    const wait = await till.engine.openPad({ purpose: "code" });
    expect(wait).toMatchObject({ ok: false, refusal: { code: "password-wait", tries: 10 } });
    await till.engine.withdrawCode();
    expect(await till.engine.takeCash(code.amountMinor)).toMatchObject({ ok: true });
  });

  it("I11: a closed pad checks nothing, counts nothing", async () => {
    const till = await lockedTill();
    const pad = await till.openPad({ purpose: "operator", operatorId: till.operatorId });
    await till.press(pad, PIN);
    await till.engine.closePad(pad.padId);
    expect(await till.engine.confirmPad(pad.padId)).toMatchObject({ kind: "refused" });
    expect(await till.db.attempts.count()).toBe(0);
    expect(till.view.phase).toBe("locked");
  });
});

async function lockedTill(): Promise<BenchTill> {
  const till = await BenchTill.ready();
  await till.engine.lock();
  return till;
}

/** Drops the engine when the try is on disk and the check has not begun, and starts a new one. */
async function killBetweenCountAndCheck(till: BenchTill): Promise<void> {
  const pad = await till.openPad({ purpose: "operator", operatorId: till.operatorId });
  await till.press(pad, WRONG);
  await new Promise<void>((reached) => {
    till.pinHands.hold = () => {
      reached();
      return new Promise(() => undefined);
    };
    // What becomes of a call whose engine is gone is nobody's concern: its database is closed under it.
    till.engine.confirmPad(pad.padId).catch(() => undefined);
  });
  pad.port.close();
  await till.restart();
}

/** Why no pad opens now, or null. */
async function askPad(till: BenchTill): Promise<unknown> {
  const opened = await till.engine.openPad({ purpose: "operator", operatorId: till.operatorId });
  if (!opened.ok) return opened.refusal;
  await till.engine.closePad(opened.value.padId);
  return null;
}
