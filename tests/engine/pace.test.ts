import { describe, expect, it } from "vitest";
import { aloneBy } from "#engine/sync/alone.ts";
import { FIRST_PACE_BYTES, LEAST_PACE_BYTES, nextPace } from "#engine/sync/pace.ts";
import { nextProgress, stuckSince, type ProgressRow } from "#engine/sync/progress.ts";
import { encodeEntry, hashEntry, signEntry } from "#protocol/entry.ts";
import { encodeTillBody } from "#protocol/entry-bodies.ts";
import { fittingPush, MAX_PUSH_BYTES } from "#protocol/push.ts";
import type { JournalRow } from "#storage/schema.ts";
import { BenchTill } from "./bench-till.ts";

describe("batches end in time on the line as it is (C7)", () => {
  it("C7: the first batch goes through GPRS in ten seconds", () => {
    const gprsBytesPerMs = 4;
    expect(FIRST_PACE_BYTES / gprsBytesPerMs).toBeLessThanOrEqual(10_000);
  });

  it("C7: a slow line gets what it carries in 8 s, a fast one no more than four times as much as before", () => {
    expect(nextPace(32_768, { bytes: 32_768, ms: 16_384 })).toBe(16_000);
    expect(nextPace(32_768, { bytes: 32_768, ms: 10 })).toBe(131_072);
    expect(nextPace(131_072, { bytes: 131_072, ms: 10 })).toBe(MAX_PUSH_BYTES);
    expect(nextPace(MAX_PUSH_BYTES, { bytes: MAX_PUSH_BYTES, ms: 0 })).toBe(MAX_PUSH_BYTES);
  });

  it("C7: after a time-out it begins small, and never below one entry", () => {
    expect(nextPace(32_768, null)).toBe(8192);
    expect(nextPace(LEAST_PACE_BYTES + 1, null)).toBe(LEAST_PACE_BYTES);
    expect(nextPace(LEAST_PACE_BYTES, null)).toBe(LEAST_PACE_BYTES);
    const long = { bytes: new Uint8Array(60_000), signature: new Uint8Array(64) };
    expect(fittingPush([long, long], LEAST_PACE_BYTES)).toBe(1);
    const small = { bytes: new Uint8Array(100), signature: new Uint8Array(64) };
    // 64 for the frame, 173 for each: five fit, and a sixth would be one byte too many.
    expect(
      fittingPush(
        Array.from({ length: 9 }, () => small),
        64 + 173 * 5,
      ),
    ).toBe(5);
    expect(
      fittingPush(
        Array.from({ length: 9 }, () => small),
        64 + 173 * 5 - 1,
      ),
    ).toBe(4);
  });

  it("C7: a line that swallows long batches gets shorter ones, until they arrive", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    for (let n = 1; n <= 60; n++) await sell(till, n);
    till.network.down = false;
    const lengths: number[] = [];
    // 1 KiB a second: whatever takes longer than 20 s is given up.
    const send = till.network.fetch.bind(till.network);
    till.network.fetch = async (path, init) => {
      if (!path.includes("/push")) return send(path, init);
      const { length } = init.body as Uint8Array;
      lengths.push(length);
      till.world.pass(Math.min(20_000, length));
      if (length > 20_000) throw new DOMException("slow", "TimeoutError");
      return send(path, init);
    };
    for (let round = 0; round < 20 && till.view.link.unsentCount > 0; round++) {
      till.world.pass(60_000);
      await till.deliver();
    }
    expect(till.view.link.unsentCount).toBe(0);
    expect(Math.max(...lengths.slice(2))).toBeLessThan(20_000);
  });
});

