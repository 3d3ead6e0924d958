import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { unlockKeyAad } from "../../../src/protocol/aads.ts";
import { toHex, type Bytes } from "../../../src/protocol/bytes.ts";
import type { FeedChange } from "../../../src/protocol/feed.ts";
import type { UnlockDigitsAnswer } from "../../../src/protocol/office-secrets-api.ts";
import { unlockAnswer } from "../../../src/protocol/unlock.ts";
import { openShop, type HeadlessTill, type Shop } from "../headless-till.ts";
import { addCashier, operatorRow, SECRETS } from "./secrets-at-till.ts";

describe("G24: who is locked out at a till tries again (PROTOCOL §10)", () => {
  let shop: Shop;
  let till: HeadlessTill;
  let tillId: string;
  beforeAll(async () => {
    shop = await openShop();
    [tillId = ""] = await shop.tillIds();
    till = await shop.enrol(tillId);
  });
  afterAll(() => shop.close());
  const unlocks = (subject: Bytes): readonly Extract<FeedChange, { type: "unlocked" }>[] =>
    [...till.told.values()]
      .filter((change) => change.type === "unlocked")
      .filter((change) => toHex(change.subject) === toHex(subject));
  const ask = (operatorId: string, digits: string): Promise<UnlockDigitsAnswer> =>
    shop.ask("POST", `${SECRETS}/unlock-digits`, { tillId, operatorId, digits });

  it("the office's button comes to every till, each press under an id of its own", async () => {
    const { row, id } = await addCashier(shop, till, "林晓");
    await shop.ask("POST", `${SECRETS}/operators/${row.id}/unlock`);
    await shop.ask("POST", `${SECRETS}/operators/${row.id}/unlock`);
    await till.pull();
    expect(unlocks(id).map(({ subjectClass }) => subjectClass)).toEqual(["operator", "operator"]);
    expect(new Set(unlocks(id).map((change) => toHex(change.id))).size).toBe(2);
  });

  it("a manager's button sets back the tries for overrides, too; a cashier's has none", async () => {
    const { row, id } = await addCashier(shop, till, "陈一", "manager");
    await shop.ask("POST", `${SECRETS}/operators/${row.id}/unlock`);
    await till.pull();
    expect(unlocks(id).map(({ subjectClass }) => subjectClass)).toEqual(["operator", "manager"]);
  });

  it("a code whose password was tried too often is freed by its own button", async () => {
    const code = await shop.issue({});
    await shop.ask("POST", `${SECRETS}/codes/${code.id}/unlock`);
    await till.pull();
    const told = [...till.told.values()].filter(
      (change) => change.type === "unlocked" && change.subjectClass === "code",
    );
    expect(told.length).toBe(1);
  });

  it("the office's eight digits are those the till reckons by the key in its vault", async () => {
    const { row, id } = await addCashier(shop, till, "周二");
    const sealed = till.told.get("unlock-key");
    if (sealed?.type !== "unlock-key") throw new Error("the till has its unlock key");
    const { till: tillBytes, epoch } = till.certificate;
    const key = await till.unseal(unlockKeyAad(tillBytes, epoch), sealed.sealed);
    if (!key) throw new Error("it opens in its own vault");
    const { answer } = await ask(row.id, "40719532");
    expect(answer).toMatch(/^[0-9]{8}$/u);
    expect(answer).toBe(await unlockAnswer(key, tillBytes, epoch, id, "40719532"));
  });

  it("other digits, another operator or another tablet of the till: another answer", async () => {
    const [one, other] = [await addCashier(shop, till, "吴三"), await addCashier(shop, till, "郑四")];
    const { answer } = await ask(one.row.id, "40719532");
    expect((await ask(one.row.id, "40719533")).answer).not.toBe(answer);
    expect((await ask(other.row.id, "40719532")).answer).not.toBe(answer);
    await shop.enrol(tillId);
    expect((await ask(one.row.id, "40719532")).answer).not.toBe(answer);
  });

  it("the digits stand in no log and no audit row; that they were answered does", async () => {
    const { rows } = await shop.ask<{ rows: { what: string }[] }>("GET", "/api/office/audit");
    expect(rows.filter(({ what }) => what === "unlock-digits-answered").length).toBeGreaterThan(0);
    expect(JSON.stringify(rows) + shop.server.logged.join("")).not.toContain("40719532");
  });
});

