import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { SecretRules } from "../../../src/protocol/office-secrets-api.ts";
import { openShop, type Shop } from "../headless-till.ts";
import { OWNER } from "../services.ts";
import { SECRETS } from "./secrets-at-till.ts";

describe("passwords of accounts: NIST's way, or the guide's by a labelled switch", () => {
  let shop: Shop;
  beforeAll(async () => {
    shop = await openShop();
  });
  afterAll(() => shop.close());
  const PLAIN = "weather table violet garden";
  const change = async (next: string, current: string): Promise<readonly [number, readonly string[]]> => {
    const cookie = { cookie: shop.owner.cookie };
    const response = await shop.server.send("POST", "/api/office/password", { current, next }, cookie);
    const body = (await response.json()) as { error?: { code: string; rules?: string[] } };
    return [response.status, [body.error?.code ?? "", ...(body.error?.rules ?? [])]];
  };

  it("a long phrase of words is a good password until the owner wants the guide's rules", async () => {
    expect(await shop.ask<SecretRules>("GET", `${SECRETS}/rules`)).toEqual({
      remindDays: 180,
      accountRules: "nist",
    });
    expect(await change(PLAIN, OWNER.password)).toEqual([200, [""]]);
  });

  it("switched on, the rules that it breaks are named, and NIST's still hold", async () => {
    await shop.ask("PUT", `${SECRETS}/rules`, { remindDays: 90, accountRules: "guide" });
    const [status, [code, ...rules]] = await change("weather table violet gardens", PLAIN);
    expect([status, code]).toEqual([422, "password-breaks-rules"]);
    expect(rules).toContain("digit");
    expect(await change("short-7", PLAIN)).toEqual([422, ["password-too-short"]]);
    expect(await change("weather-table-violet-48", PLAIN)).toEqual([200, [""]]);
  });

  it("rules outside the list are refused", async () => {
    for (const rules of [
      { remindDays: 7, accountRules: "nist" },
      { remindDays: 90, accountRules: "none" },
      { remindDays: 90 },
      { remindDays: 90, accountRules: "nist", more: 1 },
    ])
      expect(await shop.refusal("PUT", `${SECRETS}/rules`, rules)).toEqual([400, "invalid-input"]);
  });
});
