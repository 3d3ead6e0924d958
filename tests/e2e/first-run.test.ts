import { expect, it } from "vitest";
import { setScene } from "./scene.ts";
import { holdBeforeCamera, Interactions } from "./shopkeeper.ts";

const scene = setScene("first-run", "tablet");

it("G7 G10 C2: from the printed link to the first accepted code in at most 15 interactions", async () => {
  const count = new Interactions();
  const activation = await scene.openShop(count);
  const cashier = await scene.enrol("tablet", activation, count);
  const { server, laptop, owner } = scene;

  // The office has noticed by itself and asks for nothing but the amount.
  await owner.page.getByText("现在发一张付款码试试").waitFor();
  const code = await owner.issue("38");
  // The setting and the code reach the till within seconds by themselves (G11).
  holdBeforeCamera(scene.video, code.qrText);
  await cashier.press("扫码");
  await cashier.expectToSee("请顾客输入密码");
  await cashier.typeSecret(code.generatedPassword, "the code's password");
  await cashier.press("确认");
  await cashier.expectToSee("已收款");
  await cashier.expectToSee("¥38.00");

  expect(count.done.length, count.done.join("\n")).toBeLessThanOrEqual(15);
  await owner.page.getByText("已用").first().waitFor();

  const foreign = [...laptop.requested, ...scene.tablets.tablet.requested].filter(
    (address) =>
      !address.startsWith(server.url) &&
      !address.startsWith(`blob:${server.url}`) &&
      address !== "about:blank",
  );
  expect(foreign, "no request to any third party").toEqual([]);
  for (const secret of [code.qrText, code.number, code.generatedPassword, activation]) {
    expect(server.output()).not.toContain(secret);
  }
});
