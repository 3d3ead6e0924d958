import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Page as Rows, SaleListRow } from "#protocol/office-api.ts";
import { pictureOnFailure } from "./failure-pictures.ts";
import { prepareServer, type ServerProcess } from "./server-process.ts";
import { cameraFile, Cashier, holdBeforeCamera, Owner, PIN } from "./shopkeeper.ts";
import { prepareTablet, type Tablet } from "./tablet.ts";

/** A tablet is activated anew while a sale is on it alone: it says so at every door, and the sale arrives. */
let folder: string;
let video: string;
let server: ServerProcess;
let laptop: Tablet;
let tablet: Tablet;
let owner: Owner;
let cashier: Cashier;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "guitai-renewal-"));
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

it("a tablet sells, and the connection sheet says that everything is on the server", async () => {
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
});

it("I12: with a sale on this tablet alone, every door that could lose it says its sum first", async () => {
  pictureOnFailure({ laptop: () => laptop, tablet: () => tablet });
  await server.stop();
  await takeCash("38", "¥38.00");
  await cashier.goTo("更多");
  await cashier.expectToSee("现在卸载柜台或清除浏览数据，会丢掉1笔¥38.00");
  await cashier.press("看连接");
  await cashier.expectToSee("1笔¥38.00还只在本机，存得好好的。");
  await cashier.goTo("更多");
  await cashier.press("重新启用");
  await cashier.expectToSee("1笔¥38.00还没有上传，都在本机。");
  await cashier.press("返回");
  await cashier.page.getByRole("button", { name: "扫码" }).waitFor();
});

it("B3: activated anew for a reason, the tablet keeps its sales, and each of them arrives once", async () => {
  pictureOnFailure({ laptop: () => laptop, tablet: () => tablet });
  await server.start();
  await owner.page.goto(`${server.url}/office/tills`);
  await owner.page.getByRole("link", { name: "1号机", exact: true }).click();
  await owner.page.getByRole("radio", { name: /换了平板/u }).check();
  const answered = owner.page.waitForResponse((response) => response.url().endsWith("/activation"));
  await owner.press("显示启用码");
  holdBeforeCamera(video, ((await (await answered).json()) as { qrText: string }).qrText);
  await cashier.goTo("更多");
  await cashier.press("重新启用");
  await cashier.press(/去启用/u);
  await cashier.expectToSee("已扫到启用码");
  await cashier.press("启用");
  await cashier.expectToSee("设一个PIN");
  await cashier.typeSecret(PIN, "the PIN");
  await cashier.expectToSee("再输一次");
  await cashier.typeSecret(PIN, "the PIN again");
  await cashier.page.getByRole("button", { name: "扫码" }).waitFor();
  await takeCash("9", "¥9.00");
  await cashier.press("连接详情");
  await cashier.expectToSee("已连接，账都在服务器上。");
  expect(await sales()).toEqual([900, 1200, 3800]);
  await owner.page.getByText("账期2").first().waitFor();
});
