import { foldCodeText } from "./code-text.ts";
import { accepted, assert, refused } from "./result.ts";
import type { Result } from "./result.ts";

/**
 * The 16-digit number that stands beside every payment code, for typing and Code 128: 9, 14 random digits, a
 * Damm check digit; never Luhn-valid, so that no bank card number can pass for one (PROTOCOL §9 «Number»).
 */
export type CodeNumber = string & { readonly [codeNumber]: true };
declare const codeNumber: unique symbol;

export const codeNumberLength = 16;

/** How many draws before a source of digits counts as broken: a fair one needs 40 with odds of 10^-40. */
const maxDraws = 40;

/** Why a typed number was not read. Facts beside the code are counts and places, never digits. */
export type NumberRefusal =
  | { readonly code: "too-short"; readonly digits: number }
  | { readonly code: "too-long"; readonly digits: number }
  /** 16 digits, but not a number we issue: one digit wrong, two swapped, or another kind of number. */
  | { readonly code: "check-digit" }
  /**
   * Something that is neither a digit nor a usual slip stands at `at` (counted from 0 in the folded text).
   */
  | { readonly code: "not-a-number"; readonly at: number };

/** Quasigroup of order 10 (Damm 2004): finds every single wrong digit and every swap of neighbours. */
const dammTable = [
  [0, 3, 1, 7, 5, 9, 8, 6, 4, 2],
  [7, 0, 9, 2, 1, 5, 4, 8, 6, 3],
  [4, 2, 0, 6, 8, 7, 1, 3, 5, 9],
  [1, 7, 5, 0, 9, 8, 3, 4, 2, 6],
  [6, 1, 2, 3, 0, 4, 5, 9, 7, 8],
  [3, 6, 7, 4, 2, 0, 9, 5, 8, 1],
  [5, 8, 6, 9, 7, 2, 0, 1, 3, 4],
  [8, 9, 4, 5, 3, 6, 2, 0, 1, 7],
  [9, 4, 3, 8, 6, 1, 7, 2, 0, 5],
  [2, 5, 8, 1, 4, 3, 6, 7, 9, 0],
] as const;

/** Damm check digit of a string of ASCII digits; 0 when `digits` already ends with its own. */
export function dammDigit(digits: string): number {
  let interim = 0;
  for (const digit of digits) {
    const next = dammTable[interim]?.[Number(digit)];
    assert(next !== undefined, "dammDigit is given ASCII digits only");
    interim = next;
  }
  return interim;
}

/**
 * Whether the last digit is the Luhn check digit of the rest, as on bank cards. `digits`: ASCII digits only.
 */
export function isLuhnValid(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - place) - 48;
    const weighted = place % 2 === 1 ? digit * 2 : digit;
    sum += weighted > 9 ? weighted - 9 : weighted;
  }
  return sum % 10 === 0;
}

/**
 * The number made of 14 random digits, or `luhn-valid` when these digits would look like a bank card: draw
 * others. The caller brings the chance, each digit equally likely. Throws when `randomDigits` is not 14 ASCII
 * digits.
 */
export function codeNumberFrom(randomDigits: string): Result<CodeNumber, { readonly code: "luhn-valid" }> {
  assert(/^[0-9]{14}$/.test(randomDigits), "a code number is made of 14 random digits");
  const body = `9${randomDigits}`;
  const digits = `${body}${dammDigit(body)}`;
  return isLuhnValid(digits) ? refused({ code: "luhn-valid" }) : accepted(digits as CodeNumber);
}

/**
 * Draws until a number is found that no card terminal would take. Throws when `nextDigits` never gives one.
 */
export function drawCodeNumber(nextDigits: () => string): CodeNumber {
  for (let draw = 0; draw < maxDraws; draw += 1) {
    const drawn = codeNumberFrom(nextDigits());
    if (drawn.ok) return drawn.value;
  }
  throw new Error("the source of random digits gives the same digits again and again");
}

/** Whether `text` is exactly one of our numbers: 16 ASCII digits, first 9, Damm right, not Luhn-valid. */
export function isCodeNumber(text: string): text is CodeNumber {
  return /^9[0-9]{15}$/.test(text) && dammDigit(text) === 0 && !isLuhnValid(text);
}

/** Four groups of four, as on labels and in the typing field: «9123 4567 8901 2345». */
export function formatCodeNumber(number: CodeNumber): string {
  return groupDigits(number);
}

/** Groups of four of whatever has been typed so far; digits only, no check. */
export function groupDigits(digits: string): string {
  return digits.replace(/(.{4})(?=.)/g, "$1 ");
}

/**
 * Reads a number as people type it: blanks, hyphens and dots between groups, full-width digits, O for 0, I l
 * | for 1. Answers the bare 16 digits. Total over any string.
 */
export function readTypedNumber(text: string): Result<CodeNumber, NumberRefusal> {
  // One full number with a separator after every digit is 31 units: whatever is far longer is no slip of the
  // finger.
  if (text.length > 256) return refused({ code: "too-long", digits: text.length });
  let digits = "";
  const folded = foldCodeText(text);
  for (let at = 0; at < folded.length; at += 1) {
    const char = folded.charAt(at);
    if (/[0-9]/.test(char)) digits += char;
    else if (/[oO〇○]/.test(char)) digits += "0";
    else if (/[iIl|]/.test(char)) digits += "1";
    else if (!/[\s.\-\u2010-\u2015\u2212_]/.test(char)) return refused({ code: "not-a-number", at });
  }
  if (digits.length < codeNumberLength) return refused({ code: "too-short", digits: digits.length });
  if (digits.length > codeNumberLength) return refused({ code: "too-long", digits: digits.length });
  return isCodeNumber(digits) ? accepted(digits) : refused({ code: "check-digit" });
}
