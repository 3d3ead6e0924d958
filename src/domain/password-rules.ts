import { freeCharacters, PATTERN_KINDS, type PatternKind } from "./password-patterns.ts";

/** What the pad can type: digits for speed, or the letters, digits and marks of a keyboard. */
export type PasswordKind = "digits" | "letters";

export const MIN_DIGITS = 6;
export const MIN_LETTERS = 8;
/** In bytes of UTF-8 (PROTOCOL §10); what a pad can type is one byte a character. */
export const MAX_PASSWORD_BYTES = 128;

/**
 * The rules of the guide for code passwords and PINs, in the order in which they are shown (G21). `can-type`:
 * only what the till's pad has keys for, and no more than it takes.
 */
export type PasswordRule =
  | "can-type"
  | "length"
  | "letter"
  | "digit"
  | "special"
  | PatternKind
  | "common"
  | "shop-name"
  | "phone-number";

/** What a guesser knows of the shop: its name and its people's, and its telephone numbers. */
export interface KnownOfShop {
  readonly names: readonly string[];
  readonly phones: readonly string[];
}

const DIGIT_RULES: readonly PasswordRule[] = [
  "can-type",
  "length",
  ...PATTERN_KINDS,
  "common",
  "phone-number",
];
const LETTER_RULES: readonly PasswordRule[] = [
  "can-type",
  "length",
  "letter",
  "digit",
  "special",
  ...PATTERN_KINDS,
  "common",
  "shop-name",
  "phone-number",
];

/** The rules that hold for passwords of this kind, in their order. */
export function rulesFor(kind: PasswordKind): readonly PasswordRule[] {
  return kind === "digits" ? DIGIT_RULES : LETTER_RULES;
}

/** The fewest characters a password of this kind may have. */
export function minLength(kind: PasswordKind): number {
  return kind === "digits" ? MIN_DIGITS : MIN_LETTERS;
}

/**
 * The text as it is judged and hashed: NFKC, so that full-width letters are the plain ones. Null when it is
 * not well-formed.
 */
export function normalPassword(typed: string): string | null {
  return typed.isWellFormed() ? typed.normalize("NFKC") : null;
}

/**
 * Every rule this password breaks, in the order of `rulesFor`; none: it may be used. Judges what is typed so
 * far as well: a rule about patterns speaks as soon as no ending of the shortest length could mend it.
 */
export function brokenRules(typed: string, kind: PasswordKind, known: KnownOfShop): readonly PasswordRule[] {
  const text = normalPassword(typed);
  if (text === null) return ["can-type"];
  const keys = kind === "digits" ? /^[0-9]*$/u : /^[!-~]*$/u;
  // Anything else is longer in UTF-8 than in characters, so the length in bytes need not be counted apart.
  if (!keys.test(text) || text.length > MAX_PASSWORD_BYTES) return ["can-type"];
  const patterns = brokenPatterns(text, minLength(kind));
  const broken: Readonly<Record<PasswordRule, boolean>> = {
    "can-type": false,
    length: text.length < minLength(kind),
    letter: !/[a-z]/iu.test(text),
    digit: !/[0-9]/u.test(text),
    special: !/[^a-z0-9]/iu.test(text),
    sequence: patterns.includes("sequence"),
    repeat: patterns.includes("repeat"),
    "keyboard-walk": patterns.includes("keyboard-walk"),
    common: isCommon(text),
    "shop-name": hasName(text, known.names),
    "phone-number": hasPhone(text, known.phones),
  };
  return rulesFor(kind).filter((rule) => broken[rule]);
}

/** Whether this password may be used. */
export function maySet(typed: string, kind: PasswordKind, known: KnownOfShop): boolean {
  return brokenRules(typed, kind, known).length === 0;
}

/**
 * A pattern may give one character away, and whatever a password has beyond the shortest length: «abc» spoils
 * neither «abc74920» nor a long phrase.
 */
function brokenPatterns(text: string, min: number): readonly PatternKind[] {
  const free = freeCharacters(text, text.length >= min);
  const mayGive = Math.max(0, text.length - min) + 1;
  const broken = PATTERN_KINDS.filter((kind) => free[kind] > mayGive);
  if (broken.length > 0 || free.any <= mayGive) return broken;
  // Several patterns together: named by the one that gives most.
  const most = PATTERN_KINDS.toSorted((one, other) => free[other] - free[one])[0];
  return most === undefined ? [] : [most];
}

/** No pattern, and still among the first that anybody tries; several are Chinese homophones («520» love). */
const COMMON_DIGITS: ReadonlySet<string> = new Set(
  "131420 520131 131452 201314 102030 100200 888168 5201314 1314520 20131420 52013142".split(" "),
);
const COMMON_WORDS = [
  ..."password passwort qwerty iloveyou letmein welcome admin administrator changeme secret login".split(" "),
  ..."monkey dragon sunshine princess football baseball superman batman master hello shadow".split(" "),
  ..."woaini woaiwojia wodemima mima shoukuan shouyin guitai zhifu weixin alipay wechat zhifubao taobao".split(
    " ",
  ),
];
/** Letters that are written as what looks like them: «P@ssw0rd». */
const LOOKALIKES: ReadonlyMap<string, string> = new Map([
  ["@", "a"],
  ["4", "a"],
  ["3", "e"],
  ["1", "i"],
  ["!", "i"],
  ["0", "o"],
  ["$", "s"],
  ["5", "s"],
  ["7", "t"],
]);

function spelledOut(text: string): string {
  return Array.from(text, (character) => LOOKALIKES.get(character) ?? character).join("");
}

/** A well-known word with hardly a letter beside it, however it is spelled. */
function isCommon(text: string): boolean {
  const plain = text.toLowerCase();
  if (COMMON_DIGITS.has(plain)) return true;
  return [plain, spelledOut(plain)].some((spelling) =>
    COMMON_WORDS.some((word) => {
      const rest = spelling.replaceAll(word, "");
      return rest.length < spelling.length && onlyLetters(rest).length < 4;
    }),
  );
}

function onlyLetters(text: string): string {
  return text.replaceAll(/[^\p{L}]/gu, "");
}

/** The shop's whole name, or a word of it with four letters or more, however it is spelled. */
function hasName(text: string, names: readonly string[]): boolean {
  const plain = text.toLowerCase();
  const spellings = [plain, spelledOut(plain)].map((each) => each.replaceAll(/[^\p{L}\p{N}]/gu, ""));
  return names
    .map((name) => name.normalize("NFKC").toLowerCase())
    .flatMap((name) => [
      ...[name.replaceAll(/[^\p{L}\p{N}]/gu, "")].filter((whole) => whole.length >= 3),
      ...name.split(/[^\p{L}\p{N}]+/u).filter((word) => word.length >= 4),
    ])
    .some((part) => spellings.some((spelling) => spelling.includes(part)));
}

const MIN_PHONE_PART = 6;

/**
 * A mobile number of the mainland, an area code with a number, or six digits in a row of one the shop has.
 */
function hasPhone(text: string, phones: readonly string[]): boolean {
  for (const digits of text.match(/[0-9]{6,}/gu) ?? []) {
    if (/^(?:86)?1[3-9][0-9]{9}$/u.test(digits) || /^0[1-9][0-9]{8,10}$/u.test(digits)) return true;
    for (const phone of phones.map((each) => each.replaceAll(/[^0-9]/gu, ""))) {
      for (let at = 0; at + MIN_PHONE_PART <= digits.length; at++) {
        if (phone.includes(digits.slice(at, at + MIN_PHONE_PART))) return true;
      }
    }
  }
  return false;
}
