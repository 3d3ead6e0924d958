import { beforeEach, describe, expect, it } from "vitest";
import type { OutagePolicy } from "#domain/outage-policy.ts";
import {
  claimsAddUp,
  codeKinds,
  freeCode,
  sayOnLine,
  setOutagePolicy,
  twoTills,
  type TwoTills,
} from "./two-tills.ts";

const HOUR_MS = 3_600_000;
const FLOOR: OutagePolicy = {
  codeWay: "floor-limited",
  floorPerCodeMinor: 5_000,
  exposureMinor: 9_000,
  staleHours: 12,
};

describe("floor-limited codes: taken while nobody can be asked (PROTOCOL §11, B7)", () => {
  let tills: TwoTills;
  beforeEach(async () => {
    tills = await twoTills();
    await setOutagePolicy([tills.one, tills.two], FLOOR);
  });

  it("B7: offline a code is taken up to its limit, one fen over it is refused by name", async () => {
    const { one } = tills;
    const [at, over] = [
      await freeCode(tills, { amountMinor: 5_000 }),
      await freeCode(tills, { amountMinor: 5_001 }),
    ];
    await sayOnLine(one, false);
    one.network.down = true;
    expect(await one.engine.presentScan(over.text)).toEqual({
      kind: "refused",
      refusal: { code: "floor-code", maxMinor: 5_000, amountMinor: 5_001 },
    });
    expect(await one.engine.presentScan(at.text)).toMatchObject({ kind: "paid" });
    expect(await codeKinds(one)).toEqual(["refusal", "sale"]);
  });

  it("B7: a till is filled to exactly its limit; only a receipt makes room, no restart and no time", async () => {
    const { one } = tills;
    const codes = [];
    for (const amountMinor of [5_000, 4_001, 4_000, 100]) codes.push(await freeCode(tills, { amountMinor }));
    const [first, over, fits, next] = codes;
    await sayOnLine(one, false);
    one.network.down = true;
    expect(await one.engine.presentScan(first?.text ?? "")).toMatchObject({ kind: "paid" });
    expect(await one.engine.presentScan(over?.text ?? "")).toEqual({
      kind: "refused",
      refusal: { code: "floor-till", maxMinor: 9_000, openMinor: 5_000, amountMinor: 4_001 },
    });
    expect(await one.engine.presentScan(fits?.text ?? "")).toMatchObject({ kind: "paid" });
    const full = { refusal: { code: "floor-till", openMinor: 9_000 } };
    expect(await one.engine.presentScan(next?.text ?? "")).toMatchObject(full);
    one.world.pass(HOUR_MS);
    await one.restart();
    await one.signIn();
    await sayOnLine(one, false);
    expect(await one.engine.presentScan(next?.text ?? "")).toMatchObject(full);
    // Sent and not receipted is not receipted.
    one.network.calm();
    one.network.next("answer-lost", /push/u);
    await one.loop.poke("asked");
    expect(await one.engine.presentScan(next?.text ?? "")).toMatchObject(full);
    await one.deliver();
    one.network.down = true;
    expect(await one.engine.presentScan(next?.text ?? "")).toMatchObject({ kind: "paid" });
    expect(await one.brokenAt()).toBeNull();
  });

  it("B7: leased codes fill the till too: what counts is what no receipt covers", async () => {
    const { one } = tills;
    const leased = await one.handed({ lease: one.known, amountMinor: 8_000 });
    const code = await freeCode(tills, { amountMinor: 1_001 });
    await sayOnLine(one, false);
    expect(await one.engine.presentScan(leased.text)).toMatchObject({ kind: "paid" });
    expect(await one.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "floor-till" } });
  });

  it("B7: the rules are good for exactly their hours; one millisecond later codes need the server", async () => {
    const { one } = tills;
    const [at, late] = [
      await freeCode(tills, { amountMinor: 100 }),
      await freeCode(tills, { amountMinor: 200 }),
    ];
    const heardAtMs = (await one.db.setting("heard"))?.atMs ?? 0;
    await sayOnLine(one, false);
    one.network.down = true;
    one.world.pass(heardAtMs + 12 * HOUR_MS - one.world.ms);
    expect(await one.engine.presentScan(at.text)).toMatchObject({ kind: "paid" });
    one.world.pass(1);
    expect(await one.engine.presentScan(late.text)).toEqual({
      kind: "refused",
      refusal: { code: "floor-stale", hours: 12 },
    });
    // A page that says nothing new confirms the rules as well.
    one.network.calm();
    await one.deliver();
    expect(await one.engine.presentScan(late.text)).toMatchObject({ kind: "paid" });
  });

  it("§8: a clock set back does not make stale rules good", async () => {
    const { one } = tills;
    const code = await freeCode(tills, { amountMinor: 100 });
    await sayOnLine(one, false);
    one.clockOffsetMs = -5 * HOUR_MS;
    expect(await one.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "floor-stale" } });
  });

  it("B7: with a network the server is asked first: a code in another hand is no floor case", async () => {
    const { one, two } = tills;
    const code = await freeCode(tills, { amountMinor: 100 });
    expect(await two.engine.presentScan(code.text)).toMatchObject({ kind: "paid" });
    await two.deliver();
    expect(await one.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "spent" } });
    expect(one.server.losses).toEqual([]);
  });

  it("B7: asked and not answered, the floor decides; the sale ends the claim", async () => {
    const { one } = tills;
    const code = await freeCode(tills, { amountMinor: 100 });
    one.network.next("answer-lost", /claim/u);
    expect(await one.engine.presentScan(code.text)).toMatchObject({ kind: "paid" });
    expect(await codeKinds(one)).toEqual(["claim", "sale"]);
    expect(await claimsAddUp(one)).toBe(true);
  });

  it("B7: the limit is looked at inside the sale's transaction, whatever was judged before the pad", async () => {
    const { one } = tills;
    const code = await freeCode(tills, { amountMinor: 5_000, password: "48159" });
    await sayOnLine(one, false);
    await one.engine.charge(5_000);
    expect(await one.engine.presentScan(code.text)).toMatchObject({ kind: "password" });
    await one.db.codeSums.put({ epoch: 1, seq: 1_000_000, codeMinor: 4_001, runningMinor: 4_001 });
    const pad = await one.openPad({ purpose: "code" });
    expect(await one.enter(pad, "48159")).toMatchObject({
      refusal: { code: "floor-till", openMinor: 4_001 },
    });
    expect(await one.db.spent.count()).toBe(0);
    expect(await one.engine.takeCash(5_000)).toMatchObject({ ok: true });
  });

  it("B7: the owner takes the floor back while the password is typed: the code is refused by name", async () => {
    const { one } = tills;
    const code = await freeCode(tills, { amountMinor: 5_000, password: "48159" });
    await sayOnLine(one, false);
    await one.engine.presentScan(code.text);
    await setOutagePolicy([one], { ...FLOOR, codeWay: "online-only" });
    const pad = await one.openPad({ purpose: "code" });
    expect(await one.enter(pad, "48159")).toMatchObject({ refusal: { code: "needs-server" } });
  });

  it("I8 G13: the same code by the floor at two tills: both sales stand, one loss, the loser knows to whom", async () => {
    const { one, two } = tills;
    const code = await freeCode(tills, { amountMinor: 3_800 });
    for (const till of [one, two]) {
      await sayOnLine(till, false);
      expect(await till.engine.presentScan(code.text)).toMatchObject({ kind: "paid" });
    }
    await two.deliver();
    await one.deliver();
    expect(one.server.losses.map((loss) => loss.lossMinor)).toEqual([3_800]);
    const seq = one.server.losses[0]?.seq ?? 0;
    one.server.publish({ type: "lost-to", epoch: 1, seq, tillName: "2号机", atMs: 1 }, one.known);
    await one.deliver();
    const [row] = await one.engine.sales({ before: null, limit: 1 });
    expect(row).toMatchObject({ lossMinor: 3_800, lostTo: { tillName: "2号机", atMs: 1 } });
  });
});
