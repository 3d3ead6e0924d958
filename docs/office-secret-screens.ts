// Opens the office's pages about people, PINs, passwords and how a till guards them.
import type { OperatorRow } from "#protocol/office-secrets-api.ts";
import { type PictureBook, tablet } from "./picture-book.ts";
import type { Shop } from "./shop-for-pictures.ts";

const cashier = { "zh-CN": "小陈", en: "Alexandra" } as const;

/** Takes them in the order in which an owner meets them. Rejects when the server refuses one of the acts. */
export async function takeOfficeSecrets(book: PictureBook, shop: Shop): Promise<void> {
  const { owner, tillId } = shop;
  const { page, texts } = owner;
  const { form, methods, person, people, unlock, vault } = texts.secrets;
  await owner.open("/office/people/new");
  await book.office(page, "person-new");
  const added = await owner.ask<OperatorRow>("POST", "/secrets/operators", {
    name: cashier[book.language],
    role: "cashier",
  });
  await owner.open(`/office/people/${added.id}`);
  await owner.press(person.setFirst);
  await page.locator(".secret__text").waitFor();
  await book.office(page, "person-pin-made");
  await owner.press(form.hide);
  await page.getByLabel(form.typed).check();
  await owner.fill(person.newPin, "12348");
  await book.office(page, "person-pin-typed");
  await owner.open("/office/people");
  await book.office(page, "people");

  await owner.ask("PUT", "/secrets/methods/payment-code/policy", {
    ask: "above",
    aboveMinor: 20_000,
    kind: "letters",
  });
  await owner.open("/office/methods/payment-code");
  await book.office(page, "method-without-password");
  await owner.press(methods.setFirst);
  await page.locator(".secret__text").waitFor();
  await book.office(page, "method-password-made");
  await owner.press(form.hide);
  await page.getByLabel(form.typed).check();
  await owner.fill(methods.newPassword, "tea+hut8");
  await page.locator(".strength__words [role=status]:not(:empty)").waitFor();
  await book.office(page, "method-password-typed");
  await owner.open("/office/methods");
  await book.office(page, "methods-passwords");
  // As a shop begins: what comes after these pictures asks for no password of the shop's.
  await owner.ask("POST", "/secrets/methods/payment-code/password/withdraw");
  await owner.ask("PUT", "/secrets/methods/payment-code/policy", {
    ask: "never",
    aboveMinor: 0,
    kind: "digits",
  });

  await owner.open("/office/unlock");
  await page.getByLabel(unlock.till).selectOption(tillId);
  await page.getByLabel(unlock.who).selectOption({ label: cashier[book.language] });
  await owner.fill(unlock.asked, "4029 1738");
  await owner.press(unlock.act);
  await page.locator(".unlock__digits").waitFor();
  await book.office(page, "unlock");

  await owner.open(`/office/protection/${tillId}`);
  await page.getByLabel(vault.levels["server-half"]).check();
  await book.office(page, "protection");
  await page.getByLabel(vault.leases.hours(72)).check();
  await book.office(page, "protection-lease", { viewports: [tablet] });
  await owner.ask("POST", `/secrets/operators/${added.id}`, { active: false });
  await owner.open(`/office/people/${added.id}`);
  await page.getByText(people.retired).first().waitFor();
  await book.office(page, "person-retired");
}
