import axe from "axe-core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { officeSecretsEn as en } from "#ui/texts/office-secrets-en.ts";
import { people } from "../office/busy-secrets.ts";
import { type OfficeSite, openOfficeSite } from "./office-site.ts";
import { findOverflow, type OverflowRules } from "./overflow.ts";

const guarded = "T7K2A9QX04TB";
const renewed = "T8M3B0RY15VC";
const pages = [
  "people",
  "people/new",
  `people/${people.locked}`,
  `people/${people.gone}`,
  "methods",
  "methods/payment-code",
  "methods/wallet-code",
  "unlock",
  `protection/${guarded}`,
  `tills/${renewed}`,
  "settings",
];
/** Pages with colours that no other has. */
const inDark = [`people/${people.locked}`, "methods/payment-code", `protection/${guarded}`];
const rules: OverflowRules = {
  targetPx: 0,
  lists: [".skip", ".table thead", ".table thead *", ".drawer *", ".office__shop"],
};

let site: OfficeSite;
let page: Page;
const fetched: string[] = [];

beforeAll(async () => {
  site = await openOfficeSite("http://localhost:21503");
  ({ page } = site);
  page.on("request", (request) => fetched.push(request.url()));
}, 120_000);

afterAll(() => site.close());

/** The section under this heading. */
function section(title: string): ReturnType<Page["locator"]> {
  return page.locator(".section").filter({ has: page.getByRole("heading", { name: title, exact: true }) });
}

