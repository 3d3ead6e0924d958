import { describe, expect, it } from "vitest";
import { shortId, newId } from "#protocol/ids.ts";
import { codeText, CODE_PREFIX } from "#protocol/payment-code-bytes.ts";
import { randomBytes, utf8 } from "#protocol/bytes.ts";
import { toBase32 } from "#protocol/base32.ts";
import { goodCode, coseOf, withPayload } from "../protocol/code-maker.ts";
import { openShop } from "../protocol/shop.ts";
import { BenchTill, quickArgon2, realArgon2 } from "./bench-till.ts";
import { START_MS } from "./tablet.ts";
import type { HandedCode } from "./handed-code.ts";
import { strangersKey } from "./stand-in-answers.ts";
import type { CodeWish } from "./stand-in-server.ts";

const PASSWORD = "48159";

interface Case {
  readonly name: string;
  readonly refusal: string;
  readonly wish?: CodeWish;
  readonly meddle?: (till: BenchTill, code: HandedCode) => Promise<string> | string;
  readonly due?: number;
}

const DAY_MS = 86_400_000;

const CASES: readonly Case[] = [
  { name: "nothing was read", refusal: "empty", meddle: () => "  " },
  { name: "9 KB of noise", refusal: "too-long", meddle: () => "Ж".repeat(9000) },
  { name: "4 KB of noise", refusal: "not-a-code", meddle: () => toBase32(randomBytes(2500)) },
  { name: "a wallet code", refusal: "wallet-code", meddle: () => "134567890123456789" },
  { name: "an EAN", refusal: "product-code", meddle: () => "6901234567892" },
  { name: "an activation code", refusal: "activation-code", meddle: (till) => till.scanned },
  { name: "a web address", refusal: "not-a-code", meddle: () => "https://example.com/pay" },
  { name: "a code cut short", refusal: "malformed", meddle: (_till, code) => code.text.slice(0, 200) },
  {
    name: "our prefix over noise",
    refusal: "malformed",
    meddle: () => CODE_PREFIX + toBase32(utf8("not a code at all, only long enough")),
  },
  {
    name: "a typed number with a slip",
    refusal: "number-mistyped",
    meddle: (_t, code) => swapped(code.digits),
  },
  { name: "another algorithm", refusal: "wrong-algorithm", meddle: (till) => withHeader(till, { alg: -37 }) },
  {
    name: "a key nobody knows under our name",
    refusal: "unknown-key",
    meddle: (till) => withHeader(till, { kid: randomBytes(8) }),
  },
  {
    name: "another merchant's code",
    refusal: "another-merchant",
    meddle: (till) => withHeader(till, { kid: randomBytes(8), issuer: shortId(newId()) }),
  },
  { name: "a stranger's signature", refusal: "bad-signature", meddle: (till) => withHeader(till, {}) },
  {
    name: "a changed amount",
    refusal: "bad-signature",
    meddle: async (till, code) => {
      const shop = await openShop();
      const made = withPayload(goodCode(shop), { ...code.payload, amountMinor: code.amountMinor + 1 });
      return codeText(await coseOf({ ...made, kid: till.server.issuer.kid }));
    },
  },
  {
    name: "another shop's store",
    refusal: "another-till",
    wish: { payload: { audience: { kind: "store", shortId: shortId(newId()) } } },
  },
  {
    name: "another till",
    refusal: "another-till",
    wish: { payload: { audience: { kind: "till", shortId: shortId(newId()) } } },
  },
  {
    name: "before its day",
    refusal: "not-yet-valid",
    wish: { payload: { validFromMs: START_MS + DAY_MS } },
  },
  {
    name: "one second past its expiry",
    refusal: "expired",
    wish: { payload: { expiresAtMs: START_MS + 60_000 } },
    meddle: (till, code) => {
      till.world.pass(60_000);
      return code.text;
    },
  },
  {
    name: "revoked by the office",
    refusal: "revoked",
    meddle: async (till, code) => {
      till.server.revoke(code.cti);
      await till.deliver();
      return code.text;
    },
  },
  {
    name: "no key of its week here",
    refusal: "key-epoch-absent",
    wish: { password: PASSWORD, payload: { keyEpoch: 1 } },
  },
  { name: "another sum than the sale", refusal: "amount-mismatch", due: 3801 },
  { name: "another currency", refusal: "amount-mismatch", wish: { payload: { currency: "JPY" } } },
  { name: "leased to nobody", refusal: "needs-server", wish: { lease: null }, meddle: knownOffline },
  { name: "known to the QR only", refusal: "needs-server", wish: { unlisted: true }, meddle: knownOffline },
];

