import { describe, expect, it } from "vitest";
import { fromHex } from "#protocol/bytes.ts";
import { newId } from "#protocol/ids.ts";
import { BenchTill, PIN } from "./bench-till.ts";
import { signInAs, VaultOffice } from "./vault-office.ts";

const CASHIERS = "314159";
const WRONG = "161803";
const TEN_MINUTES_MS = 600_000;

describe("G24: three ways out of a lock (PROTOCOL §10)", () => {
  it("a manager's PIN at the till, in one transaction with its entry", async () => {
    const { till, cashier } = await locked();
    const owner = till.operatorId;
    const approve = { what: "unlock", operatorId: cashier } as const;
    const pad = await till.openPad({ purpose: "manager", managerId: owner, approve });
    expect(await till.enter(pad, PIN)).toMatchObject({ kind: "unlocked", operator: { id: cashier } });
    expect(await till.lastBody()).toEqual({
      kind: "unlocked",
      subjectClass: "operator",
      subject: fromHex(cashier),
      how: "manager",
      by: fromHex(owner),
    });
    expect(await signInAs(till, cashier, CASHIERS)).toMatchObject({ kind: "operator-in" });
  });

  it("the office's button, applied once whatever page brings it again", async () => {
    const { till, cashier } = await locked();
    const unlocked = { type: "unlocked", id: newId(), subjectClass: "operator" } as const;
    till.server.publish({ ...unlocked, subject: fromHex(cashier) }, till.known);
    await till.deliver();
    expect(await till.lastBody()).toMatchObject({ kind: "unlocked", how: "server", by: null });
    expect(await signInAs(till, cashier, WRONG)).toMatchObject({ refusal: { triesLeft: 4 } });
    till.server.publish({ ...unlocked, subject: fromHex(cashier) }, till.known);
    await till.deliver();
    expect((await till.db.attempts.get(`operator:${cashier}`))?.count).toBe(1);
    expect((await till.bodies()).filter(({ kind }) => kind === "unlocked")).toHaveLength(1);
  });

  it("a locked code's password as well, by the office", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed({ password: "48159", lease: till.known });
    await till.db.attempts.put({ key: `code:${code.cti}`, count: 10 });
    const subject = fromHex(code.cti);
    till.server.publish({ type: "unlocked", id: newId(), subjectClass: "code", subject }, till.known);
    await till.deliver();
    expect(await till.scanWithPassword(code.text, "48159")).toMatchObject({ kind: "paid" });
  });

  it("the office's eight digits, without a network", async () => {
    const { till, office, cashier } = await locked();
    till.network.down = true;
    const asked = await challenge(till, cashier);
    expect(asked).toMatchObject({ triesLeft: 3, leftMs: TEN_MINUTES_MS });
    expect(asked.digits).toMatch(/^\d{8}$/);
    expect((await challenge(till, cashier)).digits).toBe(asked.digits);
    const digits = await office.answerTo(till.known, cashier, asked.digits);
    expect(await till.engine.answerUnlock({ operatorId: cashier, digits })).toMatchObject({ ok: true });
    expect(await till.lastBody()).toMatchObject({ kind: "unlocked", how: "office-digits", by: null });
    expect(await till.engine.answerUnlock({ operatorId: cashier, digits })).toMatchObject({
      refusal: { code: "unlock-over" },
    });
    expect(await signInAs(till, cashier, CASHIERS)).toMatchObject({ kind: "operator-in" });
  });

  it("an answer for another operator, another till or other digits opens nothing", async () => {
    const { till, office, cashier } = await locked();
    const { digits } = await challenge(till, cashier);
    const answers = [
      await office.answerTo(till.known, till.operatorId, digits),
      await office.answerTo({ ...till.known, epoch: 2 }, cashier, digits),
    ];
    for (const [at, answer] of answers.entries())
      expect(await till.engine.answerUnlock({ operatorId: cashier, digits: answer })).toEqual({
        ok: false,
        refusal: { code: "unlock-wrong", triesLeft: 2 - at },
      });
    const right = await office.answerTo(till.known, cashier, digits);
    expect(await till.engine.answerUnlock({ operatorId: till.operatorId, digits: right })).toMatchObject({
      refusal: { code: "unlock-over" },
    });
    expect((await till.db.attempts.get(`operator:${cashier}`))?.count).toBe(10);
  });

  it("the third wrong answer uses the digits up, and the right one comes too late", async () => {
    const { till, office, cashier } = await locked();
    const { digits } = await challenge(till, cashier);
    const right = await office.answerTo(till.known, cashier, digits);
    const wrong = right === "00000000" ? "11111111" : "00000000";
    for (let tries = 1; tries <= 3; tries++)
      await till.engine.answerUnlock({ operatorId: cashier, digits: wrong });
    expect(await till.engine.answerUnlock({ operatorId: cashier, digits: right })).toMatchObject({
      refusal: { code: "unlock-over" },
    });
    expect((await challenge(till, cashier)).digits).not.toBe(digits);
  });

  it("ten minutes by the monotonic clock, or a restart, end them; a clock set back prolongs nothing", async () => {
    const { till, office, cashier } = await locked();
    const first = await challenge(till, cashier);
    const answered = await office.answerTo(till.known, cashier, first.digits);
    till.world.pass(TEN_MINUTES_MS);
    till.clockOffsetMs = -TEN_MINUTES_MS;
    expect(await till.engine.answerUnlock({ operatorId: cashier, digits: answered })).toMatchObject({
      refusal: { code: "unlock-over" },
    });
    const second = await challenge(till, cashier);
    const late = await office.answerTo(till.known, cashier, second.digits);
    await till.restart();
    expect(await till.engine.answerUnlock({ operatorId: cashier, digits: late })).toMatchObject({
      refusal: { code: "unlock-over" },
    });
    expect((await till.db.attempts.get(`operator:${cashier}`))?.count).toBe(10);
  });

  it("without its key, or with the till stopped, no digits are shown", async () => {
    const { till, cashier } = await locked();
    await till.db.settings.delete("unlock-key");
    expect(await till.engine.unlockChallenge(cashier)).toMatchObject({ refusal: { code: "unlock-unready" } });
    till.server.setRevoked(till.known, true);
    await till.deliver();
    expect(await till.engine.unlockChallenge(cashier)).toMatchObject({ refusal: { code: "till-stopped" } });
  });

  it("I11: what a power cut took of an unlock comes back from the second copy", async () => {
    const { till, cashier } = await locked();
    const approve = { what: "unlock", operatorId: cashier } as const;
    const before = await Promise.all([till.db.head.get("head"), till.db.attempts.toArray()]);
    await till.enter(await till.openPad({ purpose: "manager", managerId: till.operatorId, approve }), PIN);
    const [head, attempts] = before;
    if (!head) throw new Error("no head");
    await till.db.journal.filter(({ seq }) => seq > head.seq).delete();
    await till.db.head.put(head);
    await till.db.attempts.clear();
    await till.db.attempts.bulkPut(attempts);
    await till.restart();
    expect(await till.db.attempts.get(`operator:${cashier}`)).toBeUndefined();
    expect(await signInAs(till, cashier, CASHIERS)).toMatchObject({ kind: "operator-in" });
  });
});

/** A cashier whose PIN is locked by ten tries, nobody in. */
async function locked(): Promise<{ till: BenchTill; office: VaultOffice; cashier: string }> {
  const till = await BenchTill.ready();
  const office = await VaultOffice.of(till);
  const cashier = office.operator("小李", "cashier");
  await office.pin(cashier, CASHIERS);
  await office.giveUnlockKeys();
  await till.deliver();
  await till.engine.lock();
  await till.db.attempts.put({ key: `operator:${cashier}`, count: 10 });
  expect(await signInAs(till, cashier, CASHIERS)).toMatchObject({ refusal: { code: "pin-locked" } });
  return { till, office, cashier };
}

async function challenge(
  till: BenchTill,
  operatorId: string,
): Promise<{ readonly digits: string; readonly triesLeft: number; readonly leftMs: number }> {
  const asked = await till.engine.unlockChallenge(operatorId);
  if (!asked.ok) throw new Error(asked.refusal.code);
  return asked.value;
}
