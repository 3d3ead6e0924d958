// Passwords of payment codes: made here so that they are not easy, or typed by the issuer and judged (G9).
import { refused, accepted, type Result } from "#domain/result.ts";
import { concat, utf8 } from "#protocol/bytes.ts";
import { encodeCbor } from "#protocol/cbor.ts";
import { hkdf } from "#protocol/crypto.ts";
import type { OfficeRefusal } from "#protocol/office-api.ts";

export type PasswordWeakness = Extract<OfficeRefusal, { code: "password-weak" }>["why"];
export type PasswordKind = "digits" | "letters";

export const DIGITS_LENGTH = 6;
export const LETTERS_LENGTH = 8;
const MAX_PASSWORD_BYTES = 128;
/** Letters and digits that are told apart when read aloud or written down. */
const READABLE = "abcdefghjkmnpqrstuvwxyz23456789";

/** Neither a sequence nor one digit over again, and still what everybody tries first. */
const COMMON: ReadonlySet<string> = new Set(
  (
    "123123 112233 121212 520520 521521 131420 201314 520131 168168 159753 147258 258369 147852 741852 " +
    "963852 789456 456123 123654 102030 696969 " +
    "password passw0rd iloveyou qwertyui woaini52 admin123 abc12345 abcd1234"
  ).split(" "),
);

/**
 * The text as both ends hash it (PROTOCOL §10): NFKC, well-formed, at most 128 bytes. Refused when it is none
 * of that, or not of the kind the pad can enter, or easily guessed.
 */
export function judgeCodePassword(
  typed: string,
  kind: PasswordKind,
): Result<string, { readonly code: "password-weak"; readonly why: PasswordWeakness }> {
  const weak = (why: PasswordWeakness): ReturnType<typeof judgeCodePassword> =>
    refused({ code: "password-weak", why });
  if (!typed.isWellFormed()) return weak("kind");
  const text = typed.normalize("NFKC");
  if (utf8(text).length > MAX_PASSWORD_BYTES) return weak("kind");
  if (kind === "digits" ? !/^[0-9]+$/u.test(text) : !/^[!-~]+$/u.test(text)) return weak("kind");
  const characters = [...text];
  if (characters.length < (kind === "digits" ? DIGITS_LENGTH : LETTERS_LENGTH)) return weak("short");
  if (new Set(characters).size <= 2) return weak("repeat");
  if (isSequence(characters)) return weak("sequence");
  if (COMMON.has(text.toLowerCase()) || isDoubled(text)) return weak("common");
  return accepted(text);
}

/** Every step the same and none wider than two: 123456, 987654, 135790, abcdefgh. */
function isSequence(characters: readonly string[]): boolean {
  const steps = characters.slice(1).map((character, i) => {
    const step = (character.codePointAt(0) ?? 0) - (characters[i]?.codePointAt(0) ?? 0);
    // 0 follows 9 on the pad.
    return /^[0-9]$/u.test(character) ? ((((step + 5) % 10) + 10) % 10) - 5 : step;
  });
  const first = steps[0] ?? 0;
  return Math.abs(first) <= 2 && steps.every((step) => step === first);
}

/** The same half twice: 742742. */
function isDoubled(text: string): boolean {
  const half = text.length / 2;
  return Number.isInteger(half) && text.slice(0, half) === text.slice(half);
}

/**
 * A generated password, made anew from the merchant's secret and the caller's request id: a repeated request
 * shows the same one, and nothing of it has to be stored (of the request id only a hash is).
 */
export async function generateCodePassword(
  merchantSecret: Uint8Array,
  requestId: Uint8Array,
  kind: PasswordKind,
): Promise<string> {
  for (let draw = 0; ; draw++) {
    const info = concat(utf8("guitai/code-password/1"), encodeCbor([requestId, draw]));
    const text = textFrom(await hkdf(merchantSecret, info, 64), kind);
    if (judgeCodePassword(text, kind).ok) return text;
  }
}

function textFrom(random: Uint8Array, kind: PasswordKind): string {
  const view = new DataView(random.buffer, random.byteOffset);
  const alphabet = kind === "digits" ? "0123456789" : READABLE;
  const length = kind === "digits" ? DIGITS_LENGTH : LETTERS_LENGTH;
  // 32 bits a character: the bias of the remainder is below one in a hundred million.
  return Array.from({ length }, (_, i) => alphabet.charAt(view.getUint32(4 * i) % alphabet.length)).join("");
}
