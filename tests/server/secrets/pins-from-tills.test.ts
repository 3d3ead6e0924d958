import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { takePinsFromTills } from "../../../server/secrets/pins-from-tills.ts";
import type { AuditRow, Page } from "../../../src/protocol/office-api.ts";
import { openShop, type HeadlessTill, type Shop } from "../headless-till.ts";
import { addCashier, operatorRow, secretsOf, takes, typePin, writePin } from "./secrets-at-till.ts";

describe("a PIN made at one till reaches the others (issue 4)", () => {
  let shop: Shop;
  let first: HeadlessTill;
  let second: HeadlessTill;
  let firstId: string;
  beforeAll(async () => {
    shop = await openShop();
    [firstId = ""] = await shop.tillIds();
    first = await shop.enrol(firstId);
    second = await shop.enrol(await shop.addTill("二号机"));
  });
  afterAll(() => shop.close());
  const now = (): number => shop.server.clock.ms;

  it("B2: delivered, it is taken at the other till, and comes back to its own after a lost disk", async () => {
    const { row, id } = await addCashier(shop, first, "林晓");
    await writePin(first, id, "402917", 1);
    await first.deliver();
    await second.pull();
    expect(await takes(second, id, "402917", now())).toBe(true);
    await first.pull();
    expect(await takes(first, id, "402917", now())).toBe(true);
    expect((await operatorRow(shop, row.id)).pin).toMatchObject({ madeBy: "till", tillName: "1号机" });
    const { rows } = await shop.ask<Page<AuditRow>>("GET", "/api/office/audit");
    expect(rows.find(({ what }) => what === "pin-set-at-till")?.detail).toMatchObject({ operator: row.id });
  });

  it("a stronger profile stays: the box of a till that can pay for it opens by its own number", async () => {
    const { id } = await addCashier(shop, first, "陈一");
    await writePin(first, id, "402917", 1, { profile: 3 });
    await first.deliver();
    await second.pull();
    expect(secretsOf(second, id)[0]?.profile).toBe(3);
    expect(await takes(second, id, "402917", now())).toBe(true);
  });

  it("of two tills that changed one PIN, the one that was committed last counts", async () => {
    const { id } = await addCashier(shop, first, "周二");
    await second.pull();
    await writePin(second, id, "816035", 5);
    await writePin(first, id, "402917", 1);
    await second.deliver();
    await first.deliver();
    await Promise.all([first.pull(), second.pull()]);
    for (const till of [first, second]) {
      expect(secretsOf(till, id).map(({ version }) => version)).toEqual([6]);
      expect(await takes(till, id, "402917", now())).toBe(true);
      expect(await takes(till, id, "816035", now())).toBe(false);
    }
  });

  it("made after the office's, it takes the office's place; and the office's after it again", async () => {
    const { row, id } = await addCashier(shop, first, "吴三");
    await typePin(shop, row.id, "294706");
    await writePin(first, id, "402917", 2);
    await first.deliver();
    await second.pull();
    expect(await takes(second, id, "402917", now())).toBe(true);
    expect(await takes(second, id, "294706", now())).toBe(false);
    await typePin(shop, row.id, "816035");
    await second.pull();
    expect(await takes(second, id, "816035", now())).toBe(true);
    expect(await takes(second, id, "402917", now())).toBe(false);
  });

  it("the old form without a secret is applied and changes nothing", async () => {
    const { row, id } = await addCashier(shop, first, "郑四");
    await first.write({ kind: "pin-set", operator: id, version: 1 });
    await first.deliver();
    expect((await operatorRow(shop, row.id)).pin).toBeNull();
  });

  it("what does not open, or no till can pay for, is receipted and becomes no PIN", async () => {
    const { row, id } = await addCashier(shop, first, "王五");
    await writePin(first, id, "402917", 3, { aadVersion: 2 });
    await writePin(first, id, "402917", 4, { profile: 9 });
    await first.deliver();
    expect(first.receiptedSeq).toBe(first.head.seq);
    expect((await operatorRow(shop, row.id)).pin).toBeNull();
    expect(shop.server.logged.join("")).toContain("pin-from-till-not-opened");
  });

  it("numbers beyond all reason stop no push, and use none of the server's up", async () => {
    const { row, id } = await addCashier(shop, first, "蒋九");
    const most = Number.MAX_SAFE_INTEGER;
    await first.write({ kind: "pin-set", operator: id, version: most });
    await writePin(first, id, "402917", most);
    await first.write({ kind: "attempt", subjectClass: "operator", subject: id, n: most });
    const carried = { profile: most, salt: new Uint8Array(16), sealed: new Uint8Array(80) };
    await first.write({ kind: "pin-set", operator: id, version: 1, carried });
    await first.deliver();
    expect(first.receiptedSeq).toBe(first.head.seq);
    expect((await operatorRow(shop, row.id)).pin?.version).toBe(1);
  });

  it("a PIN that only a till holds is ended by the office's, whatever number it had", async () => {
    const { row, id } = await addCashier(shop, first, "沈十");
    await first.write({ kind: "pin-set", operator: id, version: 4 });
    await first.deliver();
    expect((await operatorRow(shop, row.id)).pin).toBeNull();
    expect((await typePin(shop, row.id, "816035")).operator.pin?.version).toBe(5);
    await shop.ask("POST", `/api/office/secrets/operators/${row.id}/pin/withdraw`);
    await second.pull();
    expect(secretsOf(second, id)).toEqual([]);
    const withdrawn = [...second.told.values()].filter(({ type }) => type === "secret-withdrawn");
    expect(withdrawn.map((change) => "version" in change && change.version)).toContain(5);
  });

  it("of somebody retired, or nobody at all, it becomes no PIN, and nothing is left waiting", async () => {
    const { row, id } = await addCashier(shop, first, "冯六");
    await shop.ask("POST", `/api/office/secrets/operators/${row.id}`, { active: false });
    await writePin(first, id, "402917", 1);
    await writePin(first, new Uint8Array(16), "402917", 1);
    await first.deliver();
    expect((await operatorRow(shop, row.id)).pin).toBeNull();
    const { db } = shop.server.services;
    expect(await db.selectFrom("books.pins_from_tills").select("seq").execute()).toEqual([]);
  });

  it("two rounds at once take it once", async () => {
    const { row, id } = await addCashier(shop, first, "褚七");
    await writePin(first, id, "402917", 1);
    await first.deliver();
    const merchant = shop.owner.merchantId;
    const again = await Promise.all([1, 2, 3].map(() => takePinsFromTills(shop.books, merchant)));
    expect(again).toEqual([0, 0, 0]);
    expect((await operatorRow(shop, row.id)).pin?.version).toBe(1);
  });

  it("G24: a revoked till's PIN is stored in its journal and taken nowhere", async () => {
    const { row, id } = await addCashier(shop, first, "卫八");
    await writePin(first, id, "402917", 1);
    await shop.ask("POST", `/api/office/tills/${firstId}/revoke`);
    await first.deliver();
    expect((await operatorRow(shop, row.id)).pin).toBeNull();
  });
});
