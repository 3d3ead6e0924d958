import { describe, expect, it } from "vitest";
import { toHex } from "#protocol/bytes.ts";
import type { VaultLevel } from "#protocol/feed-secrets.ts";
import { BenchTill, PIN } from "./bench-till.ts";
import { signInAs, VaultOffice } from "./vault-office.ts";

const PASSPHRASE = "杏花春雨江南 lucky 38";
const HOUR_MS = 3_600_000;

describe("levels of the vault (PROTOCOL §2, DESIGN §6)", () => {
  it("server-half: the till changes over by itself; what lies on its disk opens nothing any more", async () => {
    const { till } = await shop();
    const basic = await till.db.vault.get("vault");
    await choose(till, "server-half");
    const row = await till.db.vault.get("vault");
    expect(Object.keys(row ?? {}).toSorted()).toEqual([
      "generation",
      "half",
      "key",
      "level",
      "publicKey",
      "wrappedPrivate",
      "wrappedVk",
    ]);
    expect(toHex(row?.publicKey ?? new Uint8Array())).toBe(toHex(basic?.publicKey ?? new Uint8Array()));
    expect(await till.lastBody()).toEqual({ kind: "vault-level", level: "server-half" });
    expect(till.view.vault).toMatchObject({ level: "server-half", open: true, wanted: null });
    await till.engine.lock();
    expect(await till.signIn()).toMatchObject({ kind: "operator-in" });
  });

  it("after a restart without a network only cash can be taken, by whoever says who he is", async () => {
    const { till, office } = await shop();
    await choose(till, "server-half");
    const code = await till.handed({ password: "48159", lease: till.known });
    till.network.down = true;
    await till.restart();
    expect(till.view).toMatchObject({ phase: "locked", vault: { level: "server-half", open: false } });
    const owner = till.operatorId;
    expect(await signInAs(till, owner, PIN)).toMatchObject({ refusal: { code: "vault-closed" } });
    expect(await till.engine.openPad({ purpose: "new-pin", operatorId: owner })).toMatchObject({
      refusal: { code: "vault-closed" },
    });
    expect(await till.engine.enterUnchecked(owner)).toMatchObject({ ok: true });
    expect(await till.lastBody()).toMatchObject({ kind: "operator-in", how: "unchecked" });
    await till.engine.charge(3800);
    expect(await till.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "vault-closed" } });
    const approve = { what: "unlock", operatorId: owner } as const;
    expect(await till.engine.openPad({ purpose: "manager", managerId: owner, approve })).toMatchObject({
      refusal: { code: "vault-closed" },
    });
    expect(await till.engine.takeCash(3800)).toMatchObject({ ok: true });
    expect(await till.engine.openVault()).toBe(false);
    // With the network the half comes, and whoever came in unchecked shows a PIN before the next code.
    till.network.down = false;
    await till.deliver();
    expect(till.view).toMatchObject({ phase: "locked", vault: { open: true } });
    expect(await till.signIn()).toMatchObject({ kind: "operator-in" });
    expect(await till.engine.enterUnchecked(owner)).toMatchObject({ ok: false });
    expect(await till.scanWithPassword(code.text, "48159")).toMatchObject({ kind: "paid" });
    expect(office.generation).toBe(1);
  });

  it("a revoked till gets no half", async () => {
    const { till, office } = await shop();
    await choose(till, "server-half");
    office.withholdsHalves = true;
    await till.restart();
    await till.deliver();
    expect(till.view.vault.open).toBe(false);
  });

  it("with a newer generation of halves the till wraps anew, and the old half opens nothing", async () => {
    const { till, office } = await shop();
    await choose(till, "server-half");
    const before = await till.db.vault.get("vault");
    office.generation = 2;
    await till.restart();
    await till.deliver();
    const after = await till.db.vault.get("vault");
    expect(after).toMatchObject({ level: "server-half", generation: 2 });
    expect(after?.wrappedVk).not.toEqual(before?.wrappedVk);
    expect(till.view.vault.open).toBe(true);
    expect(await till.signIn()).toMatchObject({ kind: "operator-in" });
  });

  it("back to basic when the owner wants it so", async () => {
    const { till } = await shop();
    await choose(till, "server-half");
    await choose(till, "basic");
    expect(till.view.vault).toMatchObject({ level: "basic", open: true });
    till.network.down = true;
    await till.restart();
    expect(await till.signIn()).toMatchObject({ kind: "operator-in" });
  });

  it("passphrase: a manager approves, it is typed twice, and asked for after each start", async () => {
    const { till } = await shop();
    await choose(till, "passphrase");
    expect(till.view.vault).toMatchObject({ level: "basic", wanted: "passphrase" });
    expect(await till.engine.openPad({ purpose: "new-passphrase" })).toMatchObject({
      refusal: { code: "pin-needs-manager" },
    });
    await approvePassphrase(till);
    const short = await till.openPad({ purpose: "new-passphrase" });
    expect(short).toMatchObject({ kind: "letters", fixedLength: null });
    expect(await till.enter(short, "fourteen chars")).toMatchObject({
      refusal: { code: "passphrase-too-short", min: 15 },
    });
    const pad = await till.openPad({ purpose: "new-passphrase" });
    expect(await till.enter(pad, PASSPHRASE)).toEqual({ kind: "again" });
    expect(await till.enter(pad, PASSPHRASE)).toEqual({ kind: "vault-open" });
    expect(await till.lastBody()).toEqual({ kind: "vault-level", level: "passphrase" });
    await till.restart();
    expect(till.view.vault).toMatchObject({ level: "passphrase", open: false });
    expect(await typePassphrase(till, "杏花春雨江南 lucky 39")).toMatchObject({
      refusal: { code: "passphrase-wrong" },
    });
    expect(await typePassphrase(till, PASSPHRASE)).toEqual({ kind: "vault-open" });
    expect(await till.db.attempts.get(`manager:${"00".repeat(16)}`)).toBeUndefined();
    expect(await till.signIn()).toMatchObject({ kind: "operator-in" });
  });

  it("I11: tries at the passphrase are counted first; they wait, and never lock what nobody could unlock", async () => {
    const { till } = await shop();
    await choose(till, "passphrase");
    await approvePassphrase(till);
    const pad = await till.openPad({ purpose: "new-passphrase" });
    await till.enter(pad, PASSPHRASE);
    await till.enter(pad, PASSPHRASE);
    await till.restart();
    const key = `manager:${"00".repeat(16)}`;
    let counted = -1;
    till.pinHands.hold = async () => {
      counted = (await till.db.attempts.get(key))?.count ?? 0;
    };
    await typePassphrase(till, "not the passphrase");
    expect(counted).toBe(1);
    await till.db.attempts.put({ key, count: 30 });
    expect(await till.engine.openPad({ purpose: "passphrase" })).toMatchObject({
      refusal: { code: "pin-wait" },
    });
    till.world.pass(15 * 60_000);
    expect(await typePassphrase(till, PASSPHRASE)).toEqual({ kind: "vault-open" });
  });

  it("I3: a power cut in the middle of changing over leaves a vault that opens", async () => {
    const { till } = await shop();
    till.server.publish({ type: "vault-level", level: "server-half" }, till.known);
    till.mirror.hold = () => {
      till.kill();
      return new Promise(() => undefined);
    };
    // The cut falls between the transaction and what would be said of it.
    await Promise.race([till.deliver().catch(() => undefined), cutOf(till)]);
    till.mirror.hold = () => Promise.resolve();
    await till.start();
    await till.deliver();
    expect(till.view.vault).toMatchObject({ level: "server-half", open: true });
    expect(await till.signIn()).toMatchObject({ kind: "operator-in" });
    expect(await till.brokenAt()).toBeNull();
  });
});