describe("no progress is an alarm, being offline is none (decision 8)", () => {
  const stands = { heard: true, reached: 7, waiting: true };

  it("decision 8: rounds that are answered and move nothing are an alarm after ten minutes", () => {
    let row = nextProgress(null, stands, 0);
    for (const minute of [1, 2, 3]) row = nextProgress(row, stands, minute * 60_000) ?? row;
    expect(stuckSince(row, 60_000 + 599_999)).toBeNull();
    expect(stuckSince(row, 60_000 + 600_000)).toBe(60_000);
  });

  it("decision 8: … or after twenty rounds", () => {
    let row = nextProgress(null, stands, 0);
    for (let round = 1; round <= 19; round++) row = nextProgress(row, stands, round * 1000) ?? row;
    expect(stuckSince(row, 20_000)).toBeNull();
    row = nextProgress(row, stands, 20_000) ?? row;
    expect(stuckSince(row, 20_000)).toBe(1000);
  });

  it("decision 8: without a line no time passes; a receipt that moves, or nothing left, ends it", () => {
    let row: ProgressRow | null = nextProgress(null, stands, 0);
    for (let round = 1; round <= 50; round++)
      row = nextProgress(row, { ...stands, heard: false }, round * 60_000) ?? row;
    expect(stuckSince(row, 3_600_000)).toBeNull();
    for (let round = 1; round <= 30; round++) row = nextProgress(row, stands, round) ?? row;
    expect(stuckSince(row, 31)).not.toBeNull();
    expect(stuckSince(nextProgress(row, { ...stands, reached: 8 }, 32), 33)).toBeNull();
    expect(stuckSince(nextProgress(row, { ...stands, waiting: false }, 32), 33)).toBeNull();
  });

  it("decision 8: a server that answers errors to every push is said as stuck, on the till's view", async () => {
    const till = await BenchTill.ready();
    await sell(till, 100);
    for (let round = 0; round < 25; round++) {
      till.network.next("status-500", /push/u);
      till.world.pass(60_000);
      await till.deliver();
    }
    expect(till.view.link).toMatchObject({ unsentCount: 1, oldestUnsentMs: 25 * 60_000 });
    expect(till.view.link.stuckSinceMs).not.toBeNull();
    till.network.calm();
    await till.deliver();
    expect(till.view.link).toMatchObject({ unsentCount: 0, stuckSinceMs: null, oldestUnsentMs: null });
  });
});

describe("the lock saves work, and holds up nothing (C7)", () => {
  it("C7: a frozen tab that keeps the lock does not stop delivery", async () => {
    const gaveUp = new AbortController();
    const frozen: Pick<LockManager, "request"> = {
      request: (_name: string, options: LockOptions) =>
        new Promise((_, reject) => {
          options.signal?.addEventListener("abort", () => reject(new DOMException("waited", "TimeoutError")));
          gaveUp.abort();
        }),
    } as Pick<LockManager, "request">;
    let ran = 0;
    await aloneBy(
      frozen,
      () => gaveUp.signal,
    )(async () => {
      ran++;
    });
    expect(ran).toBe(1);
  });

  it("C7: work that fails with the lock in its hand is not done a second time", async () => {
    const free: Pick<LockManager, "request"> = {
      request: (_name: string, _options: LockOptions, work: () => Promise<void>) => work(),
    } as Pick<LockManager, "request">;
    let ran = 0;
    const failing = aloneBy(
      free,
      () => new AbortController().signal,
    )(async () => {
      ran++;
      throw new DOMException("the disk", "AbortError");
    });
    await expect(failing).rejects.toThrow("the disk");
    expect(ran).toBe(1);
  });
});

describe("a sale does not wait for days of catching up (C7)", () => {
  it("C7: a sale commits while 10,000 entries drain", async () => {
    const till = await BenchTill.ready();
    await stock(till, 10_000);
    await till.restart();
    await till.signIn();
    const before = till.server.pushes.length;
    const draining = till.loop.poke("asked");
    await sell(till, 1250);
    const pushed = till.server.pushes.length - before;
    expect(pushed).toBeLessThan(10);
    await draining;
    await till.deliver();
    expect(till.server.pushes.length - before).toBeGreaterThan(19);
    expect(till.view.link.unsentCount).toBe(0);
    expect(till.known.state).toBe("open");
  });
});

/** So many entries signed and not sent, as days without a network leave them. */
async function stock(till: BenchTill, count: number): Promise<void> {
  const [identity, head] = await Promise.all([till.db.enrolled(), till.db.head.get("head")]);
  if (!identity || !head) throw new Error("bench: no till");
  const rows: JournalRow[] = [];
  let { seq, hash } = head;
  for (let n = 0; n < count; n++) {
    seq++;
    const body = { kind: "refusal", code: "empty", cti: null, sale: null } as const;
    const bytes = encodeEntry({
      merchant: identity.merchant,
      till: identity.till,
      epoch: 1,
      seq,
      prev: hash,
      kind: body.kind,
      time: { clockMs: till.world.ms, nowMs: till.world.ms, quality: "plausible" },
      versions: { feed: 0, keyset: 1, build: "bench" },
      body: encodeTillBody(body),
    });
    hash = await hashEntry(bytes);
    const { signature } = await signEntry(identity.devicePrivate, bytes);
    rows.push({ epoch: 1, seq, kind: body.kind, bytes, signature, hash, nowMs: till.world.ms });
  }
  await till.db.journal.bulkAdd(rows);
  await till.db.head.put({ ...head, seq, hash });
}

async function sell(till: BenchTill, amountMinor: number): Promise<void> {
  await till.engine.charge(amountMinor);
  const paid = await till.engine.takeCash(amountMinor);
  if (!paid.ok) throw new Error(paid.refusal.code);
}
