import type { CDPSession } from "playwright-core";
import { expect, it } from "vitest";
import { setScene } from "./scene.ts";
import type { Cashier } from "./shopkeeper.ts";

/** The tablet's disk fills up in the middle of a day: nothing taken is lost, nothing is begun in vain. */
const scene = setScene("full-disk", "tablet");
let cashier: Cashier;
let browser: CDPSession;

/** The browser has so much left for the till, by its own reckoning; null: as much as it likes. */
async function leaveRoom(bytes: number | null): Promise<void> {
  const { origin } = new URL(scene.server.url);
  const { usage } = await browser.send("Storage.getUsageAndQuota", { origin });
  const room = bytes === null ? {} : { quotaSize: Math.ceil(usage + bytes) };
  await browser.send("Storage.overrideQuotaForOrigin", { origin, ...room });
}

/**
 * Writes into a database of the same origin; says how that ended. The browser reckons its room anew
 * every half a minute only, so a full disk is felt when this is refused.
 */
function tryToWrite(bytes: number): Promise<string> {
  return cashier.page.evaluate(
    (size) =>
      new Promise<string>((done) => {
        const opening = indexedDB.open("room", 1);
        opening.onupgradeneeded = () => opening.result.createObjectStore("bytes", { autoIncrement: true });
        opening.onerror = () => done(opening.error?.name ?? "not opened");
        opening.onsuccess = () => {
          const writing = opening.result.transaction("bytes", "readwrite");
          writing.objectStore("bytes").put(crypto.getRandomValues(new Uint8Array(size)));
          const end = (how: string): void => {
            opening.result.close();
            done(how);
          };
          writing.oncomplete = () => end("written");
          writing.onabort = () => end(writing.error?.name ?? "given up");
        };
      }),
    bytes,
  );
}

it("a tablet sells on a disk with room", async () => {
  cashier = await scene.enrol("tablet", await scene.openShop());
  await cashier.programKept();
  browser = await cashier.page.context().newCDPSession(cashier.page);
  await cashier.takeCash("12", "¥12.00");
  await cashier.expectAllDelivered();
  await cashier.press("去收款");
});

it("G16: a browser that will not promise to keep the data is named; once it does, the till says so", async () => {
  await cashier.goTo("更多");
  await cashier.expectToSee("浏览器没有答应保留本机的数据");
  await cashier.press("请浏览器保留");
  await cashier.expectToSee("浏览器还是没有答应");
  // As when the till is put on the home screen.
  const { origin } = new URL(scene.server.url);
  await browser.send("Browser.grantPermissions", { origin, permissions: ["durableStorage"] });
  await cashier.press("请浏览器保留");
  await cashier.expectToSee("浏览器答应了，数据会保留。");
  await cashier.page.getByText("已设为持久").filter({ visible: true }).waitFor();
  await cashier.press("去收款");
});

it("G16: the disk takes nothing more while a sale is open: it gets on disk out of the reserve, and the next is stopped plainly", async () => {
  await cashier.enterAmount("38");
  await cashier.press("收款¥38.00");
  await cashier.page.locator(".method", { hasText: "现金" }).click();
  await leaveRoom(0);
  // What is left is filled up: by large pieces, then by small ones.
  for (const bytes of [65_536, 8192, 1024])
    await expect
      .poll(() => tryToWrite(bytes), { timeout: 120_000, interval: 500 })
      .toBe("QuotaExceededError");
  await cashier.press("收现金¥38.00");
  await cashier.expectToSee("已收款");
  await cashier.press("下一单");
  await cashier.page.locator('[data-screen="storage-full"]').waitFor();
  await cashier.expectToSee("存储满了，先不开新单");
  await cashier.press("再看看");
  await cashier.expectToSee("还是满的。");
});

it("G16: room again: the same till goes on selling, and every sale arrives once", async () => {
  await leaveRoom(null);
  await cashier.press("再看看");
  await cashier.takeCash("9", "¥9.00");
  await cashier.expectAllDelivered();
  expect(await scene.owner.soldMinor()).toEqual([900, 1200, 3800]);
});
