import { beforeAll, describe, expect, it } from "vitest";
import { switchLanguage } from "#ui/language.ts";
import { officeSecretsEn as en } from "#ui/texts/office-secrets-en.ts";
import "#ui/texts/office-texts.ts";
import { offeredLevels, vaultWaits } from "../../src/office/secrets/vault-words.ts";

beforeAll(() => switchLanguage("en", { lang: "", dataset: {} } as unknown as HTMLElement));

describe("what waits between the owner's choice of a level and the till", () => {
  it("is nothing where the till is where it should be, also before it ever told", () => {
    expect(vaultWaits({ level: "server-half", atTill: "server-half" })).toEqual([]);
    expect(vaultWaits({ level: "basic", atTill: null })).toEqual([]);
  });

  it("names the level that still holds, and for a passphrase who has to type it", () => {
    const basic = en.vault.waiting(en.vault.levels.basic);
    expect(vaultWaits({ level: "server-half", atTill: null })).toEqual([basic]);
    expect(vaultWaits({ level: "passphrase", atTill: "basic" })).toEqual([basic, en.vault.waitingPassphrase]);
  });

  it("offers no level that tills cannot change over to, and hides none that is in use", () => {
    expect(offeredLevels({ level: "basic", atTill: null })).toEqual(["basic", "server-half", "passphrase"]);
    expect(offeredLevels({ level: "prf", atTill: "basic" })).toContain("prf");
    expect(offeredLevels({ level: "basic", atTill: "prf" })).toContain("prf");
  });

  it("says of every level what it protects against, what not, and what it costs", () => {
    for (const level of ["basic", "server-half", "passphrase", "prf"] as const) {
      const { protectsOf, leavesOf, priceOf } = en.vault;
      for (const words of [protectsOf[level], leavesOf[level]("an hour"), priceOf[level]]) {
        expect(words).toMatch(/^[A-Z].{15,}\.$/u);
      }
    }
    expect(en.vault.leavesOf.basic("an hour")).toContain("an hour");
    expect(en.vault.cashOnly).toBe("After a restart without network (or passphrase) only cash can be taken.");
  });
});
