import { afterEach, beforeEach, expect, it } from "vitest";
import { SAFE_CODE_POLICY, type CodePolicyAnswer } from "../../../src/protocol/office-api.ts";
import { enrolAgain } from "../codes/claiming.ts";
import { openShop, type Shop } from "../headless-till.ts";

const HOUR_MS = 3_600_000;
const floor = { ...SAFE_CODE_POLICY, codeWay: "floor-limited", exposureMinor: 40_000, staleHours: 12 };
let shop: Shop;
let id: string;

beforeEach(async () => {
  shop = await openShop();
  [id = ""] = await shop.tillIds();
  await shop.enrol(id);
});
afterEach(() => shop.close());

const save = (policy: object): Promise<CodePolicyAnswer> =>
  shop.ask<CodePolicyAnswer>("PUT", "/api/office/code-policy", policy);
const away = async (): Promise<CodePolicyAnswer["away"]> =>
  (await shop.ask<CodePolicyAnswer>("GET", "/api/office/code-policy")).away;

it("B7: a tablet that was replaced counts until its rules are stale, by the limit that was saved for it", async () => {
  await save(floor);
  expect(await away()).toMatchObject({ tablets: 0 });
  shop.server.clock.ms += HOUR_MS;
  await enrolAgain(shop, id, "lost");
  expect(await away()).toEqual({ tablets: 1, perTabletMinor: 40_000, leasedMinor: 0 });
  shop.server.clock.ms += 11 * HOUR_MS;
  expect(await away()).toMatchObject({ tablets: 1 });
  shop.server.clock.ms += 1;
  expect(await away()).toMatchObject({ tablets: 0 });
});

it("B7: a revoked till counts until it has heard of it", async () => {
  await save(floor);
  const other = await shop.enrol(await shop.addTill("2号机"));
  const [, otherId = ""] = await shop.tillIds();
  shop.server.clock.ms += 1000;
  await shop.ask("POST", `/api/office/tills/${otherId}/revoke`, {});
  expect(await away()).toMatchObject({ tablets: 1 });
  await other.hello();
  expect(await away()).toMatchObject({ tablets: 0 });
});

it("B7: a code leased to a replaced tablet can be taken by its successor too; after a theft by nobody else", async () => {
  await shop.issue({ tillId: id, amountMinor: 3800 });
  shop.server.clock.ms += 1000;
  await enrolAgain(shop, id, "replaced");
  expect(await away()).toEqual({ tablets: 0, perTabletMinor: 0, leasedMinor: 3800 });
  // Issued since: the old tablet never heard of this one.
  await shop.issue({ tillId: id, amountMinor: 1200 });
  expect(await away()).toMatchObject({ leasedMinor: 3800 });
  shop.server.clock.ms += 1000;
  await enrolAgain(shop, id, "stolen");
  expect(await away()).toMatchObject({ leasedMinor: 0 });
});
