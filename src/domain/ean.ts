/** GTIN rules of GS1: check digit, and one 14-digit form for all lengths, so that a product is found
 * whichever way a scanner spells it (a UPC-A arrives as 12 or as 13 digits, `field/hardware.md`). */

/** Whether the last digit of an all-digit GTIN is right. Weights 3 and 1 alternate from the right. */
export function hasGtinCheckDigit(digits: string): boolean {
  let sum = 0;
  for (let place = 0; place < digits.length; place += 1) {
    const digit = digits.charCodeAt(digits.length - 1 - place) - 48;
    sum += place % 2 === 1 ? digit * 3 : digit;
  }
  return sum % 10 === 0;
}

/** The 14-digit form: zeros in front. `digits` is a checked GTIN-8, -12, -13 or -14. */
export function toGtin14(digits: string): string {
  return digits.padStart(14, "0");
}

/**
 * The UPC-A behind an 8-digit UPC-E (number system 0 or 1, six digits, check digit), or null when it is none.
 * The check digit of a UPC-E is that of the UPC-A it stands for.
 */
export function expandUpcE(digits: string): string | null {
  if (!/^[01][0-9]{7}$/.test(digits)) return null;
  const system = digits.charAt(0);
  const body = digits.slice(1, 7);
  const last = body.charAt(5);
  const check = digits.charAt(7);
  const middle =
    last <= "2"
      ? `${body.slice(0, 2)}${last}0000${body.slice(2, 5)}`
      : last === "3"
        ? `${body.slice(0, 3)}00000${body.slice(3, 5)}`
        : last === "4"
          ? `${body.slice(0, 4)}00000${body.charAt(4)}`
          : `${body.slice(0, 5)}0000${last}`;
  const expanded = `${system}${middle}${check}`;
  return hasGtinCheckDigit(expanded) ? expanded : null;
}
