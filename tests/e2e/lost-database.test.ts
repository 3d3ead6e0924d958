import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Page as Rows, SaleListRow } from "#protocol/office-api.ts";
import { pictureOnFailure } from "./failure-pictures.ts";
import { prepareServer, type ServerProcess } from "./server-process.ts";
import { cameraFile, Cashier, holdBeforeCamera, Owner, PIN } from "./shopkeeper.ts";
import { prepareTablet, type Tablet } from "./tablet.ts";

/** The browser has thrown the till's database away: the second copy stands, and not a fen is lost. */
let folder: string;
let video: string;
let server: ServerProcess;
let laptop: Tablet;
let tablet: Tablet;
let owner: Owner;
let cashier: Cashier;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "guitai-lost-database-"));
  video = cameraFile(folder);
  server = await prepareServer();
  [laptop, tablet] = await Promise.all([prepareTablet(), prepareTablet()]);
  await server.start();
});

afterAll(async () => {
  await Promise.all([laptop.remove(), tablet.remove()]);
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

async function takeCash(amount: string, sum: string): Promise<void> {
  await cashier.enterAmount(amount);
  await cashier.press(`收款${sum}`);
  await cashier.page.locator(".method", { hasText: "现金" }).click();
  await cashier.press(`收现金${sum}`);
  await cashier.expectToSee("已收款");
  await cashier.press("下一单");
}

async function sales(): Promise<readonly number[]> {
  const rows = await owner.page.evaluate(async () => {
    const answered = await fetch("/api/office/sales?limit=50");
    return (await answered.json()) as Rows<SaleListRow>;
  });
  return rows.rows.map((row) => row.amountMinor).toSorted((a, b) => a - b);
}

it("a tablet sells: one sale reaches the server, one is on the tablet alone", async () => {
  pictureOnFailure({ laptop: () => laptop, tablet: () => tablet });
  owner = new Owner(await laptop.start());
  holdBeforeCamera(video, await owner.createShop(server.setupLink()));
  cashier = new Cashier(await tablet.start({ cameraVideo: video }));
  await cashier.enrol(server.url);
  await cashier.programKept();
  await takeCash("12", "¥12.00");
  await cashier.press("连接详情");
  await cashier.expectToSee("已连接，账都在服务器上。");
  await cashier.press("去收款");
  await server.stop();
  await takeCash("38", "¥38.00");
  await tablet.close();
});

it("I12: with its database gone the till says what the copy holds, and sells nothing on an empty book", async () => {
  pictureOnFailure({ laptop: () => laptop, tablet: () => tablet });
  await server.start();
  await owner.page.goto(`${server.url}/office/tills`);
  await owner.page.getByRole("link", { name: "1号机", exact: true }).click();
  await owner.page.getByRole("radio").last().check();
  const answered = owner.page.waitForResponse((response) => response.url().endsWith("/activation"));
  await owner.press("显示启用码");
  holdBeforeCamera(video, ((await (await answered).json()) as { qrText: string }).qrText);
  cashier = new Cashier(await tablet.start({ cameraVideo: video }));
  await cashier.open(`${server.url}/healthz`);
  await cashier.page.evaluate(
    () =>
      new Promise<void>((done, failed) => {
        const request = indexedDB.deleteDatabase("guitai");
        request.onsuccess = () => done();
        request.onerror = () => failed(request.error ?? new Error("not deleted"));
      }),
  );
  await cashier.open(server.url);
  await cashier.expectToSee("本机的数据不见了");
  await cashier.expectToSee("2笔¥50.00还没有上传");
  // Export first, repair second.
  await cashier.page.getByRole("button", { name: "存成文件" }).waitFor();
});

it("I2 I12: activated again, what only the copy held arrives under the epoch it was signed in", async () => {
  pictureOnFailure({ laptop: () => laptop, tablet: () => tablet });
  await cashier.press(/去启用/u);
  await cashier.expectToSee("已扫到启用码");
  await cashier.press("启用");
  await cashier.expectToSee("设一个PIN");
  await cashier.typeSecret(PIN, "the PIN");
  await cashier.expectToSee("再输一次");
  await cashier.typeSecret(PIN, "the PIN again");
  await cashier.page.getByRole("button", { name: "扫码" }).waitFor();
  await cashier.press("连接详情");
  await cashier.expectToSee("已连接，账都在服务器上。");
  expect(await sales()).toEqual([1200, 3800]);
});
