// Device keys as they are used again and again: to import a point costs more than to check a signature.
import { toHex } from "#protocol/bytes.ts";
import { importPublicKey } from "#protocol/crypto.ts";

/** Tills that push within the same minutes, on the largest server we know of. */
const MOST_KEYS = 5000;
const keys = new Map<string, Promise<CryptoKey>>();

/** The verifying key of this point. Throws when the bytes are no point of the curve. */
export function deviceKey(point: Uint8Array): Promise<CryptoKey> {
  const name = toHex(point);
  const known = keys.get(name);
  if (known !== undefined) return known;
  const imported = importPublicKey(point);
  const oldest = keys.keys().next();
  if (keys.size >= MOST_KEYS && !oldest.done) keys.delete(oldest.value);
  keys.set(name, imported);
  return imported;
}
