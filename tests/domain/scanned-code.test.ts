import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { codeNumberFrom } from "#domain/code-number.ts";
import { crc16 } from "#domain/emv-code.ts";
import { expandUpcE } from "#domain/ean.ts";
import { refusalForScan } from "#domain/scan-refusal.ts";
import { classifyScannedCode, maxScanLength } from "#domain/scanned-code.ts";

const paymentCode = `GT1${"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".repeat(8)}`;
const kinds = new Set([
  "payment-code",
  "activation-code",
  "code-number",
  "wallet",
  "emv-consumer",
  "emv-merchant",
  "product",
  "url",
  "ambiguous",
  "empty",
  "unknown",
]);

function fullWidth(text: string): string {
  return text.replace(/[!-~]/g, (char) => String.fromCharCode(char.charCodeAt(0) + 0xfee0));
}

function emvMerchant(body: string): string {
  const covered = `${body}6304`;
  return (
    covered +
    crc16([...new TextEncoder().encode(covered)])
      .toString(16)
      .toUpperCase()
      .padStart(4, "0")
  );
}

function base64(bytes: readonly number[]): string {
  return Buffer.from(bytes).toString("base64");
}

const cpv01 = [0x85, 0x05, 0x43, 0x50, 0x56, 0x30, 0x31];

