import { concat, type Bytes } from "#protocol/bytes.ts";
import { exportPublicKey } from "#protocol/crypto.ts";
import type { NewVault, Rewrapped, VaultMaterial } from "#protocol/pin-calls.ts";
import { unwrapUnderVk, wrapUnderVk, VK_BYTES } from "#protocol/vault-records.ts";

// The vault's keys while they stand open: inside a pin.worker only.

const VAULT_LABEL = "vault-private";
const IV_BYTES = 12;
const WRAP: AesKeyGenParams = { name: "AES-GCM", length: 256 };
const PAIR: EcKeyImportParams = { name: "ECDH", namedCurve: "P-256" };

/** A fresh VK and pair, wrapped under a fresh key that is to be stored beside them («basic»). */
export async function freshVault(): Promise<NewVault> {
  const vk = crypto.getRandomValues(new Uint8Array(VK_BYTES));
  const wrapKey = await freshWrapKey();
  const pair = await crypto.subtle.generateKey(PAIR, true, ["deriveBits"]);
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
  return {
    wrapKey,
    wrappedVk: await wrapVk(vk, wrapKey),
    wrappedPrivate: await wrapUnderVk(vk, VAULT_LABEL, pkcs8),
    publicKey: await exportPublicKey(pair.publicKey),
  };
}

/** VK; throws where the material is another vault's. */
export async function openVk({ wrapKey, wrappedVk }: VaultMaterial): Promise<Bytes> {
  const params: AesGcmParams = { name: "AES-GCM", iv: wrappedVk.slice(0, IV_BYTES) };
  return new Uint8Array(await crypto.subtle.decrypt(params, wrapKey, wrappedVk.slice(IV_BYTES)));
}

/** The vault's private key; throws where the material is another vault's. */
export async function openPrivate(material: VaultMaterial): Promise<CryptoKey> {
  const pkcs8 = await unwrapUnderVk(await openVk(material), VAULT_LABEL, material.wrappedPrivate);
  if (!pkcs8) throw new Error("vault: the private key does not open under its own VK");
  // Extractable, or HPKE cannot tell the vault's public key from its mirror image and half of all vaults stay
  // shut. Its bytes stand in this worker anyway, which is thrown away after the check.
  return crypto.subtle.importKey("pkcs8", pkcs8, PAIR, true, ["deriveBits"]);
}

/** True when the material opens the vault whole. */
export async function opensVault(material: VaultMaterial): Promise<boolean> {
  try {
    await openPrivate(material);
    return true;
  } catch {
    // AES-GCM tells only that it did not open: a wrong passphrase and a wrong half are one answer.
    return false;
  }
}

/** The same VK under another key, or under a fresh one to be stored beside it. */
export async function rewrapVk(material: VaultMaterial, under: CryptoKey | null): Promise<Rewrapped> {
  const wrapKey = under ?? (await freshWrapKey());
  return { wrapKey, wrappedVk: await wrapVk(await openVk(material), wrapKey) };
}

/** Bytes that somebody or something keeps, as the key that wraps VK. */
export function wrapKeyOf(raw: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", raw, "AES-GCM", false, ["encrypt", "decrypt"]);
}

function freshWrapKey(): Promise<CryptoKey> {
  return crypto.subtle.generateKey(WRAP, false, ["encrypt", "decrypt"]);
}

async function wrapVk(vk: Bytes, wrapKey: CryptoKey): Promise<Bytes> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  return concat(iv, new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, wrapKey, vk)));
}
