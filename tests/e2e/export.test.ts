import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Page } from "playwright-core";
import { writeCameraVideo } from "../camera-video.ts";
import { assertNoOverflow } from "./overflow.ts";
import { setScene } from "./scene.ts";
import { Cashier } from "./shopkeeper.ts";

/** A tablet sells, saves what it could not deliver to a file, and is gone. The file brings the money home. */
const scene = setScene("export", "lost", "other");
let saved: { readonly name: string; readonly path: string };

/** A browser without a window for saving: what it downloads lands in the test's folder. */
async function savesAsDownload(page: Page): Promise<void> {
  await page.addInitScript(() => {
    Reflect.deleteProperty(globalThis, "showSaveFilePicker");
  });
  await page.reload();
}

async function salesInTheOffice(): Promise<readonly string[]> {
  await scene.owner.page.goto(`${scene.server.url}/office/sales`);
  await scene.owner.page.getByRole("heading", { name: "销售" }).first().waitFor();
  await scene.owner.page.getByText("¥38.00").first().waitFor();
  const rows = scene.owner.page.getByRole("row").filter({ hasText: "¥" });
  return await rows.allInnerTexts();
}

async function openSale(): Promise<void> {
  await scene.owner.page.getByRole("row").filter({ hasText: "¥38.00" }).getByRole("link").click();
}

it("I12: with the server stopped two sales are made, and saved to a file in Chromium", async () => {
  const cashier = await scene.enrol("lost", await scene.openShop());
  const { lost } = scene.tablets;
  await cashier.expectToSee("已连接");
  await cashier.programKept();
  writeCameraVideo({ file: scene.video, codes: [] });
  await savesAsDownload(lost.page());
  await cashier.unlock();
  await scene.server.stop();
  await cashier.takeCash("38", "¥38.00");
  await cashier.takeCash("12", "¥12.00");
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
  saved = { name: download.suggestedFilename(), path: join(scene.folder, "till.gtx") };
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
  await scene.tablets.lost.remove();
  await scene.server.start();
  await scene.owner.page.goto(`${scene.server.url}/office/import`);
  await scene.owner.page.getByLabel("选文件").setInputFiles(saved.path);
  await scene.owner.page.getByText(/^新记\d+条，原有0条。$/u).waitFor();
  const rows = await salesInTheOffice();
  expect(rows.filter((row) => row.includes("¥38.00"))).toHaveLength(1);
  expect(rows.filter((row) => row.includes("¥12.00"))).toHaveLength(1);
  await openSale();
  await scene.owner.page.getByText("账期").first().waitFor();
});

it("I3: the same entries by another till that carries the file: signed for, and nothing twice", async () => {
  const cashier = await scene.enrol("other", await scene.owner.addTill("2号机"));
  await cashier.goTo("更多");
  await cashier.press("存成文件");
  await scene.tablets.other.page().locator('input[type="file"]').setInputFiles(saved.path);
  await cashier.expectToSee(/服务器已签收：新记0条，原有\d+条/u);
  const rows = await salesInTheOffice();
  expect(rows.filter((row) => row.includes("¥38.00"))).toHaveLength(1);
  expect(rows.filter((row) => row.includes("¥12.00"))).toHaveLength(1);
});

it("a damaged file is refused by name at both doors", async () => {
  const bytes = await readFile(saved.path);
  const at = bytes.length - 10;
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  const damaged = join(scene.folder, "damaged.gtx");
  await writeFile(damaged, bytes);
  await scene.owner.page.goto(`${scene.server.url}/office/import`);
  await scene.owner.page.getByLabel("选文件").setInputFiles(damaged);
  await scene.owner.page.getByText("文件有损坏，没有导入").waitFor();
  await scene.tablets.other.page().locator('input[type="file"]').setInputFiles(damaged);
  await new Cashier(scene.tablets.other.page()).expectToSee("服务器没有收：文件损坏了");
});

it("B10: the receipt's number and digits are found in the office; made-up digits are not", async () => {
  await scene.owner.page.goto(`${scene.server.url}/office/sales`);
  await openSale();
  const head = (await scene.owner.page.locator("code.hash strong").innerText()).trim();
  const seq = await scene.owner.page.locator("dt", { hasText: "序号" }).locator("+ dd").innerText();
  await scene.owner.page.goto(`${scene.server.url}/office/import`);
  // As the paper prints it, by an input method that writes full-width digits.
  await scene.owner.fill("号码", `１－${seq.trim()}`);
  await scene.owner.fill("校验（8位）", head);
  await scene.owner.press("核对");
  await scene.owner.page.getByText("在账里。", { exact: true }).waitFor();
  await scene.owner.fill("校验（8位）", "00000000");
  await scene.owner.press("核对");
  const answer = scene.owner.page.getByText(/^(?:不在账里：|还没有：)/u);
  await answer.waitFor();
  expect(await answer.count()).toBe(1);
});
