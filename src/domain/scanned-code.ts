import { isCodeNumber } from "./code-number.ts";
import type { CodeNumber } from "./code-number.ts";
import { foldCodeText } from "./code-text.ts";
import { expandUpcE, hasGtinCheckDigit, toGtin14 } from "./ean.ts";
import { emvConsumerStart, emvMerchantStart, isEmvConsumerCode, isEmvMerchantCode } from "./emv-code.ts";

/** Longest text that is looked at, in UTF-16 units: 8 KB is more than the largest QR code holds. */
export const maxScanLength = 8192;

/** How a code was printed, as far as the scanner said. A keyboard wedge says nothing: `unstated`. */
export type Symbology = "qr" | "code-128" | "ean-13" | "ean-8" | "upc-a" | "upc-e" | "other" | "unstated";

export type WalletChannel = "alipay" | "wechat" | "unionpay";

/**
 * The code on a payer's phone. It needs its channel and a network (`field/payments.md`). Never log `text`.
 */
export interface WalletCode {
  readonly kind: "wallet";
  readonly channel: WalletChannel;
  /**
   * `sure`: prefix and length are the published ones. `prefix-only`: the length is not (lengths are not
   * promised).
   */
  readonly certainty: "sure" | "prefix-only";
  /** `face`: the token of an Alipay face payment («fp…»), paid with another scene than a bar code. */
  readonly form: "barcode" | "face";
  readonly text: string;
}

export interface ProductCode {
  readonly kind: "product";
  readonly symbology: "ean-13" | "ean-8" | "upc-a" | "upc-e" | "gtin-14";
  /** 14 digits, zeros in front: the key to look a product up by. */
  readonly gtin14: string;
}

/** Why a text is in no class. */
export type UnknownReason =
  | "too-long"
  /**
   * Begins like one of our payment codes, but what follows is no base32 or far too short: cut off or mangled.
   */
  | "payment-code-damaged"
  | "activation-code-damaged"
  /** Begins like an EMV code, but its lengths or its check sum are wrong. */
  | "emv-damaged"
  /**
   * As many digits as one of our numbers or a product has, and a wrong check digit: read or typed wrongly.
   */
  | "check-digit"
  | "not-recognised";

/** What a scanned text is. Exactly one class; `text` is folded and trimmed, never the raw input. */
export type ScannedCode =
  | { readonly kind: "payment-code"; readonly text: string }
  | { readonly kind: "activation-code"; readonly text: string }
  | { readonly kind: "code-number"; readonly digits: CodeNumber }
  | WalletCode
  | { readonly kind: "emv-consumer"; readonly text: string }
  | { readonly kind: "emv-merchant"; readonly text: string }
  | ProductCode
  | { readonly kind: "url"; readonly text: string }
  /** Two classes fit and nothing in the text decides. The caller asks or refuses; it never picks one. */
  | { readonly kind: "ambiguous"; readonly candidates: readonly [WalletCode, ProductCode] }
  | { readonly kind: "empty" }
  | { readonly kind: "unknown"; readonly reason: UnknownReason };

/**
 * After the prefix: 16 base32 characters are 10 bytes, fewer than any COSE_Sign1 has; a short SKU is not
 * ours.
 */
const paymentCode = /^GT1[A-Z2-7]{16,}$/;
const activationCode = /^GTE1[0-9A-Z.:/-]{12,}$/;
const alipayFace = /^fp[0-9A-Za-z]{16,126}$/;
const url = /^[A-Za-z][A-Za-z0-9+.-]{1,30}:\/\/\S+$/;

/**
 * Says what a scanned text is: by prefix first, by length second (`field/payments.md` «Classify a scanned
 * code», DESIGN §5). Total over any string, broken surrogates included; never throws. `symbology` only ever
 * adds knowledge: an 8-digit UPC-E is known as such only when the scanner said so. Whether a payment code is
 * genuine, current or unspent is not asked here.
 */
