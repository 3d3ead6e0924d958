import { describe, expect, it } from "vitest";
import { toHex } from "#protocol/bytes.ts";
import { BenchTill, PIN, realArgon2 } from "./bench-till.ts";
import { signInAs, VaultOffice } from "./vault-office.ts";

const OTHER = "314159";
const THIRD = "161803";
const HOUR_MS = 3_600_000;

describe("secrets that the office made (PROTOCOL §10, decision 1)", () => {
  it("G21: a PIN set in the office is checked at the till with real Argon2, without a network", async () => {
    const till = await BenchTill.ready({ argon2: realArgon2 });
    const { office, cashier } = await officeOf(till);
    await office.pin(cashier, OTHER);
    await till.deliver();
    await till.engine.lock();
    till.network.down = true;
    expect(till.view.operators.find(({ id }) => id === cashier)).toMatchObject({ hasPin: true });
    expect(await signInAs(till, cashier, PIN)).toMatchObject({
      refusal: { code: "pin-wrong", triesLeft: 4 },
    });
    expect(await signInAs(till, cashier, OTHER)).toMatchObject({ kind: "operator-in" });
    expect(await till.db.attempts.get(`operator:${cashier}`)).toBeUndefined();
  });

  it("I11: its try is on disk before it is opened", async () => {
    const { till, office, cashier } = await shop();
    await office.pin(cashier, OTHER);
    await till.deliver();
    let counted = -1;
    till.pinHands.hold = async () => {
      counted = (await till.db.attempts.get(`operator:${cashier}`))?.count ?? 0;
    };
    await signInAs(till, cashier, PIN);
    expect(counted).toBe(1);
  });

  it("G21: the office's newer PIN puts the one made here aside, and the withdrawn one is gone", async () => {
    const { till, office } = await shop();
    await office.pin(till.operatorId, OTHER, { version: 2 });
    await till.deliver();
    expect(await signInAs(till, till.operatorId, PIN)).toMatchObject({ refusal: { code: "pin-wrong" } });
    expect(await signInAs(till, till.operatorId, OTHER)).toMatchObject({ kind: "operator-in" });
    office.withdraw(till.operatorId, 2);
    await till.deliver();
    expect(await till.db.secrets.count()).toBe(0);
    expect(await signInAs(till, till.operatorId, OTHER)).toMatchObject({
      refusal: { code: "pin-needs-manager" },
    });
  });

  it("G21: an older one of the office's does not bring back what was changed here", async () => {
    const { till, office } = await shop();
    await office.pin(till.operatorId, OTHER, { version: 1 });
    await till.deliver();
    expect(await signInAs(till, till.operatorId, OTHER)).toMatchObject({ refusal: { code: "pin-wrong" } });
    expect(await signInAs(till, till.operatorId, PIN)).toMatchObject({ kind: "operator-in" });
  });

  it("G21: while two overlap both are right, each with one Argon2; afterwards the newer alone", async () => {
    const { till, office, cashier } = await shop();
    await office.pin(cashier, OTHER, { version: 1, untilMs: till.world.ms + HOUR_MS });
    await office.pin(cashier, THIRD, { version: 2 });
    await till.deliver();
    expect(await signInAs(till, cashier, OTHER)).toMatchObject({ kind: "operator-in" });
    expect(await signInAs(till, cashier, THIRD)).toMatchObject({ kind: "operator-in" });
    till.world.pass(HOUR_MS);
    expect(await signInAs(till, cashier, OTHER)).toMatchObject({ refusal: { code: "pin-wrong" } });
    expect(await signInAs(till, cashier, THIRD)).toMatchObject({ kind: "operator-in" });
    expect((await till.bodies()).filter(({ kind }) => kind === "attempt")).toHaveLength(4);
  });

  it("G21: of more than two that overlap the newest two count: a try stays two guesses at most", async () => {
    const { till, office, cashier } = await shop();
    const untilMs = till.world.ms + HOUR_MS;
    await office.pin(cashier, PIN, { version: 1, untilMs });
    await office.pin(cashier, OTHER, { version: 2, untilMs });
    await office.pin(cashier, THIRD, { version: 3 });
    await till.deliver();
    expect(await signInAs(till, cashier, PIN)).toMatchObject({ refusal: { code: "pin-wrong" } });
    expect(await signInAs(till, cashier, OTHER)).toMatchObject({ kind: "operator-in" });
  });

  it("G21: a PIN set at one till opens the other, and neither the wire nor a disk shows it", async () => {
    const one = await BenchTill.unboxed({ name: "1号机" });
    await one.engine.enrol({ text: one.scanned });
    const office = await VaultOffice.of(one);
    await one.setPin();
    await one.deliver();
    const two = await BenchTill.unboxed({ server: one.server, world: one.world, name: "2号机" });
    await two.engine.enrol({ text: two.scanned });
    expect(two.view.phase).toBe("needs-pin");
    expect(await office.takePins()).toBe(1);
    await two.deliver();
    expect(two.view.phase).toBe("locked");
    expect(await signInAs(two, two.operatorId, OTHER)).toMatchObject({ refusal: { code: "pin-wrong" } });
    expect(await signInAs(two, two.operatorId, PIN)).toMatchObject({ kind: "operator-in" });
    const rows = await two.db.sealedSecrets.toArray();
    expect(rows.every(({ sealed }) => sealed.length === 113)).toBe(true);
    const journal = await one.db.journal.toArray();
    const written = [...rows.map(({ sealed }) => sealed), ...journal.map(({ bytes }) => bytes)];
    for (const bytes of written) expect(new TextDecoder("latin1").decode(bytes)).not.toContain(PIN);
  });

  it("I3: a tablet enrolled anew gets its PINs back from the office, and sets none over them", async () => {
    const { till, office, cashier } = await shop();
    await office.pin(cashier, OTHER);
    await till.deliver();
    const again = till.server.expectAgain(till.known);
    await till.engine.enrol({ text: again.typed, deliberate: true });
    await till.server.confirm(again.till);
    await office.pin(cashier, OTHER);
    await till.deliver();
    expect(till.view.phase).toBe("locked");
    expect(await signInAs(till, cashier, OTHER)).toMatchObject({ kind: "operator-in" });
    const free = await till.engine.openPad({ purpose: "new-pin", operatorId: till.operatorId });
    expect(free).toMatchObject({ refusal: { code: "pin-needs-manager" } });
  });

  it("G21: a secret sealed to another till opens nothing here", async () => {
    const { till, cashier, office } = await shop();
    await office.pin(cashier, OTHER);
    const change = till.server.feed.find((row) => row.change.type === "secret")?.change;
    if (change?.type !== "secret") throw new Error("no secret was sent");
    // The same box under another version's name: its aad does not hold.
    till.server.publish({ ...change, version: 9 }, till.known);
    await till.deliver();
    expect(await signInAs(till, cashier, OTHER)).toMatchObject({ refusal: { code: "pin-wrong" } });
  });

  it("G11: what a full feed does not name any more is gone from the till", async () => {
    const { till, office, cashier } = await shop();
    await office.pin(cashier, OTHER);
    await till.deliver();
    const { feed } = till.server;
    for (let at = feed.length - 1; at >= 0; at--) if (feed[at]?.change.type === "secret") feed.splice(at, 1);
    const known = await till.db.setting("feed");
    if (known) await till.db.settings.put({ ...known, version: 0 });
    await till.deliver();
    expect(await till.db.sealedSecrets.count()).toBe(0);
  });
});

async function officeOf(till: BenchTill): Promise<{ office: VaultOffice; cashier: string }> {
  const office = await VaultOffice.of(till);
  const cashier = office.operator("小李", "cashier");
  await till.deliver();
  expect(till.operatorId).toBe(toHex(till.server.operator));
  return { office, cashier };
}

/** A till that is locked, its owner with a PIN of version 1 made here, a cashier with none. */
async function shop(): Promise<{ till: BenchTill; office: VaultOffice; cashier: string }> {
  const till = await BenchTill.ready();
  const parts = await officeOf(till);
  await till.engine.lock();
  return { till, ...parts };
}
