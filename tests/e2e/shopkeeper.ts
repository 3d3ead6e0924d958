// The two people of every story: the owner at the office, the cashier at the till. They do what a person does (look for
// a label, press, type, hold a code before the camera) and count it.
import { join } from "node:path";
import type { Page } from "playwright-core";
import { encode } from "uqr";
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

  /** Asks for a new activation of the only till, from its page. */
  async signIn(url: string): Promise<void> {
    await this.page.goto(`${url}/office`);
    await this.fill("邮箱", OWNER.email);
    await this.fill("密码", OWNER.password);
    await this.press("登录");
    await this.page.getByRole("heading", { name: "今日" }).waitFor();
  }

  /** Issues a code on the form that is in front; answers what the page shows of it. */
  async issue(amount: string): Promise<IssuedOnPage> {
    await this.fill("金额", amount);
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
    // A screen that just changed is deaf for 350 ms (UX §6): a person's hand is no quicker either.
    await this.page.waitForTimeout(400);
    await this.page.getByRole("button", { name, exact: typeof name === "string" }).click();
    this.count.did(`press ${name}`);
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
  async sees(text: string | RegExp): Promise<void> {
    await this.page.getByText(text).first().waitFor();
  }

  /** Enrols with what the camera sees, sets the operator's PIN. */
  async enrol(url: string): Promise<void> {
    await this.open(url);
    this.count.did("allow the camera");
    await this.sees("已扫到启用码");
    await this.press("启用");
    await this.sees("设一个PIN");
    await this.typeSecret(PIN, "the PIN");
    await this.sees("再输一次");
    await this.typeSecret(PIN, "the PIN again");
    await this.page.getByRole("button", { name: "扫码" }).waitFor();
  }

  async unlock(): Promise<void> {
    await this.sees("请输入PIN");
    await this.typeSecret(PIN, "the PIN");
    await this.page.getByRole("button", { name: "扫码" }).waitFor();
  }
}
