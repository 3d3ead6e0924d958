import type { PinRefusal } from "./refusal.ts";

/** An operator's PIN: six digits, none of those that are guessed first (G21). */
export const PIN_LENGTH = 6;

/**
 * Guessed first in every published list, beside plain runs and repeats; dates of birth stay the owner's risk.
 */
const COMMON: ReadonlySet<string> = new Set([
  "123123",
  "112233",
  "121212",
  "520520",
  "521521",
  "131420",
  "147258",
  "159753",
  "147852",
  "789456",
  "101010",
  "168168",
  "666888",
  "888666",
  "696969",
  "123321",
  "100200",
  "654321",
]);

/** Why these digits may not be a PIN, or null when they may. Also judges digit passwords of codes. */
export function weakDigits(digits: string): "sequence" | "repeat" | "common" | null {
  const steps = new Set<number>();
  for (let i = 1; i < digits.length; i++) steps.add(digits.charCodeAt(i) - digits.charCodeAt(i - 1));
  const step = steps.size === 1 ? [...steps][0] : null;
  if (step === 0) return "repeat";
  if (step === 1 || step === -1) return "sequence";
  if (new Set(digits).size <= 2) return "repeat";
  return COMMON.has(digits) ? "common" : null;
}

/** Why this PIN is not taken, or null when it is. */
export function judgeNewPin(pin: string): PinRefusal | null {
  if (pin.length < PIN_LENGTH || !/^\d+$/.test(pin)) return { code: "pin-too-short", min: PIN_LENGTH };
  const why = weakDigits(pin);
  return why && { code: "pin-too-weak", why };
}
