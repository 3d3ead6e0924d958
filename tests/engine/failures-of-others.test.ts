// What has cost other shops money, each by the name it was reported under, and each played against this till.
// The reports: odoo/odoo, OCA/pos, frappe/erpnext, the help pages of Square, and the queues of others.
import { describe, expect, it } from "vitest";
import { sameBytes, toHex } from "#protocol/bytes.ts";
import { decodeEntry } from "#protocol/entry.ts";
import { decodeTillBody } from "#protocol/till-body-reader.ts";
import { BenchTill } from "./bench-till.ts";
import { failWrites } from "./unreliable-disk.ts";

async function sell(till: BenchTill, amountMinor: number): Promise<void> {
  if (till.view.phase === "locked") await till.signIn();
  await till.engine.charge(amountMinor);
  const paid = await till.engine.takeCash(amountMinor);
  if (!paid.ok) throw new Error(`not sold: ${paid.refusal.code}`);
  await till.engine.nextSale();
}

/** Sums of the sales the server holds, in its order. */
function sums(till: BenchTill): readonly number[] {
  return till.known.entries.flatMap(({ signed }) => {
    const entry = decodeEntry(signed.bytes);
    const body = entry && decodeTillBody(entry.kind, entry.body);
    return body?.kind === "sale" ? [body.totalMinor] : [];
  });
}

describe("the sale is on disk before anybody hears that it is paid", () => {
  it("odoo#267799 I1: between «paid» and the disk lies no moment for a power cut", async () => {
    const till = await BenchTill.ready();
    let diskAtPaid: number | null = null;
    await till.engine.watch((view) => {
      till.view = view;
      if (view.sale?.paid) diskAtPaid ??= view.sale.paid.seq;
    });
    await till.engine.charge(3800);
    await till.engine.takeCash(3800);
    till.kill();
    await till.start();
    const seqs = (await till.db.journal.toArray()).map((row) => row.seq);
    expect(diskAtPaid).not.toBeNull();
    expect(seqs).toContain(diskAtPaid);
  });

  it("odoo#125037 I3: cut between commit and answer: kept, and the next is no duplicate", async () => {
    const till = await BenchTill.ready();
    await till.engine.charge(1250);
    // The power goes while the second copy is written: on disk, and nobody was told.
    let cut = (): void => undefined;
    const reached = new Promise<void>((resolve) => {
      cut = resolve;
    });
    till.mirror.hold = () => {
      cut();
      return new Promise<never>(() => undefined);
    };
    const never = till.engine.takeCash(1250);
    never.catch(() => undefined);
    await reached;
    till.mirror.hold = () => Promise.resolve();
    await till.restart();
    await sell(till, 1250);
    await till.deliver();
    expect(sums(till)).toEqual([1250, 1250]);
    const sales = await till.engine.sales({ before: null, limit: 10 });
    expect(new Set(sales.map((sale) => sale.id)).size).toBe(2);
  });

  it("odoo#190821 I1: paid, then reloaded: the sale is paid and not a draft", async () => {
    const till = await BenchTill.ready();
    await till.engine.charge(800);
    const paid = await till.engine.takeCash(800);
    await till.restart();
    expect(till.view.sale).toBeNull();
    const [row] = await till.engine.sales({ before: null, limit: 1 });
    expect(row).toMatchObject({ amountMinor: 800, method: "cash" });
    expect(paid.ok && paid.value.saleId).toBe(row?.id);
  });

  it("odoo#60939 B10: what the receipt says stands in the journal under its hash", async () => {
    const till = await BenchTill.ready();
    for (const amountMinor of [100, 250, 990]) await sell(till, amountMinor);
    for (const shown of till.shownPaid) {
      const row = await till.db.journal.get([shown.epoch, shown.seq]);
      expect(row && toHex(row.hash).slice(0, 8)).toBe(shown.headHex);
    }
  });

  it("odoo#288974 I1: what the server sends never writes over a sale", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    await sell(till, 4600);
    const before = await till.db.journal.toArray();
    till.network.down = false;
    // Everything the server knows, from the beginning, as after a change of settings on 21 other tills.
    const feed = await till.db.setting("feed");
    if (feed) await till.db.settings.put({ ...feed, version: 0 });
    await till.deliver();
    const after = await till.db.journal.toArray();
    expect(before.every((row, at) => sameBytes(row.bytes, after[at]?.bytes ?? new Uint8Array()))).toBe(true);
    expect(sums(till)).toEqual([4600]);
  });
});

