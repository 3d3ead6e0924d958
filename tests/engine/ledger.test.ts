import { describe, expect, it, vi } from "vitest";
import { BenchTill } from "./bench-till.ts";
import { failWrites } from "./unreliable-disk.ts";

describe("cash (C1)", () => {
  it("C1: change is what was received less what was due", async () => {
    const till = await BenchTill.ready();
    await till.engine.charge(3780);
    expect(await till.engine.takeCash(5000)).toMatchObject({
      ok: true,
      value: { amountMinor: 3780, receivedMinor: 5000, changeMinor: 1220, method: "cash", returnedMinor: 0 },
    });
    expect(till.view.sale).toMatchObject({ state: "paid", dueMinor: 0, paid: { changeMinor: 1220 } });
  });

  it("C1: one fen short is refused with the sum that is due, and the sale stays open", async () => {
    const till = await BenchTill.ready();
    await till.engine.charge(3780);
    expect(await till.engine.takeCash(3779)).toEqual({
      ok: false,
      refusal: { code: "cash-short", dueMinor: 3780 },
    });
    expect(till.view.sale?.state).toBe("due");
    expect(await till.engine.takeCash(3780)).toMatchObject({ ok: true, value: { changeMinor: 0 } });
  });

  it("C1: a double tap takes the cash once", async () => {
    const till = await BenchTill.ready();
    await till.engine.charge(500);
    const [first, second] = await Promise.all([till.engine.takeCash(500), till.engine.takeCash(500)]);
    expect(first).toMatchObject({ ok: true });
    expect(second).toEqual({ ok: false, refusal: { code: "sale-already-paid" } });
    expect((await till.bodies()).filter((body) => body.kind === "sale")).toHaveLength(1);
  });

  it("C1: a sale of nothing, of a fraction and of too much is refused; the largest is taken", async () => {
    const till = await BenchTill.ready();
    for (const amount of [0, -1, 0.5, Number.NaN, 100_000_000])
      expect(await till.engine.charge(amount)).toMatchObject({ refusal: { code: "amount-out-of-range" } });
    expect(await till.engine.charge(99_999_999)).toMatchObject({ ok: true });
    expect(await till.engine.takeCash(0.5)).toMatchObject({ ok: false });
    expect(await till.engine.takeCash(99_999_999)).toMatchObject({ ok: true });
  });

  it("C1: without a sale there is nothing to pay, and nothing to cancel", async () => {
    const till = await BenchTill.ready();
    expect(await till.engine.takeCash(100)).toEqual({ ok: false, refusal: { code: "no-sale" } });
    expect(await till.engine.cancelSale()).toEqual({ ok: false, refusal: { code: "no-sale" } });
    await till.engine.charge(100);
    await till.engine.takeCash(100);
    expect(await till.engine.cancelSale()).toEqual({ ok: false, refusal: { code: "sale-already-paid" } });
    await till.engine.nextSale();
    expect(till.view.sale).toBeNull();
  });
});

