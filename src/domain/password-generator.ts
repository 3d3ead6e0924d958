import { brokenRules, type KnownOfShop, MIN_DIGITS, type PasswordKind } from "./password-rules.ts";

/** Answers a whole number from 0 up to `below`, that one excluded, each as likely as the other. */
export type Draw = (below: number) => number;

// Syllables that a reader of pinyin and a reader of English say so that the other writes down the same. Left
// out: l and n in one list with r (southern ears), h beside f, «ang» beside «an»; l, i alone and o as letters
// that look like 1 and 0.
const BEGINNINGS = "b d f g k m p r s t w y sh ch".split(" ");
const ENDINGS = "a ai an ei en u".split(" ");
const SYLLABLES: readonly string[] = BEGINNINGS.flatMap((one) => ENDINGS.map((other) => one + other));
/** Neither 0 nor 1. */
const CLEAR_DIGITS = "23456789";
const WORDS = 2;
const SYLLABLES_A_WORD = 2;
const DIGITS_AFTER_WORDS = 4;

/** How many bits a drawn letters password is worth: «baishu-tenmai-4826». */
export const LETTERS_BITS: number =
  WORDS * SYLLABLES_A_WORD * Math.log2(SYLLABLES.length) +
  DIGITS_AFTER_WORDS * Math.log2(CLEAR_DIGITS.length);

/**
 * A password that keeps every rule and can be read out over a telephone in Chinese or in English: six digits,
 * or two made-up words and four digits. Draws again where a rule is broken by chance.
 */
export function generatePassword(kind: PasswordKind, draw: Draw, known: KnownOfShop): string {
  for (;;) {
    const text = kind === "digits" ? digits("0123456789", MIN_DIGITS, draw) : wordsAndDigits(draw);
    if (brokenRules(text, kind, known).length === 0) return text;
  }
}

/**
 * The parts as one reads them out, a breath between them: «402 917» three digits at a time, the words of a
 * letters password each by itself, the dash between them said.
 */
export function readAloud(password: string): readonly string[] {
  const parts = password.match(/[0-9]+|[^0-9-]+|-/gu) ?? [];
  return parts.flatMap((part) =>
    /^[0-9]+$/u.test(part) ? (part.match(part.length % 3 === 0 ? /.{3}/gu : /.{1,4}/gu) ?? []) : [part],
  );
}

/**
 * Draws evenly from whole numbers of 32 random bits: what lies beyond the last full round is thrown away.
 */
export function drawFrom(nextUint32: () => number): Draw {
  return (below) => {
    const end = 2 ** 32 - (2 ** 32 % below);
    for (;;) {
      const drawn = nextUint32();
      if (drawn < end) return drawn % below;
    }
  };
}

function wordsAndDigits(draw: Draw): string {
  const word = (): string => times(SYLLABLES_A_WORD, () => SYLLABLES[draw(SYLLABLES.length)] ?? "").join("");
  return [...times(WORDS, word), digits(CLEAR_DIGITS, DIGITS_AFTER_WORDS, draw)].join("-");
}

function digits(from: string, count: number, draw: Draw): string {
  return times(count, () => from.charAt(draw(from.length))).join("");
}

function times<T>(count: number, make: () => T): T[] {
  return Array.from({ length: count }, make);
}
