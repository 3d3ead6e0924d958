import { afterAll, beforeAll, expect, it } from "vitest";
import { buildNextVersion, type NextVersion } from "./next-version.ts";
import { setScene } from "./scene.ts";
import type { Cashier } from "./shopkeeper.ts";

/** The server is upgraded while a tablet is selling: the new program waits, and the sale does not notice. */
const scene = setScene("update", "tablet");
let next: NextVersion;
let cashier: Cashier;

beforeAll(async () => {
  next = await buildNextVersion();
});
afterAll(() => next.remove());

/** Marks the page in front, so that a page loaded anew is told from it. */
const mark = (): Promise<void> =>
  cashier.page.evaluate(() => {
    document.documentElement.dataset["before"] = "yes";
  });
const isSamePage = (): Promise<boolean> =>
  cashier.page.evaluate(() => document.documentElement.dataset["before"] === "yes");

it("a tablet sells with the program of today", async () => {
  cashier = await scene.enrol("tablet", await scene.openShop());
  await cashier.programKept();
  await cashier.takeCash("12", "¥12.00");
  await cashier.expectAllDelivered();
  await cashier.press("去收款");
});

it("G2: a new version comes while a sale is open: it waits, is named, and its button says after the sale", async () => {
  await cashier.enterAmount("38");
  await cashier.press("收款¥38.00");
  await mark();
  await scene.server.stop();
  await scene.server.start([], next.folder);
  // What the page asks each hour.
  await cashier.page.evaluate(async () => {
    const registration = await navigator.serviceWorker.ready;
    await registration.update();
  });
  await cashier.page.locator(".rail").getByText("有新版本").waitFor();
  await cashier.press(/^更多/u);
  const button = cashier.page.getByRole("button", { name: /更新并重启/u });
  expect(await button.getAttribute("aria-disabled")).toBe("true");
  await cashier.expectToSee("本单收完再更新");
  await button.click({ force: true });
  expect(await cashier.page.getByText(next.number).count()).toBe(0);
  // The sale in hand is where it was, and is paid.
  await cashier.goTo("收款");
  await cashier.page.locator(".method", { hasText: "现金" }).click();
  await cashier.press("收现金¥38.00");
  await cashier.expectToSee("已收款");
  expect(await isSamePage()).toBe(true);
  await cashier.press("下一单");
});

it("G2 I2: after the sale a press brings it in; the books are all there, and it sells", async () => {
  await cashier.expectAllDelivered();
  await cashier.press(/^更多/u);
  await cashier.press(/更新并重启/u);
  await cashier.unlock();
  expect(await isSamePage()).toBe(false);
  await cashier.goTo("更多");
  await cashier.page.getByText(next.number).filter({ visible: true }).waitFor();
  await cashier.press("去收款");
  await cashier.takeCash("9", "¥9.00");
  await cashier.expectAllDelivered();
  expect(await scene.owner.soldMinor()).toEqual([900, 1200, 3800]);
});
