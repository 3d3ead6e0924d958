// The shop that the pictures show: a real server with a past of two days, a second till, codes in every
// state.
import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import type { Page } from "playwright-core";
import type {
  ActivationAnswer,
  CodePolicy,
  CodePolicyAnswer,
  IssueCodeRequest,
  IssuedCode,
  SetupAnswer,
  TillRow,
} from "#protocol/office-api.ts";
import { officeEn } from "#ui/texts/office-en.ts";
import { officeZhCn, type OfficeTexts } from "#ui/texts/office-zh-cn.ts";
import { HeadlessTill, type Wire } from "../server/demo/headless-till.ts";
import { prepareServer, type ServerProcess } from "../tests/e2e/server-process.ts";
import type { Language, PictureBook } from "./picture-book.ts";

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
/** How far back the first sales lie, and those of today. */
const beginningMs = 2 * dayMs + 3 * hourMs;
const email = "owner@example.com";
const password = "correct horse battery";
const earlierMinor = [4600, 1250, 15_600];
const todayMinor = [380, 2550, 1800, 6680, 990, 12_900, 450, 3300];

const names = {
  "zh-CN": { shop: "林记杂货", secondTill: "2号收银机", stolenTill: "3号收银机" },
  en: { shop: "Lin's Corner Shop", secondTill: "Till 2", stolenTill: "Till 3" },
} as const;

/** The owner at the office, with hands on its pages and a short way to its routes. */
export class Owner {
  readonly page: Page;
  readonly texts: OfficeTexts;
  readonly url: string;

  constructor(page: Page, language: Language, url: string) {
    this.page = page;
    this.texts = language === "en" ? officeEn : officeZhCn;
    this.url = url;
  }

  async open(path: string): Promise<void> {
    await this.page.goto(`${this.url}${path}`);
    await this.page.getByRole("heading", { level: 1 }).first().waitFor();
    await this.page.waitForFunction(() => document.querySelector(".loading") === null);
  }

  async press(name: string): Promise<void> {
    await this.page.getByRole("button", { name, exact: true }).click();
  }

  async fill(label: string, text: string): Promise<void> {
    await this.page.getByLabel(label, { exact: true }).fill(text);
  }

  async signIn(): Promise<void> {
    await this.fill(this.texts.signIn.email, email);
    await this.fill(this.texts.signIn.password, password);
    await this.press(this.texts.signIn.act);
    await this.page.getByRole("heading", { name: this.texts.today.title }).waitFor();
  }

  /** Asks the office's API as its pages do. Rejects with the server's refusal. */
  async ask<T>(method: "GET" | "POST" | "PUT", path: string, body?: object): Promise<T> {
    const text = await this.page.evaluate(
      async ([how, where, what]) => {
        const headers = { accept: "application/json", "content-type": "application/json" };
        const init = { method: how, headers, ...(what !== null && { body: what }) };
        const response = await fetch(`/api/office${where}`, init);
        const answer = await response.text();
        if (!response.ok) throw new Error(`${how} ${where}: ${response.status} ${answer}`);
        return answer;
      },
      [method, path, method === "GET" ? null : JSON.stringify(body ?? {})] as const,
    );
    return JSON.parse(text) as T;
  }

  async issue(wish: Partial<IssueCodeRequest>): Promise<IssuedCode> {
    return await this.ask<IssuedCode>("POST", "/codes", {
      requestId: randomUUID().replaceAll("-", ""),
      amountMinor: 3800,
      kind: "exact",
      password: { mode: "generate" },
      validDays: null,
      fromMs: null,
      tillId: null,
      onlyThisTill: false,
      ...wish,
    } satisfies IssueCodeRequest);
  }

  async activate(tillId: string): Promise<ActivationAnswer> {
    return await this.ask<ActivationAnswer>("POST", `/tills/${tillId}/activation`);
  }

  async setPolicy(change: Partial<CodePolicy>): Promise<void> {
    const { policy } = await this.ask<CodePolicyAnswer>("GET", "/code-policy");
    await this.ask("PUT", "/code-policy", { ...policy, ...change });
  }
}

export interface Shop {
  readonly server: ServerProcess;
  readonly owner: Owner;
  /** The till whose tablet is still to come. */
  readonly tillId: string;
  readonly secondTillId: string;
  readonly expired: IssuedCode;
}

