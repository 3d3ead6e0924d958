import { describe, expect, it } from "vitest";
import { fromHex } from "#protocol/bytes.ts";
import { BenchTill } from "./bench-till.ts";
import { codeKinds, sayOnLine, twoTills } from "./two-tills.ts";

const PASSWORD = "48159";

describe("a lease goes where its holder lets it go (PROTOCOL §11)", () => {
  it("I8: asked for it, the till gives it back by an entry, and from then on asks like everybody", async () => {
    const { one } = await twoTills();
    const code = await one.handed({ lease: one.known });
    one.server.publish({ type: "lease-wanted", cti: fromHex(code.cti), wanted: true }, one.known);
    await one.deliver();
    expect(await codeKinds(one)).toEqual(["lease-released"]);
    expect(await one.lastBody()).toMatchObject({ ctis: [fromHex(code.cti)] });
    await sayOnLine(one, false);
    expect(await one.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "needs-server" } });
    await one.restart();
    await one.signIn();
    await sayOnLine(one, false);
    expect(await one.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "needs-server" } });
    expect(await one.brokenAt()).toBeNull();
  });

  it("I8: a code that lies on the counter is given back after its sale, not under the customer's hand", async () => {
    const { one } = await twoTills();
    const code = await one.handed({ lease: one.known, password: PASSWORD });
    await one.engine.presentScan(code.text);
    one.server.publish({ type: "lease-wanted", cti: fromHex(code.cti), wanted: true }, one.known);
    await one.deliver();
    expect(await codeKinds(one)).toEqual([]);
    expect(await one.enter(await one.openPad({ purpose: "code" }), PASSWORD)).toMatchObject({
      kind: "paid",
    });
    expect(await codeKinds(one)).toEqual(["sale", "lease-released"]);
  });

  it("a wish taken back is forgotten; a code that is not leased here is no business of this till", async () => {
    const { one } = await twoTills();
    const code = await one.handed({ lease: one.known });
    const cti = fromHex(code.cti);
    one.server.publish({ type: "lease-wanted", cti, wanted: true }, one.known);
    one.server.publish({ type: "lease-wanted", cti, wanted: false }, one.known);
    one.server.publish({ type: "lease-wanted", cti: fromHex("ab".repeat(16)), wanted: true }, one.known);
    await one.deliver();
    expect(await codeKinds(one)).toEqual([]);
    expect(await one.db.leaseAsks.count()).toBe(0);
    await sayOnLine(one, false);
    expect(await one.engine.presentScan(code.text)).toMatchObject({ kind: "paid" });
  });

  it("§11: a revoked till gives all its leases back as soon as it hears of it", async () => {
    const one = await BenchTill.ready();
    for (const amountMinor of [100, 200, 300]) await one.handed({ lease: one.known, amountMinor });
    one.server.setRevoked(one.known, true);
    await one.deliver();
    expect(await codeKinds(one)).toEqual(["lease-released"]);
    const body = await one.lastBody();
    expect(body.kind === "lease-released" && body.ctis.length).toBe(3);
  });

  it("I8: the lease that moved away while the password is typed does not pay here", async () => {
    const { one, two } = await twoTills();
    const code = await one.handed({ lease: one.known, password: PASSWORD });
    await one.engine.presentScan(code.text);
    const cti = fromHex(code.cti);
    one.server.publish({ type: "lease", cti, till: two.known.id, tillName: "2号机" });
    await one.deliver();
    const pad = await one.openPad({ purpose: "code" });
    expect(await one.enter(pad, PASSWORD)).toMatchObject({
      refusal: { code: "leased-elsewhere", tillName: "2号机" },
    });
    expect(await one.db.spent.count()).toBe(0);
  });

  it("I8: a code leased next door is never taken offline, by no way of the policy", async () => {
    const { one, two } = await twoTills();
    const code = await one.handed({ lease: two.known });
    one.server.publish({
      type: "outage-policy",
      policy: { codeWay: "floor-limited", floorPerCodeMinor: 9_000, exposureMinor: 9_000, staleHours: 9 },
    });
    await one.deliver();
    await sayOnLine(one, false);
    expect(await one.engine.presentScan(code.text)).toMatchObject({
      refusal: { code: "leased-elsewhere", tillName: "2号机" },
    });
  });
});
