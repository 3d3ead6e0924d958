import { concat, randomBytes, type Bytes } from "#protocol/bytes.ts";
import { exportPublicKey, keyId, newSigningPair } from "#protocol/crypto.ts";
import type { KeysetKey, KeyState, KeyUse, Keyset } from "#protocol/keyset.ts";

// A shop made of fresh keys, for tests that need a server, a till and what both know of each other.

/** A signing key with its point and key id. */
export interface SigningKey {
  readonly privateKey: CryptoKey;
  readonly publicKey: CryptoKey;
  readonly point: Bytes;
  readonly kid: Bytes;
}

export async function newSigningKey(): Promise<SigningKey> {
  const pair = await newSigningPair(true);
  const point = await exportPublicKey(pair.publicKey);
  return { privateKey: pair.privateKey, publicKey: pair.publicKey, point, kid: await keyId(point) };
}

/** A key pair of a till's vault, its private half not exportable, and its point. */
export async function newVaultPair(): Promise<{ readonly pair: CryptoKeyPair; readonly point: Bytes }> {
  const ecdh: EcKeyGenParams = { name: "ECDH", namedCurve: "P-256" };
  const pair = (await crypto.subtle.generateKey(ecdh, false, ["deriveBits"])) as CryptoKeyPair;
  return { pair, point: await exportPublicKey(pair.publicKey) };
}

/** The row of a key in a keyset. */
export function keysetRow(
  key: SigningKey,
  use: KeyUse,
  merchant: Bytes | null = null,
  state: KeyState = "active",
): KeysetKey {
  const validity = { notBeforeMs: 1_750_000_000_000, notAfterMs: 1_790_000_000_000 };
  return { kid: key.kid, use, merchant, key: key.point, ...validity, state };
}

export interface Shop {
  readonly merchant: Bytes;
  readonly store: Bytes;
  readonly till: Bytes;
  readonly lineage: Bytes;
  readonly root: SigningKey;
  readonly answer: SigningKey;
  readonly issuer: SigningKey;
  readonly device: SigningKey;
  readonly keyset: Keyset;
}

export async function openShop(): Promise<Shop> {
  const [root, answer, issuer, device] = await Promise.all([
    newSigningKey(),
    newSigningKey(),
    newSigningKey(),
    newSigningKey(),
  ]);
  const merchant = randomBytes(16);
  const lineage = randomBytes(8);
  const keys = [keysetRow(answer, "answer"), keysetRow(issuer, "issuer", merchant)];
  const keyset: Keyset = { lineage, version: 3, keys };
  return {
    merchant,
    store: randomBytes(16),
    till: randomBytes(16),
    lineage,
    root,
    answer,
    issuer,
    device,
    keyset,
  };
}

/** The same bytes with one byte changed. */
export function withByteChanged(bytes: Uint8Array, at: number, flip = 0x01): Bytes {
  const changed = concat(bytes);
  changed[at] = (changed[at] ?? 0) ^ flip;
  return changed;
}
