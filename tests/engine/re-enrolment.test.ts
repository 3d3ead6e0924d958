import { afterEach, describe, expect, it, vi } from "vitest";
import { toHex } from "#protocol/bytes.ts";
import { BenchTill } from "./bench-till.ts";
import type { KnownTill } from "./stand-in-server.ts";

afterEach(() => vi.restoreAllMocks());

describe("a tablet is enrolled again (PROTOCOL §3, §6; B7)", () => {
  it("I12: what no receipt covers goes out under the epoch it was signed in, in order, once", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    for (const amount of [100, 200, 300]) await sell(till, amount);
    const before = await hashes(till);
    till.network.down = false;
    const again = await renew(till, { delivered: false });
    expect(till.view.link).toMatchObject({ unsentCount: 3, unsentMinor: 600 });
    await till.deliver();
    expect(till.known.entries.map((entry) => toHex(entry.hash))).toEqual(before);
    expect(again.epoch).toBe(2);
    expect(till.view.link).toMatchObject({ unsentCount: 0, unsentMinor: 0, oldestUnsentMs: null });
    expect(await till.brokenAt()).toBeNull();
  });

  it("I12: without a second copy nothing of it is lost either", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    await sell(till, 100);
    const before = await hashes(till);
    till.network.down = false;
    till.mirror.bytes = new Uint8Array(0);
    await renew(till, { delivered: false });
    expect(till.view.link).toMatchObject({ unsentCount: 1, unsentMinor: 100 });
    await till.deliver();
    expect(till.known.entries.map((entry) => toHex(entry.hash))).toEqual(before);
  });

  it("B7: the sales of before stay in the list, behind the new ones, with where they are", async () => {
    const till = await BenchTill.ready();
    await sell(till, 100);
    await till.deliver();
    till.network.down = true;
    await sell(till, 200);
    till.network.down = false;
    await renew(till, { delivered: false });
    expect(await list(till)).toEqual(["1:200:till", "1:100:server"]);
    await till.deliver();
    await till.setPin();
    await sell(till, 300);
    expect(await list(till)).toEqual(["2:300:till", "1:200:server", "1:100:server"]);
    // Page by page, across the epochs.
    const first = await till.engine.sales({ before: null, limit: 1 });
    const second = await till.engine.sales({ before: first[0] ?? null, limit: 1 });
    const third = await till.engine.sales({ before: second[0] ?? null, limit: 5 });
    expect([first, second, third].flat().map((row) => row.amountMinor)).toEqual([300, 200, 100]);
  });

  it("PROTOCOL §3: a till in good order becomes a new epoch only when that is wanted", async () => {
    const till = await BenchTill.ready();
    const { typed } = till.server.expectAgain(till.known);
    expect(await till.engine.enrol({ text: typed })).toMatchObject({ refusal: { code: "already-enrolled" } });
    expect(await till.engine.enrol({ text: typed, deliberate: true })).toMatchObject({ ok: true });
  });

  it.each(["fork", "damaged", "revoked", "behind"] as const)(
    "PROTOCOL §6: stopped by «%s», an activation ends it, with new keys and new PINs",
    async (reason) => {
      const till = await BenchTill.ready();
      await sell(till, 100);
      const key = (await till.db.enrolled())?.devicePrivate;
      await till.db.settings.put({ key: "stop", reason });
      const { typed, till: next } = till.server.expectAgain(till.known);
      expect(await till.engine.enrol({ text: typed })).toMatchObject({ ok: true });
      await till.server.confirm(next);
      await till.deliver();
      expect(till.view).toMatchObject({ stop: null, phase: "needs-pin" });
      expect((await till.db.enrolled())?.devicePrivate).not.toBe(key);
      expect(await till.db.secrets.count()).toBe(0);
      await till.setPin();
      await sell(till, 250);
      await till.deliver();
      expect(next.entries.length).toBeGreaterThan(0);
    },
  );

  it("I12: for another merchant it is refused while one sale of this one is not delivered, with the sum", async () => {
    const till = await BenchTill.ready();
    const other = await BenchTill.unboxed();
    till.network.down = true;
    await sell(till, 100);
    await sell(till, 250);
    till.network.down = false;
    const sent = vi
      .spyOn(till.server, "fetch")
      .mockImplementation((...asked) => other.server.fetch(...asked));
    const wish = { text: other.scanned, deliberate: true };
    expect(await till.engine.enrol(wish)).toMatchObject({
      refusal: { code: "unsent-elsewhere", count: 2, sumMinor: 350 },
    });
    expect(await till.brokenAt()).toBeNull();
    sent.mockRestore();
    till.server.forgetTokens();
    await till.deliver();
    await till.deliver();
    expect(till.view.link.unsentCount).toBe(0);
    vi.spyOn(till.server, "fetch").mockImplementation((...asked) => other.server.fetch(...asked));
    expect(await till.engine.enrol(wish)).toMatchObject({ ok: true });
    expect(await list(till)).toEqual([]);
  });

  it("B7: another till of the shop: its sales go out under its own name, and stay in the list", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    await sell(till, 100);
    till.network.down = false;
    const { till: second, typed } = await till.server.expectTill("2号机");
    expect(await till.engine.enrol({ text: typed, deliberate: true })).toMatchObject({ ok: true });
    await till.server.confirm(second);
    await till.deliver();
    await till.setPin();
    await sell(till, 300);
    await till.deliver();
    expect(till.known.entries.length).toBeGreaterThan(2);
    expect(await list(till)).toEqual(["1:300:server", "1:100:server"]);
    const first = (await till.engine.sales({ before: null, limit: 1 }))[0] ?? null;
    expect((await till.engine.sales({ before: first, limit: 9 })).map((row) => row.amountMinor)).toEqual([
      100,
    ]);
  });

  it("I11: the tries at a code and of the device are not given back by it", async () => {
    const till = await BenchTill.ready();
    await till.db.attempts.bulkPut([
      { key: "code:ab", count: 4 },
      { key: "device:code", count: 7 },
      { key: `operator:${till.operatorId}`, count: 9 },
    ]);
    await renew(till);
    const kept = (await till.db.attempts.toArray()).map((row) => [row.key, row.count]);
    expect(kept).toEqual([
      ["code:ab", 4],
      ["device:code", 7],
    ]);
  });

  it("I9: an epoch that the server does not know holds up neither the next one nor the news", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    await sell(till, 100);
    till.network.down = false;
    const again = await renew(till, { delivered: false });
    // It has forgotten the first epoch altogether.
    till.server.tills.splice(till.server.tills.indexOf(till.known), 1);
    await till.deliver();
    await till.setPin();
    await sell(till, 300);
    await till.deliver();
    expect(again.entries.length).toBeGreaterThan(2);
    expect(till.view.link).toMatchObject({ state: "online", unsentCount: 1, unsentMinor: 100 });
    till.server.tills.push(till.known);
    await till.deliver();
    expect(till.view.link.unsentCount).toBe(0);
  });

  it("I2: a receipt that was under way when the epoch ended is not kept for the new one", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    await sell(till, 100);
    till.network.down = false;
    const { typed } = till.server.expectAgain(till.known);
    let enrolling: ReturnType<BenchTill["engine"]["enrol"]> | undefined;
    till.network.hold = async (path) => {
      if (enrolling || !path.includes("/push")) return;
      enrolling = till.engine.enrol({ text: typed, deliberate: true });
      await vi.waitFor(async () => expect((await till.db.enrolled())?.epoch).toBe(2));
    };
    await till.loop.poke("asked");
    till.network.calm();
    expect(await enrolling).toMatchObject({ ok: true });
    const identity = await till.db.enrolled();
    const receipt = await till.db.receipts.get(identity?.epoch ?? 0);
    expect(receipt?.seq ?? -1).toBeLessThanOrEqual((await till.db.head.get("head"))?.seq ?? -1);
    expect(await till.db.receipts.get(1)).toBeUndefined();
    await till.deliver();
    expect(till.view.link.unsentCount).toBe(0);
  });
});