describe("what the office hears of tries, and whom it answers", () => {
  let shop: Shop;
  let till: HeadlessTill;
  beforeAll(async () => {
    shop = await openShop();
    const [id = ""] = await shop.tillIds();
    till = await shop.enrol(id);
  });
  afterAll(() => shop.close());
  const attempts = async (subject: Bytes, from: number, to: number): Promise<void> => {
    for (let n = from; n <= to; n++)
      await till.write({ kind: "attempt", subjectClass: "operator", subject, n });
    await till.deliver();
  };

  it("digits that are none are refused", async () => {
    const { row } = await addCashier(shop, till, "王五");
    const [tillId] = await shop.tillIds();
    const path = `${SECRETS}/unlock-digits`;
    for (const digits of ["1234567", "123456789", "1234567x", "１２３４５６７８", 12345678])
      expect(await shop.refusal("POST", path, { tillId, operatorId: row.id, digits })).toEqual([
        400,
        "invalid-input",
      ]);
  });

  it("a till that is not in service gets no answer", async () => {
    const other = await shop.addTill("二号机");
    const [owner] = (await shop.ask<{ rows: { id: string }[] }>("GET", `${SECRETS}/operators`)).rows;
    const body = { tillId: other, operatorId: owner?.id, digits: "40719532" };
    const stopped = [409, "till-not-in-service"];
    expect(await shop.refusal("POST", `${SECRETS}/unlock-digits`, body)).toEqual(stopped);
    await shop.enrol(other);
    await shop.ask("POST", `/api/office/tills/${other}/revoke`);
    expect(await shop.refusal("POST", `${SECRETS}/unlock-digits`, body)).toEqual(stopped);
  });

  it("four wrong tries are nobody's business, the fifth is shown, the tenth is a lock", async () => {
    const { row, id } = await addCashier(shop, till, "林晓");
    await attempts(id, 1, 4);
    expect((await operatorRow(shop, row.id)).tries).toEqual([]);
    await attempts(id, 5, 5);
    const [waits] = (await operatorRow(shop, row.id)).tries;
    expect(waits).toMatchObject({ subjectClass: "operator", count: 5, locked: false });
    await attempts(id, 6, 10);
    const [locked] = (await operatorRow(shop, row.id)).tries;
    expect(locked).toMatchObject({ count: 10, locked: true });
  });

  it.each(["operator-in", "unlocked", "own-pin"] as const)(
    "after «%s» nothing is shown any more",
    async (how) => {
      const { row, id } = await addCashier(shop, till, how);
      await attempts(id, 1, 6);
      expect((await operatorRow(shop, row.id)).tries.length).toBe(1);
      if (how === "operator-in") await till.write({ kind: "operator-in", operator: id, how: "pin" });
      else if (how === "own-pin") await till.write({ kind: "approved", what: how, subject: id, by: id });
      else
        await till.write({
          kind: "unlocked",
          subjectClass: "operator",
          subject: id,
          how: "server",
          by: null,
        });
      await till.deliver();
      expect((await operatorRow(shop, row.id)).tries).toEqual([]);
    },
  );

  it("coming in unchecked proves nothing: the tries stay as they are", async () => {
    const { row, id } = await addCashier(shop, till, "周二");
    await attempts(id, 1, 10);
    await till.write({ kind: "operator-in", operator: id, how: "unchecked" });
    await till.deliver();
    expect((await operatorRow(shop, row.id)).tries.map(({ locked }) => locked)).toEqual([true]);
  });
});
