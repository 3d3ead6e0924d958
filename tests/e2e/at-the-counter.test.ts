import type { Page } from "playwright-core";
import { describe, expect, it } from "vitest";
import { setScene } from "./scene.ts";
import { Cashier, type IssuedOnPage, PIN } from "./shopkeeper.ts";
import { createKeyboard, keysOf } from "./wedge-keys.ts";

/** A tablet without a camera: the code is typed, the scanner is a keyboard, the cashier reads English. */
const scene = setScene("at-the-counter", "tablet");
let till: Page;
let code: IssuedOnPage;

const button = (name: string | RegExp): ReturnType<Page["getByRole"]> =>
  till.getByRole("button", { name, exact: typeof name === "string" });

/** A keyboard scanner reads this text and ends it with Enter. */
async function scan(text: string): Promise<void> {
  const keyboard = createKeyboard(await till.context().newCDPSession(till));
  await keyboard.type(keysOf(text, "Enter"), 2);
}

/** What the till says of a scanned text, by the refusal's own name. */
async function refusalOf(text: string): Promise<string | null> {
  await scan(text);
  const said = till.locator("[data-refusal]");
  await said.waitFor();
  const refusal = await said.getAttribute("data-refusal");
  await till.getByRole("navigation", { name: "Screens" }).getByRole("button", { name: "Sell" }).click();
  await said.waitFor({ state: "detached" });
  return refusal;
}

it("a typed activation waits until the owner has seen the same six digits on both screens", async () => {
  await scene.openShop();
  const { laptop, owner } = scene;
  const typed = await laptop.page().locator(".activation__code").innerText();
  till = await scene.tablets.tablet.start({ language: "en", width: 1280, height: 720 });
  await till.goto(scene.server.url);
  for (const character of typed.replaceAll(/[^0-9A-Z]/gu, "")) await button(character).click();
  await new Cashier(till).press("Activate");
  const shown = till.locator("output").filter({ hasText: /^\d{3}\s?\d{3}$/u });
  const onTill = (await shown.innerText()).replaceAll(/\D/gu, "");
  await laptop.page().getByRole("button", { name: "一样", exact: true }).waitFor();
  const office = (await laptop.page().locator("main").innerText()).replaceAll(/\s/gu, "");
  expect(office).toContain(onTill);
  await owner.press("一样");
  await till.getByText("Choose a PIN").first().waitFor();
  const pad = till.getByRole("group").first();
  for (const digit of PIN) await pad.getByRole("button", { name: digit, exact: true }).click();
  await till.getByText("Enter it again").first().waitFor();
  for (const digit of PIN) await pad.getByRole("button", { name: digit, exact: true }).click();
  await button("Scan").waitFor();
});

describe("C2 C3 G16: what is scanned and is no good is refused by its own name", () => {
  it("wallet codes, products, noise, and codes that were cut or changed", async () => {
    await scene.owner.page.goto(`${scene.server.url}/office/codes/new`);
    code = await scene.owner.issue("12.50");
    const middle = Math.floor(code.qrText.length / 2);
    const changed = code.qrText[middle] === "A" ? "B" : "A";
    const tampered = code.qrText.slice(0, middle) + changed + code.qrText.slice(middle + 1);
    expect(await refusalOf("134567890123456789")).toBe("wallet-code");
    expect(await refusalOf("2812345678901234567")).toBe("wallet-code");
    expect(await refusalOf("4006381333931")).toBe("product-code");
    expect(await refusalOf("https://example.com/pay")).toBe("not-a-code");
    expect(await refusalOf(code.qrText.slice(0, 120))).toBe("malformed");
    expect(["malformed", "bad-signature", "another-merchant", "unknown-key"]).toContain(
      await refusalOf(tampered),
    );
    expect(await refusalOf("9000000000000000")).toBe("number-mistyped");
  });

  it("G8: a revoked code, seconds after the owner revoked it", async () => {
    await scene.owner.page.goto(`${scene.server.url}/office/codes/new`);
    const revoked = await scene.owner.issue("9");
    await scene.owner.page.goto(`${scene.server.url}/office/codes/${revoked.id}`);
    await scene.owner.press("撤销");
    await scene.owner.press("撤销");
    await scene.owner.page.getByText("已撤销").first().waitFor();
    await expect.poll(() => refusalOf(revoked.qrText), { timeout: 60_000 }).toBe("revoked");
  });
});

it("G5 G10: the printed number is typed and the password checked; cash gives change; both stand in the list", async () => {
  await new Cashier(till).press("Type number");
  for (const digit of code.number) await button(digit).click();
  await new Cashier(till).press("Check number");
  await till.getByText("Customer: enter the password").first().waitFor();
  for (const digit of code.generatedPassword)
    await till.getByRole("group").first().getByRole("button", { name: digit, exact: true }).click();
  await new Cashier(till).press("Confirm");
  await till.getByText("¥12.50").first().waitFor();
  await new Cashier(till).press("Next sale");
  for (const digit of "38") await button(digit).click();
  await new Cashier(till).press(/^Charge ¥38/u);
  await new Cashier(till).press(/^Cash/u);
  for (const digit of "50") await button(digit).click();
  await new Cashier(till).press(/^Take cash/u);
  await till.getByText("¥12.00").first().waitFor();
  await new Cashier(till).press("Next sale");
  await till.getByRole("navigation", { name: "Screens" }).getByRole("button", { name: "Sales" }).click();
  await till.getByText("On the server").first().waitFor();
  expect(await till.getByText(/¥(12\.50|38\.00)/u).count()).toBeGreaterThanOrEqual(2);
});
