import { expect, it } from "vitest";
import { setScene } from "./scene.ts";
import { Cashier, holdBeforeCamera, type IssuedOnPage } from "./shopkeeper.ts";

/** A code that every till has to ask for, while there is nobody to ask (PROTOCOL §11). */
const scene = setScene("online-only", "tablet");
let first: IssuedOnPage;
let second: IssuedOnPage;

it("B7: the owner sees what each way can cost, chooses «always ask», and issues codes nobody holds", async () => {
  const activation = await scene.openShop();
  const { owner } = scene;
  await owner.page.goto(`${scene.server.url}/office/methods`);
  await owner.page.getByLabel("断网也收，有限额", { exact: true }).check();
  await owner.page.getByText("最坏情况：1台机×¥500.00，一次断网最多亏¥500.00。").waitFor();
  await owner.page.getByLabel("每次都联网核对", { exact: true }).check();
  await owner.page.getByText("最坏情况：不会因一码两用而亏钱。").waitFor();
  await owner.press("保存");
  await owner.page.getByText("已保存。").waitFor();
  first = await owner.issueTyped("38", "290684");
  await owner.page
    .getByText("没有派给任何一台机，收码前先联网核对；断网时照「收款方式」里的规定。")
    .waitFor();
  second = await owner.issueTyped("12", "290684");
  const cashier = await scene.enrol("tablet", activation);
  await cashier.expectToSee("已连接");
  await cashier.programKept();
});

it("B7: the tablet knows that its network is gone: the code is refused by that name, and works when it is back", async () => {
  const cashier = new Cashier(scene.tablets.tablet.page());
  await scene.tablets.tablet.context().setOffline(true);
  await cashier.expectToSee("现金照常收，付款码要联网");
  holdBeforeCamera(scene.video, first.qrText);
  await cashier.press("扫码");
  await cashier.expectToSee("这个码要联网核对，现在连不上服务器。");
  await cashier.expectToSee("没有收款，付款码未使用。");
  await scene.tablets.tablet.context().setOffline(false);
  await cashier.press("再扫一次");
  await cashier.expectToSee("请顾客输入密码");
  // In the till's hand now: the office says so, and nobody else gets it.
  await scene.owner.page.goto(`${scene.server.url}/office/codes/${first.id}`);
  await scene.owner.page.getByText(/1号机正在收这个码/u).waitFor();
  await cashier.typeSecret("290684", "the password");
  await cashier.press("确认");
  await cashier.expectToSee("已收款");
  await cashier.press("下一单");
});

it("I10: the server does not answer: unknown, never failed; asked again by the same code it is paid", async () => {
  const cashier = new Cashier(scene.tablets.tablet.page());
  await scene.server.kill();
  holdBeforeCamera(scene.video, second.qrText);
  await cashier.press("扫码");
  await cashier.expectToSee("结果未知：已问服务器，没有等到回答。");
  expect(await cashier.page.getByText("失败").count()).toBe(0);
  await scene.server.start();
  await cashier.press("再扫一次");
  await cashier.expectToSee("请顾客输入密码");
  await cashier.typeSecret("290684", "the password");
  await cashier.press("确认");
  await cashier.expectToSee("已收款");
  await cashier.goTo("记录");
  await cashier.expectToSee("已到服务器");
  await scene.owner.page.goto(`${scene.server.url}/office/codes/${second.id}`);
  await scene.owner.page.getByText("已用").first().waitFor();
});
