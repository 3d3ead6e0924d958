import { describe, expect, it } from "vitest";
import { decodeFeedPage, decodeSignedPage, encodeSignedPage, signFeedPage } from "#protocol/feed.ts";
import { randomBytes } from "#protocol/bytes.ts";
import { newId } from "#protocol/ids.ts";
import { BenchTill } from "./bench-till.ts";
import { DIGITS_POLICY, strangersKey } from "./stand-in-answers.ts";

describe("what the office changes reaches the till (PROTOCOL §7, G11)", () => {
  it("G11: a new policy is shown with the version that brought it", async () => {
    const till = await BenchTill.ready();
    const before = till.view.settings.feedVersion;
    till.server.publish({
      type: "policy",
      policy: {
        ...DIGITS_POLICY,
        passwordRule: "above",
        passwordAboveMinor: 10_000,
        passwordKind: "letters",
      },
    });
    await till.deliver();
    expect(till.view.settings).toMatchObject({
      feedVersion: before + 1,
      passwordRule: "above",
      passwordAboveMinor: 10_000,
    });
    await till.restart();
    expect(till.view.settings).toMatchObject({ feedVersion: before + 1, passwordRule: "above" });
  });

  it("G11: a sale in hand keeps the version of the rules it began with", async () => {
    const till = await BenchTill.ready();
    await till.engine.charge(1250);
    const began = till.view.settings.feedVersion;
    till.server.publish({ type: "policy", policy: { ...DIGITS_POLICY, validDays: 7 } });
    await till.deliver();
    expect(till.view.settings.feedVersion).toBe(began + 1);
    await till.engine.takeCash(1250);
    expect(await till.lastBody()).toMatchObject({ kind: "sale", feedVersion: began });
  });

  it("G11: a long list comes in many pages, and the till stands at its end", async () => {
    const till = await BenchTill.ready();
    till.server.pageChanges = 7;
    const codes = [];
    for (let n = 0; n < 30; n++) codes.push(await till.server.issue({ amountMinor: 100 + n }));
    await till.deliver();
    expect(till.view.settings.feedVersion).toBe(till.server.feed.length);
    expect(await till.db.codes.count()).toBe(codes.length);
    expect(await till.db.inbox.count()).toBe(0);
  });

  it("a page that was changed on its way changes nothing", async () => {
    const till = await BenchTill.ready();
    const before = till.view.settings.feedVersion;
    till.server.publish({ type: "shop", shopName: "假店", tillName: "1号机", currency: "CNY" }, till.known);
    till.network.next("signature-broken", /feed/u);
    await till.loop.poke("asked");
    await till.engine.serviceWorkerWrote();
    expect(till.view).toMatchObject({ shopName: "和平路早餐店", settings: { feedVersion: before } });
  });

  it("a page that somebody put into the inbox is verified once more by the engine", async () => {
    const till = await BenchTill.ready();
    till.server.publish({ type: "policy", policy: { ...DIGITS_POLICY, validDays: 7 } });
    const heard = await heardPage(till);
    const page = decodeFeedPage(heard.bytes);
    if (!page) throw new Error("no page");
    const before = till.view.settings.feedVersion;
    const shop = { type: "shop", shopName: "假店", tillName: "1号机", currency: "CNY" } as const;
    const { privateKey } = await strangersKey();
    const forged = await signFeedPage(privateKey, { ...page, changes: [shop] });
    const { requestHash } = heard;
    await till.db.inbox.add({ ...forged, requestHash, roundTripMs: 1, receivedClockMs: till.world.ms });
    await till.engine.serviceWorkerWrote();
    expect(till.view).toMatchObject({ shopName: "和平路早餐店", settings: { feedVersion: before } });
    expect(await till.db.inbox.count()).toBe(0);
  });

  it("a page that does not go on from where the till stands is not applied", async () => {
    const till = await BenchTill.ready();
    till.server.publish({ type: "policy", policy: { ...DIGITS_POLICY, validDays: 7 } });
    const first = await heardPage(till);
    till.server.publish({ type: "policy", policy: { ...DIGITS_POLICY, validDays: 8 } });
    await till.deliver();
    const now = till.view.settings.feedVersion;
    // The older page comes again, late: what it says has been overtaken.
    await till.db.inbox.add({ ...first, roundTripMs: 1, receivedClockMs: till.world.ms });
    await till.engine.serviceWorkerWrote();
    expect(till.view.settings.feedVersion).toBe(now);
    expect((await till.db.setting("policy"))?.policy.validDays).toBe(8);
  });

  it("a page of the till next door is not ours, though the same server signed it", async () => {
    const till = await BenchTill.ready();
    const next = await BenchTill.ready({ server: till.server, world: till.world, name: "2号机" });
    // Both stand at one version, so only the name on the page speaks against it.
    await till.deliver();
    const shop = { type: "shop", shopName: "和平路早餐店", tillName: "隔壁", currency: "CNY" } as const;
    till.server.publish(shop, next.known);
    const page = await heardPage(next);
    await till.db.inbox.add({ ...page, roundTripMs: 1, receivedClockMs: till.world.ms });
    await till.engine.serviceWorkerWrote();
    expect(till.view.tillName).toBe("1号机");
  });

  it("PROTOCOL §7: a page of another lineage than the till's own is not applied", async () => {
    const till = await BenchTill.ready();
    till.server.publish({ type: "policy", policy: { ...DIGITS_POLICY, validDays: 7 } });
    const heard = await heardPage(till);
    const page = decodeFeedPage(heard.bytes);
    if (!page) throw new Error("no page");
    const before = till.view.settings.feedVersion;
    const { privateKey } = till.server.answerKey;
    const other = await signFeedPage(privateKey, { ...page, lineage: randomBytes(8) });
    const { requestHash } = heard;
    await till.db.inbox.add({ ...other, requestHash, roundTripMs: 1, receivedClockMs: till.world.ms });
    await till.engine.serviceWorkerWrote();
    expect(till.view.settings.feedVersion).toBe(before);
    expect((await till.db.setting("policy"))?.policy.validDays).not.toBe(7);
  });

  it("I12: a full page forgets what the office took away, never what this till did itself", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed();
    const stale = await till.handed({ amountMinor: 77 });
    await till.engine.presentScan(code.text);
    const at = till.server.feed.findIndex((row) => row.change.type === "code" && row.change.cti.length > 0);
    expect(at).toBeGreaterThan(0);
    // The list is made anew without the other code.
    const kept = till.server.feed.filter(
      ({ change }) => !("cti" in change) || Buffer.from(change.cti).toString("hex") !== stale.cti,
    );
    till.server.feed.length = 0;
    for (const { change, till: id } of kept)
      till.server.publish(change, id ? (till.server.tills[0] ?? null) : null);
    const feed = await till.db.setting("feed");
    if (feed) await till.db.settings.put({ ...feed, version: 9999 });
    await till.deliver();
    expect(await till.db.codes.count()).toBe(1);
    expect(await till.db.spent.get(code.cti)).toMatchObject({ here: true });
    expect((await till.bodies()).filter((body) => body.kind === "sale")).toHaveLength(1);
    expect(till.view.operator?.id).toBe(till.operatorId);
  });

  it("G9: revoked by the office, the till stops codes until it is active again", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed();
    till.server.setRevoked(till.known, true);
    await till.deliver();
    expect(till.view.stop).toBe("revoked");
    expect(await till.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "till-stopped" } });
    till.server.setRevoked(till.known, false);
    await till.deliver();
    expect(till.view.stop).toBeNull();
    expect(await till.engine.presentScan(code.text)).toMatchObject({ kind: "paid" });
  });

  it("I7: news that comes while a code is looked at may be that codes are stopped", async () => {
    const till = await BenchTill.ready();
    const code = await till.server.issue();
    till.server.setRevoked(till.known, true);
    expect(await till.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "till-stopped" } });
  });

  it("I7: the office saying «active» does not lift a fork", async () => {
    const till = await BenchTill.ready();
    await till.db.settings.put({ key: "stop", reason: "fork" });
    till.server.setRevoked(till.known, false);
    await till.deliver();
    expect(till.view.stop).toBe("fork");
  });

  it("I5: a loss that the server decided stands beside the sale it is about", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed();
    till.server.claims.set(code.cti, { till: newId(), seq: 0 });
    await till.engine.presentScan(code.text);
    await till.deliver();
    await till.deliver();
    expect((await till.engine.sales({ before: null, limit: 1 }))[0]).toMatchObject({
      lossMinor: code.amountMinor,
    });
  });

  it("an operator whom the owner dismissed does not come in, and the one at the till goes out", async () => {
    const till = await BenchTill.ready();
    const { operator } = till.server;
    const other = newId();
    till.server.publish({ type: "operator", operator: other, name: "李雷", role: "manager", active: true });
    till.server.publish({ type: "operator", operator, name: "王芳", role: "owner", active: false });
    await till.deliver();
    expect(till.view.operators.map((one) => one.name)).toEqual(["李雷"]);
    expect(till.view.phase).not.toBe("open");
    expect(await till.engine.charge(100)).toMatchObject({ refusal: { code: "no-operator" } });
  });
});

/** The next page of the server's, as it came over the line. */
async function heardPage(till: BenchTill): Promise<{
  bytes: Uint8Array<ArrayBuffer>;
  signature: Uint8Array<ArrayBuffer>;
  requestHash: Uint8Array<ArrayBuffer>;
}> {
  await till.loop.poke("asked");
  const row = (await till.db.inbox.toArray())[0];
  if (!row || !decodeSignedPage(encodeSignedPage(row))) throw new Error("no page came");
  await till.db.inbox.clear();
  const { bytes, signature, requestHash } = row;
  return { bytes, signature, requestHash };
}
