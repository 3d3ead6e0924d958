import { accepted, assert, refused, type Result } from "./result.ts";

declare const minorUnits: unique symbol;

/** An integer count of a currency's minor units: 1250 is CNY 12.50, JPY 1250, KWD 1.250. */
export type MinorUnits = number & { readonly [minorUnits]: true };

/**
 * Why a text is no sum of money: `empty` (blank), `not-a-number`, `too-many-decimals` for its currency,
 * `too-large`.
 */
export type MoneyTextRefusal = {
  readonly code: "empty" | "not-a-number" | "too-many-decimals" | "too-large";
};

interface CurrencyFacts {
  readonly symbol: string;
  readonly fractionDigits: 0 | 2 | 3;
}

// A currency that stands here is known to format rightly; any other shows its code and two decimals.
const currencies: Readonly<Record<string, CurrencyFacts>> = {
  CNY: { symbol: "¥", fractionDigits: 2 },
  JPY: { symbol: "¥", fractionDigits: 0 },
  HKD: { symbol: "HK$", fractionDigits: 2 },
  USD: { symbol: "$", fractionDigits: 2 },
  EUR: { symbol: "€", fractionDigits: 2 },
  KRW: { symbol: "₩", fractionDigits: 0 },
  KWD: { symbol: "KWD ", fractionDigits: 3 },
};

function factsOf(currency: string): CurrencyFacts {
  return currencies[currency] ?? { symbol: `${currency} `, fractionDigits: 2 };
}

/** How many decimals a sum of this currency is written with: CNY 2, JPY 0, KWD 3; an unknown currency 2. */
export function fractionDigitsOf(currency: string): number {
  return factsOf(currency).fractionDigits;
}

/** Whether a number may count minor units: whole, exact, and not negative zero. */
export function isMinorUnits(count: number): count is MinorUnits {
  return Number.isSafeInteger(count) && !Object.is(count, -0);
}

/**
 * Takes a whole count as money. Throws on a fraction, NaN or a count past 2^53−1: such a number came from a
 * bug, and once it is added to a total nobody can say by how much the books are wrong.
 */
export function toMinorUnits(count: number): MinorUnits {
  assert(isMinorUnits(count), "money is a whole, exact count of minor units");
  return count;
}

/** The sum of all amounts; zero for none. Throws when the total no longer counts exactly. */
export function sumMinor(amounts: Iterable<MinorUnits>): MinorUnits {
  let total = toMinorUnits(0);
  for (const amount of amounts) total = toMinorUnits(total + amount);
  return total;
}

/**
 * Splits `total` into `parts` shares that sum to exactly `total`; the first shares carry the remainder, so no
 * two shares differ by more than one minor unit. A negative total (a refund) splits the same way below zero.
 * Throws unless `parts` is a whole number from 1 to 10,000.
 */
export function allocate(total: MinorUnits, parts: number): readonly MinorUnits[] {
  assert(Number.isInteger(parts) && parts >= 1 && parts <= 10_000, "money is split into 1 to 10,000 parts");
  const sign = total < 0 ? -1 : 1;
  const whole = Math.abs(total);
  const remainder = whole % parts;
  const share = (whole - remainder) / parts;
  return Array.from({ length: parts }, (_, index) => {
    const size = share + (index < remainder ? 1 : 0);
    return toMinorUnits(size === 0 ? 0 : sign * size);
  });
}

/**
 * Reads a sum as people write it: «38», «38.5», «1,234.50», full-width digits and «¥» included. No floats are
 * used:
 * 0.29 is 29 fen, never 28. Refuses what is not clearly one sum; a minus sign is no sum a person may type.
 */
export function parseMoney(text: string, currency: string): Result<MinorUnits, MoneyTextRefusal> {
  const { fractionDigits, symbol } = factsOf(currency);
  let plain = text.normalize("NFKC").trim();
  if (plain.startsWith(symbol.trim())) plain = plain.slice(symbol.trim().length).trim();
  if (plain === "") return refused({ code: "empty" });
  const match = /^(\d+|\d{1,3}(?:,\d{3})+)?(?:\.(\d*))?$/u.exec(plain);
  const whole = (match?.[1] ?? "").replaceAll(",", "");
  const decimals = match?.[2] ?? "";
  if (!match || (whole === "" && decimals === "")) return refused({ code: "not-a-number" });
  if (decimals.length > fractionDigits) return refused({ code: "too-many-decimals" });
  const count = Number(`${whole}${decimals.padEnd(fractionDigits, "0")}`);
  return isMinorUnits(count) ? accepted(count) : refused({ code: "too-large" });
}

/** The sum without its sign of currency: 123450 CNY → «1,234.50»; a negative one begins with «-». */
export function formatAmount(amountMinor: number, currency: string): string {
  const { fractionDigits } = factsOf(currency);
  const digits = String(Math.abs(toMinorUnits(amountMinor))).padStart(fractionDigits + 1, "0");
  const split = digits.length - fractionDigits;
  const whole = digits.slice(0, split).replace(/\B(?=(?:\d{3})+$)/gu, ",");
  const decimals = fractionDigits === 0 ? "" : `.${digits.slice(split)}`;
  return `${amountMinor < 0 ? "-" : ""}${whole}${decimals}`;
}

/** The sum as it stands on every screen and receipt (UX §3): 123450 CNY → «¥1,234.50», −100 → «-¥1.00». */
export function formatMoney(amountMinor: number, currency: string): string {
  const text = formatAmount(Math.abs(toMinorUnits(amountMinor)), currency);
  return `${amountMinor < 0 ? "-" : ""}${factsOf(currency).symbol}${text}`;
}

/** A whole sum without its zeros, for a small key: 10000 CNY → «¥100», 3850 → «¥38.50». */
export function formatMoneyShort(amountMinor: number, currency: string): string {
  const text = formatMoney(amountMinor, currency);
  return text.replace(/\.0+$/u, "");
}

/**
 * The sum as a voice reads it: no signs, no grouping, no closing zeros: 3800 CNY → «38», 123450 → «1234.5».
 */
export function spokenAmount(amountMinor: number, currency: string): string {
  const plain = formatAmount(amountMinor, currency).replaceAll(",", "");
  return plain.includes(".") ? plain.replace(/\.?0+$/u, "") : plain;
}