describe("a payment code, judged on the till alone (G9, C2, PROTOCOL §9)", () => {
  it.each(CASES)("G9 C2: $name is refused as $refusal, and the journal says so", async (one) => {
    const till = await BenchTill.ready();
    const code = await till.handed(one.wish);
    await till.engine.charge(one.due ?? code.amountMinor);
    const before = await till.db.journal.count();
    const text = (await one.meddle?.(till, code)) ?? code.text;
    till.network.down = true;
    expect(await till.engine.presentScan(text)).toMatchObject({
      kind: "refused",
      refusal: { code: one.refusal },
    });
    const bodies = (await till.bodies()).slice(before);
    expect(bodies).toMatchObject([{ kind: "refusal", code: one.refusal }]);
    expect((await till.engine.refusals(5))[0]).toMatchObject({ code: one.refusal });
    // I9: and the next customer pays.
    expect(await till.engine.takeCash(one.due ?? code.amountMinor)).toMatchObject({ ok: true });
    expect(await till.brokenAt()).toBeNull();
  });

  it("G9: a key that the issuer withdrew is refused, in codes signed long before", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed();
    await till.server.setIssuerState("withdrawn");
    await till.deliver();
    expect(await till.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "key-withdrawn" } });
  });

  it("G9: a code leased to the till next door names it", async () => {
    const till = await BenchTill.ready();
    const next = await BenchTill.ready({ server: till.server, world: till.world, name: "2号机" });
    const code = await till.handed({ lease: next.known });
    expect(await till.engine.presentScan(code.text)).toMatchObject({
      refusal: { code: "leased-elsewhere", tillName: "2号机" },
    });
  });

  it("G9: before the signature holds, the journal does not name the code", async () => {
    const till = await BenchTill.ready();
    const stranger = await strangersKey();
    const code = await till.handed({ issuer: { ...stranger, kid: till.server.issuer.kid }, unlisted: true });
    await till.engine.presentScan(code.text);
    expect(await till.lastBody()).toMatchObject({ kind: "refusal", code: "bad-signature", cti: null });
  });

  it("G8: with the server stopped, the right password is accepted and the sale is paid", async () => {
    const till = await BenchTill.ready({ argon2: realArgon2 });
    const code = await till.handed({ password: PASSWORD });
    till.network.down = true;
    await till.engine.charge(code.amountMinor);
    expect(await till.engine.presentScan(code.text)).toEqual({
      kind: "password",
      dueMinor: code.amountMinor,
      passwordKind: "digits",
    });
    expect(till.view.sale).toMatchObject({
      state: "password",
      code: { amountMinor: code.amountMinor, kind: "exact" },
    });
    const paid = await till.enter(await till.openPad({ purpose: "code" }), PASSWORD);
    expect(paid).toMatchObject({
      kind: "paid",
      paid: { amountMinor: code.amountMinor, method: "payment-code" },
    });
    expect(await till.lastBody()).toMatchObject({
      kind: "sale",
      totalMinor: code.amountMinor,
      tenders: [{ method: "payment-code", via: "scan" }],
    });
  });

  it("G8: a wrong password is refused with the tries that are left, and spends nothing", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed({ password: PASSWORD });
    await till.engine.charge(code.amountMinor);
    expect(await till.scanWithPassword(code.text, "00000")).toEqual({
      kind: "refused",
      refusal: { code: "password-wrong", triesLeft: 4 },
    });
    expect(await till.db.spent.count()).toBe(0);
    expect(await till.scanWithPassword(code.text, PASSWORD)).toMatchObject({ kind: "paid" });
  });

  it("G8: ten wrong passwords lock the code; cash and other codes go on", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed({ password: PASSWORD });
    const other = await till.handed({ password: PASSWORD, amountMinor: 100 });
    await till.engine.charge(code.amountMinor);
    for (let tries = 0; tries < 10; tries++) {
      await till.scanWithPassword(code.text, "00000");
      till.world.pass(16 * 60_000);
    }
    await till.engine.presentScan(code.text);
    const pad = await till.engine.openPad({ purpose: "code" });
    expect(pad).toEqual({ ok: false, refusal: { code: "password-locked" } });
    await till.engine.cancelSale();
    await till.engine.charge(other.amountMinor);
    expect(await till.scanWithPassword(other.text, PASSWORD)).toMatchObject({ kind: "paid" });
  });

  it("I11: a kill between count and check of a code's password gives no try back", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed({ password: PASSWORD });
    for (let kills = 1; kills <= 3; kills++) {
      await till.engine.charge(code.amountMinor);
      await till.engine.presentScan(code.text);
      const pad = await till.openPad({ purpose: "code" });
      await till.press(pad, "00000");
      await new Promise<void>((reached) => {
        till.pinHands.hold = () => {
          reached();
          return new Promise(() => undefined);
        };
        void till.engine.confirmPad(pad.padId);
      });
      pad.port.close();
      till.pinHands.hold = () => Promise.resolve();
      await till.restart();
      await till.signIn();
      expect((await till.db.attempts.get(`code:${code.cti}`))?.count).toBe(kills);
    }
  });

  it("I8: a code is spent once, and a restart forgets nothing of it", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed({ password: PASSWORD });
    await till.engine.charge(code.amountMinor);
    expect(await till.scanWithPassword(code.text, PASSWORD)).toMatchObject({ kind: "paid" });
    await till.engine.charge(code.amountMinor);
    const spent = { code: "spent", here: true, tillName: "1号机", amountMinor: code.amountMinor };
    expect(await till.engine.presentScan(code.text)).toMatchObject({ kind: "refused", refusal: spent });
    await till.restart();
    await till.signIn();
    await till.engine.charge(code.amountMinor);
    expect(await till.engine.presentScan(code.text)).toMatchObject({ refusal: spent });
    expect(await till.engine.presentNumber(code.digits)).toMatchObject({ refusal: spent });
  });

  it("I8: two presentations at once pay once", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed();
    await till.engine.charge(code.amountMinor);
    const outcomes = await Promise.all([
      till.engine.presentScan(code.text),
      till.engine.presentScan(code.text),
      till.engine.presentNumber(code.digits),
    ]);
    expect(outcomes.map((outcome) => outcome.kind).toSorted()).toEqual(["paid", "refused", "refused"]);
    expect((await till.bodies()).filter((body) => body.kind === "sale")).toHaveLength(1);
  });

  it("I8: a code spent next door while its password is typed does not pay here", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed({ password: PASSWORD });
    await till.engine.charge(code.amountMinor);
    await till.engine.presentScan(code.text);
    const pad = await till.openPad({ purpose: "code" });
    await till.press(pad, PASSWORD);
    await till.db.spent.put({
      cti: code.cti,
      tillName: "2号机",
      atMs: till.world.ms,
      amountMinor: code.amountMinor,
      here: false,
    });
    expect(await till.engine.confirmPad(pad.padId)).toMatchObject({
      kind: "refused",
      refusal: { code: "spent", tillName: "2号机" },
    });
    expect(till.view.sale?.paid).toBeNull();
    expect((await till.bodies()).some((body) => body.kind === "sale")).toBe(false);
  });

  it("G5: the typed number finds the same code and spends the same key", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed();
    await till.engine.charge(code.amountMinor);
    const grouped = code.digits.replaceAll(/(.{4})/gu, "$1 ");
    expect(await till.engine.presentNumber(grouped)).toMatchObject({ kind: "paid" });
    expect(await till.lastBody()).toMatchObject({ tenders: [{ via: "number" }] });
    expect(await till.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "spent" } });
  });

  it("G5: a number that stands in no list is unknown", async () => {
    const till = await BenchTill.ready();
    const code = await till.server.issue({ unlisted: true });
    expect(await till.engine.presentNumber(code.digits)).toMatchObject({
      refusal: { code: "unknown-number" },
    });
  });

  it("G9: an exact code on an empty counter brings its own sum", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed({ amountMinor: 4250 });
    expect(await till.engine.presentScan(code.text)).toMatchObject({
      kind: "paid",
      paid: { amountMinor: 4250 },
    });
  });

  it("G9: a code that covers a part already is refused with what is due, before its password is asked for", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed({ amountMinor: 2000, kind: "up-to", password: PASSWORD });
    await till.engine.charge(3500);
    await till.engine.presentScan(code.text);
    expect(await till.enter(await till.openPad({ purpose: "code" }), PASSWORD)).toMatchObject({
      kind: "part-paid",
    });
    expect(await till.engine.presentScan(code.text)).toEqual({
      kind: "refused",
      refusal: { code: "already-in-sale", coveredMinor: 2000, dueMinor: 1500 },
    });
  });

  it("G9: an up-to code covers what it can and cash pays the rest: one sale, one entry", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed({ amountMinor: 2000, kind: "up-to" });
    await till.engine.charge(3500);
    expect(await till.engine.presentScan(code.text)).toEqual({
      kind: "part-paid",
      dueMinor: 1500,
      coveredMinor: 2000,
    });
    expect(await till.db.spent.count()).toBe(0);
    expect(await till.engine.presentScan(code.text)).toEqual({
      kind: "refused",
      refusal: { code: "already-in-sale", coveredMinor: 2000, dueMinor: 1500 },
    });
    expect(await till.engine.takeCash(2000)).toMatchObject({
      ok: true,
      value: { method: "mixed", changeMinor: 500, returnedMinor: 0 },
    });
    expect(await till.lastBody()).toMatchObject({
      kind: "sale",
      totalMinor: 3500,
      tenders: [
        { method: "payment-code", amountMinor: 2000 },
        { method: "cash", amountMinor: 1500, receivedMinor: 2000 },
      ],
    });
    expect(await till.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "spent" } });
  });

  it("G9: what an up-to code does not pay goes back to the list, not into cash", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed({ amountMinor: 5000, kind: "up-to", password: PASSWORD });
    await till.engine.charge(3200);
    expect(await till.scanWithPassword(code.text, PASSWORD)).toMatchObject({
      kind: "paid",
      paid: { amountMinor: 3200, returnedMinor: 1800, changeMinor: 0 },
    });
  });

  it("I8: a covered code that is revoked before the cash comes ends in no sale at all", async () => {
    const till = await BenchTill.ready();
    const code = await till.handed({ amountMinor: 2000, kind: "up-to" });
    await till.engine.charge(3500);
    await till.engine.presentScan(code.text);
    till.server.revoke(code.cti);
    await till.deliver();
    expect(await till.engine.takeCash(1500)).toMatchObject({ ok: false });
    expect((await till.bodies()).some((body) => body.kind === "sale")).toBe(false);
    expect(till.view.sale?.paid).toBeNull();
  });

  it("C2: nobody is served before an operator is in", async () => {
    const till = await BenchTill.ready({ argon2: quickArgon2 });
    const code = await till.handed();
    await till.engine.lock();
    expect(await till.engine.presentScan(code.text)).toMatchObject({ refusal: { code: "no-operator" } });
    expect(await till.engine.charge(100)).toMatchObject({ refusal: { code: "no-operator" } });
  });
});

