import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type {
  MethodPasswordAnswer,
  MethodRow,
  MethodsAnswer,
} from "../../../src/protocol/office-secrets-api.ts";
import { methodSubject } from "../../../src/protocol/unlock.ts";
import { openShop, type HeadlessTill, type Shop } from "../headless-till.ts";
import { SECRETS, secretsOf, takes } from "./secrets-at-till.ts";

const DAY_MS = 86_400_000;
const WALLET = `${SECRETS}/methods/wallet-code`;

describe("G22: passwords of payment methods, as the owner sets them", () => {
  let shop: Shop;
  let till: HeadlessTill;
  beforeAll(async () => {
    shop = await openShop();
    const [id = ""] = await shop.tillIds();
    till = await shop.enrol(id);
  });
  afterAll(() => shop.close());
  const now = (): number => shop.server.clock.ms;
  const set = (text: string, overlapDays: 0 | 1 | 7 | 30 = 0): Promise<MethodPasswordAnswer> =>
    shop.ask("POST", `${WALLET}/password`, { password: { mode: "typed", text }, overlapDays });

  it("a shop begins without any: never asked for, and the office shows both methods", async () => {
    const { rows } = await shop.ask<MethodsAnswer>("GET", `${SECRETS}/methods`);
    expect(rows.map(({ policy }) => [policy.method, policy.ask])).toEqual([
      ["payment-code", "never"],
      ["wallet-code", "never"],
    ]);
    expect(rows.map(({ password }) => password)).toEqual([null, null]);
  });

  it("the policy comes to the till as it was saved, and says who saved it", async () => {
    const wish = { ask: "above", aboveMinor: 20_000, kind: "letters" };
    const row = await shop.ask<MethodRow>("PUT", `${WALLET}/policy`, wish);
    expect(row).toMatchObject({ policy: { method: "wallet-code", ...wish }, changedAtMs: now() });
    expect(row.changedBy).toContain("@");
    await till.pull();
    const told = till.told.get("method-policy:wallet-code");
    expect(told).toEqual({ type: "method-policy", method: "wallet-code", ...wish });
  });

  it.each([
    ["abcdefgh", "digit"],
    ["Kiosk2026till", "special"],
    ["Qwerty!23456", "keyboard-walk"],
    ["林记杂货2026!", "can-type"],
    ["aaaaaaaa1!", "repeat"],
  ])("G21: «%s» is refused, and the rule is named: %s", async (text, rule) => {
    const body = { password: { mode: "typed", text }, overlapDays: 0 };
    const cookie = { cookie: shop.owner.cookie };
    const response = await shop.server.send("POST", `${WALLET}/password`, body, cookie);
    const { error } = (await response.json()) as { error: { code: string; rules: string[] } };
    expect([response.status, error.code]).toEqual([422, "password-breaks-rules"]);
    expect(error.rules).toContain(rule);
  });

  it("G22: rotated with an overlap, both are good for that long and then only the new one", async () => {
    const subject = await methodSubject("wallet-code");
    await set("shaimu-tengai-4826");
    await till.pull();
    expect(secretsOf(till, subject)[0]?.subjectClass).toBe("method");
    const { method } = await set("wupai-kuntei-7593", 1);
    expect(method.password).toMatchObject({ version: 2, oldUntilMs: now() + DAY_MS });
    await till.pull();
    expect(await takes(till, subject, "shaimu-tengai-4826", now() + DAY_MS - 1)).toBe(true);
    expect(await takes(till, subject, "shaimu-tengai-4826", now() + DAY_MS)).toBe(false);
    expect(await takes(till, subject, "wupai-kuntei-7593", now() + DAY_MS)).toBe(true);
  });

  it("a pad of digits is not chosen over a password with letters: every payment would stop at it", async () => {
    const digits = { ask: "always", aboveMinor: 0, kind: "digits" };
    const refused = [409, "password-cannot-be-typed"];
    expect(await shop.refusal("PUT", `${WALLET}/policy`, digits)).toEqual(refused);
    await shop.ask("POST", `${WALLET}/password/withdraw`);
    await till.pull();
    expect(secretsOf(till, await methodSubject("wallet-code"))).toEqual([]);
    expect(await shop.ask<MethodRow>("PUT", `${WALLET}/policy`, digits)).toMatchObject({ policy: digits });
    const made = await shop.ask<MethodPasswordAnswer>("POST", `${WALLET}/password`, {
      password: { mode: "generate" },
      overlapDays: 0,
    });
    expect(made.generatedPassword).toMatch(/^[0-9]{6}$/u);
  });

  it("one method's password is not the other's", async () => {
    const [codes, wallets] = [await methodSubject("payment-code"), await methodSubject("wallet-code")];
    const paths = [`${SECRETS}/methods/payment-code`, WALLET];
    for (const [at, text] of [
      [paths[0], "402917"],
      [paths[1], "816035"],
    ])
      await shop.ask("POST", `${at}/password`, { password: { mode: "typed", text }, overlapDays: 0 });
    await till.pull();
    expect(await takes(till, codes, "402917", now())).toBe(true);
    expect(await takes(till, wallets, "402917", now())).toBe(false);
    expect(await takes(till, wallets, "816035", now())).toBe(true);
  });

  it("a method nobody has is not found; overlaps, sums and kinds outside the list are refused", async () => {
    const password = { mode: "generate" };
    expect(
      await shop.refusal("POST", `${SECRETS}/methods/cash/password`, { password, overlapDays: 0 }),
    ).toEqual([404, "not-found"]);
    const invalid = [400, "invalid-input"];
    for (const overlapDays of [2, -1, 365, "7", null])
      expect(await shop.refusal("POST", `${WALLET}/password`, { password, overlapDays })).toEqual(invalid);
    const tooLong = { mode: "typed", text: "x".repeat(129) };
    expect(await shop.refusal("POST", `${WALLET}/password`, { password: tooLong, overlapDays: 0 })).toEqual(
      invalid,
    );
    for (const aboveMinor of [-1, 1.5, 100_000_000]) {
      const policy = { ask: "above", aboveMinor, kind: "digits" };
      expect(await shop.refusal("PUT", `${WALLET}/policy`, policy)).toEqual(invalid);
    }
  });
});
