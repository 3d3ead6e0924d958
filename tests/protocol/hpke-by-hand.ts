import { createDecipheriv, createECDH, createHmac } from "node:crypto";

// HPKE base mode (RFC 9180), the receiving half, written from the RFC over Node's primitives: a second
// opinion on what `seal` makes. It keeps to DHKEM(P-256, HKDF-SHA256) and HKDF-SHA256.

const KEM_P256 = 0x0010;
const KDF_SHA256 = 0x0001;
/** AEAD ids with their key lengths; 0x0001 is there for the RFC's own vector. */
const AEADS = {
  "aes-128-gcm": { id: 0x0001, keyBytes: 16 },
  "aes-256-gcm": { id: 0x0002, keyBytes: 32 },
} as const;

export interface HpkeMessage {
  readonly aead: keyof typeof AEADS;
  /** The receiver's private scalar, 32 bytes. */
  readonly secret: Uint8Array;
  readonly enc: Uint8Array;
  readonly info: Uint8Array;
  readonly aad: Uint8Array;
  readonly ciphertext: Uint8Array;
}

/** Opens the first message of a context. Throws when the tag does not fit. */
export function hpkeOpen(message: HpkeMessage): Uint8Array {
  const aead = AEADS[message.aead];
  const receiver = createECDH("prime256v1");
  receiver.setPrivateKey(message.secret);
  const kemSuite = Buffer.concat([Buffer.from("KEM"), two(KEM_P256)]);
  const eaePrk = labeledExtract(kemSuite, "eae_prk", receiver.computeSecret(message.enc));
  const kemContext = Buffer.concat([message.enc, receiver.getPublicKey()]);
  const shared = labeledExpand(kemSuite, eaePrk, "shared_secret", kemContext, 32);

  const suite = Buffer.concat([Buffer.from("HPKE"), two(KEM_P256), two(KDF_SHA256), two(aead.id)]);
  const nothing = new Uint8Array(0);
  const context = Buffer.concat([
    Uint8Array.of(0),
    labeledExtract(suite, "psk_id_hash", nothing),
    labeledExtract(suite, "info_hash", message.info),
  ]);
  const secret = labeledExtract(suite, "secret", nothing, shared);
  const key = labeledExpand(suite, secret, "key", context, aead.keyBytes);
  const nonce = labeledExpand(suite, secret, "base_nonce", context, 12);
  const cipher = createDecipheriv(message.aead, key, nonce);
  cipher.setAAD(message.aad);
  cipher.setAuthTag(message.ciphertext.slice(-16));
  return Buffer.concat([cipher.update(message.ciphertext.slice(0, -16)), cipher.final()]);
}

function labeledExtract(
  suite: Uint8Array,
  label: string,
  ikm: Uint8Array,
  salt: Uint8Array = new Uint8Array(0),
): Uint8Array {
  const labeled = Buffer.concat([Buffer.from("HPKE-v1"), suite, Buffer.from(label), ikm]);
  return createHmac("sha256", salt).update(labeled).digest();
}

function labeledExpand(
  suite: Uint8Array,
  prk: Uint8Array,
  label: string,
  info: Uint8Array,
  length: number,
): Uint8Array {
  const labeled = Buffer.concat([two(length), Buffer.from("HPKE-v1"), suite, Buffer.from(label), info]);
  // 32 bytes or fewer are the first block of HKDF-Expand.
  const block = createHmac("sha256", prk).update(labeled).update(Uint8Array.of(1)).digest();
  return block.subarray(0, length);
}

function two(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 0xff);
}
