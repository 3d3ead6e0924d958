// What somebody has who copied a till's disk: the rows of its vault and of one PIN, at each level of
// protection, and every key that can be made from them. Made by the till's own functions.
import { hkdf } from "#protocol/crypto.ts";
import { randomBytes, utf8, type Bytes } from "#protocol/bytes.ts";
import type { VaultLevel } from "#protocol/feed-secrets.ts";
import type { VaultMaterial } from "#protocol/pin-calls.ts";
import { pepperOf, recordMac, type SecretRecord } from "#protocol/vault-records.ts";
import { halvesKey } from "#engine/vault/server-half.ts";
import { freshVault, openVk, rewrapVk, wrapKeyOf } from "#engine/vault/vault-keys.ts";
import { stretch } from "./native-argon2.ts";

export interface CopiedVault {
  readonly level: VaultLevel;
  readonly subject: Bytes;
  readonly record: SecretRecord;
  /** The wrapped VK and private half, as they lie in the database. */
  readonly material: Omit<VaultMaterial, "wrapKey">;
  /** Raw keys that the copy yields: what might be the wrap key. */
  readonly keysAtHand: readonly Bytes[];
  /** The passphrase's salt, where one opens the vault. */
  readonly passphraseSalt: Bytes | null;
}

const KEY_BYTES = 32;

/** A vault at this level with one PIN in it, and what of it lies on the disk. */
export async function copyVault(level: VaultLevel, pin: string, profile: number): Promise<CopiedVault> {
  const vault = await freshVault();
  // «basic»: a key that no script can export lies in the browser's files as plain bytes (measured
  // with Chromium 156). At the other levels something is missing: the server's half, what a manager types,
  // what the tablet's authenticator answers.
  const stored = randomBytes(KEY_BYTES);
  const missing = randomBytes(KEY_BYTES);
  const wrapKeys: Readonly<Record<VaultLevel, () => Promise<CryptoKey>>> = {
    basic: () => wrapKeyOf(stored),
    "server-half": () => halvesKey(stored, { generation: 1, half: missing }),
    passphrase: () => wrapKeyOf(missing),
    prf: () => wrapKeyOf(missing),
  };
  const { wrappedVk } = await rewrapVk(vault, await wrapKeys[level]());
  const [subject, salt] = [randomBytes(16), randomBytes(16)];
  const a = await stretch(utf8(pin), salt, profile);
  const mac = await recordMac(await pepperOf(await openVk(vault)), subject, 1, a);
  return {
    level,
    subject,
    record: { profile, salt, version: 1, mac },
    material: { wrappedVk, wrappedPrivate: vault.wrappedPrivate },
    keysAtHand: [stored, await hkdf(stored, utf8("guitai/vault-half/1"), KEY_BYTES)],
    passphraseSalt: level === "passphrase" ? salt : null,
  };
}

/** The pepper, where one of the keys at hand opens the vault; null where none does. */
export async function pepperOfCopy(copy: CopiedVault): Promise<CryptoKey | null> {
  for (const raw of copy.keysAtHand) {
    const vk = await openWith(copy, raw);
    if (vk) return pepperOf(vk);
  }
  return null;
}

/** VK under this key, or null when it is another's. */
export async function openWith(copy: CopiedVault, raw: Bytes): Promise<Bytes | null> {
  try {
    return await openVk({ ...copy.material, wrapKey: await wrapKeyOf(raw) });
  } catch (cause) {
    // AES-GCM tells only that it did not open.
    if (!(cause instanceof DOMException)) throw cause;
    return null;
  }
}
