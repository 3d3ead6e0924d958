import { describe, expect, it } from "vitest";
import { randomBytes, toHex } from "#protocol/bytes.ts";
import { encodeEntry, hashEntry, signEntry } from "#protocol/entry.ts";
import { encodeTillBody } from "#protocol/entry-bodies.ts";
import { newSigningPair } from "#protocol/crypto.ts";
import {
  encodeSignedAnswer,
  hashRequest,
  MAX_PUSH_BYTES,
  MAX_PUSH_ENTRIES,
  signAnswer,
  type Answer,
} from "#protocol/push.ts";
import { BenchTill } from "./bench-till.ts";
import type { Fault } from "./unreliable-network.ts";

describe("delivery (PROTOCOL §5)", () => {
  it("C7: what was sold with the server gone arrives once, in order, when it is back", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    for (const amount of [1250, 80, 3999]) await sell(till, amount);
    await till.deliver();
    expect(till.view.link).toMatchObject({ unsentCount: 3, unsentMinor: 5329 });
    expect((await till.engine.sales({ before: null, limit: 9 })).map((sale) => sale.delivered)).toEqual(
      Array.from({ length: 3 }, () => "till"),
    );
    till.network.down = false;
    await till.deliver();
    expect(till.view.link).toMatchObject({ state: "online", unsentCount: 0, unsentMinor: 0 });
    expect(await arrived(till)).toBe(true);
    expect((await till.engine.sales({ before: null, limit: 9 })).map((sale) => sale.delivered)).toEqual(
      Array.from({ length: 3 }, () => "server"),
    );
  });

  it.each<Fault>(["request-lost", "answer-lost", "twice", "status-500", "unsigned-200", "status-401"])(
    "I3: a push that meets «%s» costs time and nothing else",
    async (fault) => {
      const till = await BenchTill.ready();
      await sell(till, 1250);
      till.network.next(fault, /push/u);
      await till.loop.poke("asked");
      await till.engine.serviceWorkerWrote();
      await sell(till, 80);
      await till.deliver();
      expect(await arrived(till)).toBe(true);
      expect(till.view.link.unsentCount).toBe(0);
    },
  );

  it.each<Fault>(["status-500", "unsigned-200", "signature-broken", "stale-answer", "forged-receipt"])(
    "I2: «%s» is no answer: no receipt, no lock, nothing deleted",
    async (fault) => {
      const till = await BenchTill.ready();
      const before = await till.db.receipts.get(1);
      await sell(till, 1250);
      const rows = await till.db.journal.count();
      till.network.next(fault, /push/u);
      await till.loop.poke("asked");
      await till.engine.serviceWorkerWrote();
      expect(await till.db.receipts.get(1)).toEqual(before);
      expect(await till.db.journal.count()).toBe(rows);
      expect(till.view).toMatchObject({ stop: null, link: { unsentCount: 1, state: "silent" } });
      await till.deliver();
      expect(till.view.link.unsentCount).toBe(0);
    },
  );

  it("I2: a receipt counts only where its head is our own hash", async () => {
    const till = await BenchTill.ready();
    await sell(till, 1250);
    const before = await till.db.receipts.get(1);
    // A genuine signature, bound to this very request, over a head that is not ours.
    const head = await till.db.head.get("head");
    answerNextPush(till, (answer) => ({ ...answer, seq: head?.seq ?? 0, headHash: randomBytes(32) }));
    await till.loop.poke("asked");
    expect(await till.db.receipts.get(1)).toEqual(before);
    // Nor is it a word that the entries lie in quarantine: they would never be sent again.
    expect(await till.db.delivery.get("taken-aside")).toBeUndefined();
  });

  it("C7: a token that is not taken any more is asked for anew", async () => {
    const till = await BenchTill.ready();
    till.server.forgetTokens();
    await sell(till, 1250);
    await till.loop.poke("asked");
    await till.engine.serviceWorkerWrote();
    expect(till.view.link.unsentCount).toBe(1);
    await till.loop.poke("asked");
    await till.engine.serviceWorkerWrote();
    expect(till.view.link.unsentCount).toBe(0);
  });

  it("C7: a hello whose answer is lost is said again, with a challenge of its own", async () => {
    const till = await BenchTill.ready();
    till.server.forgetTokens();
    till.world.pass(3_600_000);
    await sell(till, 1250);
    till.network.next("answer-lost", /hello/u);
    await till.loop.poke("asked");
    await till.deliver();
    expect(await arrived(till)).toBe(true);
  });

  it("I7: a server put back from a backup is refilled from what the till still has", async () => {
    const till = await BenchTill.ready();
    for (const amount of [1, 2, 3, 4]) await sell(till, amount);
    await till.deliver();
    till.server.rewind(till.known, 2);
    till.server.forgetTokens();
    await sell(till, 5);
    await till.deliver();
    await till.deliver();
    expect(await arrived(till)).toBe(true);
    expect(till.view.stop).toBeNull();
  });

  it("I7: a gap is refilled from the entry that is needed", async () => {
    const till = await BenchTill.ready();
    for (const amount of [1, 2, 3]) await sell(till, amount);
    await till.deliver();
    // The token is still good, so nobody says hello: the push itself finds the gap.
    till.server.rewind(till.known, 3);
    await sell(till, 4);
    await till.deliver();
    expect(await arrived(till)).toBe(true);
    expect(till.view.stop).toBeNull();
  });

  it("I7: an entry gone from the middle comes back from the second copy, and everything arrives", async () => {
    const till = await BenchTill.ready();
    for (const amount of [1, 2, 3, 4]) await sell(till, amount);
    const head = await till.db.head.get("head");
    for (const back of [1, 2]) await till.db.journal.delete([1, (head?.seq ?? 0) - back]);
    await till.deliver();
    await till.deliver();
    expect(await till.brokenAt()).toBeNull();
    expect(await arrived(till)).toBe(true);
    expect(till.view.stop).toBeNull();
  });

  it("I7: an entry gone everywhere is said as damage, not as a server that does not answer", async () => {
    const till = await BenchTill.ready();
    for (const amount of [1, 2, 3]) await sell(till, amount);
    const head = await till.db.head.get("head");
    await till.db.journal.delete([1, (head?.seq ?? 0) - 1]);
    till.mirror.bytes = new Uint8Array(0);
    await till.deliver();
    expect(till.view).toMatchObject({ stop: "damaged", link: { state: "online" } });
    await till.engine.charge(100);
    expect(await till.engine.takeCash(100)).toMatchObject({ ok: true });
  });

  it("I7: a fork is believed when the other entry is signed by this till's own key", async () => {
    const till = await BenchTill.ready();
    await forkAt(till, "own");
    expect(till.view.stop).toBe("fork");
    expect(await till.lastBody()).toEqual({ kind: "stopped", reason: "fork" });
    await till.restart();
    expect(till.view.stop).toBe("fork");
  });

  it("I7: a fork is found on a revoked till too, and outlasts the revocation", async () => {
    const till = await BenchTill.ready();
    till.server.setRevoked(till.known, true);
    await till.deliver();
    await forkAt(till, "own");
    expect(till.view.stop).toBe("fork");
    till.server.setRevoked(till.known, false);
    await till.deliver();
    expect(till.view.stop).toBe("fork");
  });

  it("I7: a fork that somebody else signed is not believed", async () => {
    const till = await BenchTill.ready();
    await forkAt(till, "stranger");
    expect(till.view.stop).toBeNull();
  });

  it("I6: a frozen till's cash still reaches the server, into quarantine, however much it is", async () => {
    const till = await BenchTill.ready();
    await forkAt(till, "own");
    till.world.pass(2 * 3_600_000);
    for (let sales = 0; sales < 130; sales++) await sell(till, 100 + sales);
    await till.deliver();
    const stored = new Set([
      ...till.known.quarantined.keys(),
      ...till.known.entries.map((one) => toHex(one.hash)),
    ]);
    const missing = (await till.db.journal.toArray()).filter((row) => !stored.has(toHex(row.hash)));
    expect(missing.map((row) => row.seq)).toEqual([]);
    expect(till.view.stop).toBe("fork");
  });

  it("I7: the evidence of a fork is not lost under what is set apart in the same round", async () => {
    const till = await BenchTill.ready();
    await forkAt(till, "own", MAX_PUSH_ENTRIES + 1);
    expect(till.view.stop).toBe("fork");
  });

  it("I7: a till that was ended hears «set apart», not «fork», and none of its sales is unsent", async () => {
    const till = await BenchTill.ready();
    await sell(till, 1250);
    await till.deliver();
    till.known.state = "frozen";
    await sell(till, 300);
    await sell(till, 400);
    expect(till.view.link).toMatchObject({ unsentCount: 2, unsentMinor: 700, withOwner: null });
    await till.loop.poke("asked");
    await till.engine.serviceWorkerWrote();
    const withOwner = { count: 2, sumMinor: 700 };
    expect(till.view).toMatchObject({
      stop: "set-apart",
      link: { unsentCount: 0, unsentMinor: 0, oldestUnsentMs: null, withOwner },
    });
    // Another entry under one of our numbers, signed by our own key, says more.
    await sell(till, 500);
    till.known.state = "open";
    till.world.pass(2 * 3_600_000);
    await forkAt(till, "own");
    expect(till.view.stop).toBe("fork");
  });

  it("I7: a signed head above ours says that we are the older state: behind", async () => {
    const till = await BenchTill.ready();
    await sell(till, 1250);
    await till.deliver();
    await loseTail(till);
    till.world.pass(2 * 3_600_000);
    till.mirror.bytes = new Uint8Array(0);
    await till.restart();
    await till.deliver();
    expect(till.view.stop).toBe("behind");
    await till.signIn();
    await sell(till, 300);
  });

  it("C7: no push carries more than 500 entries or 256 KiB", async () => {
    const till = await BenchTill.ready();
    till.network.down = true;
    const code = await till.server.issue();
    for (let sales = 0; sales < 230; sales++) await sell(till, 1 + sales);
    expect(code.amountMinor).toBe(3800);
    till.network.down = false;
    till.server.pushes.length = 0;
    await till.deliver();
    expect(till.server.pushes.reduce((sum, one) => sum + one.entries, 0)).toBe(230);
    expect(Math.max(...till.server.pushes.map((one) => one.entries))).toBeLessThanOrEqual(MAX_PUSH_ENTRIES);
    expect(Math.max(...till.server.pushes.map((one) => one.bytes))).toBeLessThanOrEqual(MAX_PUSH_BYTES);
    expect(await arrived(till)).toBe(true);
  });

  it("I4: entries that come about during a round go out in the same round, behind the others", async () => {
    const till = await BenchTill.ready();
    await sell(till, 1);
    let sold = false;
    till.network.hold = async (path) => {
      if (sold || !path.endsWith("/push")) return;
      sold = true;
      await sell(till, 2);
    };
    await till.loop.poke("commit");
    await till.engine.serviceWorkerWrote();
    expect(till.view.link.unsentCount).toBe(0);
    expect(await arrived(till)).toBe(true);
  });

  it("I3: two carriers at once deliver once", async () => {
    const till = await BenchTill.ready();
    for (const amount of [1, 2, 3]) await sell(till, amount);
    await Promise.all([till.carrierBeside().poke("asked"), till.loop.poke("asked")]);
    await till.engine.serviceWorkerWrote();
    expect(await arrived(till)).toBe(true);
    expect(till.view.stop).toBeNull();
  });
});

