import { afterEach, describe, expect, it, vi } from "vitest";
import { Mirror, openMirrorFile } from "#engine/mirror.ts";
import { concat, randomBytes } from "#protocol/bytes.ts";
import { newSigningPair } from "#protocol/crypto.ts";
import { encodeEntry, signEntry } from "#protocol/entry.ts";
import { encodeTillBody } from "#protocol/entry-bodies.ts";
import { BenchTill } from "./bench-till.ts";
import { failWrites } from "./unreliable-disk.ts";

describe("the second copy outside the database (PROTOCOL §4)", () => {
  it("I1: commits that a power cut took from the database come back, with their sales and spent codes", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed();
    await sell(till, 1250);
    const kept = await snapshot(till);
    await till.engine.presentScan(code.text);
    await till.engine.nextSale();
    await sell(till, 300);
    await putBack(till, kept);
    expect(await till.brokenAt()).toBeNull();
    await till.restart();
    expect(await till.brokenAt()).toBeNull();
    expect(await amounts(till)).toEqual(new Set([1250, 300, code.amountMinor]));
    await till.signIn();
    expect(await till.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "spent" } });
    await till.engine.charge(1);
    await till.engine.takeCash(1);
    const last = await till.lastBody();
    expect(last).toMatchObject({ runningCount: 4, runningMinor: 1250 + 300 + code.amountMinor + 1 });
    // And the server sees one journal, not two.
    await till.deliver();
    expect(till.known.state).toBe("open");
  });

  it("I12: an empty database beside a written copy is a loss that is said, not a first run; the copy stays", async () => {
    const till = await BenchTill.ready();
    await sell(till, 1250);
    const copied = await till.mirror.readAll();
    for (const table of till.db.tables) await table.clear();
    await till.restart();
    expect(till.view).toMatchObject({ phase: "unenrolled", stop: "empty-database" });
    expect(await till.mirror.readAll()).toEqual(copied);
  });

  it("a tablet that never was a till is a first run", async () => {
    const till = await BenchTill.ready();
    for (const table of till.db.tables) await table.clear();
    await till.mirror.truncate(0);
    await till.restart();
    expect(till.view).toMatchObject({ phase: "unenrolled", stop: null });
  });

  it("I11: tries that a power cut took from the database are counted again", async () => {
    const till = await BenchTill.ready();
    await till.engine.lock();
    const kept = await snapshot(till);
    for (let tries = 0; tries < 4; tries++) await till.signIn("314159");
    await putBack(till, kept);
    await till.restart();
    expect(await till.signIn("314159")).toMatchObject({ refusal: { code: "pin-wait", tries: 5 } });
  });

  it("G24: a success that came after the lost tries still resets them", async () => {
    const till = await BenchTill.ready();
    await till.engine.lock();
    const kept = await snapshot(till);
    for (let tries = 0; tries < 3; tries++) await till.signIn("314159");
    await till.signIn();
    await putBack(till, kept);
    await till.restart();
    expect(await till.db.attempts.get(`operator:${till.operatorId}`)).toBeUndefined();
  });

  it("I1: a spent list that came first does not swallow the sale that is put back", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed();
    const kept = await snapshot(till);
    await till.engine.presentScan(code.text);
    await till.engine.nextSale();
    await putBack(till, kept);
    await till.db.spent.put({
      cti: code.cti,
      tillName: "1号机",
      atMs: till.world.ms,
      amountMinor: code.amountMinor,
      here: true,
    });
    await till.restart();
    expect(await till.db.sales.count()).toBe(1);
    expect(await till.brokenAt()).toBeNull();
  });

  it("I1: a record cut short by a crash hides neither what stood before it nor what comes after", async () => {
    const till = await BenchTill.ready();
    await sell(till, 1250);
    till.mirror.bytes = Uint8Array.of(...till.mirror.bytes, 0, 0, 1, 44, 7, 7, 7);
    await till.restart();
    await till.signIn();
    const kept = await snapshot(till);
    await sell(till, 300);
    await putBack(till, kept);
    await till.restart();
    expect(await amounts(till)).toEqual(new Set([1250, 300]));
  });

  it("I1: entries that this till did not sign are left alone", async () => {
    const till = await BenchTill.ready();
    const other = await BenchTill.ready();
    await sell(other, 700);
    till.mirror.bytes = Uint8Array.of(...till.mirror.bytes, ...other.mirror.bytes);
    const before = await till.db.journal.count();
    await till.restart();
    expect(await till.db.journal.count()).toBe(before);
  });

  it.each(["that a stranger signed", "that goes on from another entry"] as const)(
    "I1: a next record %s is left alone",
    async (what) => {
      const till = await BenchTill.ready();
      const [identity, head] = [await till.db.enrolled(), await till.db.head.get("head")];
      if (!identity || !head) throw new Error("not enrolled");
      const ofStranger = what === "that a stranger signed";
      const bytes = encodeEntry({
        merchant: identity.merchant,
        till: identity.till,
        epoch: head.epoch,
        seq: head.seq + 1,
        prev: ofStranger ? head.hash : randomBytes(32),
        kind: "operator-out",
        time: { clockMs: 1, nowMs: 1, quality: "plausible" },
        versions: { feed: 0, keyset: 1, build: "stranger" },
        body: encodeTillBody({ kind: "operator-out", operator: till.server.operator }),
      });
      const key = ofStranger ? (await newSigningPair(false)).privateKey : identity.devicePrivate;
      await new Mirror(till.mirror).append(await signEntry(key, bytes));
      const before = await till.db.journal.count();
      await till.restart();
      expect(await till.db.journal.count()).toBe(before);
      expect(await till.brokenAt()).toBeNull();
    },
  );

  it("I1: a copy that cannot be written fails no sale", async () => {
    const till = await BenchTill.ready();
    till.mirror.broken = true;
    await sell(till, 1250);
    expect(await till.db.sales.count()).toBe(1);
    expect(till.view.storage.copyFailed).toBe(true);
  });

  it("I1: a copy that cannot be read keeps no shop shut, and is said", async () => {
    const till = await BenchTill.ready();
    till.mirror.readAll = () => Promise.reject(new DOMException("held", "NoModificationAllowedError"));
    await till.restart();
    expect(till.view).toMatchObject({ phase: "locked", storage: { copyFailed: true } });
  });

  it("I12: once long, the copy begins anew, with every entry the server has not signed for", async () => {
    const till = await BenchTill.ready();
    await sell(till, 1250);
    const years = new Uint8Array(90 * 60_004);
    for (let at = 0; at < years.length; at += 60_004) new DataView(years.buffer).setUint32(at, 60_000);
    till.mirror.bytes = concat(till.mirror.bytes, years);
    await till.restart();
    expect(till.mirror.bytes.length).toBeLessThan(10_000);
    const kept = await till.db.journal.toArray();
    await till.db.journal.delete([1, kept.at(-1)?.seq ?? 0]);
    // The first round finds what is missing, the second one sends it.
    await till.deliver();
    await till.deliver();
    expect(await till.brokenAt()).toBeNull();
    expect(till.view).toMatchObject({ stop: null, link: { unsentCount: 0 } });
    till.mirror.bytes = concat(till.mirror.bytes, years);
    await till.restart();
    // Only whose it is stands in it now.
    expect(till.mirror.bytes.length).toBeLessThan(1000);
    await till.signIn();
    await sell(till, 300);
    expect(await till.brokenAt()).toBeNull();
  });

  it("I1: nothing that was not committed stands in the copy", async () => {
    const till = await BenchTill.ready();
    const before = till.mirror.bytes.length;
    await till.engine.charge(100);
    await till.engine.takeCash(50);
    expect(till.mirror.bytes).toHaveLength(before);
    failWrites(till.databaseName, "AbortError");
    expect(await till.engine.takeCash(100)).toMatchObject({ ok: false });
    expect(till.mirror.bytes).toHaveLength(before);
  });
});

