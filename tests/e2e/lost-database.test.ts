import { expect, it } from "vitest";
import { setScene } from "./scene.ts";
import { Cashier, holdBeforeCamera } from "./shopkeeper.ts";

/** The browser has thrown the till's database away: the second copy stands, and not a fen is lost. */
const scene = setScene("lost-database", "tablet");
let cashier: Cashier;

it("a tablet sells: one sale reaches the server, one is on the tablet alone", async () => {
  cashier = await scene.enrol("tablet", await scene.openShop());
  await cashier.programKept();
  await cashier.takeCash("12", "¥12.00");
  await cashier.expectAllDelivered();
  await cashier.press("去收款");
  await scene.server.stop();
  await cashier.takeCash("38", "¥38.00");
  await scene.tablets.tablet.close();
});

it("I12: with its database gone the till says what the copy holds, and sells nothing on an empty book", async () => {
  await scene.server.start();
  holdBeforeCamera(scene.video, await scene.owner.activateAnew("1号机", /数据没了/u));
  cashier = new Cashier(await scene.tablets.tablet.start({ cameraVideo: scene.video }));
  await cashier.open(`${scene.server.url}/healthz`);
  await cashier.page.evaluate(
    () =>
      new Promise<void>((done, failed) => {
        const request = indexedDB.deleteDatabase("guitai");
        request.onsuccess = () => done();
        request.onerror = () => failed(request.error ?? new Error("not deleted"));
      }),
  );
  await cashier.open(scene.server.url);
  await cashier.expectToSee("本机的数据不见了");
  await cashier.expectToSee("2笔¥50.00还没有上传");
  // Export first, repair second.
  await cashier.page.getByRole("button", { name: "存成文件" }).waitFor();
});

it("I2 I12: activated again, what only the copy held arrives under the epoch it was signed in", async () => {
  await cashier.enrolAnew();
  await cashier.expectAllDelivered();
  expect(await scene.owner.soldMinor()).toEqual([1200, 3800]);
});
