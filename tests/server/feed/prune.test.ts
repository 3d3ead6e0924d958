import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { upkeepRound } from "../../../server/journal/upkeep.ts";
import { publishChanges } from "../../../server/feed/sequencer.ts";
import { everyTill, writeChange } from "../../../server/feed/changes.ts";
import { newId } from "../../../src/protocol/ids.ts";
import { openShop, type HeadlessTill, type Shop } from "../headless-till.ts";

const DAY_MS = 86_400_000;

describe("changes that no till needs any more go", () => {
  let shop: Shop;
  let till: HeadlessTill;
  beforeEach(async () => {
    shop = await openShop();
    const [first = ""] = await shop.tillIds();
    till = await shop.enrol(first);
  });
  afterEach(() => shop.close());

  async function say(name: string, operator: Uint8Array<ArrayBuffer>): Promise<void> {
    shop.server.clock.ms += 1;
    const { merchantId } = shop.owner;
    await shop.server.services.db.transaction().execute(async (tx) => {
      const change = { type: "operator", operator, name, role: "cashier", active: true } as const;
      await writeChange(tx, merchantId, everyTill, change, shop.server.clock.ms);
    });
    await publishChanges(shop.books, merchantId);
  }
  const names = async (): Promise<number> =>
    (
      await shop.server.services.db
        .selectFrom("books.feed_changes")
        .select("change_id")
        .where("subject", "like", "operator:%")
        .execute()
    ).length;

  it("§7: what was replaced stays until every till has it, then goes", async () => {
    const operator = newId();
    const owner = await names();
    await say("甲", operator);
    // The till has not heard of the first name: taken away now, it would miss nothing, but nobody may say so.
    await say("乙", operator);
    expect(await names()).toBe(owner + 2);
    await till.pull();
    await say("丙", operator);
    expect(await names()).toBe(owner + 1);
    await till.pull();
    expect(till.told.size).toBeGreaterThan(0);
    // A new tablet hears the last word alone.
    const fresh = await shop.enrol(await shop.addTill("2号机"));
    const told = [...fresh.told.values()].filter((change) => change.type === "operator");
    expect(told.map((change) => change.type === "operator" && change.name)).toContain("丙");
  });

  it("§7: what has expired goes when every till that still speaks is past it", async () => {
    const issued = await shop.issue({ validDays: 1 });
    const count = async (): Promise<number> =>
      (
        await shop.server.services.db
          .selectFrom("books.feed_changes")
          .select("change_id")
          .where("type", "in", ["code", "lease"])
          .execute()
      ).length;
    expect(issued.state).toBe("issued");
    expect(await count()).toBe(2);
    shop.server.clock.ms += 92 * DAY_MS;
    // The till was heard of today, and has not asked yet.
    await till.hello();
    await upkeepRound(shop.books);
    expect(await count()).toBe(2);
    await till.pull();
    await till.pullPage();
    await upkeepRound(shop.books);
    expect(await count()).toBe(0);
  });
});
