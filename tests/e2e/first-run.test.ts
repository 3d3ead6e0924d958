import { rm } from "node:fs/promises";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { pictureOnFailure } from "./failure-pictures.ts";
import { prepareServer, type ServerProcess } from "./server-process.ts";
import { Cashier, cameraFile, holdBeforeCamera, Interactions, Owner } from "./shopkeeper.ts";
import { prepareTablet, type Tablet } from "./tablet.ts";

let folder: string;
let server: ServerProcess;
let laptop: Tablet;
let tablet: Tablet;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "guitai-first-run-"));
  server = await prepareServer();
  laptop = await prepareTablet();
  tablet = await prepareTablet();
  await server.start();
});

afterAll(async () => {
  await Promise.all([laptop.remove(), tablet.remove()]);
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

it("G7 G10 C2: from the printed link to the first accepted code in at most 15 interactions", async () => {
  pictureOnFailure({ laptop: () => laptop, tablet: () => tablet });
  const count = new Interactions();
  const owner = new Owner(await laptop.start(), count);
  const activation = await owner.createShop(server.setupLink());

  const video = cameraFile(folder);
  holdBeforeCamera(video, activation);
  const cashier = new Cashier(await tablet.start({ cameraVideo: video }), count);
  await cashier.enrol(server.url);

  // The office has noticed by itself and asks for nothing but the amount.
  await owner.page.getByText("现在发一张付款码试试").waitFor();
  const code = await owner.issue("38");
  // The setting and the code reach the till within seconds by themselves (G11).
  holdBeforeCamera(video, code.qrText);
  await cashier.press("扫码");
  await cashier.expectToSee("请顾客输入密码");
  await cashier.typeSecret(code.generatedPassword, "the code's password");
  await cashier.press("确认");
  await cashier.expectToSee("已收款");
  await cashier.expectToSee("¥38.00");

  expect(count.done.length, count.done.join("\n")).toBeLessThanOrEqual(15);
  await owner.page.getByText("已用").first().waitFor();

  const foreign = [...laptop.requested, ...tablet.requested].filter(
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
