import { describe, expect, it, vi } from "vitest";
import { BenchTill } from "./bench-till.ts";
import { failWrites } from "./unreliable-disk.ts";

describe("a disk that takes no more", () => {
  it("G16: a page of settings that finds no room waits, and the till sells on", async () => {
    const till = await BenchTill.ready();
    const code = await till.server.issue({ lease: till.known });
    await till.loop.poke("asked");
    failWrites(till.databaseName, "QuotaExceededError", { at: "page", times: 1 });
    await till.engine.serviceWorkerWrote();
    expect(till.view.storage.low).toBe(true);
    expect(await till.db.inbox.count()).toBeGreaterThan(0);
    await till.engine.charge(100);
    expect(await till.engine.takeCash(100)).toMatchObject({ ok: true });
    // There is room again: the page is applied as if nothing had been.
    await till.deliver();
    expect(await till.engine.presentScan(code.text)).toMatchObject({ kind: "paid" });
  });

  it("G16: a till opens although a page of settings finds no room", async () => {
    const till = await BenchTill.ready();
    await till.server.issue({ lease: till.known });
    await till.loop.poke("asked");
    failWrites(till.databaseName, "UnknownError", { at: "page", times: 1 });
    await till.restart();
    expect(till.view.phase).toBe("locked");
    expect(await till.signIn()).toMatchObject({ kind: "operator-in" });
  });

  it("G16: with hardly any room left the sale in hand is taken, and the next is refused before it opens", async () => {
    const till = await BenchTill.ready();
    const floor = 4 * 1024 * 1024;
    const facts = { onLine: true, persisted: true };
    await till.engine.charge(100);
    await till.engine.pageFacts({ ...facts, freeBytes: floor - 1 });
    expect(await till.engine.takeCash(100)).toMatchObject({ ok: true });
    expect(await till.engine.charge(200)).toMatchObject({ refusal: { code: "storage-full" } });
    expect(till.view).toMatchObject({ storage: { full: true } });
    await till.engine.pageFacts({ ...facts, freeBytes: floor });
    expect(await till.engine.charge(200)).toMatchObject({ ok: true });
    // What the browser does not tell stops nobody.
    await till.engine.pageFacts({ ...facts, freeBytes: null });
    expect(await till.engine.charge(300)).toMatchObject({ ok: true });
  });

  it("I3: a journal that could not be begun is begun at the next start, with its first entry", async () => {
    const till = await BenchTill.unboxed();
    failWrites(till.databaseName, "UnknownError", { at: "request" });
    await expect(till.engine.enrol({ text: till.scanned })).rejects.toThrow("could not be begun");
    await till.restart();
    expect((await till.bodies()).map((body) => body.kind)).toEqual(["genesis"]);
  });
});

describe("a covered code that is spent elsewhere before the rest is paid", () => {
  it("I8: is named, and the whole sum can be paid in cash", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed({ amountMinor: 1000, kind: "up-to", lease: till.known });
    await till.engine.charge(3000);
    expect(await till.engine.presentScan(code.text)).toMatchObject({ kind: "part-paid", dueMinor: 2000 });
    const spent = { cti: code.cti, tillName: "2号机", atMs: till.world.ms, amountMinor: 1000, here: false };
    await till.db.spent.put(spent);
    expect(await till.engine.takeCash(2000)).toMatchObject({
      refusal: { code: "spent", tillName: "2号机" },
    });
    expect(till.view.sale).toMatchObject({ dueMinor: 3000, coveredMinor: 0 });
    expect(await till.engine.takeCash(3000)).toMatchObject({ ok: true, value: { method: "cash" } });
  });

  it("G16: a full disk that does not even give up the reserve refuses the sale and answers", async () => {
    // Found by the simulation: the disk's fault came out of the command, and the cashier got no answer.
    const till = await BenchTill.ready();
    vi.spyOn(till.db.reserve, "delete").mockRejectedValue(new DOMException("the disk", "UnknownError"));
    await till.engine.charge(100);
    failWrites(till.databaseName, "QuotaExceededError");
    expect(await till.engine.takeCash(100)).toMatchObject({ refusal: { code: "storage-full" } });
    expect((await till.bodies()).some((body) => body.kind === "sale")).toBe(false);
  });

  it("G16: a reserve that cannot be laid again stops the next sale, with an answer", async () => {
    const till = await BenchTill.ready();
    await till.engine.charge(100);
    failWrites(till.databaseName, "QuotaExceededError");
    expect(await till.engine.takeCash(100)).toMatchObject({ ok: true });
    vi.spyOn(till.db.reserve, "put").mockRejectedValue(new DOMException("the disk", "UnknownError"));
    await till.engine.nextSale();
    expect(await till.engine.charge(200)).toMatchObject({ refusal: { code: "storage-full" } });
  });
});
