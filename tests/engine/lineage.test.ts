import { describe, expect, it } from "vitest";
import { randomBytes } from "#protocol/bytes.ts";
import { decodeAnswer } from "#protocol/push.ts";
import { BenchTill } from "./bench-till.ts";

describe("a server restored from a backup (PROTOCOL §2 lineage)", () => {
  it("I2: what the restored server has lost is sent again, and it alone signs for it", async () => {
    const till = await BenchTill.ready();
    await sell(till, 1250);
    await till.deliver();
    await sell(till, 300);
    await till.deliver();
    expect(till.view.link.unsentCount).toBe(0);
    const all = till.known.entries.length;
    restore(till, 3);
    till.server.forgetTokens();
    // Its token is refused first; then it says hello.
    await till.deliver();
    await till.deliver();
    expect(till.known.entries).toHaveLength(all);
    expect(till.view).toMatchObject({ stop: null, link: { unsentCount: 0 } });
    const past = await till.db.setting("past-lineages");
    expect(past?.lineages).toHaveLength(1);
    // What the server had signed before stays as a proof.
    expect(past?.receipts.at(-1)).toMatchObject({ seq: all - 1 });
  });

  it("I2: between the restore and the new receipt nothing counts as delivered", async () => {
    const till = await BenchTill.ready();
    await sell(till, 1250);
    await till.deliver();
    restore(till, 3);
    till.server.forgetTokens();
    await till.loop.poke("asked");
    // The hello is answered, then the line breaks: the till knows of the restore and of no new receipt.
    await till.loop.poke("asked");
    till.network.down = true;
    await till.engine.serviceWorkerWrote();
    expect(till.view.link).toMatchObject({ unsentCount: 1, unsentMinor: 1250 });
    expect((await till.engine.sales({ before: null, limit: 1 }))[0]?.delivered).toBe("till");
  });

  it("I2: enrolled again before a word of the restored server came, it carries what that one lost", async () => {
    // Found by the simulation: receipts of the lost server counted as those of the restored one.
    const till = await BenchTill.ready();
    await sell(till, 1250);
    await till.deliver();
    const all = till.known.entries.length;
    restore(till, 2);
    till.server.forgetTokens();
    const { typed, till: next } = till.server.expectAgain(till.known);
    expect(await till.engine.enrol({ text: typed, deliberate: true })).toMatchObject({ ok: true });
    await till.server.confirm(next);
    await till.deliver();
    await till.deliver();
    expect(till.known.entries).toHaveLength(all);
    expect((await till.db.setting("past-lineages"))?.lineages).toHaveLength(1);
  });

  it("G11: lower versions of the new lineage are taken, as one full feed", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed();
    expect(await till.db.codes.count()).toBe(1);
    const before = till.view.settings.feedVersion;
    // The backup is older than the code.
    till.server.feed.length = 3;
    restore(till, 2);
    till.server.forgetTokens();
    // Its token is refused first; then it says hello.
    await till.deliver();
    await till.deliver();
    expect(till.view.settings.feedVersion).toBeLessThan(before);
    expect(await till.db.codes.get({ cti: code.cti })).toBeUndefined();
    expect(await till.db.setting("full-run")).toBeNull();
  });

  it("I6: a disk that forgot the new lineage does not keep the carrier from ever delivering again", async () => {
    // Found by the simulation: the carrier's tables knew the lineage that the engine's had lost.
    const till = await BenchTill.ready();
    restore(till, 3);
    till.server.forgetTokens();
    await till.deliver();
    await till.deliver();
    const holder = await till.db.delivery.get("holder");
    if (holder?.key !== "holder") throw new Error("no holder");
    await till.db.delivery.put({ ...holder, lineage: "00".repeat(8) });
    await till.restart();
    await till.signIn();
    await sell(till, 990);
    await till.deliver();
    await till.deliver();
    expect(till.view.link.unsentCount).toBe(0);
  });

  it("I2: a till never returns to a lineage it has left", async () => {
    const till = await BenchTill.ready();
    const old = till.server.lineage;
    restore(till, 2);
    till.server.forgetTokens();
    // Its token is refused first; then it says hello.
    await till.deliver();
    await till.deliver();
    await sell(till, 700);
    Object.assign(till.server, { lineage: old });
    till.server.forgetTokens();
    // Its token is refused first; then it says hello.
    await till.deliver();
    await till.deliver();
    expect((await till.db.setting("feed"))?.lineage).not.toEqual(old);
    expect(till.view.link.unsentCount).toBe(1);
  });

  it("I2: … not even on an old word that the server really signed", async () => {
    const till = await BenchTill.ready();
    restore(till, 2);
    till.server.forgetTokens();
    await till.deliver();
    await till.deliver();
    const now = (await till.db.setting("feed"))?.lineage;
    const old = (await till.db.setting("past-lineages"))?.receipts.at(-1);
    const said = old && decodeAnswer(old.answer);
    if (!old || !said) throw new Error("bench: no receipt of the lineage that was left");
    const { answer: bytes, signature } = old;
    const { requestHash } = said;
    await till.db.delivery.put({ key: "lineage", context: "answer", bytes, signature, requestHash });
    await till.engine.serviceWorkerWrote();
    expect((await till.db.setting("feed"))?.lineage).toEqual(now);
    expect((await till.db.setting("past-lineages"))?.lineages).toHaveLength(1);
  });

  it("I2: a lineage that nobody of the keyset signed is not followed", async () => {
    const till = await BenchTill.ready();
    await sell(till, 700);
    await till.deliver();
    const lineage = randomBytes(8);
    await till.db.delivery.put({
      key: "lineage",
      context: "answer",
      bytes: randomBytes(40),
      signature: randomBytes(64),
      requestHash: randomBytes(32),
    });
    await till.engine.serviceWorkerWrote();
    expect((await till.db.setting("feed"))?.lineage).not.toEqual(lineage);
    expect(await till.db.setting("past-lineages")).toBeNull();
    expect(await till.db.delivery.get("lineage")).toBeUndefined();
    expect(till.view.link.unsentCount).toBe(0);
  });
});

describe("a full feed of many pages (PROTOCOL §7)", () => {
  it("G9: while it comes in, nothing that was refused before is taken, and nothing half is gone", async () => {
    const till = await BenchTill.ready();
    const revoked = await till.server.issue();
    till.server.revoke(revoked.cti);
    const kept = await till.server.issue({ amountMinor: 77 });
    await till.deliver();
    till.server.pageChanges = 2;
    restore(till, till.known.entries.length);
    till.server.forgetTokens();
    // One page at a time, as a bad line brings them.
    for (let page = 0; page < 40; page++) {
      await till.loop.poke("asked");
      await till.engine.serviceWorkerWrote();
      expect(await till.db.revoked.get(revoked.cti)).toBeDefined();
      expect(await till.db.codes.filter((row) => row.cti === kept.cti).count()).toBe(1);
      expect(till.view.operators.map((one) => one.name)).toEqual(["王芳"]);
    }
    expect(await till.db.setting("full-run")).toBeNull();
    expect(till.view.settings.feedVersion).toBe(till.server.feed.length);
  });
});

/** A backup is put back that knows the till's first `entries` alone. */
function restore(till: BenchTill, entries: number): void {
  till.server.rewind(till.known, entries);
  Object.assign(till.server, { lineage: randomBytes(8) });
}

async function sell(till: BenchTill, amountMinor: number): Promise<void> {
  await till.engine.charge(amountMinor);
  const paid = await till.engine.takeCash(amountMinor);
  if (!paid.ok) throw new Error(paid.refusal.code);
}
