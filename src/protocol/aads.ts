import type { Bytes } from "./bytes.ts";
import { encodeCbor } from "./cbor.ts";

/**
 * The aad under which a store's site key of one week travels to one till: no other till's secret opens in its
 * place.
 */
export function siteKeyAad(till: Uint8Array, store: Uint8Array, keyEpoch: number): Bytes {
  return encodeCbor(["site-key", till, store, keyEpoch]);
}

/** The aad of a secret on its way to one till epoch: neither another subject's nor an older one opens. */
export function secretAad(till: Uint8Array, epoch: number, subject: Uint8Array, version: number): Bytes {
  return encodeCbor(["secret", till, epoch, subject, version]);
}

/** The aad of a PIN made on a till, on its way to the server's export key. */
export function pinSetAad(till: Uint8Array, epoch: number, operator: Uint8Array, version: number): Bytes {
  return encodeCbor(["pin-set", till, epoch, operator, version]);
}

/** The aad of the key that answers a locked till's eight digits. */
export function unlockKeyAad(till: Uint8Array, epoch: number): Bytes {
  return encodeCbor(["unlock-key", till, epoch]);
}