async function sell(till: BenchTill, amountMinor: number): Promise<void> {
  await till.engine.charge(amountMinor);
  const paid = await till.engine.takeCash(amountMinor);
  if (!paid.ok) throw new Error(paid.refusal.code);
}

/** Is the server's list of this till exactly the till's journal? */
async function arrived(till: BenchTill): Promise<boolean> {
  const ours = (await till.db.journal.toArray()).map((row) => toHex(row.hash));
  const theirs = till.known.entries.map((entry) => toHex(entry.hash));
  return ours.length > 0 && JSON.stringify(ours) === JSON.stringify(theirs);
}

/**
 * The server has another entry at our next seq, signed by our own key or by a stranger's; then we sell and
 * deliver.
 */
async function forkAt(till: BenchTill, signer: "own" | "stranger", sales = 1): Promise<void> {
  const identity = await till.db.enrolled();
  const head = await till.db.head.get("head");
  if (!identity || !head) throw new Error("not enrolled");
  const bytes = encodeEntry({
    merchant: identity.merchant,
    till: identity.till,
    epoch: identity.epoch,
    seq: head.seq + 1,
    prev: head.hash,
    kind: "operator-out",
    time: { clockMs: 1, nowMs: 1, quality: "plausible" },
    versions: { feed: 0, keyset: 1, build: "clone" },
    body: encodeTillBody({ kind: "operator-out", operator: till.server.operator }),
  });
  const key = signer === "own" ? identity.devicePrivate : (await newSigningPair(false)).privateKey;
  const signed = await signEntry(key, bytes);
  till.known.entries.push({ seq: head.seq + 1, hash: await hashEntry(bytes), signed });
  for (let sale = 0; sale < sales; sale++) await sell(till, 1250);
  await till.loop.poke("asked");
  await till.engine.serviceWorkerWrote();
}

