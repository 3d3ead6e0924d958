import { judgeNewPin } from "#domain/pin.ts";
import { concat, sameBytes, type Bytes } from "#protocol/bytes.ts";
import { exportPublicKey, macKey } from "#protocol/crypto.ts";
import type { PadCount, PadMessage } from "#protocol/engine-calls.ts";
import {
  ARGON2_PROFILE_1,
  codeSalt,
  codeTag,
  numberTag,
  type Argon2Profile,
  type CodePayload,
} from "#protocol/payment-code-bytes.ts";
import type { NewRecord, NewVault, PinWorker, SealedSiteKey, VaultMaterial } from "#protocol/pin-calls.ts";
import {
  pepperOf,
  recordMac,
  secretBytes,
  unwrapUnderVk,
  wrapUnderVk,
  VK_BYTES,
  type SecretRecord,
} from "#protocol/vault-records.ts";

/**
 * Argon2id as the desk uses it: given so that the worker loads its WebAssembly only when something is
 * checked.
 */
export type Argon2 = (secret: Uint8Array, salt: Uint8Array, profile: Argon2Profile) => Promise<Bytes>;
/** Opens what the server sealed to this till. */
export type OpenSealed = (
  privateKey: CryptoKey,
  aad: Uint8Array,
  sealed: Uint8Array,
) => Promise<Bytes | null>;

const MAX_CHARACTERS = 128;
const VAULT_LABEL = "vault-private";

/**
 * The inside of a pin.worker: the only place of the till where the characters of a secret stand together.
 * They are taken one at a time from the pad, and forgotten when a check begins.
 */
export class PinDesk implements PinWorker {
  readonly #argon2: Argon2;
  readonly #openSealed: OpenSealed;
  #typed: string[] = [];
  #firstEntry: string | null = null;
  #port: MessagePort | null = null;
  #seen = 0;

  constructor(argon2: Argon2, openSealed: OpenSealed) {
    this.#argon2 = argon2;
    this.#openSealed = openSealed;
  }

  async attach(port: MessagePort): Promise<void> {
    this.#port = port;
    port.onmessage = (event: MessageEvent<PadMessage>) => this.#take(event.data);
  }

  async newRecord(material: VaultMaterial, subject: Bytes, version: number, salt: Bytes): Promise<NewRecord> {
    const pin = this.#takeTyped();
    if (this.#firstEntry === null) {
      const refusal = judgeNewPin(pin);
      if (refusal) return { kind: "refused", refusal };
      this.#firstEntry = pin;
      return { kind: "again" };
    }
    const first = this.#firstEntry;
    this.#firstEntry = null;
    const secret = secretBytes(pin);
    if (pin !== first || !secret) return { kind: "refused", refusal: { code: "pin-differs" } };
    const a = await this.#argon2(secret, salt, ARGON2_PROFILE_1);
    const pepper = await pepperOf(await openVk(material));
    return {
      kind: "record",
      record: { profile: 1, salt, version, mac: await recordMac(pepper, subject, version, a) },
    };
  }

  async checkPin(material: VaultMaterial, subject: Bytes, record: SecretRecord): Promise<boolean> {
    const secret = secretBytes(this.#takeTyped());
    // Bad text is a wrong try and takes as long as one.
    const a = await this.#argon2(secret ?? new Uint8Array(1), record.salt, ARGON2_PROFILE_1);
    const pepper = await pepperOf(await openVk(material));
    const expected = await recordMac(pepper, subject, record.version, a);
    return secret !== null && sameBytes(expected, record.mac);
  }

  async checkCode(material: VaultMaterial, siteKey: SealedSiteKey, payload: CodePayload): Promise<boolean> {
    const secret = secretBytes(this.#takeTyped());
    const salt = await codeSalt(payload.issuer, payload.salt);
    const p = await this.#argon2(secret ?? new Uint8Array(1), salt, ARGON2_PROFILE_1);
    const key = await this.#openSiteKey(await openPrivate(material), siteKey);
    if (!key || secret === null) return false;
    return sameBytes(await codeTag(key, payload, p), payload.tag);
  }

  async numberTags(
    material: VaultMaterial,
    siteKeys: readonly SealedSiteKey[],
    digits: string,
  ): Promise<readonly Bytes[]> {
    const privateKey = await openPrivate(material);
    const tags: Bytes[] = [];
    for (const sealed of siteKeys) {
      const key = await this.#openSiteKey(privateKey, sealed);
      if (key) tags.push(await numberTag(key, digits));
    }
    return tags;
  }

  async makeVault(): Promise<NewVault> {
    const vk = crypto.getRandomValues(new Uint8Array(VK_BYTES));
    const wrapKey = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, false, [
      "encrypt",
      "decrypt",
    ]);
    const iv = crypto.getRandomValues(new Uint8Array(12));
    const wrappedVk = concat(
      iv,
      new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv }, wrapKey, vk)),
    );
    const pair = await crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
    const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", pair.privateKey));
    const wrappedPrivate = await wrapUnderVk(vk, VAULT_LABEL, pkcs8);
    return { wrapKey, wrappedVk, wrappedPrivate, publicKey: await exportPublicKey(pair.publicKey) };
  }

  #take(message: PadMessage): void {
    switch (message.type) {
      case "char":
        // One character is one message: a paste or a burst of text is not a secret typed by a person.
        if ([...message.char].length === 1 && this.#typed.length < MAX_CHARACTERS)
          this.#typed.push(message.char);
        break;
      case "back":
        this.#typed.pop();
        break;
      case "clear":
        this.#typed = [];
        break;
    }
    this.#seen++;
    this.#tellCount();
  }

  #tellCount(): void {
    const count: PadCount = { count: this.#typed.length, seen: this.#seen };
    this.#port?.postMessage(count);
  }

  #takeTyped(): string {
    const text = this.#typed.join("");
    this.#typed = [];
    this.#tellCount();
    return text;
  }

  async #openSiteKey(privateKey: CryptoKey, siteKey: SealedSiteKey): Promise<CryptoKey | null> {
    const raw = await this.#openSealed(privateKey, siteKey.aad, siteKey.sealed);
    return raw && macKey(raw);
  }
}

async function openVk(material: VaultMaterial): Promise<Bytes> {
  const { wrapKey, wrappedVk } = material;
  const params: AesGcmParams = { name: "AES-GCM", iv: wrappedVk.slice(0, 12) };
  return new Uint8Array(await crypto.subtle.decrypt(params, wrapKey, wrappedVk.slice(12)));
}

async function openPrivate(material: VaultMaterial): Promise<CryptoKey> {
  const pkcs8 = await unwrapUnderVk(await openVk(material), VAULT_LABEL, material.wrappedPrivate);
  if (!pkcs8) throw new Error("vault: the private key does not open under its own VK");
  // Extractable, or HPKE cannot tell the vault's public key from its mirror image and half of all vaults stay
  // shut. Its bytes stand in this worker anyway, which is thrown away after the check.
  return crypto.subtle.importKey("pkcs8", pkcs8, { name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
}