describe("the till's lease (off by default)", () => {
  it("over when the server's last word is older: codes and overrides stop by name, cash goes on", async () => {
    const { till } = await shop();
    const code = await till.handed({ lease: till.known });
    expect(till.view.vault.lease).toBeNull();
    till.server.publish({ type: "vault-lease", hours: 24 }, till.known);
    await till.deliver();
    const heardMs = (await till.db.setting("heard"))?.atMs ?? 0;
    expect(till.view.vault.lease).toEqual({ untilMs: heardMs + 24 * HOUR_MS, over: false });
    till.network.down = true;
    till.world.pass(24 * HOUR_MS);
    const refusal = { code: "lease-over", heardMs };
    expect(await till.engine.presentScan(code.text)).toEqual({ kind: "refused", refusal });
    const approve = { what: "unlock", operatorId: till.operatorId } as const;
    expect(
      await till.engine.openPad({ purpose: "manager", managerId: till.operatorId, approve }),
    ).toMatchObject({ refusal });
    await till.engine.charge(3800);
    expect(await till.engine.takeCash(3800)).toMatchObject({ ok: true });
    await till.engine.lock();
    expect(await till.signIn()).toMatchObject({ kind: "operator-in" });
    expect(till.view.vault.lease).toMatchObject({ over: true });
    till.network.down = false;
    await till.deliver();
    expect(await till.engine.presentScan(code.text)).toMatchObject({ kind: "paid" });
  });

  it("a clock set back does not prolong it", async () => {
    const { till } = await shop();
    const code = await till.handed({ lease: till.known });
    till.server.publish({ type: "vault-lease", hours: 24 }, till.known);
    await till.deliver();
    till.network.down = true;
    till.world.pass(24 * HOUR_MS);
    till.clockOffsetMs = -20 * HOUR_MS;
    expect(await till.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "lease-over" } });
  });
});