/** The newest entry is gone from the disk, as if it had lied about the last commit. */
async function loseTail(till: BenchTill): Promise<void> {
  const rows = await till.db.journal.toArray();
  const [before, last] = [rows.at(-2), rows.at(-1)];
  if (!before || !last) throw new Error("nothing to lose");
  await till.db.journal.delete([last.epoch, last.seq]);
  await till.db.sales.clear();
  const { epoch, seq, hash } = before;
  await till.db.head.put({ key: "head", epoch, seq, hash, runningCount: 0, runningMinor: 0 });
  // The service worker's last receipt went with it.
  await till.db.receipts.clear();
}

/** The next push is answered by hand, signed by the server's own key. */
function answerNextPush(till: BenchTill, change: (answer: Answer) => Answer): void {
  const real = till.server.fetch.bind(till.server);
  till.server.fetch = async (path, init) => {
    if (!path.endsWith("/push")) return real(path, init);
    till.server.fetch = real;
    const requestHash = await hashRequest(
      new Uint8Array(await new Response(init.body ?? null).arrayBuffer()),
    );
    const last = till.known.entries.at(-1);
    const answer: Answer = {
      lineage: till.server.lineage,
      merchant: till.server.merchant,
      till: till.known.id,
      epoch: till.known.epoch,
      seq: last?.seq ?? -1,
      headHash: last?.hash ?? till.known.headHash,
      result: "ok",
      detail: { kind: "none" },
      serverMs: till.world.ms,
      requestHash,
    };
    return new Response(
      encodeSignedAnswer(await signAnswer(till.server.answerKey.privateKey, change(answer))),
    );
  };
}
