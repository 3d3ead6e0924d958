import { describe, expect, it } from "vitest";
import * as v from "valibot";
import { emptyEntry, press, type AmountKey } from "#domain/amount-entry.ts";
import { isLuhnValid } from "#domain/code-number.ts";
import { CARD_NUMBER, MAX_AMOUNT_MINOR, newTillRequest, setupRequest } from "#protocol/office-api.ts";
import { receiptEvidenceRequest } from "#protocol/office-losses-api.ts";
import { newOperatorRequest } from "#protocol/office-secrets-api.ts";
import { BenchTill } from "../engine/bench-till.ts";

const CARD = "4111111111111111";
const WRITTEN = ["4111 1111 1111 1111", "４１１１１１１１１１１１１１１１", `王芳 ${CARD}`] as const;

/** Everything this till keeps, as one text: all tables, and the second copy. */
async function allThatIsKept(till: BenchTill): Promise<string> {
  const latin = new TextDecoder("latin1");
  const seen: string[] = [latin.decode(till.mirror.bytes)];
  const walk = (value: unknown): void => {
    if (value instanceof Uint8Array) seen.push(latin.decode(value));
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(walk);
    else seen.push(String(value));
  };
  for (const table of till.db.tables) (await table.toArray()).forEach(walk);
  return seen.join("\n");
}

/** The message of the first thing a validator has against it, or null. */
function refusalOf(schema: v.GenericSchema, input: unknown): string | null {
  const judged = v.safeParse(schema, input, { abortEarly: true });
  return judged.success ? null : judged.issues[0].message;
}

describe("a bank card's number at the till", () => {
  it("typed as a payment code's number it is refused, and stands nowhere afterwards", async () => {
    const till = await BenchTill.ready();
    for (const typed of [CARD, ...WRITTEN])
      expect(await till.engine.presentNumber(typed)).toMatchObject({ refusal: { code: "number-mistyped" } });
    expect(JSON.stringify(till.view)).not.toContain(CARD);
    expect(await allThatIsKept(till)).not.toContain(CARD);
  });

  it("keyed in as an amount it stops at the largest sum: no sixteen digits ever stand there", () => {
    let entry = emptyEntry;
    for (const key of CARD)
      entry = press(entry, key as AmountKey, {
        currency: "CNY",
        fractionDigits: 2,
        maxMinor: MAX_AMOUNT_MINOR,
      });
    expect(entry.overLimit).toBe(true);
    expect(entry.text.length).toBeLessThan(13);
  });

  it("a wallet's code that is Luhn-valid is scanned like any other, and not kept whole", async () => {
    const till = await BenchTill.ready();
    const wallet = Array.from({ length: 20 }, (_, n) => `2812345678901234${n + 10}`).find(isLuhnValid) ?? "";
    await till.engine.charge(500);
    expect(await till.engine.presentScan(wallet)).toMatchObject({ refusal: { code: "wallet-code" } });
    const kept = await allThatIsKept(till);
    expect(kept).toContain("wallet-code");
    expect(kept).not.toContain(wallet);
  });
});

describe("a bank card's number at the office's door", () => {
  it.each([CARD, ...WRITTEN])("«%s» is refused by its own name in every name", (text) => {
    const setup = { token: "x".repeat(32), email: "a@example.com", password: "x", language: "en" };
    expect(refusalOf(setupRequest, { ...setup, shopName: text })).toBe(CARD_NUMBER);
    expect(refusalOf(newTillRequest, { name: text })).toBe(CARD_NUMBER);
    expect(refusalOf(newOperatorRequest, { name: text, role: "cashier" })).toBe(CARD_NUMBER);
  });

  it("names that only look busy are taken", () => {
    for (const name of ["2号机", "王芳 13800138000", "Shop 24/7", "店 2026-11-23"])
      expect(refusalOf(newTillRequest, { name }), name).toBeNull();
  });

  it("nor does it pass for the number of a receipt or for a sum", () => {
    const receipt = { seq: 12, headHex: "0a1b2c3d", amountMinor: 3800 };
    expect(refusalOf(receiptEvidenceRequest, receipt)).toBeNull();
    expect(refusalOf(receiptEvidenceRequest, { ...receipt, seq: Number(CARD) })).toBe("seq");
    expect(refusalOf(receiptEvidenceRequest, { ...receipt, amountMinor: Number(CARD) })).toBe("amount");
  });
});
