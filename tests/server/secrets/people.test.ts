import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Role } from "../../../server/db/control-tables.ts";
import {
  ANSWERS_OF_A_MEMBER,
  CHANGES_OF_A_MEMBER,
  SETS_OF_A_MEMBER,
} from "../../../server/secrets/secret-routes.ts";
import {
  MAX_OPERATORS,
  type OperatorRow,
  type OperatorsAnswer,
} from "../../../src/protocol/office-secrets-api.ts";
import { toHex } from "../../../src/protocol/bytes.ts";
import { newId } from "../../../src/protocol/ids.ts";
import { openNeighbour, openShop, type HeadlessTill, type Shop } from "../headless-till.ts";
import { addCashier, operatorRow, SECRETS } from "./secrets-at-till.ts";

const PIN = { pin: { mode: "generate" }, overlapDays: 0 };

describe("people of the till, and who in the office may manage whom", () => {
  let shop: Shop;
  let till: HeadlessTill;
  beforeAll(async () => {
    shop = await openShop();
    const [id = ""] = await shop.tillIds();
    till = await shop.enrol(id);
  });
  afterAll(() => shop.close());
  const rows = async (of: Shop = shop): Promise<readonly OperatorRow[]> =>
    (await of.ask<OperatorsAnswer>("GET", `${SECRETS}/operators`)).rows;
  const change = (id: string, wish: object): Promise<readonly [number, string]> =>
    shop.refusal("POST", `${SECRETS}/operators/${id}`, wish);
  const as = async <T>(role: Role, work: () => Promise<T>): Promise<T> => {
    const { db } = shop.server.services;
    const { userId } = shop.owner;
    const become = (one: Role) =>
      db.updateTable("control.memberships").set({ role: one }).where("user_id", "=", userId).execute();
    await become(role);
    try {
      return await work();
    } finally {
      await become("owner");
    }
  };

  it("a new person is at every till with the next pull; renamed and promoted alike", async () => {
    const { row, id } = await addCashier(shop, till, "林晓");
    expect(till.told.get(`operator:${toHex(id)}`)).toMatchObject({ name: "林晓", role: "cashier" });
    await shop.ask("POST", `${SECRETS}/operators/${row.id}`, { name: "林小晓", role: "manager" });
    await till.pull();
    expect(till.told.get(`operator:${toHex(id)}`)).toMatchObject({ name: "林小晓", role: "manager" });
    expect(await operatorRow(shop, row.id)).toMatchObject({ name: "林小晓", role: "manager", active: true });
  });

  it("a shop is never left without an owner at the till", async () => {
    const owner = (await rows()).find(({ role }) => role === "owner");
    expect(await change(owner?.id ?? "", { active: false })).toEqual([409, "last-owner"]);
    expect(await change(owner?.id ?? "", { role: "cashier" })).toEqual([409, "last-owner"]);
    const { row } = await addCashier(shop, till, "第二位店主", "owner");
    const outcomes = await Promise.all(
      [owner?.id, row.id].map(async (id) => {
        const cookie = { cookie: shop.owner.cookie };
        const path = `${SECRETS}/operators/${id}`;
        return (await shop.server.send("POST", path, { role: "manager" }, cookie)).status;
      }),
    );
    expect(outcomes.toSorted((one, other) => one - other)).toEqual([200, 409]);
    expect((await rows()).filter(({ role, active }) => role === "owner" && active).length).toBe(1);
  });

  it("a manager manages cashiers: no owner, no other manager, and makes nobody either", async () => {
    const { row: cashier } = await addCashier(shop, till, "陈一");
    const { row: other } = await addCashier(shop, till, "周二", "manager");
    const owner = (await rows()).find(({ role, active }) => role === "owner" && active);
    await as("manager", async () => {
      const refused = [403, "not-allowed"];
      for (const who of [other.id, owner?.id ?? ""]) {
        expect(await shop.refusal("POST", `${SECRETS}/operators/${who}/pin`, PIN)).toEqual(refused);
        expect(await shop.refusal("POST", `${SECRETS}/operators/${who}/pin/withdraw`)).toEqual(refused);
        expect(await shop.refusal("POST", `${SECRETS}/operators/${who}/unlock`)).toEqual(refused);
        expect(await change(who, { active: false })).toEqual(refused);
      }
      expect(await change(cashier.id, { role: "manager" })).toEqual(refused);
      const promoted = { name: "x", role: "manager" };
      expect(await shop.refusal("POST", `${SECRETS}/operators`, promoted)).toEqual(refused);
      await shop.ask("POST", `${SECRETS}/operators/${cashier.id}/pin`, PIN);
      const policy = { ask: "never", aboveMinor: 0, kind: "digits" };
      expect(await shop.refusal("PUT", `${SECRETS}/methods/wallet-code/policy`, policy)).toEqual(refused);
      const [tillId = ""] = await shop.tillIds();
      const level = { level: "server-half" };
      expect(await shop.refusal("PUT", `${SECRETS}/vaults/${tillId}/level`, level)).toEqual(refused);
      const rules = { remindDays: null, accountRules: "nist" };
      expect(await shop.refusal("PUT", `${SECRETS}/rules`, rules)).toEqual(refused);
    });
  });

  it.each(["cashier", "accountant"] as const)("who is %s in the office sees none of it", async (role) => {
    await as(role, async () => {
      for (const path of ["operators", "methods", "vaults", "rules"])
        expect(await shop.refusal("GET", `${SECRETS}/${path}`)).toEqual([403, "not-allowed"]);
    });
  });

  it("G2: another shop's people, tills and codes are not found, as if they did not exist", async () => {
    const neighbour = await openNeighbour(shop);
    const { row } = await addCashier(shop, till, "吴三");
    const [tillId = ""] = await shop.tillIds();
    const code = await shop.issue({});
    const notFound = [404, "not-found"];
    for (const [method, path, body] of [
      ["POST", `operators/${row.id}`, { active: false }],
      ["POST", `operators/${row.id}/pin`, PIN],
      ["POST", `operators/${row.id}/pin/withdraw`, undefined],
      ["POST", `operators/${row.id}/unlock`, undefined],
      ["POST", `codes/${code.id}/unlock`, undefined],
      ["PUT", `vaults/${tillId}/level`, { level: "basic" }],
      ["PUT", `vaults/${tillId}/lease`, { hours: 24 }],
      ["POST", `vaults/${tillId}/renewal`, { mine: true, epoch: 1, seq: 1 }],
      ["POST", "unlock-digits", { tillId, operatorId: row.id, digits: "12345678" }],
    ] as const)
      expect(await neighbour.refusal(method, `${SECRETS}/${path}`, body)).toEqual(notFound);
    expect((await rows(neighbour)).map(({ id }) => id)).not.toContain(row.id);
    expect(await operatorRow(shop, row.id)).toMatchObject({ active: true });
  });

  it("names are read as every name of the office: 60 characters, none that hides or turns the text", async () => {
    const add = (name: unknown): Promise<readonly [number, string]> =>
      shop.refusal("POST", `${SECRETS}/operators`, { name, role: "cashier" });
    for (const name of ["", "  ", "x".repeat(61), "a\u202eb", "a\u0000b", 7, null])
      expect(await add(name)).toEqual([400, "invalid-input"]);
    const longest = "字".repeat(60);
    expect(await shop.ask("POST", `${SECRETS}/operators`, { name: longest, role: "cashier" })).toMatchObject({
      name: longest,
    });
    expect(await shop.refusal("POST", `${SECRETS}/operators`, { name: "x", role: "boss" })).toEqual([
      400,
      "invalid-input",
    ]);
  });

  it(`${MAX_OPERATORS} people in service and not one more`, async () => {
    const { db } = shop.server.services;
    const merchant_id = shop.owner.merchantId;
    const active = (await rows()).filter((row) => row.active).length;
    const more = Array.from({ length: MAX_OPERATORS - 1 - active }, (_, n) => ({
      merchant_id,
      operator_id: newId(),
      name: `第${n}位`,
      role: "cashier" as const,
      account_id: null,
    }));
    await db.insertInto("books.operators").values(more).execute();
    const { row } = await addCashier(shop, till, "最后一位");
    const another = { name: "再一位", role: "cashier" };
    const full = [409, "too-many-operators"];
    expect(await shop.refusal("POST", `${SECRETS}/operators`, another)).toEqual(full);
    await shop.ask("POST", `${SECRETS}/operators/${row.id}`, { active: false });
    await shop.ask("POST", `${SECRETS}/operators`, another);
    expect(await change(row.id, { active: true })).toEqual(full);
  });
});

describe("one person's requests are counted", () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop.close());

  it.each([
    ["PINs", SETS_OF_A_MEMBER, "POST", "operators/000000000000/pin", PIN],
    ["answers to digits", ANSWERS_OF_A_MEMBER, "POST", "unlock-digits", {}],
    ["changes", CHANGES_OF_A_MEMBER, "PUT", "rules", {}],
  ] as const)(
    "%s: as many at once as the rule allows, then «too many»",
    async (_name, rule, method, path, body) => {
      const ask = async (): Promise<string> => (await shop.refusal(method, `${SECRETS}/${path}`, body))[1];
      const begunMs = performance.now();
      let taken = 0;
      while ((await ask()) !== "too-many-tries") taken++;
      // While one asks the bucket fills a little.
      const filled = Math.ceil((performance.now() - begunMs) / rule.everyMs);
      expect(taken).toBeGreaterThanOrEqual(rule.burst);
      expect(taken).toBeLessThanOrEqual(rule.burst + filled);
    },
  );
});
