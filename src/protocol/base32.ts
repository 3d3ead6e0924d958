import type { Bytes } from "./bytes.ts";

/**
 * Two alphabets of five-bit text. RFC 4648 carries payment codes: it survives keyboard-wedge scanners and
 * input methods. Crockford is for what people read aloud and type: no I, L, O, U.
 */
const RFC4648 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/** Unpadded RFC 4648 base32, upper case. */
export function toBase32(bytes: Uint8Array): string {
  return encode(bytes, RFC4648);
}

/**
 * The bytes of unpadded upper-case RFC 4648 base32, or null; left-over bits must be zero, so one text per
 * value.
 */
export function fromBase32(text: string): Bytes | null {
  return decode(text, RFC4648);
}

/** Crockford base32 of the bytes' leading bits, cut to whole characters when `characters` is given. */
export function toCrockford(bytes: Uint8Array, characters?: number): string {
  const text = encode(bytes, CROCKFORD);
  return characters === undefined ? text : text.slice(0, characters);
}

/**
 * The bytes of Crockford text, or null. Case, spaces and hyphens are forgiven, and O for 0, I and L for 1.
 */
export function fromCrockford(text: string): Bytes | null {
  return decode(tidyCrockford(text), CROCKFORD);
}

/** Crockford text as it would have been printed: upper case, no separators, look-alikes mended. */
export function tidyCrockford(text: string): string {
  return text
    .normalize("NFKC")
    .toUpperCase()
    .replaceAll(/[\s-]/g, "")
    .replaceAll("O", "0")
    .replaceAll(/[IL]/g, "1");
}

function encode(bytes: Uint8Array, alphabet: string): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      text += alphabet.charAt((held >> bits) & 31);
    }
    held &= (1 << bits) - 1;
  }
  return bits > 0 ? text + alphabet.charAt((held << (5 - bits)) & 31) : text;
}

function decode(text: string, alphabet: string): Bytes | null {
  const out = new Uint8Array(Math.floor((text.length * 5) / 8));
  let bits = 0;
  let held = 0;
  let at = 0;
  for (const character of text) {
    const value = alphabet.indexOf(character);
    if (value < 0) return null;
    held = (held << 5) | value;
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out[at++] = (held >> bits) & 255;
    }
    held &= (1 << bits) - 1;
  }
  // A whole spare character, or bits set in the rest, would be a second spelling of the same bytes.
  return bits >= 5 || held !== 0 ? null : out;
}
