import { afterEach, describe, expect, it, vi } from "vitest";
import { Mirror } from "#engine/mirror.ts";
import { toHex } from "#protocol/bytes.ts";
import { BenchTill } from "./bench-till.ts";
import type { KnownTill } from "./stand-in-server.ts";
import { failWrites } from "./unreliable-disk.ts";

afterEach(() => vi.restoreAllMocks());

describe("a database that is empty or damaged (PROTOCOL §6, decision 2)", () => {
  it("I12: emptied between two starts: the stop names the sum, activation brings every fen to the server", async () => {
    const till = await BenchTill.ready();
    await sell(till, 1250);
    await till.deliver();
    till.network.down = true;
    const code = 300;
    await sell(till, code);
    await sell(till, 45);
    const signed = (await till.db.journal.toArray()).map((row) => toHex(row.hash));
    till.kill();
    await till.db.delete();
    await till.start();
    expect(till.view).toMatchObject({
      phase: "unenrolled",
      stop: "empty-database",
      link: { unsentCount: 3, unsentMinor: 1595 },
    });
    till.network.down = false;
    await activate(till);
    expect(till.known.entries.map((entry) => toHex(entry.hash))).toEqual(signed);
    expect(till.view).toMatchObject({ stop: null, link: { unsentCount: 0 } });
    const rows = await till.engine.sales({ before: null, limit: 9 });
    expect(rows.map((row) => [row.amountMinor, row.delivered])).toEqual([
      [45, "server"],
      [300, "server"],
      [1250, "server"],
    ]);
    await till.setPin();
    await sell(till, 77);
    await till.deliver();
    expect(till.view.link.unsentCount).toBe(0);
  });

  it("I12: emptied again before what was carried went out: the copy still holds it, through starts too", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    await sell(till, 300);
    await sell(till, 45);
    const signed = (await till.db.journal.toArray()).map((row) => toHex(row.hash));
    let before = till.known;
    for (const starts of [0, 1]) {
      till.kill();
      await till.db.delete();
      await till.start();
      expect(till.view).toMatchObject({ stop: "empty-database", link: { unsentCount: 2, unsentMinor: 345 } });
      till.network.down = false;
      till.network.hold = (path) =>
        path.includes("/push") ? Promise.reject(new TypeError("cut")) : Promise.resolve();
      before = await activate(till, before);
      till.network.calm();
      till.network.down = true;
      for (let start = 0; start < starts; start++) {
        await till.restart();
        await till.deliver();
      }
    }
    till.network.down = false;
    await till.deliver();
    const hashes = till.known.entries.map((entry) => toHex(entry.hash));
    for (const hash of signed) expect(hashes).toContain(hash);
    expect(till.view.link.unsentCount).toBe(0);
  });

  it("I12: a copy from a program that wrote no certificate is carried all the same", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    await sell(till, 300);
    till.kill();
    await till.db.delete();
    // The first record says whose it is; an older program wrote none.
    const first = new DataView(till.mirror.bytes.buffer, till.mirror.bytes.byteOffset).getUint32(0);
    till.mirror.bytes = till.mirror.bytes.slice(4 + first);
    await till.start();
    till.network.down = false;
    expect(till.view.link.unsentMinor).toBe(300);
    await activate(till);
    expect(till.view.link.unsentCount).toBe(0);
    expect(till.known.entries.length).toBeGreaterThan(2);
  });

  it("I8: a code that only the copy knows as taken is spent in the new epoch", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed();
    till.network.down = true;
    await till.engine.presentScan(code.text);
    till.kill();
    await till.db.delete();
    await till.start();
    till.network.down = false;
    await activate(till);
    await till.setPin();
    expect(await till.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "spent" } });
  });

  it("I11: tries at a code that only the copy knows of are not given back", async () => {
    // Found by the simulation: an emptied database was a way to seven more tries.
    const till = await BenchTill.ready();
    const code = await till.handed({ password: "48159" });
    await till.engine.presentScan(code.text);
    await till.scanWithPassword(code.text, "00000");
    const key = `code:${code.cti}`;
    expect(await till.db.attempts.get(key)).toMatchObject({ count: 1 });
    till.kill();
    await till.db.delete();
    await till.start();
    await activate(till);
    expect(await till.db.attempts.get(key)).toMatchObject({ count: 1 });
    expect(await till.db.attempts.get("device:code")).toMatchObject({ count: 1 });
  });

  it("I12: the activation and what the copy held are one write: cut off in between, both are to come", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    await sell(till, 300);
    till.kill();
    await till.db.delete();
    await till.start();
    till.network.down = false;
    const { typed, till: next } = till.server.expectAgain(till.known);
    failWrites(till.databaseName, "AbortError", { at: "page" });
    await expect(till.engine.enrol({ text: typed })).rejects.toThrow("AbortError");
    expect(await till.db.enrolled()).toBeNull();
    expect(await till.db.carried.count()).toBe(0);
    await till.restart();
    expect(till.view).toMatchObject({ stop: "empty-database", link: { unsentMinor: 300 } });
    expect(await till.engine.enrol({ text: typed })).toMatchObject({ ok: true });
    await till.server.confirm(next);
    await till.deliver();
    expect(till.view.link.unsentCount).toBe(0);
  });

  it("I12: killed between the new identity and the new copy, the old entries are carried", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    await sell(till, 300);
    till.network.down = false;
    const copy = till.mirror.bytes.slice();
    const { typed, till: next } = till.server.expectAgain(till.known);
    till.network.next("cut", /hello/u);
    await till.engine.enrol({ text: typed, deliberate: true });
    await till.server.confirm(next);
    till.kill();
    await till.db.open();
    await till.db.carried.clear();
    till.mirror.bytes = copy;
    await till.restart();
    expect(till.view.link).toMatchObject({ unsentCount: 1, unsentMinor: 300 });
    await till.deliver();
    expect(till.view.link.unsentCount).toBe(0);
    expect(till.known.entries.length).toBeGreaterThan(2);
  });

  it("I3: deleted under a running till, it begins no second journal, and says what is lost", async () => {
    const till = await BenchTill.ready();
    await sell(till, 1250);
    await till.engine.charge(300);
    await new Promise((resolve) => {
      indexedDB.deleteDatabase(till.databaseName).onsuccess = resolve;
    });
    expect(await till.engine.takeCash(300)).toMatchObject({ ok: false });
    expect(till.view).toMatchObject({
      phase: "unenrolled",
      stop: "empty-database",
      link: { unsentMinor: 1250 },
    });
    await activate(till);
    expect(till.known.state).toBe("open");
    expect(till.view.link.unsentCount).toBe(0);
  });

  it("I3: a head older than the rows is moved on, and no number is signed twice", async () => {
    const till = await BenchTill.ready();
    await sell(till, 100);
    const head = await till.db.head.get("head");
    await sell(till, 200);
    if (head) await till.db.head.put(head);
    await till.mirror.truncate(0);
    await till.restart();
    await sell(till, 300);
    expect(await till.brokenAt()).toBeNull();
    expect(await till.lastBody()).toMatchObject({ runningCount: 3, runningMinor: 600 });
    await till.deliver();
    expect(till.known.state).toBe("open");
  });

  it("I3: a head that is gone is found again from the rows", async () => {
    const till = await BenchTill.ready();
    await sell(till, 100);
    await sell(till, 200);
    await till.db.head.clear();
    await till.mirror.truncate(0);
    await till.restart();
    await sell(till, 300);
    expect(await till.brokenAt()).toBeNull();
    expect(await till.lastBody()).toMatchObject({ runningCount: 3, runningMinor: 600 });
  });

  it("I12: head and rows gone, the copy brings both back, with sales and running figures", async () => {
    const till = await BenchTill.ready();
    await sell(till, 100);
    await sell(till, 200);
    await Promise.all([till.db.head.clear(), till.db.journal.clear(), till.db.sales.clear()]);
    await till.restart();
    await sell(till, 300);
    expect(await till.brokenAt()).toBeNull();
    expect((await till.engine.sales({ before: null, limit: 9 })).map((row) => row.amountMinor)).toEqual([
      300, 200, 100,
    ]);
  });

  it("I12: rows missing behind the last one there come back from the copy", async () => {
    const till = await BenchTill.ready();
    for (const amount of [100, 200, 300]) await sell(till, amount);
    const seq = (await till.db.head.get("head"))?.seq ?? 0;
    await till.db.journal.bulkDelete([
      [1, seq],
      [1, seq - 1],
    ]);
    await till.restart();
    expect(await till.brokenAt()).toBeNull();
    expect(till.view.stop).toBeNull();
  });

  it("PROTOCOL §6: gone from both, it is damage that is said; cash goes on behind it", async () => {
    const till = await BenchTill.ready();
    for (const amount of [100, 200, 300]) await sell(till, amount);
    const seq = (await till.db.head.get("head"))?.seq ?? 0;
    await till.db.journal.delete([1, seq]);
    await till.mirror.truncate(0);
    await till.restart();
    expect(till.view.stop).toBe("damaged");
    await sell(till, 400);
    expect((await till.db.head.get("head"))?.seq).toBeGreaterThan(seq);
    expect(till.view.link.unsentMinor).toBe(1000);
  });

  it("I7: rows gone that the server has signed for are no damage, and the till sells on behind them", async () => {
    const till = await BenchTill.ready();
    for (const amount of [100, 200]) await sell(till, amount);
    await till.deliver();
    const seq = (await till.db.head.get("head"))?.seq ?? 0;
    await till.db.journal.bulkDelete([
      [1, seq],
      [1, seq - 1],
    ]);
    await till.mirror.truncate(0);
    await till.restart();
    expect(till.view.stop).toBeNull();
    // The hello of a new hour names the very entry that is gone.
    till.server.forgetTokens();
    await till.deliver();
    await till.deliver();
    expect(till.view.stop).toBeNull();
    await sell(till, 300);
    await till.deliver();
    expect(till.view).toMatchObject({ stop: null, link: { unsentCount: 0 } });
  });

  it("I12: rows gone on both sides of the last receipt: those behind it come back from the copy", async () => {
    const till = await BenchTill.ready();
    await sell(till, 100);
    await till.deliver();
    await sell(till, 200);
    const seq = (await till.db.head.get("head"))?.seq ?? 0;
    // Its sale and the entry the receipt stands on; the copy lost that one, too.
    await till.db.journal.bulkDelete([
      [1, seq],
      [1, seq - 1],
    ]);
    const copied = await new Mirror(till.mirror).read();
    const last = copied.entries.at(-1);
    await till.mirror.truncate(0);
    if (last) await new Mirror(till.mirror).append(last);
    // An hour later: the server says where it stands, and of that entry only the receipt is left.
    await till.db.delivery.delete("token");
    await till.restart();
    await till.deliver();
    await till.deliver();
    expect(till.view).toMatchObject({ stop: null, link: { unsentCount: 0 } });
  });

  it("I12: a database that cannot be opened is said as damage, and an activation starts it anew", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    await sell(till, 300);
    till.kill();
    const open = vi.spyOn(indexedDB, "open").mockImplementation(() => {
      throw new DOMException("Internal error opening backing store", "UnknownError");
    });
    await till.start();
    expect(till.view).toMatchObject({
      phase: "unenrolled",
      stop: "damaged",
      link: { unsentCount: 1, unsentMinor: 300 },
    });
    open.mockRestore();
    till.network.down = false;
    await activate(till);
    expect(till.view).toMatchObject({ stop: null, link: { unsentCount: 0 } });
    expect(till.known.entries.length).toBeGreaterThan(2);
  });

  it("C7: a newer program's database is opened, not taken for a broken one", async () => {
    const till = await BenchTill.ready();
    await sell(till, 300);
    till.kill();
    await new Promise<void>((resolve) => {
      const request = indexedDB.open(till.databaseName, 900);
      request.onsuccess = () => resolve(request.result.close());
    });
    await till.start();
    expect(till.view).toMatchObject({ stop: null, phase: "locked", link: { unsentCount: 1 } });
  });
});

async function activate(till: BenchTill, before = till.known): Promise<KnownTill> {
  const { typed, till: next } = till.server.expectAgain(before);
  const enrolled = await till.engine.enrol({ text: typed });
  if (!enrolled.ok) throw new Error(enrolled.refusal.code);
  await till.server.confirm(next);
  await till.deliver();
  return next;
}

async function sell(till: BenchTill, amountMinor: number): Promise<void> {
  if (till.view.phase !== "open") await till.signIn();
  await till.engine.charge(amountMinor);
  const paid = await till.engine.takeCash(amountMinor);
  if (!paid.ok) throw new Error(paid.refusal.code);
}
