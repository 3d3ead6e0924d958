// Walks a tablet through every screen of the till, from the activation to the day the owner revokes it.
import { encode } from "uqr";
import type { Page } from "playwright-core";
import { writeCameraVideo } from "../tests/camera-video.ts";
import type { Tablet } from "../tests/e2e/tablet.ts";
import { deafMs } from "../src/till/parts/deaf-time.ts";
import { healthEn } from "#ui/texts/health-en.ts";
import { healthZhCn } from "#ui/texts/health-zh-cn.ts";
import { tillEn } from "#ui/texts/till-en.ts";
import { tillZhCn, type TillTexts } from "#ui/texts/till-zh-cn.ts";
import { vaultEn } from "#ui/texts/vault-en.ts";
import { vaultZhCn } from "#ui/texts/vault-zh-cn.ts";
import type { IssuedCode } from "#protocol/office-api.ts";
import { allTillViewports, type PictureBook, phone, tillViewports } from "./picture-book.ts";
import type { Shop } from "./shop-for-pictures.ts";

const pin = "907315";
const wrongPin = "281604";
const cashierPin = "604185";
const cashierNames = { "zh-CN": "李雷", en: "Lily" } as const;
const blankCard = Array.from({ length: 25 }, () => Array.from({ length: 25 }, () => false));

/** The cashier's hands, in either language. */
class Cashier {
  readonly page: Page;
  readonly video: string;
  readonly texts: TillTexts;

  constructor(page: Page, video: string, texts: TillTexts) {
    this.page = page;
    this.texts = texts;
    this.video = video;
  }

  /** What the camera sees from its next opening on; without a text a blank card. */
  hold(text?: string): void {
    const code = text === undefined ? blankCard : encode(text, { ecc: "M" }).data;
    writeCameraVideo({ file: this.video, codes: [code] });
  }

  async press(name: string): Promise<void> {
    const button = this.page.getByRole("button", { name, exact: true }).first();
    await button.waitFor();
    // The primary of a screen that just came is deaf (UX §6).
    await this.page.waitForTimeout(deafMs + 50);
    await button.click();
  }

  async key(characters: string): Promise<void> {
    const pad = this.page.locator(".keys").first();
    for (const one of characters) {
      const name = one === "." ? this.texts.pad.point : one;
      await pad.getByRole("button", { name, exact: true }).click();
    }
  }

  async secret(characters: string): Promise<void> {
    await this.page.locator(".keys").first().waitFor();
    // A pad that is still opening takes no keys.
    await this.page.waitForTimeout(400);
    await this.key(characters);
  }

  /** Waits for the screen of this name. */
  async at(screen: string): Promise<void> {
    await this.page.locator(`[data-screen="${screen}"]`).waitFor();
  }

  async cameraRuns(): Promise<void> {
    await this.page.locator('[data-camera="running"]').waitFor();
  }
}

