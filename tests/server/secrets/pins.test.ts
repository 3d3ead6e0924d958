import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { toHex, utf8 } from "../../../src/protocol/bytes.ts";
import { secretAad } from "../../../src/protocol/aads.ts";
import type { OperatorRow, PinAnswer } from "../../../src/protocol/office-secrets-api.ts";
import { forgetEnded, withdrawSecrets } from "../../../server/secrets/secret-store.ts";
import { openShop, type HeadlessTill, type Shop } from "../headless-till.ts";
import {
  addCashier,
  everythingKept,
  operatorRow,
  SECRETS,
  secretsOf,
  takes,
  typePin,
} from "./secrets-at-till.ts";

const DAY_MS = 86_400_000;

describe("PINs made in the office (PROTOCOL §10)", () => {
  let shop: Shop;
  let first: HeadlessTill;
  let second: HeadlessTill;
  beforeAll(async () => {
    shop = await openShop();
    const [id = ""] = await shop.tillIds();
    first = await shop.enrol(id);
    second = await shop.enrol(await shop.addTill("二号机"));
  });
  afterAll(() => shop.close());
  const now = (): number => shop.server.clock.ms;

  it("G21: a PIN set in the office is taken at every till, and no other is", async () => {
    const { row, id } = await addCashier(shop, first, "林晓");
    const set = await typePin(shop, row.id, "402917");
    expect(set).toMatchObject({ generatedPin: null, operator: { pin: { version: 1, madeBy: "office" } } });
    await Promise.all([first.pull(), second.pull()]);
    expect(await takes(first, id, "402917", now())).toBe(true);
    expect(await takes(second, id, "402917", now())).toBe(true);
    expect(await takes(first, id, "402918", now())).toBe(false);
  });

  it("C4: what comes to one till opens at no other, and not as another version or subject", async () => {
    const { row, id } = await addCashier(shop, first, "陈一");
    await typePin(shop, row.id, "583104");
    await Promise.all([first.pull(), second.pull()]);
    const [secret] = secretsOf(first, id);
    if (!secret) throw new Error("the till was told of the PIN");
    const { till, epoch } = first.certificate;
    const open = async (who: HeadlessTill, aad: ReturnType<typeof secretAad>): Promise<boolean> =>
      (await who.unseal(aad, secret.sealed)) !== null;
    expect(await open(first, secretAad(till, epoch, id, 1))).toBe(true);
    expect(await open(second, secretAad(till, epoch, id, 1))).toBe(false);
    expect(await open(first, secretAad(till, epoch, id, 2))).toBe(false);
    expect(await open(first, secretAad(till, epoch + 1, id, 1))).toBe(false);
    expect(await open(first, secretAad(second.certificate.till, epoch, id, 1))).toBe(false);
  });

  it.each([
    ["12345", "length"],
    ["4029175", "length"],
    ["123456", "sequence"],
    ["777777", "repeat"],
    ["520131", "common"],
    ["40291a", "can-type"],
    ["４０２\ud800", "can-type"],
  ])("G21: «%s» is refused, and the rule is named: %s", async (text, rule) => {
    const [row] = (await shop.ask<{ rows: OperatorRow[] }>("GET", `${SECRETS}/operators`)).rows;
    const body = { pin: { mode: "typed", text }, overlapDays: 0 };
    const cookie = { cookie: shop.owner.cookie };
    const response = await shop.server.send("POST", `${SECRETS}/operators/${row?.id}/pin`, body, cookie);
    expect(response.status).toBe(422);
    const { error } = (await response.json()) as { error: { code: string; rules: string[] } };
    expect(error.code).toBe("password-breaks-rules");
    expect(error.rules).toContain(rule);
  });

  it("G21: a generated PIN is shown once, works, and stands nowhere: not in database, audit or log", async () => {
    const { row, id } = await addCashier(shop, first, "周二");
    const made = await shop.ask<PinAnswer>("POST", `${SECRETS}/operators/${row.id}/pin`, {
      pin: { mode: "generate" },
      overlapDays: 0,
    });
    const pin = made.generatedPin ?? "";
    expect(pin).toMatch(/^[0-9]{6}$/u);
    await first.pull();
    expect(await takes(first, id, pin, now())).toBe(true);
    const kept = await everythingKept(shop);
    const inHex = toHex(utf8(pin));
    expect(kept).not.toContain(`"${pin}"`);
    expect(kept).not.toContain(inHex);
    expect(shop.server.logged.join("")).not.toContain(pin);
    expect(JSON.stringify(await operatorRow(shop, row.id))).not.toContain(pin);
  });

  it("G24: old and new PIN are good together for the overlap, then the old one is not", async () => {
    const { row, id } = await addCashier(shop, first, "吴三");
    await typePin(shop, row.id, "402917");
    await first.pull();
    const { operator } = await typePin(shop, row.id, "816035", 7);
    expect(operator.pin?.oldUntilMs).toBe(now() + 7 * DAY_MS);
    await Promise.all([first.pull(), second.pull()]);
    for (const till of [first, second]) {
      expect(await takes(till, id, "402917", now() + 7 * DAY_MS - 1)).toBe(true);
      expect(await takes(till, id, "402917", now() + 7 * DAY_MS)).toBe(false);
      expect(await takes(till, id, "816035", now() + 30 * DAY_MS)).toBe(true);
    }
  });

  it("a third PIN within the overlap ends the first: a till never has more than two to try", async () => {
    const { row, id } = await addCashier(shop, first, "郑四");
    await typePin(shop, row.id, "402917");
    await typePin(shop, row.id, "816035", 30);
    await typePin(shop, row.id, "294706", 30);
    await first.pull();
    expect(secretsOf(first, id).map(({ version }) => version)).toEqual([3, 2]);
    expect(await takes(first, id, "402917", now())).toBe(false);
    await typePin(shop, row.id, "650283");
    await first.pull();
    expect(secretsOf(first, id).map(({ version }) => version)).toEqual([4]);
  });

  it("withdrawn, it is good nowhere; no full page and no new tablet brings it back", async () => {
    const { row, id } = await addCashier(shop, first, "王五");
    await typePin(shop, row.id, "402917");
    await first.pull();
    expect(await takes(first, id, "402917", now())).toBe(true);
    await shop.ask("POST", `${SECRETS}/operators/${row.id}/pin/withdraw`);
    await first.pull();
    expect(await takes(first, id, "402917", now())).toBe(false);
    shop.server.clock.ms += 1;
    const page = await first.pullPage("full");
    const brought = page?.changes.filter(
      (change) => change.type === "secret" && toHex(change.subject) === toHex(id),
    );
    expect(brought).toEqual([]);
    const newTablet = await shop.enrol(await shop.addTill("三号机"));
    expect(secretsOf(newTablet, id)).toEqual([]);
    expect((await operatorRow(shop, row.id)).pin).toBeNull();
  });

  it("B2: a new tablet gets every live PIN, and none that has ended", async () => {
    const { row, id } = await addCashier(shop, first, "冯六");
    await typePin(shop, row.id, "402917");
    await typePin(shop, row.id, "816035");
    const newTablet = await shop.enrol(await shop.addTill("四号机"));
    expect(secretsOf(newTablet, id).map(({ version }) => version)).toEqual([2]);
    expect(await takes(newTablet, id, "816035", now())).toBe(true);
  });

  it("who is retired loses the PIN at every till; brought back, they have none", async () => {
    const { row, id } = await addCashier(shop, first, "褚七");
    await typePin(shop, row.id, "402917");
    await first.pull();
    const retired = await shop.ask<OperatorRow>("POST", `${SECRETS}/operators/${row.id}`, { active: false });
    expect(retired).toMatchObject({ active: false, pin: null });
    await first.pull();
    expect(first.told.get(`operator:${toHex(id)}`)).toMatchObject({ active: false });
    expect(await takes(first, id, "402917", now())).toBe(false);
    const set = { pin: { mode: "generate" }, overlapDays: 0 };
    expect(await shop.refusal("POST", `${SECRETS}/operators/${row.id}/pin`, set)).toEqual([
      409,
      "operator-retired",
    ]);
    const back = await shop.ask<OperatorRow>("POST", `${SECRETS}/operators/${row.id}`, { active: true });
    expect(back).toMatchObject({ active: true, pin: null });
  });

  it("G21: a revoked till is told no PIN set since", async () => {
    const goneId = await shop.addTill("五号机");
    const gone = await shop.enrol(goneId);
    const { row, id } = await addCashier(shop, first, "卫八");
    await shop.ask("POST", `/api/office/tills/${goneId}/revoke`);
    await typePin(shop, row.id, "402917");
    await gone.pull();
    expect(secretsOf(gone, id)).toEqual([]);
  });

  it("the office shows how old a PIN is, which tills have it, and reminds by the shop's rule", async () => {
    const { row } = await addCashier(shop, first, "蒋九");
    await typePin(shop, row.id, "402917");
    await first.pull();
    await first.pull();
    const pin = (await operatorRow(shop, row.id)).pin;
    expect(pin?.tills.find(({ name }) => name === "二号机")?.hasIt).toBe(false);
    expect(pin?.tills.filter(({ hasIt }) => hasIt).length).toBe(1);
    await shop.ask("PUT", `${SECRETS}/rules`, { remindDays: 30, accountRules: "nist" });
    shop.server.clock.ms += 30 * DAY_MS - 1;
    expect((await operatorRow(shop, row.id)).pin?.remind).toBe(false);
    shop.server.clock.ms += 1;
    expect((await operatorRow(shop, row.id)).pin?.remind).toBe(true);
    await shop.ask("PUT", `${SECRETS}/rules`, { remindDays: null, accountRules: "nist" });
    expect((await operatorRow(shop, row.id)).pin?.remind).toBe(false);
  });

  it("withdrawn while a till's page is being sealed, it is not told after the word that ended it", async () => {
    const { row, id } = await addCashier(shop, first, "韩十一");
    await first.pull();
    await typePin(shop, row.id, "402917");
    const { db } = shop.server.services;
    const { merchantId } = shop.owner;
    let pulled: Promise<void> = Promise.resolve();
    await db.transaction().execute(async (tx) => {
      await withdrawSecrets(tx, merchantId, id, now());
      let isOver = false;
      pulled = first.pull().finally(() => {
        isOver = true;
      });
      // Until the pull waits for this very transaction, or has not waited at all.
      for (let waiting = 0; waiting === 0 && !isOver;) {
        const { rows } = await sql<{ count: number }>`select count(*) as count from pg_stat_activity
          where datname = current_database() and wait_event_type = 'Lock'`.execute(db);
        waiting = rows[0]?.count ?? 0;
      }
    });
    await pulled;
    await first.pull();
    const told = [...first.told.values()].filter(
      (change) => change.type === "secret" && toHex(change.subject) === toHex(id),
    );
    expect(told).toEqual([]);
  });

  it("what a secret was is forgotten when its overlap is over", async () => {
    const { row } = await addCashier(shop, first, "沈十");
    await typePin(shop, row.id, "402917");
    await typePin(shop, row.id, "816035", 1);
    const { db } = shop.server.services;
    await forgetEnded(db, now());
    const held = async (): Promise<number> =>
      (await db.selectFrom("books.secrets").select("version").where("sealed_a", "is not", null).execute())
        .length;
    const before = await held();
    expect(await forgetEnded(db, now() + DAY_MS - 1)).toBe(0);
    expect(await forgetEnded(db, now() + DAY_MS)).toBeGreaterThan(0);
    expect(await held()).toBeLessThan(before);
  });
});
