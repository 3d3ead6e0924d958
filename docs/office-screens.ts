// Opens every page of the office, with the data of a shop that has sold.
import type { Page as Rows, CodeRow, SaleListRow } from "#protocol/office-api.ts";
import type { LossesAnswer, QuarantineAnswer } from "#protocol/office-losses-api.ts";
import { takeOfficeSecrets } from "./office-secret-screens.ts";
import { officeViewports, type PictureBook, phone } from "./picture-book.ts";
import type { Shop } from "./shop-for-pictures.ts";

export async function takeOffice(book: PictureBook, shop: Shop): Promise<void> {
  const { owner, tillId, secondTillId } = shop;
  const { page, texts } = owner;
  const open = async (path: string, name: string, dark = false): Promise<void> => {
    await owner.open(path);
    await book.office(page, name, { viewports: officeViewports, dark });
  };
  await open("/office", "today", true);
  await page.setViewportSize(phone);
  await owner.press(texts.app.menu);
  await book.office(page, "menu", { viewports: [phone] });
  await owner.press(texts.app.closeMenu);
  await open("/office/sales", "sales");
  const sales = await owner.ask<Rows<SaleListRow>>("GET", "/sales?limit=50");
  const byCode = sales.rows.find((sale) => sale.method === "payment-code");
  if (byCode) await open(`/office/sales/${byCode.id}`, "sale");
  await open("/office/codes", "codes");
  const codes = await owner.ask<Rows<CodeRow>>("GET", "/codes?limit=50");
  for (const state of ["spent", "expired"] as const) {
    const code = codes.rows.find((row) => row.state === state);
    if (code) await open(`/office/codes/${code.id}`, `code-${state}`);
  }
  await owner.open("/office/codes/new");
  await owner.fill(texts.issue.amount, "38");
  await page.getByText(texts.issue.more).click();
  await book.office(page, "code-new");
  await owner.press(texts.issue.actFor("¥38.00"));
  await page.locator(".code__symbols").waitFor();
  await book.office(page, "code");
  await open("/office/methods", "methods");
  await page.getByLabel(texts.policy.above, { exact: true }).check();
  await book.office(page, "methods-changed");
  await takeOfficeSecrets(book, shop);
  await owner.open("/office");
  await open("/office/tills", "tills");
  await open("/office/tills/new", "till-new");
  await open(`/office/tills/${tillId}`, "till");
  await open(`/office/tills/${secondTillId}`, "till-activation-before");
  // The till has sold before: why it is activated again is asked first.
  await page.getByRole("radio", { name: texts.losses.renewal.reasons.replaced }).check();
  await book.office(page, "till-activation-reason");
  await owner.press(texts.till.show);
  await page.locator(".activation__symbol").waitFor();
  await book.office(page, "till-activation");
  await open("/office/losses", "losses");
  const { rows: losses } = await owner.ask<LossesAnswer>("GET", "/losses");
  for (const { id } of losses.slice(0, 1)) await open(`/office/losses/${id}`, "loss");
  const { rows: branches } = await owner.ask<QuarantineAnswer>("GET", "/quarantine");
  for (const { id } of branches.slice(0, 1)) await open(`/office/quarantine/${id}`, "quarantine");
  await open("/office/settings", "settings");
  await open("/office/nowhere", "unknown");
}

/** The same program at an address that browsers call insecure. */
export async function takeInsecureOffice(book: PictureBook, shop: Shop, url: string): Promise<void> {
  const { page } = shop.owner;
  await page.goto(`${url}/office`);
  await page.getByRole("heading").first().waitFor();
  await book.office(page, "insecure");
}
