import { describe, expect, it } from "vitest";
import { fromHex } from "#protocol/bytes.ts";
import type { Approval, PadOutcome } from "#protocol/engine-calls.ts";
import { BenchTill, PIN } from "./bench-till.ts";
import { setPinOf, signInAs, VaultOffice } from "./vault-office.ts";

const OTHER = "314159";
const WRONG = "161803";

describe("who may set a PIN at the till (issue 4, decision 3)", () => {
  it("G21: the first of all is the owner's; nobody else sets one without a manager", async () => {
    const till = await BenchTill.unboxed();
    await till.engine.enrol({ text: till.scanned });
    const { cashier, manager } = await people(till);
    for (const operatorId of [cashier, manager])
      expect(await till.engine.openPad({ purpose: "new-pin", operatorId })).toEqual({
        ok: false,
        refusal: { code: "pin-needs-manager" },
      });
    expect(await till.setPin()).toMatchObject({ kind: "pin-set" });
    expect(await till.engine.openPad({ purpose: "new-pin", operatorId: cashier })).toMatchObject({
      refusal: { code: "pin-needs-manager" },
    });
  });

  it("G21: the owner approves at the pad, the cashier's PIN is set, and the owner stays in", async () => {
    const { till, cashier } = await shop();
    const owner = till.operatorId;
    expect(await approve(till, owner, PIN, { what: "new-pin", operatorId: cashier })).toMatchObject({
      kind: "approved",
      by: { id: owner },
    });
    expect(await till.lastBody()).toMatchObject({
      kind: "approved",
      what: "new-pin",
      subject: fromHex(cashier),
      by: fromHex(owner),
    });
    expect(await setPinOf(till, cashier, OTHER)).toMatchObject({
      kind: "pin-set",
      operator: { id: cashier },
    });
    expect(till.view.operator?.id).toBe(owner);
    expect(await till.lastBody()).toMatchObject({ kind: "pin-set", carried: { profile: 1 } });
    await till.engine.lock();
    expect(await signInAs(till, cashier, OTHER)).toMatchObject({ kind: "operator-in" });
  });

  it("G21: an approval is good once, for this operator, for two minutes, and not over a lock", async () => {
    const { till, cashier, manager } = await shop();
    const wish: Approval = { what: "new-pin", operatorId: cashier };
    const mayCashier = (): ReturnType<typeof till.engine.openPad> =>
      till.engine.openPad({ purpose: "new-pin", operatorId: cashier });
    await approve(till, till.operatorId, PIN, wish);
    expect(await till.engine.openPad({ purpose: "new-pin", operatorId: manager })).toMatchObject({
      ok: false,
    });
    await setPinOf(till, cashier, OTHER);
    expect(await mayCashier()).toMatchObject({ refusal: { code: "pin-needs-manager" } });
    await approve(till, till.operatorId, PIN, wish);
    till.world.pass(120_000);
    expect(await mayCashier()).toMatchObject({ refusal: { code: "pin-needs-manager" } });
    await approve(till, till.operatorId, PIN, wish);
    await till.engine.lock();
    expect(await mayCashier()).toMatchObject({ refusal: { code: "pin-needs-manager" } });
    await approve(till, till.operatorId, PIN, wish);
    await till.restart();
    expect(await mayCashier()).toMatchObject({ refusal: { code: "pin-needs-manager" } });
  });

  it("G21: an approval that ran out while the new PIN was typed sets nothing", async () => {
    const { till, cashier } = await shop();
    await approve(till, till.operatorId, PIN, { what: "new-pin", operatorId: cashier });
    const pad = await till.openPad({ purpose: "new-pin", operatorId: cashier });
    expect(await till.enter(pad, OTHER)).toEqual({ kind: "again" });
    till.world.pass(120_000);
    expect(await till.enter(pad, OTHER)).toMatchObject({ refusal: { code: "pin-needs-manager" } });
    expect(await till.db.secrets.get(cashier)).toBeUndefined();
  });

  it("G21: one's own is changed by who knows the old one, typed before the new one twice", async () => {
    const { till } = await shop();
    const owner = till.operatorId;
    const wrong = await till.openPad({ purpose: "old-pin", operatorId: owner });
    expect(await till.enter(wrong, WRONG)).toMatchObject({ refusal: { code: "pin-wrong", triesLeft: 4 } });
    expect(await till.engine.openPad({ purpose: "new-pin", operatorId: owner })).toMatchObject({ ok: false });
    const right = await till.openPad({ purpose: "old-pin", operatorId: owner });
    expect(await till.enter(right, PIN)).toMatchObject({ kind: "approved", by: { id: owner } });
    expect(await setPinOf(till, owner, OTHER)).toMatchObject({ kind: "pin-set" });
    expect((await till.db.secrets.get(owner))?.version).toBe(2);
    await till.engine.lock();
    expect(await till.signIn(PIN)).toMatchObject({ refusal: { code: "pin-wrong" } });
    expect(await till.signIn(OTHER)).toMatchObject({ kind: "operator-in" });
  });

  it("G21: a cashier approves nothing, nobody for himself, and no manager the owner's PIN", async () => {
    const { till, cashier, manager, office } = await shop();
    await office.pin(cashier, OTHER);
    await office.pin(manager, WRONG);
    await till.deliver();
    const refusal = { ok: false, refusal: { code: "pin-needs-manager" } };
    const asked = (managerId: string, about: string): ReturnType<typeof till.engine.openPad> =>
      till.engine.openPad({
        purpose: "manager",
        managerId,
        approve: { what: "new-pin", operatorId: about },
      });
    expect(await asked(cashier, manager)).toEqual(refusal);
    expect(await asked(manager, manager)).toEqual(refusal);
    expect(await asked(manager, till.operatorId)).toEqual(refusal);
    expect(await asked(manager, cashier)).toMatchObject({ ok: true });
  });

  it("G24: a manager's wrong PIN counts in a class of its own, before it is looked at", async () => {
    const { till, cashier } = await shop();
    const owner = till.operatorId;
    let counted = -1;
    till.pinHands.hold = async () => {
      counted = (await till.db.attempts.get(`manager:${owner}`))?.count ?? 0;
    };
    const wish: Approval = { what: "new-pin", operatorId: cashier };
    expect(await approve(till, owner, WRONG, wish)).toMatchObject({
      refusal: { code: "pin-wrong", triesLeft: 4 },
    });
    expect(counted).toBe(1);
    expect(await till.lastBody()).toMatchObject({ kind: "attempt", subjectClass: "manager", n: 1 });
    expect(await till.db.attempts.get(`operator:${owner}`)).toBeUndefined();
    await till.db.attempts.put({ key: `manager:${owner}`, count: 10 });
    expect(await till.engine.openPad({ purpose: "manager", managerId: owner, approve: wish })).toMatchObject({
      refusal: { code: "pin-locked" },
    });
    await till.engine.lock();
    expect(await till.signIn()).toMatchObject({ kind: "operator-in" });
  });

  it("I11: a right manager's PIN starts that class anew, in the transaction of its entry", async () => {
    const { till, cashier } = await shop();
    const owner = till.operatorId;
    await approve(till, owner, WRONG, { what: "new-pin", operatorId: cashier });
    await approve(till, owner, PIN, { what: "new-pin", operatorId: cashier });
    expect(await till.db.attempts.get(`manager:${owner}`)).toBeUndefined();
  });

  it("G21: the office's own PIN that came while one was typed is counted past, not written over", async () => {
    const { till, cashier, office } = await shop();
    await approve(till, till.operatorId, PIN, { what: "new-pin", operatorId: cashier });
    const pad = await till.openPad({ purpose: "new-pin", operatorId: cashier });
    expect(await till.enter(pad, OTHER)).toEqual({ kind: "again" });
    await office.pin(cashier, WRONG);
    await till.deliver();
    expect(await till.enter(pad, OTHER)).toMatchObject({ kind: "pin-set" });
    expect((await till.db.secrets.get(cashier))?.version).toBe(2);
  });
});

async function people(till: BenchTill): Promise<{ office: VaultOffice; cashier: string; manager: string }> {
  const office = await VaultOffice.of(till);
  const cashier = office.operator("小李", "cashier");
  const manager = office.operator("老陈", "manager");
  await till.deliver();
  return { office, cashier, manager };
}

/** The owner is in. */
async function shop(): Promise<{ till: BenchTill } & Awaited<ReturnType<typeof people>>> {
  const till = await BenchTill.ready();
  return { till, ...(await people(till)) };
}

async function approve(till: BenchTill, managerId: string, pin: string, what: Approval): Promise<PadOutcome> {
  return till.enter(await till.openPad({ purpose: "manager", managerId, approve: what }), pin);
}
