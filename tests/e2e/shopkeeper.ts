// The two people of every story: the owner at the office, the cashier at the till. They do what a person does
// (look for a label, press, type, hold a code before the camera) and count it.
import { join } from "node:path";
import type { Page, Response } from "playwright-core";
import { encode } from "uqr";
import type { ActivationAnswer, Page as Rows, SaleListRow } from "#protocol/office-api.ts";
import { deafMs } from "../../src/till/parts/deaf-time.ts";
import { writeCameraVideo } from "../camera-video.ts";

export const OWNER = {
  email: "owner@example.com",
  password: "correct horse battery",
  shop: "街角小店",
} as const;
/** Neither a run nor a repeat nor in the list of common ones. */
export const PIN = "907315";

/** Counts what UX §9 counts: opening a link, each field, each button, each PIN, the camera's permission. */
export class Interactions {
  readonly done: string[] = [];

  did(what: string): void {
    this.done.push(what);
  }
}

/** Draws a text as QR code into the file the fake camera plays; it is read anew whenever the camera opens. */
export function holdBeforeCamera(videoFile: string, text: string): void {
  writeCameraVideo({ file: videoFile, codes: [encode(text, { ecc: "M" }).data] });
}

export function cameraFile(folder: string): string {
  return join(folder, "camera.y4m");
}

/** The owner's hands on the office (Chinese). */
export class Owner {
  readonly page: Page;
  readonly count: Interactions;

  constructor(page: Page, count: Interactions = new Interactions()) {
    this.page = page;
    this.count = count;
  }

  async open(link: string): Promise<void> {
    await this.page.goto(link);
    this.count.did("open the link");
  }

  async fill(label: string, text: string): Promise<void> {
    await this.page.getByLabel(label, { exact: true }).fill(text);
    this.count.did(`fill ${label}`);
  }

  async press(name: string | RegExp): Promise<void> {
    await this.page.getByRole("button", { name, exact: typeof name === "string" }).click();
    this.count.did(`press ${name}`);
  }

  /** Creates the shop; answers the text of the activation QR as the page shows it. */
  async createShop(link: string): Promise<string> {
    await this.open(link);
    await this.fill("邮箱", OWNER.email);
    await this.fill("密码", OWNER.password);
    await this.fill("店铺名称", OWNER.shop);
    const answered = this.page.waitForResponse((response) => response.url().endsWith("/api/setup"));
    await this.press("创建店铺");
    const answer = (await (await answered).json()) as { activation: { qrText: string } };
    return answer.activation.qrText;
  }

  async signIn(url: string): Promise<void> {
    await this.page.goto(`${url}/office`);
    await this.fill("邮箱", OWNER.email);
    await this.fill("密码", OWNER.password);
    await this.press("登录");
    await this.page.getByRole("heading", { name: "今日" }).waitFor();
  }

  /** Sets the rules for codes: 45 days, a password always; waits until they are saved (G9, G11). */
  async setPasswordAlways(): Promise<void> {
    await this.page.goto(new URL("/office/methods", this.page.url()).href);
    await this.fill("有效天数", "45");
    await this.page.getByLabel("都要", { exact: true }).check();
    await this.press("保存");
    await this.page.getByText("已保存。").waitFor();
  }

  /** Issues a code whose password is typed twice. */
  async issueTyped(amount: string, password: string): Promise<IssuedOnPage> {
    await this.page.goto(new URL("/office/codes/new", this.page.url()).href);
    await this.fill("金额", amount);
    await this.page.getByLabel("自己设", { exact: true }).check();
    await this.fill("付款码密码", password);
    await this.fill("再输一遍密码", password);
    return this.#sendIssue();
  }

  /** Adds a till; answers the text of its activation QR. */
  async addTill(name: string): Promise<string> {
    await this.page.goto(new URL("/office/tills/new", this.page.url()).href);
    await this.fill("名称", name);
    const answered = this.#activationMade();
    await this.press("添加收银机");
    // The new till's page shows its activation, by itself or when asked.
    const shown = this.page.getByRole("button", { name: "显示启用码" });
    await Promise.race([shown.click().catch(() => undefined), answered]);
    return ((await (await answered).json()) as { qrText: string }).qrText;
  }

