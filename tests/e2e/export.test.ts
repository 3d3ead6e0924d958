import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { Page } from "playwright-core";
import { writeCameraVideo } from "../camera-video.ts";
import { pictureOnFailure } from "./failure-pictures.ts";
import { assertNoOverflow } from "./overflow.ts";
import { prepareServer, type ServerProcess } from "./server-process.ts";
import { cameraFile, Cashier, holdBeforeCamera, Owner } from "./shopkeeper.ts";
import { prepareTablet, type Tablet } from "./tablet.ts";

/** A tablet sells, saves what it could not deliver to a file, and is gone. The file brings the money home. */
let folder: string;
let video: string;
let server: ServerProcess;
let laptop: Tablet;
let lost: Tablet;
let other: Tablet;
let owner: Owner;
let saved: { readonly name: string; readonly path: string };

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "export-e2e-"));
  video = cameraFile(folder);
  server = await prepareServer();
  [laptop, lost, other] = await Promise.all([prepareTablet(), prepareTablet(), prepareTablet()]);
  await server.start();
});

afterAll(async () => {
  await Promise.all([laptop.remove(), lost.remove(), other.remove()]);
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

const pictures = (): void => {
  pictureOnFailure({ laptop: () => laptop, lost: () => lost, other: () => other });
};

/** A browser without a window for saving: what it downloads lands in the test's folder. */
async function savesAsDownload(page: Page): Promise<void> {
  await page.addInitScript(() => {
    Reflect.deleteProperty(globalThis, "showSaveFilePicker");
  });
  await page.reload();
}

async function sellCash(cashier: Cashier, digits: string): Promise<void> {
  await cashier.enterAmount(digits);
  await cashier.press(/^收款¥/u);
  await cashier.press(/^现金/u);
  await cashier.page.locator('[data-screen="cash"]').waitFor();
  await cashier.press(/^收现金/u);
  await cashier.expectToSee("已收款");
  await cashier.press("下一单");
}

async function salesInTheOffice(): Promise<readonly string[]> {
  await owner.page.goto(`${server.url}/office/sales`);
  await owner.page.getByRole("heading", { name: "销售" }).first().waitFor();
  await owner.page.getByText("¥38.00").first().waitFor();
  const rows = owner.page.getByRole("row").filter({ hasText: "¥" });
  return await rows.allInnerTexts();
}

async function openSale(): Promise<void> {
  await owner.page.getByRole("row").filter({ hasText: "¥38.00" }).getByRole("link").click();
}

it("I12: with the server stopped two sales are made, and saved to a file in Chromium", async () => {
  pictures();
  owner = new Owner(await laptop.start());
  const activation = await owner.createShop(server.setupLink());
  holdBeforeCamera(video, activation);
  const cashier = new Cashier(await lost.start({ cameraVideo: video }));
  await cashier.enrol(server.url);
  await cashier.expectToSee("已连接");
  await cashier.programKept();
  writeCameraVideo({ file: video, codes: [] });
  await savesAsDownload(lost.page());
  await cashier.unlock();
  await server.stop();
  await sellCash(cashier, "38");
  await sellCash(cashier, "12");
  await cashier.goTo("更多");
  await cashier.press("存成文件");
  await cashier.expectToSee("2笔¥50.00");
  await cashier.expectToSee("存了文件不等于上传");
  const downloading = lost.page().waitForEvent("download");
  await cashier.press("存文件");
  const download = await downloading;
  await cashier.expectToSee("请把文件交给店主，在后台「设备」里导入。");
  await cashier.expectToSee("全部存好了。还没有上传：服务器签收以后才算数。");
  await assertNoOverflow(lost.page());
  saved = { name: download.suggestedFilename(), path: join(folder, "till.gtx") };
  await download.saveAs(saved.path);
  expect(saved.name).toMatch(/^guitai-[0-9A-Z]{12}-1-\d+-\d+\.gtx$/u);
});

it("C4: the file says nothing of what was sold to whoever finds it", async () => {
  const bytes = await readFile(saved.path);
  expect(bytes.subarray(0, 4).toString("latin1")).toBe("GTX1");
  expect(bytes.toString("latin1")).not.toContain("cash");
  expect(bytes.toString("latin1")).not.toContain("CNY");
});

it("I3 I5: its profile is deleted; the office imports the file, and both sales are in the books", async () => {
  pictures();
  await lost.remove();
  await server.start();
  await owner.page.goto(`${server.url}/office/import`);
  await owner.page.getByLabel("选文件").setInputFiles(saved.path);
  await owner.page.getByText(/^新记\d+条，原有0条。$/u).waitFor();
  const rows = await salesInTheOffice();
  expect(rows.filter((row) => row.includes("¥38.00"))).toHaveLength(1);
  expect(rows.filter((row) => row.includes("¥12.00"))).toHaveLength(1);
  await openSale();
  await owner.page.getByText("账期").first().waitFor();
});

it("I3: the same entries by another till that carries the file: signed for, and nothing twice", async () => {
  pictures();
  const activation = await owner.addTill("2号机");
  holdBeforeCamera(video, activation);
  const cashier = new Cashier(await other.start({ cameraVideo: video }));
  await cashier.enrol(server.url);
  await cashier.goTo("更多");
  await cashier.press("存成文件");
  await other.page().locator('input[type="file"]').setInputFiles(saved.path);
  await cashier.expectToSee(/服务器已签收：新记0条，原有\d+条/u);
  const rows = await salesInTheOffice();
  expect(rows.filter((row) => row.includes("¥38.00"))).toHaveLength(1);
  expect(rows.filter((row) => row.includes("¥12.00"))).toHaveLength(1);
});

it("a damaged file is refused by name at both doors", async () => {
  pictures();
  const bytes = await readFile(saved.path);
  const at = bytes.length - 10;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  const damaged = join(folder, "damaged.gtx");
  await writeFile(damaged, bytes);
  await owner.page.goto(`${server.url}/office/import`);
  await owner.page.getByLabel("选文件").setInputFiles(damaged);
  await owner.page.getByText("文件有损坏，没有导入").waitFor();
  await other.page().locator('input[type="file"]').setInputFiles(damaged);
  await new Cashier(other.page()).expectToSee("服务器没有收：文件损坏了");
});

it("B10: the receipt's number and digits are found in the office; made-up digits are not", async () => {
  pictures();
  await owner.page.goto(`${server.url}/office/sales`);
  await openSale();
  const head = (await owner.page.locator("code.hash strong").innerText()).trim();
  const seq = await owner.page.locator("dt", { hasText: "序号" }).locator("+ dd").innerText();
  await owner.page.goto(`${server.url}/office/import`);
  await owner.fill("号码", seq.trim());
  await owner.fill("校验（8位）", head);
  await owner.press("核对");
  await owner.page.getByText("在账里。", { exact: true }).waitFor();
  await owner.fill("校验（8位）", "00000000");
  await owner.press("核对");
  const answer = owner.page.getByText(/^(?:不在账里：|还没有：)/u);
  await answer.waitFor();
  expect(await answer.count()).toBe(1);
});