describe("the office's pages about PINs and passwords", () => {
  it("are no wider than a desk or a phone, in both languages", async () => {
    const found: string[] = [];
    for (const language of ["zh-CN", "en"]) {
      for (const path of pages) {
        await site.open(path, `language=${language}`);
        for (const width of [1280, 360]) {
          await page.setViewportSize({ width, height: 800 });
          const faults = (await findOverflow(page, rules)).filter((fault) => fault.startsWith("wider"));
          found.push(...faults.map((fault) => `${path} ${language} ${width} ${fault}`));
        }
      }
    }
    expect(found).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 800 });
  });

  it("WCAG 2.2 AA: nothing that a machine can find, in light and in dark", async () => {
    const found: string[] = [];
    for (const theme of ["light", "dark"]) {
      for (const path of theme === "light" ? pages : inDark) {
        await site.open(path, `language=zh-CN&theme=${theme}`);
        await page.evaluate(axe.source);
        const faults = await page.evaluate(async () => {
          const { violations } = await globalThis.axe.run(document, {
            runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
          });
          return violations.map(({ id, nodes }) => `${id}: ${nodes[0]?.html ?? ""}`);
        });
        found.push(...faults.map((fault) => `${path} ${theme} ${fault}`));
      }
    }
    expect(found).toEqual([]);
  });

  it("G21: each rule says with every character what becomes of it; a weak PIN is not sent", async () => {
    await site.open(`people/${people.without}`);
    await page.getByLabel(en.form.typed).check();
    await page.getByLabel(en.person.newPin, { exact: true }).fill("1234");
    await page.locator(".rule--broken").getByText(en.rules.sequence("digits", 6)).waitFor();
    expect(await page.locator(".rule--open").allTextContents()).toEqual([
      `${en.rules.length("digits", 6)} ${en.ruleStates.open}`,
    ]);
    await page.getByLabel(en.person.newPin, { exact: true }).fill("123456");
    await page.getByLabel(en.form.again).fill("123456");
    await page.getByRole("button", { name: en.person.setFirst }).click();
    await page.getByText(en.form.weak).waitFor();
    await page.getByLabel(en.person.newPin, { exact: true }).fill("402917");
    await page.getByLabel(en.form.again).fill("402918");
    await page.getByText(en.form.differs).waitFor();
    await page.getByLabel(en.form.again).fill("402917");
    expect(await page.locator(".rule--broken").count()).toBe(0);
    await page.getByRole("button", { name: en.person.setFirst }).click();
    await page.getByText(en.form.done).waitFor();
    await page.getByText(en.age.today).waitFor();
    expect(await page.getByLabel(en.person.newPin, { exact: true }).inputValue()).toBe("");
  });

  it("G10: a generated PIN is shown once, to be read out, and is gone from the page when hidden", async () => {
    await site.open(`people/${people.manager}`);
    await page.getByRole("button", { name: en.person.setNext }).click();
    await page.locator(".secret__text").getByText("402917").waitFor();
    await page.getByText("402, 917").waitFor();
    await page.getByRole("button", { name: en.form.hide }).click();
    await page.getByRole("button", { name: en.person.setNext }).waitFor();
    expect(await page.content()).not.toContain("402917");
  });

  it("G21: the strength estimator comes with the first look at it and not before", async () => {
    fetched.length = 0;
    await site.open("methods/payment-code");
    const estimator = (): boolean => fetched.some((url) => /\/strength-[\w-]+\.js$/u.test(url));
    expect(estimator()).toBe(false);
    await section(en.methods.password).getByLabel(en.form.typed).check();
    await page.getByLabel(en.methods.newPassword, { exact: true }).fill("P@ssw0rd1!");
    await page.getByText(`${en.strength.words[1]} · ${en.strength.outOf(1)}`).waitFor();
    await page.locator(".rule--broken").getByText(en.rules.common("letters", 8)).waitFor();
    expect(estimator()).toBe(true);
    await page.getByLabel(en.methods.newPassword, { exact: true }).fill("baishu-tenmai-4826");
    await page.getByText(`${en.strength.words[4]} · ${en.strength.outOf(4)}`).waitFor();
  });

  it("G22: how long the old password goes on is asked, and a week is offered first", async () => {
    await site.open("methods/payment-code");
    expect(await page.getByLabel(en.form.overlaps[7], { exact: true }).isChecked()).toBe(true);
    // Where there is none yet, there is nothing to overlap with.
    await site.open("methods/wallet-code");
    await page.getByText(en.methods.absent).waitFor();
    expect(await page.getByText(en.form.overlap).count()).toBe(0);
  });

  it("eight digits are answered by eight, and the answer goes when the question changes", async () => {
    await site.open("unlock");
    await page.getByLabel(en.unlock.till).selectOption(guarded);
    await page.getByLabel(en.unlock.asked).fill("4029 173");
    await page.getByRole("button", { name: en.unlock.act }).click();
    await page.getByText(en.unlock.wrong.digits).waitFor();
    await page.getByText(en.unlock.wrong.who).waitFor();
    await page.getByLabel(en.unlock.who).selectOption(people.locked);
    await page.getByLabel(en.unlock.asked).fill("4029 1738");
    await page.getByRole("button", { name: en.unlock.act }).click();
    await page.locator(".unlock__digits").getByText("8371 9204").waitFor();
    await page.getByLabel(en.unlock.asked).fill("4029 1739");
    expect(await page.locator(".unlock__digits").count()).toBe(0);
  });

  it("a level is chosen knowing what it costs, and the till says that it still has to follow", async () => {
    await site.open(`protection/${guarded}`);
    await page.getByLabel(en.vault.levels["server-half"]).check();
    await page.getByText(en.vault.cashOnly).waitFor();
    await page.getByRole("button", { name: en.vault.save }).click();
    await page.getByText(en.vault.saved).waitFor();
    await page.getByText(en.vault.waiting(en.vault.levels.basic)).waitFor();
    await page.getByLabel(en.vault.levels.basic).check();
    expect(await page.getByText(en.vault.cashOnly).count()).toBe(0);
  });

  it("G22: the first page names what is due, and leads to where it is renewed", async () => {
    await site.open("");
    const due = page.locator("[data-due] a");
    expect(await due.allTextContents()).toEqual([en.due.pin("小陈", 97)]);
    await due.click();
    await page.getByText(en.age.remindWhy(97)).waitFor();
  });

  it("a renewed vault is an alarm on the first page, and ends with the owner's word", async () => {
    await site.open("");
    await page.locator("[data-renewals] a").click();
    await page.getByText("402917").waitFor();
    await page.getByRole("button", { name: en.renewal.mine }).click();
    await page.getByText(en.renewal.compare).waitFor({ state: "detached" });
    expect(await page.getByText("402917").count()).toBe(0);
  });
});
