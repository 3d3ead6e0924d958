import { describe, expect, it } from "vitest";
import type { MethodPolicy } from "#protocol/feed-secrets.ts";
import { BenchTill } from "./bench-till.ts";
import type { HandedCode } from "./handed-code.ts";
import { VaultOffice } from "./vault-office.ts";

const SHOPS = "Anlewu-38";
const NEXT = "Bidomi-72";
const OWN = "48159";
const DAY_MS = 86_400_000;

describe("G22: the shop's password for payment codes (DESIGN §6)", () => {
  it("asks as the owner set it, on his pad, and takes the code with it", async () => {
    const { till, office } = await shop({ ask: "always", kind: "letters" });
    await office.password("payment-code", SHOPS);
    const code = await plainCode(till);
    expect(await till.engine.presentScan(code.text)).toMatchObject({
      kind: "password",
      passwordKind: "letters",
    });
    expect(till.view.sale).toMatchObject({ state: "password", code: { password: "method" } });
    const pad = await till.openPad({ purpose: "code" });
    expect(pad).toMatchObject({ kind: "letters", fixedLength: null });
    expect(await till.enter(pad, SHOPS)).toMatchObject({ kind: "paid" });
  });

  it("adds a password above a sum, and none below it", async () => {
    const { till, office } = await shop({ ask: "above", aboveMinor: 3800 });
    await office.password("payment-code", SHOPS);
    const small = await plainCode(till, 3800);
    expect(await till.engine.presentScan(small.text)).toMatchObject({ kind: "paid" });
    const large = await plainCode(till, 3801);
    expect(await till.engine.presentScan(large.text)).toMatchObject({ kind: "password" });
  });

  it("two codes do not split a sale below the sum: what counts is the sale", async () => {
    const { till, office } = await shop({ ask: "above", aboveMinor: 3800 });
    await office.password("payment-code", SHOPS);
    const wish = { amountMinor: 2000, kind: "up-to", lease: till.known } as const;
    const codes = [await till.handed(wish), await till.handed(wish)];
    await till.engine.charge(4000);
    expect(await till.scanWithPassword(text(codes, 0), SHOPS)).toMatchObject({ kind: "part-paid" });
    expect(await till.engine.presentScan(text(codes, 1))).toMatchObject({ kind: "password" });
  });

  it("a code that names it asks even where the owner's rule does not, and binds it to no key", async () => {
    const { till, office } = await shop({ ask: "never" });
    await office.password("payment-code", SHOPS);
    const code = await till.handed({ rule: "method", lease: till.known });
    expect(await till.scanWithPassword(code.text, NEXT)).toMatchObject({
      refusal: { code: "password-wrong", triesLeft: 4 },
    });
    expect(await till.scanWithPassword(code.text, SHOPS)).toMatchObject({ kind: "paid" });
  });

  it("a code's own password replaces it: never two, and the shop's is wrong there", async () => {
    const { till, office } = await shop({ ask: "always" });
    await office.password("payment-code", SHOPS);
    const code = await till.handed({ password: OWN, lease: till.known });
    expect(await till.scanWithPassword(code.text, SHOPS)).toMatchObject({
      refusal: { code: "password-wrong" },
    });
    expect(await till.scanWithPassword(code.text, OWN)).toMatchObject({ kind: "paid" });
  });

  it("rotated: both are right for the overlap the owner chose, without a network, then the new one", async () => {
    const { till, office } = await shop({ ask: "always" });
    const version = await office.password("payment-code", SHOPS);
    await till.deliver();
    await office.endPassword("payment-code", SHOPS, version, till.world.ms + DAY_MS);
    await office.password("payment-code", NEXT, { version: version + 1 });
    const codes = [
      await plainCode(till),
      await plainCode(till),
      await plainCode(till),
      await plainCode(till),
    ];
    till.network.down = true;
    expect(await till.scanWithPassword(text(codes, 0), SHOPS)).toMatchObject({ kind: "paid" });
    expect(await till.scanWithPassword(text(codes, 1), NEXT)).toMatchObject({ kind: "paid" });
    till.world.pass(DAY_MS);
    expect(await till.scanWithPassword(text(codes, 2), SHOPS)).toMatchObject({
      refusal: { code: "password-wrong" },
    });
    // Set back, the clock revives nothing: the till's time stands where it was.
    till.clockOffsetMs = -2 * DAY_MS;
    expect(await till.scanWithPassword(text(codes, 2), SHOPS)).toMatchObject({
      refusal: { code: "password-wrong" },
    });
    expect(await till.scanWithPassword(text(codes, 3), NEXT)).toMatchObject({ kind: "paid" });
  });

  it("G24: wrong ones count against the code before they are looked at, never against the method", async () => {
    const { till, office } = await shop({ ask: "always" });
    await office.password("payment-code", SHOPS);
    const one = await plainCode(till);
    let counted = -1;
    till.pinHands.hold = async () => {
      counted = (await till.db.attempts.get(`code:${one.cti}`))?.count ?? 0;
    };
    await till.scanWithPassword(one.text, NEXT);
    expect(counted).toBe(1);
    await till.db.attempts.put({ key: `code:${one.cti}`, count: 10 });
    await till.engine.presentScan(one.text);
    expect(await till.engine.openPad({ purpose: "code" })).toMatchObject({
      refusal: { code: "password-locked" },
    });
    await till.engine.cancelSale();
    const two = await plainCode(till);
    till.world.pass(30_000);
    expect(await till.scanWithPassword(two.text, SHOPS)).toMatchObject({ kind: "paid" });
  });

  it("asked for and not here yet, the code is refused by name before the server is asked for it", async () => {
    const { till } = await shop({ ask: "always" });
    const code = await till.handed({ lease: null });
    expect(await till.engine.presentScan(code.text)).toMatchObject({
      kind: "refused",
      refusal: { code: "password-absent" },
    });
    expect(await till.lastBody()).toMatchObject({ kind: "refusal", code: "password-absent" });
    expect(await till.db.claims.count()).toBe(0);
  });

  it("a wallet's code stays refused by its name, whatever password the owner set for it", async () => {
    const till = await BenchTill.ready();
    const office = await VaultOffice.of(till);
    till.server.publish({ type: "method-policy", method: "wallet-code", ask: "always", ...DIGITS });
    await office.password("wallet-code", OWN);
    await till.deliver();
    expect(await till.engine.presentScan("134567890123456789")).toMatchObject({
      refusal: { code: "wallet-code" },
    });
  });
});

const DIGITS = { aboveMinor: 0, kind: "digits" } as const;

async function shop(rule: Partial<MethodPolicy>): Promise<{ till: BenchTill; office: VaultOffice }> {
  const till = await BenchTill.ready();
  const office = await VaultOffice.of(till);
  till.server.publish({ type: "method-policy", method: "payment-code", ask: "never", ...DIGITS, ...rule });
  await till.deliver();
  return { till, office };
}

/** A code without a password of its own. */
function plainCode(till: BenchTill, amountMinor = 3800): Promise<HandedCode> {
  return till.handed({ amountMinor, lease: till.known });
}

function text(codes: readonly HandedCode[], at: number): string {
  return codes[at]?.text ?? "";
}
