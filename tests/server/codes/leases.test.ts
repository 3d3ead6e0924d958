import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeEntry } from "../../../src/protocol/entry.ts";
import { toHex, type Bytes } from "../../../src/protocol/bytes.ts";
import type { CodeDetail, IssuedCode } from "../../../src/protocol/office-api.ts";
import { codeNow, openShop, type HeadlessTill, type Shop } from "../headless-till.ts";
import { claim, ctiOf, enrolAgain, tenderOf } from "./claiming.ts";

describe("a lease moves by its holder's word alone (PROTOCOL §11)", () => {
  let shop: Shop;
  let one: HeadlessTill;
  let two: HeadlessTill;
  let ids: readonly string[];
  beforeEach(async () => {
    shop = await openShop();
    const [first = ""] = await shop.tillIds();
    one = await shop.enrol(first);
    two = await shop.enrol(await shop.addTill("2号机"));
    ids = await shop.tillIds();
  });
  afterEach(() => shop.close());

  const leased = (): Promise<IssuedCode> => shop.issue({ tillId: ids[0] ?? "" });
  const move = (code: { readonly id: string }, to: string | null, withoutHolder = false) =>
    shop.ask<CodeDetail>("POST", `/api/office/codes/${code.id}/lease`, { tillId: to, withoutHolder });
  /** Who may take it alone, as the till was told: a till's name, or nobody. */
  async function told(till: HeadlessTill, cti: Bytes): Promise<string | null> {
    await till.pull();
    const lease = till.told.get(`lease:${toHex(cti)}`);
    if (lease?.type !== "lease") return "not told";
    return lease.till === null ? null : lease.tillName;
  }
  const release = async (till: HeadlessTill, cti: Bytes): Promise<void> => {
    await till.write({ kind: "lease-released", ctis: [cti] });
    await till.deliver();
  };

  it("B7: asked, released, receipted, given: only then may the other till take it alone", async () => {
    const code = await leased();
    const cti = await ctiOf(shop, code);
    const waiting = await move(code, ids[1] ?? "");
    expect(waiting.lease).toMatchObject({ tillName: "1号机", moving: { toName: "2号机" } });
    await one.pull();
    expect(one.told.get(`lease-wanted:${toHex(cti)}`)).toMatchObject({ wanted: true });
    expect(await told(two, cti)).toBe("1号机");
    await release(one, cti);
    expect(await told(two, cti)).toBe("2号机");
    expect(await told(one, cti)).toBe("2号机");
    expect((await codeNow(shop, code.id)).lease).toMatchObject({ tillName: "2号机", moving: null });
    expect(await saidOfLease(cti)).toEqual([["1号机", "2号机", "released"]]);
  });

  it("I8: a sale on the way in front of the release is the holder's, and nothing is lost", async () => {
    const code = await leased();
    const cti = await ctiOf(shop, code);
    await move(code, ids[1] ?? "");
    await one.sell([await tenderOf(shop, code)]);
    await release(one, cti);
    expect(await codeNow(shop, code.id)).toMatchObject({ state: "spent", lossMinor: 0 });
  });

  it("a release by somebody who does not hold it moves nothing", async () => {
    const code = await leased();
    const cti = await ctiOf(shop, code);
    await release(two, cti);
    expect((await codeNow(shop, code.id)).lease).toMatchObject({ tillName: "1号机" });
    expect(await told(one, cti)).toBe("1号机");
  });

  it("the wish is taken back by naming the holder; a free code is given at once", async () => {
    const code = await leased();
    const cti = await ctiOf(shop, code);
    await move(code, ids[1] ?? "");
    expect((await move(code, ids[0] ?? "")).lease).toMatchObject({ tillName: "1号机", moving: null });
    await one.pull();
    expect(one.told.get(`lease-wanted:${toHex(cti)}`)).toMatchObject({ wanted: false });
    const free = await shop.issue({});
    expect((await move(free, ids[1] ?? "")).lease).toMatchObject({ tillName: "2号机", moving: null });
    expect(await told(two, await ctiOf(shop, free))).toBe("2号机");
  });

  it("a code in another till's hand is not leased away under it; by name", async () => {
    const free = await shop.issue({});
    await claim(shop, one, await ctiOf(shop, free));
    expect(
      await shop.refusal("POST", `/api/office/codes/${free.id}/lease`, {
        tillId: ids[1] ?? "",
        withoutHolder: false,
      }),
    ).toEqual([409, "code-in-hand"]);
  });

  it("a holder that is there is asked: the owner's word alone does not take it", async () => {
    const code = await leased();
    const path = `/api/office/codes/${code.id}/lease`;
    expect(await shop.refusal("POST", path, { tillId: ids[1] ?? "", withoutHolder: true })).toEqual([
      409,
      "lease-not-movable",
    ]);
    const only = await shop.issue({ tillId: ids[0] ?? "", onlyThisTill: true });
    const onlyPath = `/api/office/codes/${only.id}/lease`;
    expect(await shop.refusal("POST", onlyPath, { tillId: null, withoutHolder: false })).toEqual([
      409,
      "lease-not-movable",
    ]);
  });

  it.each(["replaced", "lost", "data-lost"])(
    "§6: a tablet that is %s ends the lease it was asked for, and lets go of what it had in hand",
    async (reason) => {
      const [code, kept] = [await leased(), await leased()];
      const free = await shop.issue({});
      await claim(shop, one, await ctiOf(shop, free));
      await move(code, ids[1] ?? "");
      const next = await enrolAgain(shop, ids[0] ?? "", reason);
      expect(await told(two, await ctiOf(shop, code))).toBe("2号机");
      // What nobody asked for goes over to the till's next tablet.
      expect(await told(next, await ctiOf(shop, kept))).toBe("1号机");
      expect(await codeNow(shop, free.id)).toMatchObject({ claim: null });
      expect((await claim(shop, two, await ctiOf(shop, free))).decision).toEqual({ kind: "granted" });
    },
  );

  it("§6: a stolen tablet keeps the code from everybody until the owner speaks", async () => {
    const code = await leased();
    const cti = await ctiOf(shop, code);
    const free = await shop.issue({});
    await claim(shop, one, await ctiOf(shop, free));
    await move(code, ids[1] ?? "");
    const next = await enrolAgain(shop, ids[0] ?? "", "stolen");
    expect((await codeNow(shop, code.id)).lease).toMatchObject({ holderGone: "stolen" });
    for (const till of [next, two]) {
      expect(await told(till, cti)).toBeNull();
      expect((await claim(shop, till, cti)).decision).toMatchObject({ kind: "held", by: "lease" });
    }
    expect(await codeNow(shop, free.id)).toMatchObject({ claim: { tillName: "1号机" } });
    // The thief's own word is nobody's.
    await one.write({ kind: "lease-released", ctis: [cti] });
    await one.push();
    expect((await codeNow(shop, code.id)).lease).toMatchObject({ holderGone: "stolen" });
    const freed = await move(code, ids[1] ?? "", true);
    expect(freed.lease).toMatchObject({ tillName: "2号机", holderGone: null });
    expect(await told(two, cti)).toBe("2号机");
    expect((await saidOfLease(cti)).at(-1)).toEqual(["1号机", "2号机", "owner"]);
  });

  it("§11: revoking a till asks for all its leases; it gives them back, or the owner speaks", async () => {
    const [code, other] = [await leased(), await leased()];
    await shop.ask("POST", `/api/office/tills/${ids[0] ?? ""}/revoke`);
    expect((await codeNow(shop, code.id)).lease).toMatchObject({
      holderGone: "revoked",
      moving: { toName: null },
    });
    expect((await claim(shop, two, await ctiOf(shop, code))).decision).toMatchObject({ kind: "held" });
    await release(one, await ctiOf(shop, code));
    expect((await codeNow(shop, code.id)).lease).toBeNull();
    expect((await claim(shop, two, await ctiOf(shop, code))).decision).toEqual({ kind: "granted" });
    expect((await move(other, ids[1] ?? "", true)).lease).toMatchObject({ tillName: "2号机" });
  });

  it("the shop's way decides who holds a new code: the only till, nobody, or the one chosen", async () => {
    const policy = (await shop.ask<{ policy: object }>("GET", "/api/office/code-policy")).policy;
    for (const codeWay of ["online-only", "floor-limited"]) {
      await shop.ask("PUT", "/api/office/code-policy", { ...policy, codeWay });
      expect((await shop.issue({})).lease).toBeNull();
    }
    expect((await shop.issue({ tillId: ids[1] ?? "" })).lease).toMatchObject({ tillName: "2号机" });
    await shop.ask("PUT", "/api/office/code-policy", { ...policy, codeWay: "online-only" });
    await one.pull();
    expect(one.told.get("outage-policy")).toMatchObject({ policy: { codeWay: "online-only" } });
  });

  async function saidOfLease(cti: Bytes): Promise<readonly unknown[]> {
    const rows = await shop.server.services.db
      .selectFrom("books.entries")
      .select("bytes")
      .where("kind", "=", "lease-moved")
      .orderBy("seq")
      .execute();
    const names = new Map(
      (await shop.server.services.db.selectFrom("books.tills").select(["till_id", "name"]).execute()).map(
        (row) => [toHex(row.till_id), row.name],
      ),
    );
    const nameOf = (till: unknown): string | null =>
      till instanceof Uint8Array ? (names.get(toHex(till)) ?? "?") : null;
    return rows
      .map((row) => decodeEntry(row.bytes)?.body)
      .filter((body) => Array.isArray(body) && toHex(body[0] as Uint8Array) === toHex(cti))
      .map((body): readonly unknown[] =>
        Array.isArray(body) ? [nameOf(body[1]), nameOf(body[2]), body[3] as unknown] : [],
      );
  }
});
