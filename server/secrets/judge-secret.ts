// Which PINs and passwords are taken, by the same rules as the office's form shows while one types (G21); and
// those that are made here, which keep them all.
import { randomBytes } from "#protocol/bytes.ts";
import type { SecretsRefusal, SecretSource } from "#protocol/office-secrets-api.ts";
import { drawFrom, generatePassword, type Draw } from "#domain/password-generator.ts";
import {
  brokenRules,
  normalPassword,
  type KnownOfShop,
  type PasswordKind,
  type PasswordRule,
} from "#domain/password-rules.ts";
import { judgeNewPin, PIN_LENGTH } from "#domain/pin.ts";
import { accepted, refused, type Result } from "#domain/result.ts";
import type { Database } from "../db/tables.ts";

export interface ChosenSecret {
  readonly text: string;
  readonly generated: boolean;
}
type Judged = Result<ChosenSecret, Extract<SecretsRefusal, { code: "password-breaks-rules" }>>;

const draw: Draw = drawFrom(() => new DataView(randomBytes(4).buffer).getUint32(0));

/** What a guesser knows of this shop: its name and its people's. */
export async function knownOfShop(db: Database, merchant: Uint8Array): Promise<KnownOfShop> {
  const shop = await db
    .selectFrom("control.merchants")
    .select("name")
    .where("merchant_id", "=", merchant)
    .executeTakeFirstOrThrow();
  const people = await db
    .selectFrom("books.operators")
    .select("name")
    .where("merchant_id", "=", merchant)
    .where("active", "=", true)
    .execute();
  return { names: [shop.name, ...people.map(({ name }) => name)], phones: [] };
}

/** An operator's PIN: six digits, typed or made. */
export function choosePin(source: SecretSource, known: KnownOfShop): Judged {
  if (source.mode === "generate") {
    for (;;) {
      const text = generatePassword("digits", draw, known);
      if (pinProblems(text, known).length === 0) return accepted({ text, generated: true });
    }
  }
  return judged(source.text, pinProblems(source.text, known));
}

/** A method's password of the kind its pad types. */
export function choosePassword(source: SecretSource, kind: PasswordKind, known: KnownOfShop): Judged {
  if (source.mode === "generate")
    return accepted({ text: generatePassword(kind, draw, known), generated: true });
  return judged(source.text, brokenRules(source.text, kind, known));
}

function judged(typed: string, rules: readonly PasswordRule[]): Judged {
  const text = normalPassword(typed);
  if (text === null || rules.length > 0) return refused({ code: "password-breaks-rules", rules });
  return accepted({ text, generated: false });
}

/** The pad sends a PIN off with its sixth digit: a longer one could never be typed. */
function pinProblems(typed: string, known: KnownOfShop): readonly PasswordRule[] {
  const broken = brokenRules(typed, "digits", known);
  if (broken.length > 0) return broken;
  const text = normalPassword(typed) ?? "";
  if (text.length !== PIN_LENGTH) return ["length"];
  // The tills' own list, which a PIN made there is judged by.
  return judgeNewPin(text) === null ? [] : ["common"];
}