describe("what a scanned text is", () => {
  it("PROTOCOL §9: a payment code is known through lower case, full-width forms and a scanner's line end", () => {
    for (const seen of [
      paymentCode,
      paymentCode.toLowerCase(),
      fullWidth(paymentCode),
      ` ${paymentCode}\r\n`,
    ])
      expect(classifyScannedCode(seen)).toEqual({ kind: "payment-code", text: paymentCode });
  });

  it("PROTOCOL §9: a payment code with a foreign character or nearly nothing behind the prefix is called damaged", () => {
    for (const seen of [
      `${paymentCode}=`,
      paymentCode.replace("ABC", "A8C"),
      "GT1",
      "GT1ABC",
      `${paymentCode}ſ`,
    ])
      expect(classifyScannedCode(seen)).toEqual({ kind: "unknown", reason: "payment-code-damaged" });
  });

  it("G5: an activation code is not taken for a payment code", () => {
    expect(classifyScannedCode("gte1ABCDEFGHIJKLMNOP")).toEqual({
      kind: "activation-code",
      text: "GTE1ABCDEFGHIJKLMNOP",
    });
    expect(classifyScannedCode("GTE1")).toEqual({ kind: "unknown", reason: "activation-code-damaged" });
  });

  it("a 16-digit number of ours is one only with its check digit", () => {
    expect(classifyScannedCode("9000000000000017")).toEqual({
      kind: "code-number",
      digits: "9000000000000017",
    });
    expect(classifyScannedCode("9000000000000018")).toEqual({ kind: "unknown", reason: "check-digit" });
  });

  it.each([
    ["wechat", "sure", "134567890123456789"],
    ["wechat", "sure", "101234567890123456"],
    ["wechat", "prefix-only", "1512345678901234"],
    ["alipay", "sure", "2812345678901234"],
    ["alipay", "sure", "301234567890123456789012"],
    ["alipay", "prefix-only", "25123456789012345678901234"],
    ["unionpay", "sure", "6212345678901234567"],
    ["unionpay", "prefix-only", "6212345678901234"],
  ])("B4: a %s code is known by its prefix, %s by its length", (channel, certainty, text) => {
    expect(classifyScannedCode(text)).toEqual({ kind: "wallet", channel, certainty, form: "barcode", text });
  });

  it("B4: digits just outside the wallets' prefixes are nobody's", () => {
    for (const text of [
      "161234567890123456",
      "091234567890123456",
      "311234567890123456",
      "6112345678901234567",
    ])
      expect(classifyScannedCode(text)).toEqual({ kind: "unknown", reason: "not-recognised" });
  });

  it("an Alipay face token is a wallet's", () => {
    expect(classifyScannedCode("fp0123456789abcdef0123")).toMatchObject({ channel: "alipay", form: "face" });
  });

  it.each([
    ["4006381333931", "ean-13", "04006381333931"],
    ["2512345678908", "ean-13", "02512345678908"],
    ["96385074", "ean-8", "00000096385074"],
    ["036000291452", "upc-a", "00036000291452"],
    ["0036000291452", "ean-13", "00036000291452"],
  ])("a product %s is %s and has one number for every spelling", (text, symbology, gtin14) => {
    expect(classifyScannedCode(text)).toEqual({ kind: "product", symbology, gtin14 });
  });

  it("a product with one digit wrong is no product", () => {
    expect(classifyScannedCode("4006381333930")).toEqual({ kind: "unknown", reason: "check-digit" });
  });

  it("a UPC-E is one only when the scanner says so", () => {
    expect(expandUpcE("04252614")).toBe("042100005264");
    expect(classifyScannedCode("04252614", "upc-e")).toMatchObject({ gtin14: "00042100005264" });
    expect(expandUpcE("04252615")).toBeNull();
    expect(classifyScannedCode("04252614")).toEqual({ kind: "unknown", reason: "check-digit" });
  });

  it("14 digits that could be a wallet's or a carton's are called ambiguous, not guessed", () => {
    const found = classifyScannedCode("15400141288763");
    expect(found).toMatchObject({ kind: "ambiguous", candidates: [{ kind: "wallet" }, { kind: "product" }] });
  });

  it("an EMV consumer code is one only when its lengths add up", () => {
    const whole = base64([...cpv01, 0x61, 0x03, 0x4f, 0x01, 0xa0]);
    expect(classifyScannedCode(whole)).toEqual({ kind: "emv-consumer", text: whole });
    expect(classifyScannedCode(base64([...cpv01, 0x61, 0x09, 0x4f]))).toEqual({
      kind: "unknown",
      reason: "emv-damaged",
    });
  });

  it("an EMV merchant code is one only when its check sum is right, Chinese names included", () => {
    expect(crc16(Array.from("123456789", (char) => char.charCodeAt(0)))).toBe(0x29b1);
    const whole = emvMerchant("00020101021153031565802CN5906小卖部6002BJ");
    expect(classifyScannedCode(whole)).toEqual({ kind: "emv-merchant", text: whole });
    expect(classifyScannedCode(whole.replace("CN", "US"))).toEqual({
      kind: "unknown",
      reason: "emv-damaged",
    });
  });

  it("addresses, blanks and noise are called what they are", () => {
    expect(classifyScannedCode("https://qr.alipay.com/abc")).toMatchObject({ kind: "url" });
    expect(classifyScannedCode("wxp://f2f0abc")).toMatchObject({ kind: "url" });
    expect(classifyScannedCode("")).toEqual({ kind: "empty" });
    expect(classifyScannedCode(" \u3000\r\n\ufeff")).toEqual({ kind: "empty" });
    expect(classifyScannedCode("hello")).toEqual({ kind: "unknown", reason: "not-recognised" });
  });

  it("8 KB is looked at, one unit more is not", () => {
    expect(classifyScannedCode(`GT1${"A".repeat(maxScanLength - 3)}`).kind).toBe("payment-code");
    expect(classifyScannedCode("9".repeat(maxScanLength + 1))).toEqual({
      kind: "unknown",
      reason: "too-long",
    });
  });

  it("is total: any string has exactly one class, whoever sent it, and a text of ours never becomes another's", () => {
    const prefix = fc.constantFrom(
      "",
      "GT1",
      "gte1",
      "hQVDUFYwMW",
      "000201",
      "fp",
      "10",
      "25",
      "62",
      "9",
      "]Q1",
    );
    const rest = fc.oneof(
      fc.string({ unit: "binary", maxLength: 400 }),
      fc.stringMatching(/^[0-9]{0,40}$/),
      fc.stringMatching(/^[A-Z2-7]{0,200}$/),
      fc.base64String({ maxLength: 200 }),
    );
    const oneClass = fc.property(prefix, rest, (start, end) => {
      const found = classifyScannedCode(start + end);
      const ours = found.kind === "payment-code" || found.kind === "code-number";
      return kinds.has(found.kind) && (ours || typeof refusalForScan(found).code === "string");
    });
    expect(() => fc.assert(oneClass, { numRuns: 5000 })).not.toThrow();
  });

  it("PROTOCOL §9: no number we issue is taken for a wallet's, a product's or a bank card's", () => {
    const ours = fc.property(fc.stringMatching(/^[0-9]{14}$/), (digits) => {
      const drawn = codeNumberFrom(digits);
      return !drawn.ok || classifyScannedCode(drawn.value).kind === "code-number";
    });
    expect(() => fc.assert(ours)).not.toThrow();
  });
});

describe("what is said where only a payment code will do", () => {
  it.each([
    ["", { code: "empty" }],
    ["9".repeat(9000), { code: "too-long" }],
    ["134567890123456789", { code: "wallet-code", channel: "wechat" }],
    ["15400141288763", { code: "wallet-code", channel: "wechat" }],
    ["4006381333931", { code: "product-code" }],
    ["GTE1ABCDEFGHIJKLMNOP", { code: "activation-code" }],
    ["GT1!", { code: "malformed" }],
    ["9000000000000018", { code: "number-mistyped" }],
    ["https://example.com/", { code: "not-a-code" }],
    ["\u0000noise\uffff", { code: "not-a-code" }],
  ])("G9: %j is refused by its own name", (text, refusal) => {
    const found = classifyScannedCode(text);
    const ours = found.kind === "payment-code" || found.kind === "code-number";
    expect(ours ? null : refusalForScan(found)).toEqual(refusal);
  });
});
