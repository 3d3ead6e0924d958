import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "@hpke/core";
import { concat, type Bytes } from "./bytes.ts";

/** `seal` of PROTOCOL §1: HPKE base mode (RFC 9180), DHKEM(P-256), HKDF-SHA256, AES-256-GCM. */
const ENC_BYTES = 65;

function suite(): CipherSuite {
  return new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
}

/**
 * Seals bytes to a till's vault key (65-byte point); only that till opens them, and only under the same
 * `aad`.
 */
export async function seal(recipientPoint: Uint8Array, aad: Uint8Array, plain: Uint8Array): Promise<Bytes> {
  const hpke = suite();
  // Copies: the library reads a view's whole buffer, and a database's bytes are views into a larger one.
  const recipientPublicKey = await hpke.kem.deserializePublicKey(new Uint8Array(recipientPoint));
  const sender = await hpke.createSenderContext({ recipientPublicKey });
  const sealed = await sender.seal(new Uint8Array(plain), new Uint8Array(aad));
  return concat(new Uint8Array(sender.enc), new Uint8Array(sealed));
}

/**
 * Opens sealed bytes with the vault key (ECDH, P-256); null when they are not for us or were changed. Give
 * the pair, or a private key that may be exported: HPKE binds the public key too, and from a private key that
 * hides it the library can only guess which of two points it is. Throws when it would have to: half of all
 * vaults would never open.
 */
export async function openSealed(
  key: CryptoKey | CryptoKeyPair,
  aad: Uint8Array,
  sealed: Uint8Array,
): Promise<Bytes | null> {
  if (!("privateKey" in key) && !key.extractable) throw new TypeError("sealed: the public key is needed");
  if (sealed.length <= ENC_BYTES) return null;
  try {
    const recipient = await suite().createRecipientContext({
      recipientKey: key,
      enc: sealed.slice(0, ENC_BYTES),
    });
    return new Uint8Array(await recipient.open(sealed.slice(ENC_BYTES), aad as Bytes));
  } catch {
    // HPKE tells only that it did not open; which bit was wrong would help nobody but an attacker.
    return null;
  }
}
