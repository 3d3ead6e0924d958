import { afterAll, beforeAll, expect, it } from "vitest";
import { openShop, type Shop } from "../headless-till.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

it("G11: forty codes asked for at once are forty codes, each said once in the server's journal", async () => {
  // More than the rounds of one race: each would be overtaken by all that came before it.
  const wishes = Array.from({ length: 40 }, (_, n) => shop.issue({ amountMinor: 100 + n }));
  const codes = await Promise.all(wishes);
  expect(new Set(codes.map(({ id }) => id)).size).toBe(40);
  const said = await shop.server.services.db
    .selectFrom("books.entries")
    .select((eb) => eb.fn.countAll<string>().as("count"))
    .where("kind", "=", "code-issued")
    .where("merchant_id", "=", shop.owner.merchantId)
    .executeTakeFirstOrThrow();
  expect(Number(said.count)).toBe(40);
});
