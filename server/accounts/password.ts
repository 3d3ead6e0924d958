// Passwords of office accounts: how they are kept, and which are refused. Length counts, composition does not
// (NIST SP 800-63B-4 §3.1.1.2); what is guessed first is refused whatever its length.
import { hash, verify } from "@node-rs/argon2";
import type { OfficeRefusal } from "#protocol/office-api.ts";

export const MIN_PASSWORD_LENGTH = 12;
export const MAX_PASSWORD_LENGTH = 128;

// Argon2id is the library's default; OWASP's choice for it: 19 MiB, 2 passes, 1 lane. The parameters stand in
// each hash, so they can be raised.
const argon2id = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

/** What is typed the same is the same, whatever keyboard it came from. */
function normal(password: string): string {
  return password.normalize("NFKC");
}

/** The PHC text to keep. */
export function hashPassword(password: string): Promise<string> {
  return hash(normal(password), argon2id);
}

export function verifyPassword(kept: string, password: string): Promise<boolean> {
  return verify(kept, normal(password));
}

// Words that, repeated or followed by digits, make up most guessed passwords of this length.
const commonWords = [
  "password",
  "passwort",
  "passw0rd",
  "p@ssw0rd",
  "qwertyuiop",
  "qwerty",
  "asdfghjkl",
  "zxcvbnm",
  "1q2w3e4r5t",
  "1qaz2wsx3edc",
  "iloveyou",
  "letmein",
  "welcome",
  "administrator",
  "admin",
  "woaini",
  "mima",
  "shoukuan",
  "guitai",
  "changeme",
  "abcdefghijkl",
  "secret",
  "monkey",
  "dragon",
  "sunshine",
  "princess",
  "football",
  "baseball",
];

export type PasswordRefusal = Extract<
  OfficeRefusal,
  { code: "password-too-short" | "password-too-common" | "password-contains-name" }
>;

/** Judges a new password; null when it may be used. `names`: the mail address and the shop's name. */
export function judgePassword(password: string, names: readonly string[]): PasswordRefusal | null {
  const text = normal(password).toLowerCase();
  if ([...text].length < MIN_PASSWORD_LENGTH) return { code: "password-too-short", min: MIN_PASSWORD_LENGTH };
  if (isGuessedFirst(text)) return { code: "password-too-common" };
  const plain = letters(text);
  for (const name of names.flatMap((each) => [each, each.split("@")[0] ?? each])) {
    const part = letters(name.normalize("NFKC").toLowerCase());
    if ([...part].length >= 3 && plain.includes(part)) return { code: "password-contains-name" };
  }
  return null;
}

function letters(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N}]/gu, "");
}

function isGuessedFirst(text: string): boolean {
  if (new Set(text).size < 5 || isOneStep(text)) return true;
  // The same few characters over and over are as short as one of them.
  if (/^(.{1,5})\1+$/u.test(text)) return true;
  let rest = text;
  for (const word of commonWords) rest = rest.replaceAll(word, "");
  // A common word with a year, a few digits or a mark around it.
  return rest.length < text.length && rest.replaceAll(/[\p{N}\p{P}\p{S}]/gu, "").length < 4;
}

/** Each character one more, or one less, than the one before it: 123456789012, abcdefghijkl. */
function isOneStep(text: string): boolean {
  const steps = new Map<number, number>();
  for (let at = 1; at < text.length; at += 1) {
    const step = text.charCodeAt(at) - text.charCodeAt(at - 1);
    steps.set(step, (steps.get(step) ?? 0) + 1);
  }
  const most = Math.max(...[1, -1].map((step) => steps.get(step) ?? 0));
  return most >= text.length - 3;
}