describe("a queue that gives up, forgets or lies", () => {
  it("odoo#261096 I6: the line drops again while catching up: said, and tried again", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    for (const amountMinor of [100, 200, 300]) await sell(till, amountMinor);
    till.network.down = false;
    till.network.next("answer-lost", /push/u);
    await till.loop.poke("online");
    till.network.down = true;
    await till.loop.poke("timer");
    await till.engine.serviceWorkerWrote();
    expect(till.view.link).toMatchObject({ unsentCount: 3, unsentMinor: 600 });
    till.network.down = false;
    await till.deliver();
    expect(till.view.link).toMatchObject({ unsentCount: 0, unsentMinor: 0 });
    expect(sums(till)).toEqual([100, 200, 300]);
  });

  it("POSNext I6: three strikes, thirty strikes: nothing is ever given up", async () => {
    const till = await BenchTill.ready();
    await sell(till, 1990);
    for (let strikes = 0; strikes < 30; strikes++) {
      till.network.next("status-500", /push|challenge|hello/u);
      till.world.pass(120_000);
      await till.loop.poke("timer");
    }
    expect(sums(till)).toEqual([]);
    till.network.calm();
    await till.deliver();
    expect(sums(till)).toEqual([1990]);
  });

  it("workbox#2599 I2: any answer without the server's own signature deletes nothing", async () => {
    const till = await BenchTill.ready();
    await sell(till, 700);
    for (const fault of ["status-500", "status-401", "unsigned-200", "forged-receipt"] as const) {
      till.network.next(fault, /push/u);
      await till.loop.poke("asked");
      await till.engine.serviceWorkerWrote();
      // Sent is what the server has and signed for; until then it is here and counted.
      expect(till.view.link.unsentCount + sums(till).length).toBeGreaterThan(0);
    }
    till.network.calm();
    await till.deliver();
    expect(sums(till)).toEqual([700]);
  });

  it("POS Awesome I9: after five refusals the next sale goes out; no dead letters", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed();
    for (let tries = 0; tries < 5; tries++) {
      await till.engine.charge(1);
      expect(await till.engine.presentScan(code.text)).toMatchObject({ kind: "refused" });
      await till.engine.cancelSale();
      till.world.pass(11_000);
    }
    await sell(till, 2550);
    await till.deliver();
    expect(sums(till)).toEqual([2550]);
    expect(till.known.entries).toHaveLength((await till.db.journal.toArray()).length);
  });

  it("POS Awesome I3: two sales of one millisecond are two sales", async () => {
    const till = await BenchTill.ready();
    const atMs = till.world.ms;
    await sell(till, 500);
    till.clockOffsetMs = atMs - till.world.ms;
    await sell(till, 500);
    await till.deliver();
    expect(sums(till)).toEqual([500, 500]);
    expect(new Set(till.shownPaid.map((paid) => paid.saleId)).size).toBe(2);
  });

  it("cht-core#8093 I2: a restored server is refilled, whatever was noted as sent", async () => {
    const till = await BenchTill.ready();
    for (const amountMinor of [110, 220, 330]) await sell(till, amountMinor);
    await till.deliver();
    expect(till.view.link.unsentCount).toBe(0);
    till.known.entries.length -= 2;
    till.server.forgetTokens();
    await till.deliver();
    await till.deliver();
    expect(sums(till)).toEqual([110, 220, 330]);
  });

  it("dexie-cloud#2225 B3: connected and no progress is an alarm, being offline is none", async () => {
    const till = await BenchTill.ready();
    await sell(till, 12_900);
    till.network.down = true;
    for (let rounds = 0; rounds < 25; rounds++) {
      till.world.pass(60_000);
      await till.loop.poke("timer");
    }
    await till.engine.serviceWorkerWrote();
    expect(till.view.link).toMatchObject({ stuckSinceMs: null, unsentCount: 1 });
    till.network.down = false;
    for (let rounds = 0; rounds < 25; rounds++) {
      // The server answers everything but what matters.
      till.network.next("status-500", /push/u);
      till.world.pass(60_000);
      await till.loop.poke("timer");
    }
    await till.engine.serviceWorkerWrote();
    expect(till.view.link.stuckSinceMs).not.toBeNull();
    till.network.calm();
    await till.deliver();
    expect(till.view.link).toMatchObject({ stuckSinceMs: null, unsentCount: 0 });
  });
});

