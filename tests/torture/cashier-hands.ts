// What the cashier does on the glass: signs in, and sells for cash key by key.
import type { Page } from "playwright-core";
import { deafMs } from "../../src/till/parts/deaf-time.ts";

/** Neither a run nor a repeat nor in the list of common ones. */
export const PIN = "907315";

/** What the screen says of a paid sale: number, and the first of its head's hash (B10). */
export interface PaidOnScreen {
  readonly number: string;
  readonly headHex: string;
}

const screen = (page: Page, name: string): ReturnType<Page["locator"]> =>
  page.locator(`[data-screen="${name}"]`);

async function press(act: ReturnType<Page["locator"]>): Promise<void> {
  await act.waitFor();
  // The primary of a screen that just changed is deaf (UX §6): the hand comes down after it.
  await act.evaluate(async (_element, ms) => {
    const cameMs = performance.now();
    while (performance.now() - cameMs < ms) await new Promise(requestAnimationFrame);
  }, deafMs + 20);
  await act.click();
}

async function typeDigits(page: Page, name: string, digits: string): Promise<void> {
  const pad = screen(page, name).locator(".column__pad");
  for (const digit of digits) await pad.getByRole("button", { name: digit, exact: true }).click();
}

/** Sets the operator's first PIN. */
export async function setPin(page: Page): Promise<void> {
  await page.getByText("Choose a PIN").first().waitFor();
  const pad = page.locator(".column__pad");
  for (const digit of PIN) await pad.getByRole("button", { name: digit, exact: true }).click();
  await page.getByText("Enter it again").first().waitFor();
  for (const digit of PIN) await pad.getByRole("button", { name: digit, exact: true }).click();
  await screen(page, "sell").waitFor();
}

/** Signs the operator in after a start. Throws a `TimeoutError` when the lock never comes. */
export async function unlock(page: Page, limitMs: number): Promise<void> {
  await screen(page, "lock").waitFor({ timeout: limitMs });
  await typeDigits(page, "lock", PIN);
  await screen(page, "sell").waitFor();
}

/** After a till was enrolled again: its PIN may have gone with its data. */
export async function setPinOrSignIn(page: Page, limitMs: number): Promise<void> {
  await page
    .getByText(/Choose a PIN|Enter your PIN/u)
    .first()
    .waitFor({ timeout: limitMs });
  if (await page.getByText("Choose a PIN").first().isVisible()) await setPin(page);
  else await unlock(page, limitMs);
}

/** Sells for exactly so many whole units of cash and answers what the paid screen says; leaves it open. */
export async function sellForCash(page: Page, units: number): Promise<PaidOnScreen> {
  await typeDigits(page, "sell", String(units));
  await press(screen(page, "sell").locator(".column__primary button"));
  await press(screen(page, "tender").getByRole("button", { name: /^Cash/u }));
  await press(screen(page, "cash").locator(".column__primary button"));
  const paid = screen(page, "paid");
  await paid.waitFor();
  const words = await paid.locator(".column__pad").innerText();
  const number = /\b(\d+-\d+)\b/u.exec(words)?.[1] ?? "";
  const headHex = /\b([0-9a-f]{8})\b/u.exec(words)?.[1] ?? "";
  return { number, headHex };
}

/** On to the next customer. */
export async function nextSale(page: Page): Promise<void> {
  await press(screen(page, "paid").locator(".column__primary button"));
  await screen(page, "sell").waitFor();
}

/** Types a code's password on the pad that is open for it, and confirms. Done when it is paid. */
export async function enterPassword(page: Page, digits: string): Promise<void> {
  await screen(page, "password").waitFor();
  await typeDigits(page, "password", digits);
  await press(screen(page, "password").locator(".column__primary button"));
  await screen(page, "paid").waitFor();
}
