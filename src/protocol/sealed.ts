import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "@hpke/core";
import { concat, type Bytes } from "./bytes.ts";

/** `seal` of PROTOCOL §1: HPKE base mode (RFC 9180), DHKEM(P-256), HKDF-SHA256, AES-256-GCM. */
const ENC_BYTES = 65;

function suite(): CipherSuite {
  return new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
}

/** Seals bytes to a till's vault key (65-byte point); only that till opens them, and only under the same `aad`. */
export async function seal(recipientPoint: Uint8Array, aad: Uint8Array, plain: Uint8Array): Promise<Bytes> {
  const hpke = suite();
  const recipientPublicKey = await hpke.kem.deserializePublicKey(recipientPoint as Bytes);
  const sender = await hpke.createSenderContext({ recipientPublicKey });
  const sealed = await sender.seal(plain as Bytes, aad as Bytes);
  return concat(new Uint8Array(sender.enc), new Uint8Array(sealed));
}

/** Opens sealed bytes with the private vault key (ECDH, P-256); null when they are not for us or were changed. */
export async function openSealed(
  privateKey: CryptoKey,
  aad: Uint8Array,
  sealed: Uint8Array,
): Promise<Bytes | null> {
  if (sealed.length <= ENC_BYTES) return null;
  try {
    const recipient = await suite().createRecipientContext({
      recipientKey: privateKey,
      enc: sealed.slice(0, ENC_BYTES),
    });
    return new Uint8Array(await recipient.open(sealed.slice(ENC_BYTES), aad as Bytes));
  } catch {
    // HPKE tells only that it did not open; which bit was wrong would help nobody but an attacker.
    return null;
  }
}

export { siteKeyAad } from "./aads.ts";