describe("twice where it must be once", () => {
  it("odoo#152259 I3: the orders of one tab, sent from another: once", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    await sell(till, 100);
    await sell(till, 200);
    till.network.down = false;
    await Promise.all([till.loop.poke("online"), till.loop.poke("asked")]);
    await Promise.all([till.carrierBeside().poke("asked"), till.loop.poke("asked")]);
    await till.restart();
    await till.deliver();
    expect(sums(till)).toEqual([100, 200]);
  });

  it("odoo#40567 #85527 I3: stored and never heard of: sent again, booked once", async () => {
    const till = await BenchTill.ready();
    await sell(till, 6680);
    for (let lost = 0; lost < 5; lost++) {
      till.network.next("answer-lost", /push/u);
      await till.loop.poke("asked");
    }
    await till.deliver();
    expect(sums(till)).toEqual([6680]);
  });

  it("POS Awesome #48 I3: a double tap on «take cash» is one sale", async () => {
    const till = await BenchTill.ready();
    await till.engine.charge(900);
    const taps = await Promise.all([till.engine.takeCash(900), till.engine.takeCash(900)]);
    expect(taps.filter((tap) => tap.ok)).toHaveLength(1);
    await till.deliver();
    expect(sums(till)).toEqual([900]);
  });
});

describe("ways to wipe money", () => {
  it("odoo#281456 I12: «reload everything» changes settings and leaves the journal", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    await sell(till, 15_600);
    const feed = await till.db.setting("feed");
    if (feed) await till.db.settings.put({ ...feed, version: 0 });
    till.network.down = false;
    till.network.next("request-lost", /push/u);
    await till.deliver();
    await till.deliver();
    expect(sums(till)).toEqual([15_600]);
  });

  it("Square 7775 5095 I12: signing out keeps all, an update names the sum", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    await sell(till, 350);
    await till.engine.lock();
    expect(await till.engine.mayUpdate()).toMatchObject({ unsentCount: 1, unsentMinor: 350 });
    await till.restart();
    till.network.down = false;
    await till.deliver();
    expect(sums(till)).toEqual([350]);
  });

  it("POS Awesome I12: a damaged book is not cured by throwing it away", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    for (const amountMinor of [10, 20, 30]) await sell(till, amountMinor);
    const rows = await till.db.journal.toArray();
    const middle = rows.at(-2);
    if (middle) await till.db.journal.delete([middle.epoch, middle.seq]);
    await till.restart();
    till.network.down = false;
    await till.deliver();
    await till.deliver();
    expect(sums(till)).toEqual([10, 20, 30]);
  });

  it("odoo#162408 I12: an entry this version does not understand is carried all the same", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    await sell(till, 2990);
    // As a version before or after this one would have written it: only its kind is strange.
    await till.db.journal.toCollection().modify((row: { kind: string }) => {
      if (row.kind === "sale") row.kind = "sale-of-another-version";
    });
    await till.restart();
    till.network.down = false;
    await till.deliver();
    expect(sums(till)).toEqual([2990]);
  });

  it("a full disk I1: the sale in hand is refused by name or kept, never half", async () => {
    const till = await BenchTill.ready();
    await till.engine.charge(260);
    failWrites(till.databaseName, "QuotaExceededError", { at: "commit", times: 1 });
    const taken = await till.engine.takeCash(260);
    await till.restart();
    const sales = await till.engine.sales({ before: null, limit: 5 });
    expect(sales).toHaveLength(taken.ok ? 1 : 0);
    await till.deliver();
    expect(sums(till)).toEqual(taken.ok ? [260] : []);
  });
});
