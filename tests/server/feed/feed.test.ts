import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readFeedPage } from "../../../server/feed/page.ts";
import { everyTill, writeChange } from "../../../server/feed/changes.ts";
import { feedHead, sequenceFeed } from "../../../server/feed/sequencer.ts";
import { randomBytes, toHex } from "../../../src/protocol/bytes.ts";
import { decodeSignedPage, feedPath, openFeedPage } from "../../../src/protocol/feed.ts";
import { hashGet } from "../../../src/protocol/push.ts";
import { newId } from "../../../src/protocol/ids.ts";
import { SAFE_CODE_POLICY } from "../../../src/protocol/office-api.ts";
import { openNeighbour, openShop, type HeadlessTill, type Shop } from "../headless-till.ts";

describe("the feed: versions after commit, own audience only, signed whole (PROTOCOL §7)", () => {
  let shop: Shop;
  let till: HeadlessTill;
  beforeAll(async () => {
    shop = await openShop();
    const [first = ""] = await shop.tillIds();
    till = await shop.enrol(first);
  });
  afterAll(() => shop.close());

  it("a first pull brings rules, names, people, keys, site keys and the key of unlocking", async () => {
    const kinds = new Set([...till.told.values()].map((change) => change.type));
    const rules = ["policy", "outage-policy"];
    const others = ["shop", "operator", "keyset", "site-key", "unlock-key", "till-state"];
    expect(kinds).toEqual(new Set([...rules, ...others]));
    expect(till.siteKeys.size).toBe(3);
  });

  it("a change that commits after a later one was numbered is still seen by the till", async () => {
    const { db } = shop.server.services;
    const merchant = shop.owner.merchantId;
    const seen: number[] = [];
    const change = (name: string) =>
      ({ type: "operator", operator: newId(), name, role: "cashier", active: true }) as const;
    // One writer holds its transaction open while another commits, is numbered and pulled.
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    let written: () => void = () => undefined;
    const isWritten = new Promise<void>((resolve) => {
      written = resolve;
    });
    const slow = db.transaction().execute(async (tx) => {
      await writeChange(tx, merchant, everyTill, change("slow"), 1);
      written();
      await held;
    });
    await isWritten;
    await db.transaction().execute((tx) => writeChange(tx, merchant, everyTill, change("quick"), 2));
    seen.push((await till.pullPage())?.changes.length ?? 0);
    release();
    await slow;
    seen.push((await till.pullPage())?.changes.length ?? 0);
    expect(seen).toEqual([1, 1]);
    const names = [...till.told.values()].filter((each) => each.type === "operator").map((each) => each.name);
    expect(names).toEqual(expect.arrayContaining(["slow", "quick"]));
  });

  it("forty writers, five sequencers at once: each change has its own version, no holes", async () => {
    const { db } = shop.server.services;
    const merchant = shop.owner.merchantId;
    const before = await sequenceFeed(db, merchant);
    await Promise.all(
      Array.from({ length: 40 }, async (_, n) => {
        const change = {
          type: "operator",
          operator: newId(),
          name: `p${n}`,
          role: "cashier",
          active: true,
        } as const;
        await db.transaction().execute((tx) => writeChange(tx, merchant, everyTill, change, n));
        if (n % 8 === 0) await sequenceFeed(db, merchant);
      }),
    );
    await sequenceFeed(db, merchant);
    expect(await feedHead(db, merchant)).toBe(before + 40);
    const rows = await db
      .selectFrom("books.feed_changes")
      .select("version")
      .where("merchant_id", "=", merchant)
      .where("version", ">", before)
      .orderBy("version")
      .execute();
    expect(rows.map((row) => row.version)).toEqual(Array.from({ length: 40 }, (_, n) => before + 1 + n));
    await till.pull();
    expect(till.feedVersion).toBe(before + 40);
  });

  it("a code for one till only is told to that till and to no other", async () => {
    const otherId = await shop.addTill("other");
    const other = await shop.enrol(otherId);
    const code = await shop.issue({ tillId: otherId, onlyThisTill: true });
    await Promise.all([till.pull(), other.pull()]);
    const has = (who: HeadlessTill): boolean =>
      [...who.told.values()].some((change) => change.type === "lease" && change.tillName === "other");
    expect([has(till), has(other)]).toEqual([false, true]);
    expect(await other.sellCode(code.number ?? "", code.generatedPassword)).toMatchObject({ ok: true });
    const copied = await till.sellCode(code.qrText ?? "", code.generatedPassword);
    expect(copied).toMatchObject({ ok: false, refusal: { code: "another-till" } });
  });

  it("full when asked, from 0 and from above our head; and without what was replaced", async () => {
    const policy = {
      validDays: 7,
      latestExpiryMs: null,
      passwordRule: "always",
      passwordAboveMinor: 0,
      passwordKind: "digits",
      maxCodeMinor: 1000,
    };
    await shop.ask("PUT", "/api/office/code-policy", { ...SAFE_CODE_POLICY, ...policy });
    await shop.ask("PUT", "/api/office/code-policy", { ...SAFE_CODE_POLICY, ...policy, validDays: 9 });
    for (const from of ["full", 0, 1_000_000] as const) {
      const page = await till.pullPage(from);
      expect(page).toMatchObject({ full: true, from: 0 });
      const policies = page?.changes.filter((change) => change.type === "policy");
      expect(policies).toEqual([{ type: "policy", policy: { ...policy, validDays: 9 } }]);
    }
    expect(await till.pullPage()).toMatchObject({ full: false, changes: [] });
  });

  it("a long feed comes in pages that join without loss, whatever their size", async () => {
    const { merchant, till: id, epoch } = till.certificate;
    const whole = await pageOf("full", 2000);
    // As a till applies them: a later change of the rules takes the place of an earlier one.
    const parts = new Map<string, string>();
    let from: number | "full" = "full";
    for (;;) {
      const page = await pageOf(from, 7);
      if (!page) throw new Error("a page");
      for (const change of page.changes)
        parts.set(change.type === "policy" ? "policy" : describe_(change), describe_(change));
      if (page.to === from) break;
      from = page.to;
    }
    expect(new Set(parts.values())).toEqual(new Set(whole?.changes.map(describe_)));

    async function pageOf(start: number | "full", limit: number) {
      const requestHash = new Uint8Array(32);
      const signed = await readFeedPage(shop.books, {
        merchant,
        till: id,
        epoch,
        from: start,
        requestHash,
        limit,
      });
      return signed && (await openFeedPage(till.keyset, signed, requestHash));
    }
    function describe_(change: object): string {
      return JSON.stringify(change, (_key, value: unknown) =>
        value instanceof Uint8Array ? toHex(value) : value,
      );
    }
  });

  it("a page bound to another request, or changed by a bit, is no answer", async () => {
    const path = feedPath("full", toHex(randomBytes(16)));
    const headers = { authorization: `Bearer ${till.token ?? ""}` };
    const bytes = new Uint8Array(await (await shop.wire(path, { method: "GET", headers })).arrayBuffer());
    const signed = decodeSignedPage(bytes);
    if (!signed) throw new Error("a signed page");
    expect(await openFeedPage(till.keyset, signed, await hashGet(path))).not.toBeNull();
    expect(
      await openFeedPage(till.keyset, signed, await hashGet(feedPath("full", toHex(randomBytes(16))))),
    ).toBeNull();
    const changed = { ...signed, bytes: signed.bytes.map((byte, i) => (i === 100 ? byte ^ 1 : byte)) };
    expect(await openFeedPage(till.keyset, changed, await hashGet(path))).toBeNull();
  });

  it("§7: revoked: codes and keys stop coming, the standing and the spent list go on", async () => {
    const id = await shop.addTill("gone");
    const gone = await shop.enrol(id);
    await shop.ask("POST", `/api/office/tills/${id}/revoke`);
    const code = await shop.issue({ amountMinor: 700, tillId: (await shop.tillIds())[0] ?? "" });
    await gone.pull();
    expect(gone.told.get("till-state")).toEqual({ type: "till-state", state: "revoked" });
    expect([...gone.told.values()].some((change) => change.type === "code" && change.cose.length > 0)).toBe(
      false,
    );
    await shop.ask("POST", `/api/office/codes/${code.id}/revoke`);
    await gone.pull();
    expect([...gone.told.keys()].some((key) => key.startsWith("revoked:"))).toBe(true);
  });

  it("a replaced tablet is told that it is no till any more", async () => {
    const id = await shop.addTill("replaced");
    const old = await shop.enrol(id);
    await shop.enrol(id);
    const page = await old.pullPage("full");
    expect(page).toMatchObject({ full: true, to: 0 });
    expect(page?.changes.find((change) => change.type === "till-state")).toMatchObject({ state: "revoked" });
  });

  it("G2: another shop's changes never come, and its token opens nothing here", async () => {
    const neighbour = await openNeighbour(shop);
    const [first = ""] = await neighbour.tillIds();
    const theirs = await neighbour.enrol(first);
    await neighbour.issue({ amountMinor: 31_400 });
    const head = till.feedVersion;
    await till.pull();
    expect([...till.told.values()].filter((change) => change.type === "shop")).toHaveLength(1);
    expect(till.feedVersion).toBeGreaterThanOrEqual(head);
    await theirs.pull();
    expect([...theirs.told.values()].filter((change) => change.type === "code")).toHaveLength(1);
    till.token = theirs.token;
    expect(await till.pullPage("full")).toBeNull();
    till.token = null;
  });

  it("G11: a till has the rules once it asked from their version", async () => {
    const policy = {
      validDays: 5,
      latestExpiryMs: null,
      passwordRule: "never",
      passwordAboveMinor: 0,
      passwordKind: "digits",
      maxCodeMinor: 1000,
    };
    const has = async (): Promise<boolean | undefined> => {
      const answer = await shop.ask<{ tills: { name: string; hasIt: boolean }[] }>(
        "GET",
        "/api/office/code-policy",
      );
      return answer.tills.find((row) => row.name === "1号机")?.hasIt;
    };
    await shop.ask("PUT", "/api/office/code-policy", { ...SAFE_CODE_POLICY, ...policy });
    expect(await has()).toBe(false);
    await till.pullPage();
    expect(await has()).toBe(false);
    await till.pullPage();
    expect(await has()).toBe(true);
  });

  it("the till's stream says «look» when something changed; without a token it is shut", async () => {
    expect((await shop.wire("/api/till/events", { method: "GET" })).status).toBe(401);
    const headers = { authorization: `Bearer ${till.token ?? ""}` };
    const response = await shop.wire("/api/till/events", { method: "GET", headers });
    const reader = response.body?.getReader();
    if (!reader) throw new Error("a stream");
    await shop.addTill("heard");
    let heard = "";
    while (!heard.includes("data:")) heard += new TextDecoder().decode((await reader.read()).value);
    await reader.cancel();
    expect(heard).toContain('data: {"type":"feed"}');
  });
});