/** Sets the shop up and lives through its past; pictures of what stands only at the beginning are taken. */
export async function openShop(
  book: PictureBook,
  folder: string,
  startPage: () => Promise<Page>,
): Promise<Shop> {
  const clockFile = join(folder, "clock");
  let backMs = beginningMs;
  const standBack = (ms: number): void => {
    backMs = ms;
    writeFileSync(clockFile, String(ms));
  };
  standBack(beginningMs);
  const clock = pathToFileURL(join(import.meta.dirname, "shifted-clock.mjs")).href;
  const server = await prepareServer({
    NODE_OPTIONS: `--import=${clock}`,
    SHIFTED_CLOCK: clockFile,
    HOST: "0.0.0.0",
  });
  try {
    await server.start();
    const page = await startPage();
    const owner = new Owner(page, book.language, server.url);
    const { tillId } = await setUp(book, owner, server.setupLink());

    const wire: Wire = (path, init) => fetch(`${server.url}${path}`, init);
    const added = await owner.ask<TillRow>("POST", "/tills", { name: names[book.language].secondTill });
    const { qrText } = await owner.activate(added.id);
    const enrolled = await HeadlessTill.enrol(wire, qrText, () => Date.now() - backMs);
    if (!enrolled.ok) throw new Error(`the second till was refused: ${enrolled.refusal.code}`);
    const second = enrolled.value;
    await second.hello();
    const sellCash = async (amountMinor: number): Promise<void> => {
      await second.sellCash(amountMinor);
      await second.deliver();
    };
    const expired = await owner.issue({ amountMinor: 2000, validDays: 1, tillId });
    for (const amountMinor of earlierMinor) await sellCash(amountMinor);
    for (const [index, amountMinor] of todayMinor.entries()) {
      standBack(((todayMinor.length - index) * hourMs) / 4);
      await sellCash(amountMinor);
    }
    await owner.open("/office");
    await book.office(page, "sign-in");
    await owner.signIn();
    const byCode = await owner.issue({ amountMinor: 5200, tillId: added.id });
    await second.pull();
    const sold = await second.sellCode(byCode.qrText ?? "", byCode.generatedPassword);
    if (!sold.ok) throw new Error(`the second till refused its code: ${sold.refusal.code}`);
    await second.deliver();
    standBack(0);
    const revoked = await owner.issue({ amountMinor: 8800, tillId });
    await owner.ask("POST", `/codes/${revoked.id}/revoke`);
    await owner.issue({ amountMinor: 12_000, fromMs: Date.now() + 2 * dayMs, tillId });
    await owner.issue({ amountMinor: 5000, kind: "up-to", tillId });
    await loseTablet(owner, wire, names[book.language].stolenTill);
    return { server, owner, tillId, secondTillId: added.id, expired };
  } catch (cause) {
    await server.remove();
    throw cause;
  }
}

/**
 * A third tablet is stolen with three sales on it, and turns up on the network after its till got a new one:
 * a loss that is a stated number, and a branch for the owner to decide about.
 */
async function loseTablet(owner: Owner, wire: Wire, name: string): Promise<void> {
  const { id } = await owner.ask<TillRow>("POST", "/tills", { name });
  const enrol = async (reason: object): Promise<HeadlessTill> => {
    const { qrText } = await owner.ask<ActivationAnswer>("POST", `/tills/${id}/activation`, reason);
    const enrolled = await HeadlessTill.enrol(wire, qrText, () => Date.now());
    if (!enrolled.ok) throw new Error(`the third till was refused: ${enrolled.refusal.code}`);
    await enrolled.value.hello();
    return enrolled.value;
  };
  const stolen = await enrol({});
  await stolen.sellCash(2600);
  await stolen.deliver();
  for (const amountMinor of [1900, 4500, 880]) await stolen.sellCash(amountMinor);
  await stolen.hello();
  const successor = await enrol({ reason: "stolen" });
  await successor.sellCash(1250);
  await successor.deliver();
  await stolen.push();
}

async function setUp(book: PictureBook, owner: Owner, link: string): Promise<SetupAnswer> {
  const { page, texts } = owner;
  await page.goto(link);
  await owner.fill(texts.setup.email, email);
  await owner.fill(texts.setup.password, password);
  await owner.fill(texts.setup.shopName, names[book.language].shop);
  await book.office(page, "setup");
  const answered = page.waitForResponse((response) => response.url().endsWith("/api/setup"));
  await owner.press(texts.setup.create);
  const answer = (await (await answered).json()) as SetupAnswer;
  await page.getByRole("heading", { name: texts.welcome.title }).waitFor();
  await book.office(page, "welcome");
  return answer;
}