describe("a till whose codes are stopped (PROTOCOL §6)", () => {
  it.each(["fork", "behind", "damaged", "revoked"] as const)(
    "G9: %s stops codes and their passwords; cash goes on",
    async (reason) => {
      const till = await BenchTill.ready();
      const code = await till.handed({ password: PASSWORD });
      await till.engine.charge(code.amountMinor);
      await till.engine.presentScan(code.text);
      await till.db.settings.put({ key: "stop", reason });
      expect(await till.engine.presentScan(code.text)).toMatchObject({
        refusal: { code: "till-stopped", stop: reason },
      });
      expect(await till.engine.openPad({ purpose: "code" })).toMatchObject({
        refusal: { code: "till-stopped" },
      });
      await till.engine.withdrawCode();
      expect(await till.engine.takeCash(code.amountMinor)).toMatchObject({ ok: true });
      await till.restart();
      expect(till.view.stop).toBe(reason);
      expect(await till.signIn()).toMatchObject({ kind: "operator-in" });
    },
  );
});

/** The tablet itself says that there is no network: nobody is asked, and nothing is unknown. */
async function knownOffline(till: BenchTill, code: HandedCode): Promise<string> {
  await till.engine.pageFacts({ onLine: false, persisted: false, freeBytes: null });
  return code.text;
}

/** The number with two neighbours swapped: what Damm finds. */
function swapped(digits: string): string {
  const at = [...digits].findIndex((digit, i) => i > 1 && digit !== digits[i - 1]);
  return digits.slice(0, at - 1) + (digits[at] ?? "") + (digits[at - 1] ?? "") + digits.slice(at + 1);
}

/** A code of a stranger's making that says it is ours. */
async function withHeader(
  till: BenchTill,
  header: { readonly alg?: number; readonly kid?: Uint8Array; readonly issuer?: string },
): Promise<string> {
  const shop = await openShop();
  const issuer = header.issuer ?? shortId(till.server.merchant);
  const made = withPayload(goodCode(shop), { issuer });
  return codeText(
    await coseOf({ ...made, alg: header.alg ?? -7, kid: header.kid ?? till.server.issuer.kid }),
  );
}
