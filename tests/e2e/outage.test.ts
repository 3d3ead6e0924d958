import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { pictureOnFailure } from "./failure-pictures.ts";
import { prepareServer, type ServerProcess } from "./server-process.ts";
import { cameraFile, Cashier, holdBeforeCamera, type IssuedOnPage, Owner } from "./shopkeeper.ts";
import { prepareTablet, type Tablet } from "./tablet.ts";

/** The story the till exists for: the network is gone, and the money is not. */
let folder: string;
let video: string;
let server: ServerProcess;
let laptop: Tablet;
let tablet: Tablet;
let second: Tablet;
let owner: Owner;
let code: IssuedOnPage;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "guitai-outage-"));
  video = cameraFile(folder);
  server = await prepareServer();
  [laptop, tablet, second] = await Promise.all([prepareTablet(), prepareTablet(), prepareTablet()]);
  await server.start();
});

afterAll(async () => {
  await Promise.all([laptop.remove(), tablet.remove(), second.remove()]);
  await server.remove();
  await rm(folder, { recursive: true, force: true });
});

const pictures = (): void => {
  pictureOnFailure({ laptop: () => laptop, tablet: () => tablet, second: () => second });
};

/** Turns the tablet on at the till's address and signs the operator in. */
async function turnOn(which: Tablet): Promise<Cashier> {
  const cashier = new Cashier(await which.start({ cameraVideo: video }));
  await cashier.open(server.url);
  await cashier.unlock();
  return cashier;
}

it("G9 G10: the owner sets the policy, issues ¥38.00 with a password of their own, and enrols a tablet", async () => {
  pictures();
  owner = new Owner(await laptop.start());
  const activation = await owner.createShop(server.setupLink());
  await owner.setPasswordAlways();
  code = await owner.issueTyped("38", "290684");
  holdBeforeCamera(video, activation);
  const cashier = new Cashier(await tablet.start({ cameraVideo: video }));
  await cashier.enrol(server.url);
  // Until everything the till needs in an outage is on it: its settings, the code's lease, the program
  // itself.
  await cashier.expectToSee("已连接");
  await cashier.programKept();
});

it("C1 C4 C6 G5: with the server stopped and the browser killed, the code is taken by camera and password", async () => {
  pictures();
  await server.stop();
  await tablet.kill();
  holdBeforeCamera(video, code.qrText);
  const cashier = await turnOn(tablet);
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
  await tablet.kill();
});

it("I1 B1: after the kill the sale is there, on this till only, and the code is spent", async () => {
  pictures();
  const cashier = await turnOn(tablet);
  await cashier.expectToSee(/未上传1笔¥38\.00/u);
  await cashier.goTo("记录");
  await cashier.expectToSee("仅在本机");
  await cashier.goTo("收款");
  await cashier.press("扫码");
  await cashier.expectToSee(/此码已用.*¥38\.00/u);
});

it("C5 I2 I3: when the server is back the sale arrives once, the office shows it, the code is spent", async () => {
  pictures();
  await server.start();
  const cashier = new Cashier(tablet.page());
  await cashier.goTo("记录");
  await cashier.expectToSee("已到服务器");
  await owner.page.goto(`${server.url}/office/sales`);
  await owner.page.getByText("¥38.00").first().waitFor();
  expect(await owner.page.getByRole("row").filter({ hasText: "¥38.00" }).count()).toBe(1);
  await owner.page.goto(`${server.url}/office/codes/${code.id}`);
  await owner.page.getByText("已用").first().waitFor();
});

it("I8: a second till refuses the same code with the reason", async () => {
  pictures();
  const activation = await owner.addTill("2号机");
  holdBeforeCamera(video, activation);
  const cashier = new Cashier(await second.start({ cameraVideo: video }));
  await cashier.enrol(server.url);
  holdBeforeCamera(video, code.qrText);
  await cashier.press("扫码");
  await cashier.expectToSee(/此码已用/u);
  await cashier.expectToSee(/¥38\.00/u);
});

it("no secret, PIN, password or whole code stands in the server's log, and nothing went to a third party", () => {
  const log = server.output();
  for (const secret of [code.qrText, code.number, "290684", "290685", "907315"])
    expect(log).not.toContain(secret);
  const foreign = [...laptop.requested, ...tablet.requested, ...second.requested].filter(
    (address) => !address.startsWith(server.url) && !address.startsWith("blob:") && address !== "about:blank",
  );
  expect(foreign).toEqual([]);
});
