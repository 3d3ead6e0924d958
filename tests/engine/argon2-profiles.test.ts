import { describe, expect, it } from "vitest";
import { ARGON2_PROFILES } from "#protocol/vault-records.ts";
import type { PinWorker } from "#protocol/pin-calls.ts";
import type { Argon2 } from "#engine/vault/pin-desk.ts";
import { calibrate } from "#engine/vault/calibration.ts";
import { OpenVault } from "#engine/vault/open-vault.ts";
import { BenchTill, PIN } from "./bench-till.ts";
import { quickArgon2 } from "./tablet.ts";
import { setPinOf, signInAs, VaultOffice } from "./vault-office.ts";

/** Like Argon2 in this: another profile is another hash. */
const telling: Argon2 = (secret, salt, profile) =>
  quickArgon2(secret, Uint8Array.of(...salt, profile.iterations, profile.memoryKib / 1024), profile);

describe("Argon2 profiles (PROTOCOL §10, decision 8)", () => {
  it("B2: numbers mean what they meant, each costlier than the one before it", () => {
    expect([...ARGON2_PROFILES]).toEqual([
      [1, { memoryKib: 19_456, iterations: 2, parallelism: 1, bytes: 32 }],
      [2, { memoryKib: 19_456, iterations: 4, parallelism: 1, bytes: 32 }],
      [3, { memoryKib: 47_104, iterations: 2, parallelism: 1, bytes: 32 }],
      [4, { memoryKib: 47_104, iterations: 4, parallelism: 1, bytes: 32 }],
    ]);
  });

  it.each([
    { times: [900, 499, 500, 501], profile: 3 },
    { times: [90, 501, 100, 100], profile: 1 },
    { times: [30, 60, 80, 160], profile: 4 },
  ])("B2: a device that takes $times ms makes its records at $profile, measured once", async (seen) => {
    const till = await BenchTill.ready();
    const asked: number[] = [];
    let workers = 0;
    const vault = new OpenVault(till.db, () => {
      workers++;
      const timeProfile: PinWorker["timeProfile"] = async (profile) => {
        asked.push(profile);
        return seen.times[profile - 1] ?? 0;
      };
      return {
        calls: { timeProfile } as unknown as PinWorker,
        attach: () => Promise.resolve(),
        dismiss: () => {
          workers--;
        },
      };
    });
    await calibrate(till.db, vault);
    expect(await till.db.setting("argon2")).toEqual({ key: "argon2", profile: seen.profile });
    expect(workers).toBe(0);
    const measured = asked.length;
    await calibrate(till.db, vault);
    expect(asked).toHaveLength(measured);
  });

  it("G21: with a right PIN its record is raised, in the transaction that lets the operator in", async () => {
    const till = await BenchTill.ready({ argon2: telling });
    await till.engine.lock();
    await till.db.settings.put({ key: "argon2", profile: 2 });
    const before = await till.db.secrets.get(till.operatorId);
    expect(await till.signIn("314159")).toMatchObject({ refusal: { code: "pin-wrong" } });
    expect(await till.db.secrets.get(till.operatorId)).toEqual(before);
    expect(await till.signIn()).toMatchObject({ kind: "operator-in" });
    const after = await till.db.secrets.get(till.operatorId);
    expect(after).toMatchObject({ profile: 2, version: 1 });
    expect(after?.salt).not.toEqual(before?.salt);
    await till.engine.lock();
    expect(await till.signIn()).toMatchObject({ kind: "operator-in" });
    expect(await till.db.secrets.get(till.operatorId)).toEqual(after);
  });

  it("I3: where the entry does not reach the disk, the record stays as it was", async () => {
    const till = await BenchTill.ready({ argon2: telling });
    await till.engine.lock();
    await till.db.settings.put({ key: "argon2", profile: 4 });
    const before = await till.db.secrets.get(till.operatorId);
    const pad = await till.openPad({ purpose: "operator", operatorId: till.operatorId });
    till.pinHands.hold = async () => {
      till.kill();
    };
    await till.press(pad, PIN);
    till.engine.confirmPad(pad.padId).catch(() => undefined);
    pad.port.close();
    await till.restart();
    till.pinHands.hold = () => Promise.resolve();
    expect(await till.db.secrets.get(till.operatorId)).toEqual(before);
    expect(await till.signIn()).toMatchObject({ kind: "operator-in" });
    expect(await till.db.secrets.get(till.operatorId)).toMatchObject({ profile: 4 });
  });

  it("G21: a new PIN is made at the raised profile, and travels at the first one", async () => {
    const till = await BenchTill.ready({ argon2: telling });
    const office = await VaultOffice.of(till);
    const cashier = office.operator("小李", "cashier");
    await till.deliver();
    await till.db.settings.put({ key: "argon2", profile: 4 });
    const approve = { what: "new-pin", operatorId: cashier } as const;
    const pad = await till.openPad({ purpose: "manager", managerId: till.operatorId, approve });
    await till.enter(pad, PIN);
    await setPinOf(till, cashier, "314159");
    expect(await till.db.secrets.get(cashier)).toMatchObject({ profile: 4 });
    expect(await till.lastBody()).toMatchObject({ kind: "pin-set", carried: { profile: 1 } });
    await till.deliver();
    await office.takePins();
    await till.db.secrets.delete(cashier);
    await till.deliver();
    await till.engine.lock();
    expect(await signInAs(till, cashier, "314159")).toMatchObject({ kind: "operator-in" });
  });

  it("G21: what the office sent is never raised: its cost is the server's to choose", async () => {
    const till = await BenchTill.ready({ argon2: telling });
    const office = await VaultOffice.of(till);
    await office.pin(till.operatorId, "314159", { version: 2 });
    await till.deliver();
    await till.engine.lock();
    await till.db.settings.put({ key: "argon2", profile: 4 });
    const before = await till.db.secrets.toArray();
    expect(await till.signIn("314159")).toMatchObject({ kind: "operator-in" });
    expect(await till.db.secrets.toArray()).toEqual(before);
  });
});
