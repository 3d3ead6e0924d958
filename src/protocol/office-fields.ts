import * as v from "valibot";
import { looksLikeCard } from "#domain/card-number.ts";

/** Fields that several of the office's requests have, each judged in one place only (see office-api.ts). */

/** Largest amount of one code or sale: 999,999.99. */
export const MAX_AMOUNT_MINOR = 99_999_999;
export const MAX_NAME_LENGTH = 60;
/** How a validator says that a bank card's number stands in a field. */
export const CARD_NUMBER = "card-number";
/** Control characters, half characters, and marks that turn the direction of what stands after the name. */
const unreadable = /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u;
// Composed, as the feed and the certificate must say it (PROTOCOL §1): some keyboards send letters in parts.
export const personName: v.GenericSchema<string> = v.pipe(
  v.string(),
  v.trim(),
  v.check((text) => !unreadable.test(text), "name"),
  v.normalize("NFC"),
  v.minLength(1, "name"),
  v.maxLength(MAX_NAME_LENGTH, "name"),
  // Whoever reads the books or copies them would have it: a card's number belongs to its terminal alone.
  v.check((text) => !looksLikeCard(text), CARD_NUMBER),
);
export const shortId: v.GenericSchema<string> = v.pipe(v.string(), v.regex(/^[0-9A-HJKMNP-TV-Z]{12}$/, "id"));
export const minorOrZero: v.GenericSchema<number> = v.pipe(
  v.number(),
  v.safeInteger("amount"),
  v.minValue(0, "amount"),
  v.maxValue(MAX_AMOUNT_MINOR, "amount"),
);
