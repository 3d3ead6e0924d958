import { expect, it } from "vitest";
import { setScene } from "./scene.ts";
import { Cashier, holdBeforeCamera, type IssuedOnPage } from "./shopkeeper.ts";

/** The story the till exists for: the network is gone, and the money is not. */
const scene = setScene("outage", "tablet", "second");
let code: IssuedOnPage;

it("G9 G10: the owner sets the policy, issues ¥38.00 with a password of their own, and enrols a tablet", async () => {
  const activation = await scene.openShop();
  await scene.owner.setPasswordAlways();
  code = await scene.owner.issueTyped("38", "290684");
  const cashier = await scene.enrol("tablet", activation);
  // Until everything the till needs in an outage is on it: its settings, the code's lease, the program
  // itself.
  await cashier.expectToSee("已连接");
  await cashier.programKept();
});

it("C1 C4 C6 G5: with the server stopped and the browser killed, the code is taken by camera and password", async () => {
  await scene.server.stop();
  await scene.tablets.tablet.kill();
  holdBeforeCamera(scene.video, code.qrText);
  const cashier = await scene.turnOn("tablet");
  await cashier.enterAmount("38");
  await cashier.press(/^收款¥38/u);
  await cashier.expectToSee("请顾客输入密码");
  await cashier.typeSecret("290685", "a wrong password");
  await cashier.press("确认");
  await cashier.expectToSee("密码不对，还可试4次");
  await cashier.typeSecret("290684", "the right password");
  await cashier.press("确认");
  await cashier.expectToSee("已收款");
  // The instant it says paid the battery is pulled: what was shown must be on disk (I1, B1).
  await scene.tablets.tablet.kill();
});

it("I1 B1: after the kill the sale is there, on this till only, and the code is spent", async () => {
  const cashier = await scene.turnOn("tablet");
  await cashier.expectToSee(/未上传1笔¥38\.00/u);
  await cashier.goTo("记录");
  await cashier.expectToSee("仅在本机");
  await cashier.goTo("收款");
  await cashier.press("扫码");
  await cashier.expectToSee(/此码已用.*¥38\.00/u);
});

it("C5 I2 I3: when the server is back the sale arrives once, the office shows it, the code is spent", async () => {
  await scene.server.start();
  const cashier = new Cashier(scene.tablets.tablet.page());
  await cashier.goTo("记录");
  await cashier.expectToSee("已到服务器");
  await scene.owner.page.goto(`${scene.server.url}/office/sales`);
  await scene.owner.page.getByText("¥38.00").first().waitFor();
  expect(await scene.owner.page.getByRole("row").filter({ hasText: "¥38.00" }).count()).toBe(1);
  await scene.owner.page.goto(`${scene.server.url}/office/codes/${code.id}`);
  await scene.owner.page.getByText("已用").first().waitFor();
});

it("I8: a second till refuses the same code with the reason", async () => {
  const cashier = await scene.enrol("second", await scene.owner.addTill("2号机"));
  holdBeforeCamera(scene.video, code.qrText);
  await cashier.press("扫码");
  await cashier.expectToSee(/此码已用/u);
  await cashier.expectToSee(/¥38\.00/u);
});

it("no secret, PIN, password or whole code stands in the server's log, and nothing went to a third party", () => {
  const { server, laptop, tablets } = scene;
  const log = server.output();
  for (const secret of [code.qrText, code.number, "290684", "290685", "907315"])
    expect(log).not.toContain(secret);
  const foreign = [...laptop.requested, ...tablets.tablet.requested, ...tablets.second.requested].filter(
    (address) => !address.startsWith(server.url) && !address.startsWith("blob:") && address !== "about:blank",
  );
  expect(foreign).toEqual([]);
});