  /** The answer to the press that makes a code; the page asks by the same address whether one waits. */
  async #activationMade(): Promise<Response> {
    return await this.page.waitForResponse(
      (response) => response.url().endsWith("/activation") && response.request().method() === "POST",
    );
  }

  /** Asks for a new activation of a till that was active before, for this reason; answers its QR's text. */
  async activateAnew(tillName: string, reason: RegExp): Promise<string> {
    await this.page.goto(new URL("/office/tills", this.page.url()).href);
    await this.page.getByRole("link", { name: tillName, exact: true }).click();
    await this.page.getByRole("radio", { name: reason }).check();
    const answered = this.#activationMade();
    await this.press("显示启用码");
    return ((await (await answered).json()) as ActivationAnswer).qrText;
  }

  /** What the books hold, smallest sale first, whole minor units. */
  async soldMinor(): Promise<readonly number[]> {
    const rows = await this.page.evaluate(async () => {
      const answered = await fetch("/api/office/sales?limit=50");
      return (await answered.json()) as Rows<SaleListRow>;
    });
    return rows.rows.map((row) => row.amountMinor).toSorted((a, b) => a - b);
  }

  /** Issues a code on the form that is in front; answers what the page shows of it. */
  async issue(amount: string): Promise<IssuedOnPage> {
    await this.fill("金额", amount);
    return this.#sendIssue();
  }

  async #sendIssue(): Promise<IssuedOnPage> {
    const answered = this.page.waitForResponse(
      (response) => response.url().endsWith("/api/office/codes") && response.request().method() === "POST",
    );
    await this.press(/^发码/u);
    return (await (await answered).json()) as IssuedOnPage;
  }
}

export interface IssuedOnPage {
  readonly id: string;
  readonly qrText: string;
  readonly number: string;
  readonly generatedPassword: string;
  readonly expiresAtMs: number;
}

/** The cashier's hands on the till (Chinese). */
export class Cashier {
  readonly page: Page;
  readonly count: Interactions;

  constructor(page: Page, count: Interactions = new Interactions()) {
    this.page = page;
    this.count = count;
  }

  async open(url: string): Promise<void> {
    await this.page.goto(url);
    this.count.did("open the till's address");
  }

  async press(name: string | RegExp): Promise<void> {
    const button = this.page.getByRole("button", { name, exact: typeof name === "string" });
    await button.waitFor();
    // The primary of a screen that just changed is deaf (UX §6). The hand comes down when that time is over
    // by the page's own clock: it is part of the story.
    await button.evaluate(async (_element, ms) => {
      const cameMs = performance.now();
      while (performance.now() - cameMs < ms) await new Promise(requestAnimationFrame);
    }, deafMs);
    await button.click();
    this.count.did(`press ${name}`);
  }

  /** Goes to a page of the rail. */
  async goTo(name: string): Promise<void> {
    await this.page
      .getByRole("navigation", { name: "页面" })
      .getByRole("button", { name, exact: true })
      .click();
    this.count.did(`go to ${name}`);
  }

  /** Types on the pad in front, key by key as a person does; one interaction. */
  async typeSecret(secret: string, what: string): Promise<void> {
    const pad = this.page.getByRole("group", { name: /密码键盘|数字键/u }).first();
    await pad.waitFor();
    for (const character of secret) await pad.getByRole("button", { name: character, exact: true }).click();
    this.count.did(`type ${what}`);
  }

  async enterAmount(digits: string): Promise<void> {
    for (const digit of digits) {
      await this.page.getByRole("button", { name: digit === "." ? "小数点" : digit, exact: true }).click();
    }
    this.count.did("key the amount");
  }

  /** Waits for words on the screen. */
  async expectToSee(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor();
  }

  /** Enrols with what the camera sees, sets the operator's PIN. */
  async enrol(url: string): Promise<void> {
    await this.open(url);
    this.count.did("allow the camera");
    await this.#activate();
    await this.expectToSee("设一个PIN");
    await this.typeSecret(PIN, "the PIN");
    await this.expectToSee("再输一次");
    await this.typeSecret(PIN, "the PIN again");
    await this.page.getByRole("button", { name: "扫码" }).waitFor();
  }

  /** Enrols a further tablet of the shop: the PIN that was set on the first comes from the server. */
  async enrolBeside(url: string): Promise<void> {
    await this.open(url);
    await this.#activate();
    await this.unlock();
  }

  /**
   * From the screen that asks for it: enrols again with what the camera sees. The PIN that was set before
   * comes back from the server.
   */
  async enrolAnew(): Promise<void> {
    await this.press(/去启用/u);
    await this.#activate();
    await this.unlock();
  }

  async #activate(): Promise<void> {
    await this.expectToSee("已扫到启用码");
    await this.press("启用");
  }

  /** Sells for cash without change: `amount` as keyed, `sum` as the till shows it. */
  async takeCash(amount: string, sum: string): Promise<void> {
    await this.enterAmount(amount);
    await this.press(`收款${sum}`);
    await this.page.locator(".method", { hasText: "现金" }).click();
    await this.press(`收现金${sum}`);
    await this.expectToSee("已收款");
    await this.press("下一单");
  }

  /** Opens the connection sheet and waits until it says that the server has everything. */
  async expectAllDelivered(): Promise<void> {
    await this.press("连接详情");
    await this.expectToSee("已连接，账都在服务器上。");
  }

  /** Waits until the program itself is kept for the outage. */
  async programKept(): Promise<void> {
    await this.page.evaluate(async () => {
      await navigator.serviceWorker.ready;
    });
  }

  async unlock(): Promise<void> {
    await this.expectToSee("请输入PIN");
    await this.typeSecret(PIN, "the PIN");
    await this.page.getByRole("button", { name: "扫码" }).waitFor();
  }
}
