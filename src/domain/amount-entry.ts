import { type MinorUnits, parseMoney, spokenAmount, toMinorUnits } from "./money.ts";

/** A key of the number pad. `back` takes one character off, `clear` all. */
export type AmountKey =
  | "0"
  | "1"
  | "2"
  | "3"
  | "4"
  | "5"
  | "6"
  | "7"
  | "8"
  | "9"
  | "00"
  | "."
  | "back"
  | "clear";

/**
 * What stands on the amount display while it is typed: the characters as pressed, «38» meaning 38.00 (UX §6).
 */
export interface AmountEntry {
  readonly text: string;
  /** The last press was not taken because the sum would pass the limit: the message line says so. */
  readonly overLimit: boolean;
}

export interface AmountRules {
  readonly currency: string;
  readonly fractionDigits: number;
  /** The largest sum that may stand: `maxSaleMinor` of the till's settings. */
  readonly maxMinor: number;
}

/** Nothing typed: zero. */
export const emptyEntry: AmountEntry = { text: "", overLimit: false };

/**
 * The entry after one key. A decimal beyond the currency's last is ignored, and so is a second point: the sum
 * that stands is never another than the one pressed. A press that would pass `maxMinor` leaves the sum and
 * sets `overLimit`.
 */
export function press(entry: AmountEntry, key: AmountKey, rules: AmountRules): AmountEntry {
  if (key === "clear") return emptyEntry;
  if (key === "back") return { text: entry.text === "0." ? "" : entry.text.slice(0, -1), overLimit: false };
  if (key === ".") return { text: withPoint(entry.text, rules), overLimit: false };
  return withDigits(entry.text, key, rules);
}

/** The entry as if `sumMinor` had been typed the short way: 5000 CNY → «50». */
export function entryOf(sumMinor: number, rules: AmountRules): AmountEntry {
  return sumMinor > rules.maxMinor
    ? { text: "", overLimit: true }
    : { text: spokenAmount(sumMinor, rules.currency), overLimit: false };
}

/** The sum that stands on the display, zero when nothing is typed. */
export function entryMinor(entry: AmountEntry, rules: AmountRules): MinorUnits {
  if (entry.text === "") return toMinorUnits(0);
  const parsed = parseMoney(entry.text, rules.currency);
  // press() only ever lets characters of one sum through, so a refusal here is a bug of this file.
  if (!parsed.ok) throw new Error(`amount entry holds no sum: ${parsed.refusal.code}`);
  return parsed.value;
}

function withPoint(text: string, rules: AmountRules): string {
  if (rules.fractionDigits === 0 || text.includes(".")) return text;
  return text === "" ? "0." : `${text}.`;
}

function withDigits(before: string, digits: string, rules: AmountRules): AmountEntry {
  let text = before;
  for (const digit of digits) {
    const point = text.indexOf(".");
    if (point >= 0 && text.length - point > rules.fractionDigits) continue;
    // «0» and «00» on an empty display stay one zero: a leading zero is never part of a sum.
    const next = text === "0" ? digit : `${text}${digit}`;
    const sum = parseMoney(next, rules.currency);
    if (!sum.ok || sum.value > rules.maxMinor) return { text: before, overLimit: true };
    text = next;
  }
  return { text, overLimit: false };
}