export async function takeTill(book: PictureBook, shop: Shop, tablet: Tablet, video: string): Promise<void> {
  const { owner, server, tillId } = shop;
  const t: TillTexts = book.language === "en" ? tillEn : tillZhCn;
  const vault = book.language === "en" ? vaultEn : vaultZhCn;
  const health = book.language === "en" ? healthEn : healthZhCn;
  const page = tablet.page();
  const hands = new Cashier(page, video, t);
  const full = { viewports: allTillViewports, dark: true };
  const rail = (name: string): Promise<void> =>
    page.getByRole("navigation", { name: t.nav.label }).getByRole("button", { name, exact: true }).click();
  const charge = async (digits: string, sum: string): Promise<void> => {
    await hands.at("sell");
    await hands.key(digits);
    await hands.press(t.sell.charge(sum));
    await hands.at("tender");
  };
  const next = async (): Promise<void> => {
    await hands.press(t.paid.next);
    await hands.at("sell");
  };
  const cash = async (digits: string, sum: string, received: string): Promise<void> => {
    await charge(digits, sum);
    await page.locator(".method", { hasText: t.tender.cash }).click();
    await hands.at("cash");
    await hands.key(received);
    await hands.press(t.cash.take(sum));
    await hands.at("paid");
  };

  // Activation: by camera as far as the preview, then by hand, so that both screens compare their digits.
  hands.hold();
  await page.goto(server.url);
  await hands.at("activate");
  await hands.cameraRuns();
  await book.till(page, "activate");
  hands.hold((await owner.activate(tillId)).qrText);
  await page.reload();
  await page.getByText(t.activate.scanned).waitFor();
  await book.till(page, "activate-scanned");
  hands.hold();
  await page.reload();
  await hands.at("activate");
  const { typedCode } = await owner.activate(tillId);
  await hands.key(typedCode.replaceAll(/[^0-9A-Z]/gu, ""));
  await hands.press(t.activate.activate);
  await hands.at("compare");
  await book.till(page, "compare");
  await owner.open(`/office/tills/${tillId}`);
  await owner.page.locator(".compare__digits").waitFor();
  await book.office(owner.page, "compare");
  await owner.press(owner.texts.till.same);
  await page.locator('[data-screen="first-pin"], [data-screen="lock"]').first().waitFor({ timeout: 90_000 });
  await hands.secret(pin.slice(0, 2));
  await book.till(page, "first-pin");
  await hands.key(pin.slice(2));
  await page.getByText(t.firstPin.again).first().waitFor();
  await hands.secret(pin);
  await hands.at("sell");
  await book.till(page, "sell-first");

  // Cash, and the list it fills.
  const code = await owner.issue({ amountMinor: 3800, tillId });
  const offlineCode = await owner.issue({ amountMinor: 6600, tillId });
  for (const [digits, sum, received] of [
    ["12.5", "¥12.50", "20"],
    ["46", "¥46.00", "50"],
    ["9.9", "¥9.90", "10"],
  ] as const) {
    await cash(digits, sum, received);
    await next();
  }
  await charge("25.5", "¥25.50");
  await hands.cameraRuns();
  await book.till(page, "tender-camera");
  await page.setViewportSize(phone);
  await hands.press(t.camera.stop);
  await book.till(page, "tender");
  await page.locator(".method", { hasText: t.tender.cash }).click();
  await hands.at("cash");
  await hands.key("30");
  await book.till(page, "cash");
  await hands.press(t.cash.take("¥25.50"));
  await hands.at("paid");
  await book.till(page, "paid-cash");
  await next();
  await hands.at("sell");
  await hands.key("38");
  await book.till(page, "sell", full);
  await hands.press(t.pad.clear);
  await hands.press(t.sell.scan);
  await hands.cameraRuns();
  await book.till(page, "scan");
  await hands.press(t.camera.stop);
  await hands.press(t.sell.typeNumber);
  await hands.at("number");
  await hands.key("20461735");
  await book.till(page, "number");
  await hands.press(t.number.back);

  await takeCode(code, full);
  await refusals(code, shop.expired);
  await lists();
  await letters();
  await withoutServer(offlineCode);
  await pins();

  async function scan(text: string): Promise<void> {
    await hands.at("sell");
    hands.hold(text);
    await hands.press(t.sell.scan);
  }

  async function takeCode(given: IssuedCode, wish: typeof full): Promise<void> {
    await scan(given.qrText ?? "");
    await hands.at("password");
    await hands.secret("2816");
    await book.till(page, "password", wish);
    await hands.key("04");
    await hands.press(t.password.confirm);
    await page.locator(".message--refused").first().waitFor();
    await book.till(page, "password-wrong");
    await hands.press(t.password.handBack);
    await hands.at("hand-back");
    await book.till(page, "hand-back");
    await hands.press(t.password.keepAsking);
    await hands.at("password");
    await hands.secret(given.generatedPassword ?? "");
    await hands.press(t.password.confirm);
    await hands.at("paid");
    await page.getByText(t.paid.onServer).first().waitFor();
    await book.till(page, "paid", wish);
    await next();
  }

  async function refusals(spent: IssuedCode, expired: IssuedCode): Promise<void> {
    await scan(spent.qrText ?? "");
    await hands.at("refused");
    await book.till(page, "refused");
    await page.reload();
    await hands.at("lock");
    await hands.secret(pin);
    hands.hold(expired.qrText ?? "");
    await charge("20", "¥20.00");
    await hands.at("refused");
    await book.till(page, "refused-in-sale");
    await hands.press(t.refused.takeCash);
    await hands.at("cash");
    await hands.press(t.cash.take("¥20.00"));
    await hands.at("paid");
    await next();
  }

  async function lists(): Promise<void> {
    await rail(t.nav.sales);
    await hands.at("sales");
    await page.locator(".line").first().waitFor();
    await book.till(page, "sales");
    await page.locator(".line").nth(1).click();
    await book.till(page, "sale");
    await rail(t.nav.sales);
    await page.getByRole("button", { name: t.sales.refusals, exact: true }).click();
    await book.till(page, "refused-codes");
    await hands.press(t.strip.open);
    await hands.at("connection");
    await book.till(page, "connection");
    await rail(t.nav.more);
    await hands.at("more");
    await book.till(page, "more");
    await hands.press(health.wipe.renew);
    await hands.at("renew");
    await book.till(page, "renew");
    await hands.press(health.renew.go);
    await hands.at("activate");
    await book.till(page, "renew-activate");
    await hands.press(health.renew.back);
    await hands.at("renew");
    await hands.press(health.renew.back);
    await hands.at("sell");
    await rail(t.nav.more);
    await hands.at("more");
    await page.setViewportSize(phone);
    await page.getByRole("button", { name: t.nav.menu, exact: true }).click();
    await book.till(page, "menu", { viewports: tillViewports.filter(({ width, height }) => height > width) });
    await page.setViewportSize(phone);
    await page.getByRole("button", { name: t.nav.close, exact: true }).click();
    await page
      .locator(".panel__scroll")
      .first()
      .evaluate((list) => list.scrollTo(0, list.scrollHeight));
    await book.till(page, "more-end", { viewports: [phone] });
    await rail(t.nav.lock);
    await hands.at("lock");
    await hands.secret("90");
    await book.till(page, "lock");
    await hands.key(wrongPin.slice(2));
    await page.locator(".message--refused").first().waitFor();
    await book.till(page, "lock-wrong");
    await hands.secret(pin);
    await hands.at("sell");
    const other = await tablet.context().newPage();
    await other.goto(server.url);
    await other.locator('[data-screen="elsewhere"]').waitFor();
    await book.till(other, "elsewhere");
    await other.close();
  }

  async function letters(): Promise<void> {
    await owner.setPolicy({ passwordKind: "letters" });
    const given = await owner.issue({ amountMinor: 10_800, tillId });
    await scan(given.qrText ?? "");
    await hands.at("password");
    await hands.secret("abc");
    await book.till(page, "password-letters");
    await hands.press(t.password.handBack);
    await hands.at("hand-back");
    // The sum stays with the sale, and a camera that still saw the code would take it at once again.
    hands.hold();
    await hands.secret(pin);
    await hands.at("tender");
    await hands.press(t.tender.cancel);
    await hands.at("sell");
    await owner.setPolicy({ passwordKind: "digits" });
  }

  /** PINs and keys: last, because from here on the lock asks who it is. */
  async function pins(): Promise<void> {
    const who = cashierNames[book.language];
    const back = async (): Promise<void> => {
      await hands.press(vault.levels.more);
      await hands.at("more");
    };
    await owner.ask("POST", "/secrets/operators", { name: who, role: "cashier" });
    await rail(t.nav.more);
    await hands.press(vault.more.levels);
    await hands.at("levels");
    await book.till(page, "levels");
    await back();
    await hands.press(vault.more.change);
    await hands.at("old-pin");
    await book.till(page, "change-pin");
    await hands.press(vault.back);
    await hands.press(vault.more.people);
    const row = page.locator(".person", { hasText: who });
    await row.waitFor();
    await book.till(page, "people");
    await row.getByRole("button", { name: vault.people.set, exact: true }).click();
    await hands.at("approve");
    await book.till(page, "approve");
    await hands.secret(pin);
    await hands.at("set-pin");
    await book.till(page, "set-pin");
    await hands.secret(cashierPin);
    await page.getByText(vault.setPin.again).first().waitFor();
    await hands.secret(cashierPin);
    await hands.at("people");
    await rail(t.nav.lock);
    await hands.at("lock");
    await book.till(page, "lock-choose");
    const choose = (name: string): Promise<void> =>
      page.locator(".operators button", { hasText: name }).click();
    await choose(who);
    for (let tries = 1; tries <= 5; tries++) {
      await page.locator(".dot").first().waitFor();
      await hands.secret(wrongPin);
      await page.locator(".message--refused").first().waitFor();
      await page.locator(".dot--full").waitFor({ state: "detached" });
    }
    await page.locator('[data-act="unlock"]').waitFor();
    await book.till(page, "lock-wait");
    await hands.press(t.lock.unlock);
    await hands.at("unlock");
    await book.till(page, "unlock");
    await page.locator("[data-way=digits]").click();
    await hands.at("unlock-digits");
    await book.till(page, "unlock-digits");
    await hands.press(vault.back);
    await hands.press(vault.back);
    await hands.at("lock");
    await page.locator(".operators button").first().click();
    await page.locator(".dot").first().waitFor();
    await hands.secret(pin);
    await hands.at("sell");
  }

  async function withoutServer(given: IssuedCode): Promise<void> {
    await server.stop();
    await page.locator('[data-link="silent"], [data-link="offline"]').first().waitFor({ timeout: 120_000 });
    await cash("16.8", "¥16.80", "20");
    await next();
    await hands.at("sell");
    await book.till(page, "sell-offline", full);
    await scan(given.qrText ?? "");
    await hands.at("password");
    await hands.secret(given.generatedPassword ?? "");
    await hands.press(t.password.confirm);
    await hands.at("paid");
    await book.till(page, "paid-offline", full);
    await next();
    await rail(t.nav.sales);
    await page.locator(".line").first().waitFor();
    await book.till(page, "sales-offline");
    await hands.press(t.strip.open);
    await hands.at("connection");
    await book.till(page, "connection-offline", full);
    await rail(t.nav.more);
    await hands.press(health.wipe.renew);
    await hands.at("renew");
    await book.till(page, "renew-offline");
    await hands.press(health.renew.back);
    await hands.at("sell");
    await rail(t.nav.sell);
    await server.start();
    await page.locator('[data-link="online"]').first().waitFor({ timeout: 120_000 });
  }
}

/** The last picture of the till: revoked by the owner, it takes cash only and says so. */
export async function takeRevokedTill(book: PictureBook, shop: Shop, tablet: Tablet): Promise<void> {
  await shop.owner.ask("POST", `/tills/${shop.tillId}/revoke`);
  const page = tablet.page();
  await page.locator(".strip--stopped").waitFor({ timeout: 60_000 });
  await book.till(page, "stopped");
  const t = book.language === "en" ? tillEn : tillZhCn;
  await page.getByRole("button", { name: t.strip.open, exact: true }).click();
  await page.locator('[data-screen="renew"]').waitFor();
  await book.till(page, "stopped-why");
}

/** The same program at an address that browsers call insecure. */
export async function takeInsecureTill(book: PictureBook, page: Page, url: string): Promise<void> {
  await page.goto(url);
  await page.locator('[data-screen="insecure"]').waitFor();
  await book.till(page, "insecure");
}