describe("the journal (PROTOCOL §4)", () => {
  it("I3: chains from genesis on and verifies with the certificate alone", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed({ password: "48159" });
    await sellCash(till, 1250);
    await till.engine.charge(code.amountMinor);
    await till.scanWithPassword(code.text, "00000");
    await till.scanWithPassword(code.text, "48159");
    await till.engine.lock();
    await till.signIn();
    await till.restart();
    await till.signIn();
    await sellCash(till, 990);
    expect(await till.brokenAt()).toBeNull();
  });

  it("I3: one changed byte anywhere is found", async () => {
    const till = await BenchTill.ready();
    await sellCash(till, 1250);
    await sellCash(till, 100);
    const row = await till.db.journal.get([1, 2]);
    if (!row) throw new Error("no such entry");
    const bytes = row.bytes.slice();
    bytes[60] = (bytes[60] ?? 0) ^ 1;
    await till.db.journal.put({ ...row, bytes });
    expect(await till.brokenAt()).toBe(2);
  });

  it("I5: every sale carries the epoch's count and sum up to and with itself", async () => {
    const till = await BenchTill.ready();
    for (const amount of [1250, 80, 3999]) await sellCash(till, amount);
    await till.restart();
    await till.signIn();
    await sellCash(till, 1);
    const sales = (await till.bodies()).filter((body) => body.kind === "sale");
    expect(sales.map((sale) => [sale.runningCount, sale.runningMinor])).toEqual([
      [1, 1250],
      [2, 1330],
      [3, 5329],
      [4, 5330],
    ]);
  });

  it("I1: what is shown as paid stands in the journal when it is shown", async () => {
    const till = await BenchTill.ready();
    const seen: Promise<boolean>[] = [];
    await till.engine.watch((view) => {
      const paid = view.sale?.paid;
      if (paid) seen.push(till.db.journal.get([paid.epoch, paid.seq]).then((row) => row?.kind === "sale"));
    });
    await sellCash(till, 1250);
    expect(seen.length).toBeGreaterThan(0);
    expect(await Promise.all(seen)).not.toContain(false);
  });

  it.each([
    ["UnknownError", "commit"],
    ["AbortError", "commit"],
    ["UnknownError", "request"],
  ] as const)(
    "I1 I3: when the disk gives the entry up (%s at the %s), nothing is paid and the number is free",
    async (errorName, at) => {
      const till = await BenchTill.ready();
      await till.engine.charge(1250);
      const before = await till.db.head.get("head");
      failWrites(till.databaseName, errorName, { at });
      expect(await till.engine.takeCash(1250)).toEqual({ ok: false, refusal: { code: "not-committed" } });
      expect(till.view.sale?.paid).toBeNull();
      expect(await till.db.sales.count()).toBe(0);
      expect(await till.engine.takeCash(1250)).toMatchObject({
        ok: true,
        value: { seq: (before?.seq ?? 0) + 1 },
      });
      expect(await till.brokenAt()).toBeNull();
    },
  );

  it("I1: a commit that is said to have failed and is on disk all the same counts as paid", async () => {
    const till = await BenchTill.ready();
    await till.engine.charge(1250);
    loseNews(till.databaseName, "UnknownError");
    expect(await till.engine.takeCash(1250)).toMatchObject({ ok: true });
    expect(await till.db.sales.count()).toBe(1);
    expect(await till.brokenAt()).toBeNull();
  });

  it("I10: when the disk does not even tell whether it has the sale, the till says neither paid nor unpaid", async () => {
    const till = await BenchTill.ready();
    await till.engine.charge(1250);
    loseNews(till.databaseName, "UnknownError", () => {
      const gone = new DOMException("connection to the database lost", "InvalidStateError");
      vi.spyOn(till.db.head, "get").mockRejectedValueOnce(gone as never);
    });
    await expect(till.engine.takeCash(1250)).rejects.toThrow("nobody can say");
    // The books are opened anew, and say it.
    await till.restart();
    expect(await till.db.sales.count()).toBe(1);
    expect(await till.brokenAt()).toBeNull();
  });

  it("I1 I8: a commit that fails spends no code", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed();
    await till.engine.charge(code.amountMinor);
    failWrites(till.databaseName, "AbortError");
    expect(await till.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "not-committed" } });
    expect(await till.db.spent.count()).toBe(0);
    expect(await till.engine.presentScan(code.text)).toMatchObject({ kind: "paid" });
  });

  it("I11: a try that does not reach the disk is no check of the secret", async () => {
    const till = await BenchTill.ready();
    await till.engine.lock();
    let checked = false;
    till.pinHands.hold = async () => {
      checked = true;
    };
    failWrites(till.databaseName, "AbortError");
    expect(await till.signIn()).toMatchObject({ kind: "refused", refusal: { code: "not-committed" } });
    expect(checked).toBe(false);
    expect(await till.signIn()).toMatchObject({ kind: "operator-in" });
  });

  it("I3: two windows at one database write one chain", async () => {
    const till = await BenchTill.ready();
    const first = till.engine;
    await till.start({ beside: true });
    await till.signIn();
    const second = till.engine;
    await first.charge(100);
    await second.charge(200);
    const paid = await Promise.all([first.takeCash(100), second.takeCash(200)]);
    expect(paid.map((one) => one.ok)).toEqual([true, true]);
    expect(await till.brokenAt()).toBeNull();
    expect((await till.bodies()).filter((body) => body.kind === "sale")).toHaveLength(2);
  });
});