describe("the copy's file", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("I1: is waited for while the window that had the till lets go of it", async () => {
    const disk = fileSystem({ heldTimes: 2 });
    const file = await openMirrorFile();
    expect(await file?.readAll()).toHaveLength(0);
    await file?.append(Uint8Array.of(1, 2));
    expect(disk.bytes).toEqual([1, 2]);
  });

  it("I1: keeps no half of a record when the disk is full in the middle of it", async () => {
    const disk = fileSystem({ room: 3 });
    const file = await openMirrorFile();
    await file?.append(Uint8Array.of(1, 2));
    await expect(file?.append(Uint8Array.of(3, 4))).rejects.toThrow("no room");
    expect(disk.bytes).toEqual([1, 2]);
  });
});

/** The origin private file system, with one file: held by somebody else so often, and with so much room. */
function fileSystem({ heldTimes = 0, room = 100 }): { readonly bytes: number[] } {
  const disk = { bytes: [] as number[] };
  let held = heldTimes;
  const access = {
    getSize: () => disk.bytes.length,
    read: () => 0,
    flush: () => undefined,
    truncate: (length: number) => (disk.bytes.length = length),
    write: (bytes: Uint8Array) => {
      const written = [...bytes].slice(0, room - disk.bytes.length);
      disk.bytes.push(...written);
      return written.length;
    },
  };
  const handle = {
    createSyncAccessHandle: () =>
      held-- > 0
        ? Promise.reject(new DOMException("held", "NoModificationAllowedError"))
        : Promise.resolve(access),
  };
  const directory = { getFileHandle: () => Promise.resolve(handle) };
  vi.stubGlobal("navigator", { storage: { getDirectory: () => Promise.resolve(directory) } });
  return disk;
}

async function sell(till: BenchTill, amountMinor: number): Promise<void> {
  await till.engine.charge(amountMinor);
  const paid = await till.engine.takeCash(amountMinor);
  if (!paid.ok) throw new Error(paid.refusal.code);
}

async function amounts(till: BenchTill): Promise<ReadonlySet<number>> {
  return new Set((await till.db.sales.toArray()).map((row) => row.amountMinor));
}

type Snapshot = ReadonlyMap<string, readonly unknown[]>;

async function snapshot(till: BenchTill): Promise<Snapshot> {
  const tables = await Promise.all(
    till.db.engineTables.map(async (table) => [table.name, await table.toArray()] as const),
  );
  return new Map(tables);
}

/** The disk forgets everything since. */
async function putBack(till: BenchTill, kept: Snapshot): Promise<void> {
  for (const [name, rows] of kept) {
    await till.db.table(name).clear();
    await till.db.table(name).bulkPut([...rows]);
  }
}
