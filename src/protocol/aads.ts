import type { Bytes } from "./bytes.ts";
import { encodeCbor } from "./cbor.ts";

/**
 * The aad under which a store's site key of one week travels to one till: no other till's secret opens in its
 * place.
 */
export function siteKeyAad(till: Uint8Array, store: Uint8Array, keyEpoch: number): Bytes {
  return encodeCbor(["site-key", till, store, keyEpoch]);
}