describe("a disk that is full (PROTOCOL §10)", () => {
  it.each(["commit", "request"] as const)(
    "I1: the reserve is given up for the sale in hand (%s)",
    async (at) => {
      const till = await BenchTill.ready();
      expect(await till.db.reserve.count()).toBeGreaterThan(0);
      await till.engine.charge(1250);
      failWrites(till.databaseName, "QuotaExceededError", { at });
      expect(await till.engine.takeCash(1250)).toMatchObject({ ok: true });
      expect(await till.db.reserve.count()).toBe(0);
      expect(till.view.storage.low).toBe(true);
      expect(await till.brokenAt()).toBeNull();
    },
  );

  it("I1: when not even the reserve helps, the sale is refused as storage-full and stays unpaid", async () => {
    const till = await BenchTill.ready();
    await till.engine.charge(1250);
    failWrites(till.databaseName, "QuotaExceededError", { times: 9 });
    expect(await till.engine.takeCash(1250)).toEqual({ ok: false, refusal: { code: "storage-full" } });
    expect(till.view.sale).toMatchObject({ state: "due", paid: null });
    failWrites(till.databaseName, "QuotaExceededError", { times: 0 });
    expect(await till.engine.takeCash(1250)).toMatchObject({ ok: true });
    expect(await till.brokenAt()).toBeNull();
  });

  it("I1: the next sale waits until the reserve could be laid again", async () => {
    const till = await BenchTill.ready();
    await till.engine.charge(1250);
    failWrites(till.databaseName, "QuotaExceededError");
    await till.engine.takeCash(1250);
    const noRoom = (): never => {
      throw new DOMException("no room", "QuotaExceededError");
    };
    till.db.reserve.hook("creating", noRoom);
    expect(await till.engine.charge(900)).toEqual({ ok: false, refusal: { code: "storage-full" } });
    till.db.reserve.hook("creating").unsubscribe(noRoom);
    expect(await till.engine.charge(900)).toMatchObject({ ok: true });
    expect(await till.db.reserve.count()).toBeGreaterThan(0);
  });
});

/** The next commit of this database reaches the disk, and is said to have failed. */
function loseNews(databaseName: string, errorName: string, then: () => void = () => undefined): void {
  // oxlint-disable-next-line typescript/unbound-method -- always applied to the database it is called on
  const { transaction } = IDBDatabase.prototype;
  const begin = vi.spyOn(IDBDatabase.prototype, "transaction");
  begin.mockImplementation(function lose(this: IDBDatabase, ...given) {
    const begun = transaction.apply(this, given);
    if (this.name !== databaseName || given[1] !== "readwrite") return begun;
    begin.mockRestore();
    begun.addEventListener("complete", (event) => {
      begun.oncomplete = null;
      Object.defineProperty(begun, "error", { value: new DOMException("connection lost", errorName) });
      then();
      begun.onabort?.(event);
    });
    return begun;
  });
}

async function sellCash(till: BenchTill, amountMinor: number): Promise<void> {
  await till.engine.charge(amountMinor);
  const paid = await till.engine.takeCash(amountMinor);
  if (!paid.ok) throw new Error(paid.refusal.code);
}
