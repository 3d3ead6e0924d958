import { expect, it } from "vitest";
import { setScene } from "./scene.ts";
import { type Cashier, holdBeforeCamera } from "./shopkeeper.ts";

/** A tablet is activated anew while a sale is on it alone: it says so at every door, and the sale arrives. */
const scene = setScene("renewal", "tablet");
let cashier: Cashier;

it("a tablet sells, and the connection sheet says that everything is on the server", async () => {
  cashier = await scene.enrol("tablet", await scene.openShop());
  await cashier.programKept();
  await cashier.takeCash("12", "¥12.00");
  await cashier.expectAllDelivered();
  await cashier.press("去收款");
});

it("I12: with a sale on this tablet alone, every door that could lose it says its sum first", async () => {
  await scene.server.stop();
  await cashier.takeCash("38", "¥38.00");
  await cashier.goTo("更多");
  await cashier.expectToSee("现在卸载柜台或清除浏览数据，会丢掉1笔¥38.00");
  // «Back» leads to where the way to the files began.
  await cashier.press("存成文件");
  await cashier.expectToSee("没上传的账，存成文件");
  await cashier.press("返回");
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
  await scene.server.start();
  holdBeforeCamera(scene.video, await scene.owner.activateAnew("1号机", /换了平板/u));
  await cashier.goTo("更多");
  await cashier.press("重新启用");
  await cashier.enrolAnew();
  await cashier.takeCash("9", "¥9.00");
  await cashier.expectAllDelivered();
  expect(await scene.owner.soldMinor()).toEqual([900, 1200, 3800]);
  await scene.owner.page.getByText("账期2").first().waitFor();
});
