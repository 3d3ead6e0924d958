import { toCrockford } from "./base32.ts";
import { ID_BYTES, randomBytes, toHex, type Bytes } from "./bytes.ts";

/** Merchants, stores, tills, sales, codes are named by 16 random bytes; people see 12 characters of them. */
export const SHORT_ID_LENGTH = 12;

export function newId(): Bytes {
  return randomBytes(ID_BYTES);
}

/** 12 Crockford characters: the id's first 60 bits. */
export function shortId(id: Uint8Array): string {
  return toCrockford(id, SHORT_ID_LENGTH);
}

/**
 * Is this text the short id of some id? Only as it is printed: look-alikes mended would be a second spelling.
 */
export function isShortId(text: string): boolean {
  return /^[0-9A-HJKMNP-TV-Z]{12}$/.test(text);
}

/** The key under which an id is looked up in a database: 32 hex digits. */
export function idKey(id: Uint8Array): string {
  return toHex(id);
}
