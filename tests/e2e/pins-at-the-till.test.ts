import type { Page } from "playwright-core";
import { expect, it } from "vitest";
import { setScene } from "./scene.ts";
import { type Cashier, PIN } from "./shopkeeper.ts";

const scene = setScene("pins", "tablet");

const cashierName = "李雷";
const cashierPin = "604185";
const ownerNewPin = "317946";
const wrongPin = "285037";
const inTime = 90_000;

/** Asks the office's API as its pages do. */
async function askOffice<T>(page: Page, path: string, body?: object): Promise<T> {
  const answer = await page.evaluate(
    async ([where, what]) => {
      const headers = { accept: "application/json", "content-type": "application/json" };
      const init = what === null ? { headers } : { method: "POST", headers, body: what };
      const response = await fetch(`/api/office/secrets${where}`, init);
      return { ok: response.ok, text: await response.text() };
    },
    [path, body === undefined ? null : JSON.stringify(body)] as const,
  );
  if (!answer.ok) throw new Error(`${path}: ${answer.text}`);
  return JSON.parse(answer.text) as T;
}

async function enterTwice(till: Cashier, pin: string): Promise<void> {
  await till.page.getByText("输新的PIN").first().waitFor();
  await till.typeSecret(pin, "the new PIN");
  await till.page.getByText("再输一次").first().waitFor();
  await till.typeSecret(pin, "the new PIN again");
}

/** At the lock: who it is, and wrong PINs until the till makes them wait. */
async function blockPin(till: Cashier): Promise<void> {
  await till.page.locator(".operators button", { hasText: cashierName }).click();
  for (let left = 4; left > 0; left--) {
    await till.typeSecret(wrongPin, "a wrong PIN");
    await till.expectToSee(`还可试${left}次`);
  }
  await till.typeSecret(wrongPin, "a wrong PIN");
  await till.expectToSee(/连错5次/u);
}

it("G22 G24: a cashier of the office gets a PIN, the owner changes theirs, and both unlocks let her try again", async () => {
  const activation = await scene.openShop();
  const till = await scene.enrol("tablet", activation);
  const { page } = till;
  const office = scene.owner.page;
  page.setDefaultTimeout(inTime);

  // The office adds a cashier; the till has her by itself, without a PIN.
  const { id } = await askOffice<{ id: string }>(office, "/operators", {
    name: cashierName,
    role: "cashier",
  });
  await till.goTo("更多");
  await till.press("大家的PIN");
  const row = page.locator(".person", { hasText: cashierName });
  await row.getByRole("button", { name: "设PIN", exact: true }).click();
  await till.expectToSee("请店长或店主输自己的PIN。");
  await till.typeSecret(PIN, "the owner's PIN");
  await enterTwice(till, cashierPin);
  await till.expectToSee(`${cashierName}的PIN设好了。`);

  // One's own: the present one first, then the new one twice.
  await till.press("返回更多");
  await till.press("改我的PIN");
  await till.expectToSee("先输现在的PIN");
  await till.typeSecret(PIN, "the present PIN");
  await enterTwice(till, ownerNewPin);
  await till.expectToSee("PIN改好了。");

  // Five wrong tries, and a manager's PIN lets her try again at once.
  await till.goTo("锁屏");
  await blockPin(till);
  await till.press("解锁");
  await page.locator("[data-way=manager]").click();
  await till.typeSecret(ownerNewPin, "the owner's new PIN");
  await till.expectToSee(`${cashierName}的PIN已解锁`);
  await till.press("去输PIN");

  // Again, and now by eight digits with the office; this part of it needs no network.
  await blockPin(till);
  await till.press("解锁");
  await page.locator("[data-way=digits]").click();
  const shown = page.locator(".unlock__digits span[aria-hidden]");
  await expect.poll(() => shown.textContent()).toMatch(/^\d{4} \d{4}$/u);
  const digits = (await shown.textContent())?.replace(" ", "") ?? "";
  const tills = await askOffice<{ rows: readonly { tillId: string }[] }>(office, "/vaults");
  const { answer } = await askOffice<{ answer: string }>(office, "/unlock-digits", {
    tillId: tills.rows[0]?.tillId,
    operatorId: id,
    digits,
  });
  await till.typeSecret(digits, "digits that are not the answer");
  await till.press("解锁");
  await till.expectToSee("数字不符，还可试2次。");
  await till.typeSecret(answer, "the office's answer");
  await till.press("解锁");
  await till.expectToSee(`${cashierName}的PIN已解锁`);
  await till.press("去输PIN");
  await page.locator(".operators button", { hasText: cashierName }).click();
  // Ten wrong tries at this till since the morning: now it takes one each half minute, whoever tries.
  await page.locator(".dot").first().waitFor();
  await till.typeSecret(cashierPin, "her PIN");
  await page.getByRole("button", { name: "扫码" }).waitFor();
  expect(await page.locator(".strip__who").textContent()).toBe(cashierName);
}, 400_000);
