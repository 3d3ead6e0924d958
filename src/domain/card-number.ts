import { isCodeNumber, isLuhnValid } from "./code-number.ts";
import { hasGtinCheckDigit } from "./ean.ts";

/** ISO/IEC 7812: no card's number is shorter or longer. */
const fewestDigits = 13;
const mostDigits = 19;
/** No field of ours takes as much; what is longer is judged by its beginning only. */
const longestText = 4096;

/** What people put between the groups of a card's number; more than three of them part two things. */
const groups = /[0-9]+(?:[\s.·\-\u2010-\u2015\u2212]{1,3}[0-9]+)*/gu;
/** Shows nothing and would part the digits of a number for us, and for nobody who reads it. */
const unseen = /[\p{Cf}\u034f\ufe00-\ufe0f]/gu;

/**
 * Whether a bank card's number may stand in this text, alone or among words: 13 to 19 digits that are
 * Luhn-valid, written in one piece or in groups, in ASCII or full-width digits. Our own 16-digit numbers and
 * products' GTINs are tried first and are no cards. Total over any string; one in ten of other long numbers
 * is called a card too, so scanned texts are never asked (a wallet's code would be refused at random).
 */
export function looksLikeCard(text: string): boolean {
  const plain = text.slice(0, longestText).replace(unseen, "").normalize("NFKC");
  for (const [found] of plain.matchAll(groups)) {
    if (found.length < fewestDigits) continue;
    if (anyRunIsCard(found.split(/[^0-9]+/u))) return true;
  }
  return false;
}

/** Any neighbouring groups that together are one number: a date or a phone number may stand beside it. */
function anyRunIsCard(parts: readonly string[]): boolean {
  for (let first = 0; first < parts.length; first += 1) {
    let digits = "";
    for (let last = first; last < parts.length && digits.length <= mostDigits; last += 1) {
      digits += parts[last] ?? "";
      if (isCard(digits)) return true;
    }
  }
  return false;
}

function isCard(digits: string): boolean {
  if (digits.length < fewestDigits || digits.length > mostDigits) return false;
  if (isCodeNumber(digits) || isProduct(digits)) return false;
  return isLuhnValid(digits);
}

/** GTIN-13 or -14; shorter ones are no card anyway. */
function isProduct(digits: string): boolean {
  return (digits.length === 13 || digits.length === 14) && hasGtinCheckDigit(digits);
}