export function classifyScannedCode(raw: string, symbology: Symbology = "unstated"): ScannedCode {
  if (raw.length > maxScanLength) return { kind: "unknown", reason: "too-long" };
  const text = foldCodeText(raw);
  if (text === "") return { kind: "empty" };
  return ownCode(text) ?? emvCode(text) ?? digitCode(text, symbology) ?? otherCode(text);
}

function ownCode(text: string): ScannedCode | null {
  // Only ASCII letters change case here: ı and ſ would turn into I and S and mend a mangled code behind our
  // back.
  const folded = text.replace(/[a-z]/g, (char) => char.toUpperCase());
  if (folded.startsWith("GTE1"))
    return activationCode.test(folded)
      ? { kind: "activation-code", text: folded }
      : { kind: "unknown", reason: "activation-code-damaged" };
  if (!folded.startsWith("GT1")) return null;
  return paymentCode.test(folded)
    ? { kind: "payment-code", text: folded }
    : { kind: "unknown", reason: "payment-code-damaged" };
}

function emvCode(text: string): ScannedCode | null {
  if (text.startsWith(emvConsumerStart))
    return isEmvConsumerCode(text)
      ? { kind: "emv-consumer", text }
      : { kind: "unknown", reason: "emv-damaged" };
  if (text.startsWith(emvMerchantStart) && text.length > 14)
    return isEmvMerchantCode(text)
      ? { kind: "emv-merchant", text }
      : { kind: "unknown", reason: "emv-damaged" };
  return null;
}

function digitCode(text: string, symbology: Symbology): ScannedCode | null {
  if (!/^[0-9]+$/.test(text)) return null;
  if (isCodeNumber(text)) return { kind: "code-number", digits: text };
  const product = productCode(text, symbology);
  const wallet = walletCode(text);
  if (product !== null && wallet !== null) return { kind: "ambiguous", candidates: [wallet, product] };
  if (product !== null) return product;
  if (wallet !== null) return wallet;
  const looksChecked = [8, 12, 13].includes(text.length) || /^9[0-9]{15}$/.test(text);
  return { kind: "unknown", reason: looksChecked ? "check-digit" : "not-recognised" };
}

function productCode(digits: string, symbology: Symbology): ProductCode | null {
  if (symbology === "upc-e") {
    const expanded = expandUpcE(digits);
    if (expanded !== null) return { kind: "product", symbology: "upc-e", gtin14: toGtin14(expanded) };
  }
  const named = ({ 8: "ean-8", 12: "upc-a", 13: "ean-13", 14: "gtin-14" } as const)[digits.length];
  if (named === undefined || !hasGtinCheckDigit(digits)) return null;
  return { kind: "product", symbology: named, gtin14: toGtin14(digits) };
}

const walletRules: readonly {
  readonly channel: WalletChannel;
  readonly prefix: RegExp;
  readonly published: RegExp;
}[] = [
  { channel: "wechat", prefix: /^1[0-5]/, published: /^.{18}$/ },
  { channel: "alipay", prefix: /^(?:2[5-9]|30)/, published: /^.{16,24}$/ },
  { channel: "unionpay", prefix: /^62/, published: /^.{19}$/ },
];

/**
 * Shorter is a product or a slip of the reader, longer is no wallet's: the loosest length ever seen, with a
 * margin.
 */
const plausibleWallet = /^[0-9]{14,32}$/;

function walletCode(digits: string): WalletCode | null {
  if (!plausibleWallet.test(digits)) return null;
  const rule = walletRules.find((candidate) => candidate.prefix.test(digits));
  if (rule === undefined) return null;
  const certainty = rule.published.test(digits) ? "sure" : "prefix-only";
  return { kind: "wallet", channel: rule.channel, certainty, form: "barcode", text: digits };
}

function otherCode(text: string): ScannedCode {
  if (alipayFace.test(text))
    return { kind: "wallet", channel: "alipay", certainty: "prefix-only", form: "face", text };
  if (url.test(text)) return { kind: "url", text };
  return { kind: "unknown", reason: "not-recognised" };
}
