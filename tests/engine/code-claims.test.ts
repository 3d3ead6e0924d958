import { beforeEach, describe, expect, it } from "vitest";
import { claimsAddUp, codeKinds, freeCode, sayOnLine, twoTills, type TwoTills } from "./two-tills.ts";

const PASSWORD = "48159";

describe("online-only codes: the till asks first (PROTOCOL §11, I8)", () => {
  let tills: TwoTills;
  beforeEach(async () => {
    tills = await twoTills();
  });

  it("B7: the claim is on disk before the request leaves, then granted, then sold", async () => {
    const { one } = tills;
    const code = await freeCode(tills);
    const onDisk: string[][] = [];
    one.network.hold = async (path) => {
      if (path.endsWith("/claim")) onDisk.push([...(await codeKinds(one))]);
    };
    await one.engine.charge(code.amountMinor);
    expect(await one.engine.presentScan(code.text)).toMatchObject({ kind: "paid" });
    expect(onDisk).toEqual([["claim"]]);
    expect(await codeKinds(one)).toEqual(["claim", "sale"]);
    expect(await one.db.claims.count()).toBe(0);
    await one.deliver();
    expect(one.server.losses).toEqual([]);
    expect(await one.brokenAt()).toBeNull();
  });

  it("B7: while one till has it in hand, the other is told which; a cancelled sale lets it go", async () => {
    const { one, two } = tills;
    const code = await freeCode(tills, { password: PASSWORD });
    await one.engine.charge(code.amountMinor);
    expect(await one.engine.presentScan(code.text)).toMatchObject({ kind: "password" });
    await two.engine.charge(code.amountMinor);
    expect(await two.engine.presentScan(code.text)).toMatchObject({
      kind: "refused",
      refusal: { code: "held-elsewhere", tillName: "1号机" },
    });
    expect(await codeKinds(two)).toEqual(["claim", "refusal", "claim-dropped"]);
    await one.engine.cancelSale();
    expect(await codeKinds(one)).toEqual(["claim", "claim-dropped"]);
    await one.deliver();
    expect(await two.scanWithPassword(code.text, PASSWORD)).toMatchObject({ kind: "paid" });
  });

  it("I10: an answer that is lost is unknown, never failed, and is asked for again by the same entry", async () => {
    const { one, two } = tills;
    const code = await freeCode(tills);
    await one.engine.charge(code.amountMinor);
    one.network.next("answer-lost", /claim/u);
    expect(await one.engine.presentScan(code.text)).toEqual({
      kind: "refused",
      refusal: { code: "claim-unknown", amountMinor: code.amountMinor },
    });
    expect(await two.engine.presentScan(code.text)).toMatchObject({
      refusal: { code: "held-elsewhere", tillName: "1号机" },
    });
    expect(await one.engine.presentScan(code.text)).toMatchObject({ kind: "paid" });
    expect(await codeKinds(one)).toEqual(["claim", "refusal", "sale"]);
  });

  it.each(["request-lost", "status-500", "unsigned-200", "signature-broken", "stale-answer"] as const)(
    "I10: %s is no answer: the claim stays unknown until it is asked again",
    async (fault) => {
      const { one } = tills;
      const code = await freeCode(tills);
      await one.engine.charge(code.amountMinor);
      one.network.next(fault, /claim/u);
      expect(await one.engine.presentScan(code.text)).toMatchObject({
        refusal: { code: "claim-unknown" },
      });
      expect(await one.db.claims.count()).toBe(1);
      expect(await one.engine.presentScan(code.text)).toMatchObject({ kind: "paid" });
    },
  );

  it("a request that arrives twice is one claim", async () => {
    const { one } = tills;
    const code = await freeCode(tills);
    one.network.next("twice", /claim/u);
    expect(await one.engine.presentScan(code.text)).toMatchObject({ kind: "paid" });
    expect(one.server.desk.holds.size).toBe(1);
    await one.deliver();
    expect(one.server.desk.holds.size).toBe(0);
  });

  it("a token whose hour is over costs two rounds, and no refusal", async () => {
    const { one } = tills;
    const code = await freeCode(tills);
    one.server.forgetTokens();
    expect(await one.engine.presentScan(code.text)).toMatchObject({ kind: "paid" });
  });

  it("I10: unknown and paid in cash: the claim is dropped, and the code works next door", async () => {
    const { one, two } = tills;
    const code = await freeCode(tills);
    await one.engine.charge(code.amountMinor);
    one.network.next("answer-lost", /claim/u);
    await one.engine.presentScan(code.text);
    expect(await one.engine.takeCash(code.amountMinor)).toMatchObject({ ok: true });
    expect(await codeKinds(one)).toEqual(["claim", "refusal", "sale", "claim-dropped"]);
    await one.deliver();
    expect(await two.engine.presentScan(code.text)).toMatchObject({ kind: "paid" });
    await two.deliver();
    expect(one.server.losses).toEqual([]);
  });

  it("no network at all is said as such: nothing is asked, and no claim is left behind", async () => {
    const { one } = tills;
    const code = await freeCode(tills);
    await sayOnLine(one, false);
    expect(await one.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "needs-server" } });
    expect(one.view.sale).toBeNull();
    expect(await codeKinds(one)).toEqual(["refusal"]);
    await sayOnLine(one, true);
    expect(await one.engine.presentScan(code.text)).toMatchObject({ kind: "paid" });
  });

  it("asked, and then the network is gone: still unknown, not «no network»", async () => {
    const { one } = tills;
    const code = await freeCode(tills);
    await one.engine.charge(code.amountMinor);
    one.network.next("answer-lost", /claim/u);
    await one.engine.presentScan(code.text);
    await sayOnLine(one, false);
    expect(await one.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "claim-unknown" } });
  });

  it("a code taken back from the pad is let go, and asked for anew by another entry", async () => {
    const { one } = tills;
    const code = await freeCode(tills, { password: PASSWORD });
    await one.engine.charge(code.amountMinor);
    await one.engine.presentScan(code.text);
    await one.engine.withdrawCode();
    expect(await codeKinds(one)).toEqual(["claim", "claim-dropped"]);
    // The drop has not travelled yet: the newer claim says that the older one is over.
    expect(await one.scanWithPassword(code.text, PASSWORD)).toMatchObject({ kind: "paid" });
    expect(await claimsAddUp(one)).toBe(true);
  });

  it("the owner frees a code in hand: the sale is refused by name, and can ask again", async () => {
    const { one } = tills;
    const code = await freeCode(tills, { password: PASSWORD });
    await one.engine.charge(code.amountMinor);
    await one.engine.presentScan(code.text);
    const claim = await one.db.claims.get(code.cti);
    if (!claim) throw new Error("the claim is open");
    one.server.desk.release(code.cti);
    const cti = new Uint8Array(Buffer.from(code.cti, "hex"));
    one.server.publish({ type: "claim-released", cti, epoch: claim.epoch, seq: claim.seq }, one.known);
    await one.deliver();
    const pad = await one.openPad({ purpose: "code" });
    expect(await one.enter(pad, PASSWORD)).toMatchObject({ refusal: { code: "claim-released" } });
    expect((await one.bodies()).some((body) => body.kind === "sale")).toBe(false);
    expect(await one.scanWithPassword(code.text, PASSWORD)).toMatchObject({ kind: "paid" });
  });

  it("the server's no has a name: spent at the other till, revoked, unknown, codes stopped", async () => {
    const { one, two } = tills;
    const code = await freeCode(tills);
    expect(await two.engine.presentScan(code.text)).toMatchObject({ kind: "paid" });
    await two.deliver();
    expect(await one.engine.presentScan(code.text)).toMatchObject({
      refusal: { code: "spent", tillName: "2号机", here: false },
    });
    const revoked = await freeCode(tills);
    one.server.revoke(revoked.cti);
    expect(await one.engine.presentScan(revoked.text)).toMatchObject({ refusal: { code: "revoked" } });
    const unlisted = await one.server.issue({ lease: null, unlisted: true });
    expect(await one.engine.presentScan(unlisted.text)).toMatchObject({ refusal: { code: "unknown-code" } });
    const last = await freeCode(tills);
    one.known.revoked = true;
    expect(await one.engine.presentScan(last.text)).toMatchObject({ refusal: { code: "till-stopped" } });
    // Nothing is left in anybody's hand, and cash goes on (I9).
    expect(await claimsAddUp(one)).toBe(true);
    expect(await one.db.claims.count()).toBe(0);
    await one.engine.charge(100);
    expect(await one.engine.takeCash(100)).toMatchObject({ ok: true });
  });
});