/** Enrolled again as the next epoch of the same till, and the owner said «same». */
async function renew(till: BenchTill, { delivered = true } = {}): Promise<KnownTill> {
  const { typed, till: next } = till.server.expectAgain(till.known);
  till.network.hold = delivered
    ? () => Promise.resolve()
    : (path) =>
        path.includes("/push") || path.includes("/hello")
          ? Promise.reject(new TypeError("cut"))
          : Promise.resolve();
  const enrolled = await till.engine.enrol({ text: typed, deliberate: true });
  if (!enrolled.ok) throw new Error(enrolled.refusal.code);
  till.network.calm();
  await till.server.confirm(next);
  return next;
}

async function hashes(till: BenchTill): Promise<readonly string[]> {
  return (await till.db.journal.toArray()).map((row) => toHex(row.hash));
}

async function list(till: BenchTill): Promise<readonly string[]> {
  const rows = await till.engine.sales({ before: null, limit: 50 });
  return rows.map((row) => `${row.epoch}:${row.amountMinor}:${row.delivered}`);
}

async function sell(till: BenchTill, amountMinor: number): Promise<void> {
  if (till.view.phase !== "open") await till.signIn();
  await till.engine.charge(amountMinor);
  const paid = await till.engine.takeCash(amountMinor);
  if (!paid.ok) throw new Error(paid.refusal.code);
}