describe("a vault that is lost (PROTOCOL §10)", () => {
  it("is made anew, and until the owner confirms it cash alone goes on; nobody becomes the owner", async () => {
    const { till, office } = await shop();
    const code = await till.handed({ password: "48159", lease: till.known });
    await till.db.vault.clear();
    await till.deliver();
    expect(await till.lastBody()).toMatchObject({ kind: "vault-renewed" });
    expect(till.view).toMatchObject({ stop: "vault-lost", vault: { open: false } });
    expect(till.view.vault.renewalDigits).toMatch(/^\d{6}$/);
    await till.engine.lock();
    expect(till.view.phase).toBe("locked");
    const owner = till.operatorId;
    expect(await till.engine.openPad({ purpose: "new-pin", operatorId: owner })).toMatchObject({
      refusal: { code: "vault-closed" },
    });
    expect(await till.engine.enterUnchecked(owner)).toMatchObject({ ok: true });
    await till.engine.charge(3800);
    expect(await till.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "till-stopped" } });
    expect(await till.engine.takeCash(3800)).toMatchObject({ ok: true });
    await till.deliver();
    expect(till.view.stop).toBe("vault-lost");
    await office.confirmRenewal(till.known);
    await office.pin(owner, PIN);
    await till.deliver();
    expect(till.view).toMatchObject({ stop: null, phase: "locked", vault: { open: true } });
    expect(await till.signIn()).toMatchObject({ kind: "operator-in" });
    expect((await till.bodies()).filter(({ kind }) => kind === "vault-renewed")).toHaveLength(1);
  });

  it("site keys sealed to the old vault end nothing", async () => {
    const { till, office } = await shop();
    await till.db.vault.clear();
    await till.deliver();
    await office.confirmRenewal({ ...till.known, entries: [] });
    await till.deliver();
    expect(till.view.stop).toBe("vault-lost");
  });
});

async function shop(): Promise<{ till: BenchTill; office: VaultOffice }> {
  const till = await BenchTill.ready();
  return { till, office: await VaultOffice.of(till) };
}

async function choose(till: BenchTill, level: VaultLevel): Promise<void> {
  till.server.publish({ type: "vault-level", level }, till.known);
  await till.deliver();
}

async function approvePassphrase(till: BenchTill): Promise<void> {
  const approve = { what: "passphrase" } as const;
  const pad = await till.openPad({ purpose: "manager", managerId: till.operatorId, approve });
  expect(await till.enter(pad, PIN)).toMatchObject({ kind: "approved" });
}

async function typePassphrase(till: BenchTill, text: string): Promise<unknown> {
  return till.enter(await till.openPad({ purpose: "passphrase" }), text);
}

/** Settles when the power was cut. */
async function cutOf(till: BenchTill): Promise<void> {
  while (till.db.isOpen()) await new Promise((soon) => setImmediate(soon));
}