describe("a kill at every step of a claim resolves itself", () => {
  it("I8: entry on disk, nothing asked: dropped at the next start", async () => {
    const tills = await twoTills();
    const { one, two } = tills;
    const code = await freeCode(tills);
    await killedIn(one, () => one.engine.presentScan(code.text), "before");
    await one.restart();
    expect(await codeKinds(one)).toEqual(["claim", "claim-dropped"]);
    expect(await one.db.claims.count()).toBe(0);
    await one.deliver();
    expect(await two.engine.presentScan(code.text)).toMatchObject({ kind: "paid" });
    expect(await one.brokenAt()).toBeNull();
  });

  it("I8: granted and never heard: dropped at the next start, and free again when that is delivered", async () => {
    const tills = await twoTills();
    const { one, two } = tills;
    const code = await freeCode(tills);
    await killedIn(one, () => one.engine.presentScan(code.text), "after");
    expect(await two.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "held-elsewhere" } });
    await one.restart();
    await one.deliver();
    expect(await two.engine.presentScan(code.text)).toMatchObject({ kind: "paid" });
    await two.deliver();
    expect(one.server.losses).toEqual([]);
  });

  it("I8: granted, at the pad, killed: dropped; the very same till may ask again", async () => {
    const tills = await twoTills();
    const { one } = tills;
    const code = await freeCode(tills, { password: PASSWORD });
    await one.engine.presentScan(code.text);
    await one.restart();
    expect(await codeKinds(one)).toEqual(["claim", "claim-dropped"]);
    await one.signIn();
    expect(await one.scanWithPassword(code.text, PASSWORD)).toMatchObject({ kind: "paid" });
    expect(await claimsAddUp(one)).toBe(true);
  });

  it("I8: killed after the sale: nothing is dropped that was sold", async () => {
    const tills = await twoTills();
    const { one } = tills;
    const code = await freeCode(tills);
    await one.engine.presentScan(code.text);
    await one.restart();
    expect(await codeKinds(one)).toEqual(["claim", "sale"]);
    expect(await one.db.claims.count()).toBe(0);
  });

  it("§4: a claim that only the second copy still has is put back, and then dropped", async () => {
    const tills = await twoTills();
    const { one } = tills;
    const code = await freeCode(tills, { password: PASSWORD });
    const before = await one.db.head.get("head");
    await one.engine.presentScan(code.text);
    const claim = await one.db.claims.get(code.cti);
    // The database lost its last commit in a power cut.
    await one.db.journal.delete([claim?.epoch ?? 0, claim?.seq ?? 0]);
    await one.db.claims.clear();
    if (before) await one.db.head.put(before);
    await one.restart();
    expect(await codeKinds(one)).toEqual(["claim", "claim-dropped"]);
    expect(await one.brokenAt()).toBeNull();
  });
});

/** The power goes while the claim's request is on its way there (`before`) or on its way back (`after`). */
async function killedIn(
  till: TwoTills["one"],
  command: () => Promise<unknown>,
  when: "before" | "after",
): Promise<void> {
  if (when === "after") till.network.next("answer-lost", /claim/u);
  await new Promise<void>((reached) => {
    till.network.hold = async (path) => {
      if (!path.endsWith("/claim")) return;
      if (when === "before") {
        till.kill();
        reached();
        await new Promise(() => undefined);
      }
    };
    void command().then(() => {
      if (when === "after") till.kill();
      reached();
    });
  });
  till.network.calm();
}
