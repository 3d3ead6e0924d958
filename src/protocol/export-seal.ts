import { Aes256Gcm, CipherSuite, DhkemP256HkdfSha256, HkdfSha256 } from "@hpke/core";
import type { ChunkOpener, ChunkSealer } from "./export-file.ts";

// The seal of export files: `seal` of PROTOCOL §1 with many boxes in one context. Apart from `export-file.ts`
// because the library is heavy and a till loads it only when somebody exports.

function suite(): CipherSuite {
  return new CipherSuite({ kem: new DhkemP256HkdfSha256(), kdf: new HkdfSha256(), aead: new Aes256Gcm() });
}

/** Begins a file for the export key (65-byte point). */
export async function exportSealer(exportPoint: Uint8Array): Promise<ChunkSealer> {
  const hpke = suite();
  const recipientPublicKey = await hpke.kem.deserializePublicKey(new Uint8Array(exportPoint));
  const sender = await hpke.createSenderContext({ recipientPublicKey });
  return {
    enc: new Uint8Array(sender.enc),
    seal: async (aad, plain) => new Uint8Array(await sender.seal(new Uint8Array(plain), new Uint8Array(aad))),
  };
}

/**
 * Opens a file sealed to this pair; an `enc` that is no point of the curve gives an opener that opens
 * nothing.
 */
export async function exportOpener(pair: CryptoKeyPair, enc: Uint8Array): Promise<ChunkOpener> {
  try {
    const recipient = await suite().createRecipientContext({ recipientKey: pair, enc: new Uint8Array(enc) });
    return async (aad, sealed) => {
      try {
        return new Uint8Array(await recipient.open(new Uint8Array(sealed), new Uint8Array(aad)));
      } catch {
        // HPKE tells only that it did not open; the caller names the chunk.
        return null;
      }
    };
  } catch {
    // Bytes that are no key: nothing can have been sealed under them.
    return () => Promise.resolve(null);
  }
}
