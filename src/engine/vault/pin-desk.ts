import { judgeNewPin } from "#domain/pin.ts";
import type { PinRefusal } from "#domain/refusal.ts";
import { sameBytes, type Bytes } from "#protocol/bytes.ts";
import { macKey } from "#protocol/crypto.ts";
import type { PadCount, PadMessage } from "#protocol/engine-calls.ts";
import {
  ARGON2_PROFILE_1,
  codeSalt,
  codeTag,
  numberTag,
  type Argon2Profile,
  type CodePayload,
} from "#protocol/payment-code-bytes.ts";
import type * as calls from "#protocol/pin-calls.ts";
import { unlockAnswer } from "#protocol/unlock.ts";
import {
  ARGON2_PROFILES,
  MIN_PASSPHRASE,
  pepperOf,
  recordMac,
  secretBytes,
  type SecretRecord,
} from "#protocol/vault-records.ts";
import { freshVault, openPrivate, openVk, opensVault, rewrapVk, wrapKeyOf } from "./vault-keys.ts";

/**
 * Argon2id as the desk uses it: given so that the worker loads its WebAssembly only when something is
 * checked.
 */
export type Argon2 = (secret: Uint8Array, salt: Uint8Array, profile: Argon2Profile) => Promise<Bytes>;
/** HPKE, loaded like Argon2. */
export interface Hpke {
  /** Opens what the server sealed to this till; null when it is not for us. */
  readonly open: (privateKey: CryptoKey, aad: Uint8Array, sealed: Uint8Array) => Promise<Bytes | null>;
  /** Seals to a public point of the server. */
  readonly seal: (point: Uint8Array, aad: Uint8Array, plain: Uint8Array) => Promise<Bytes>;
}

const MAX_CHARACTERS = 128;
/** Profile of all that leaves this till: every other till and the server can afford it. */
const CARRIED_PROFILE = 1;

/**
 * The inside of a pin.worker: the only place of the till where the characters of a secret stand together.
 * They are taken one at a time from the pad, and forgotten when a check begins.
 */
export class PinDesk implements calls.PinWorker {
  readonly #argon2: Argon2;
  readonly #hpke: Hpke;
  #typed: string[] = [];
  #firstEntry: string | null = null;
  #port: MessagePort | null = null;
  #seen = 0;

  constructor(argon2: Argon2, hpke: Hpke) {
    this.#argon2 = argon2;
    this.#hpke = hpke;
  }

  async attach(port: MessagePort): Promise<void> {
    this.#port = port;
    port.onmessage = (event: MessageEvent<PadMessage>) => this.#take(event.data);
  }

  async newRecord(material: calls.VaultMaterial, wish: calls.RecordWish): Promise<calls.NewRecord> {
    const twice = this.#readTwice(judgeNewPin);
    if (twice.kind !== "secret") return twice;
    const { secret } = twice;
    const { subject, version, salt, profile, carry } = wish;
    const a = await this.#stretch(secret, salt, profile);
    const record = await this.#record(material, subject, { profile, salt, version }, a);
    if (!carry) return { kind: "record", record, carried: null };
    const sent = await this.#stretch(secret, carry.salt, CARRIED_PROFILE);
    const sealed = await this.#hpke.seal(carry.exportKey, carry.aad, sent);
    return { kind: "record", record, carried: { profile: CARRIED_PROFILE, salt: carry.salt, sealed } };
  }

  async checkSecret(
    material: calls.VaultMaterial,
    subject: Bytes,
    candidates: readonly calls.SecretCandidate[],
    raise: calls.RaisedCost | null,
  ): Promise<calls.SecretCheck> {
    const typed = secretBytes(this.#takeTyped());
    // Bad text is a wrong try and takes as long as one.
    const secret = typed ?? new Uint8Array(1);
    let right: calls.SecretCandidate | null = null;
    for (const candidate of candidates) {
      // Every one is tried: how long a check takes tells nothing of which was right.
      const holds = await this.#holds(material, subject, candidate, secret);
      if (holds && typed !== null) right ??= candidate;
    }
    if (right === null) return { right: false, raised: null };
    const record = right.kind === "record" ? right.record : null;
    if (!raise || !record || record.profile >= raise.profile) return { right: true, raised: null };
    const a = await this.#stretch(secret, raise.salt, raise.profile);
    const { version } = record;
    return { right: true, raised: await this.#record(material, subject, { ...raise, version }, a) };
  }

  async checkCode(
    material: calls.VaultMaterial,
    siteKey: calls.SealedBytes,
    payload: CodePayload,
  ): Promise<boolean> {
    const secret = secretBytes(this.#takeTyped());
    const salt = await codeSalt(payload.issuer, payload.salt);
    const p = await this.#argon2(secret ?? new Uint8Array(1), salt, ARGON2_PROFILE_1);
    const key = await this.#openSiteKey(await openPrivate(material), siteKey);
    if (!key || secret === null) return false;
    return sameBytes(await codeTag(key, payload, p), payload.tag);
  }

  async numberTags(
    material: calls.VaultMaterial,
    siteKeys: readonly calls.SealedBytes[],
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

  async checkUnlock(
    material: calls.VaultMaterial,
    key: calls.SealedBytes,
    question: calls.UnlockQuestion,
  ): Promise<boolean> {
    const raw = await this.#hpke.open(await openPrivate(material), key.aad, key.sealed);
    if (!raw) return false;
    const { till, epoch, subject, digits } = question;
    return (await unlockAnswer(raw, till, epoch, subject, digits)) === question.answer;
  }

  makeVault(): Promise<calls.NewVault> {
    return freshVault();
  }

  opens(material: calls.VaultMaterial): Promise<boolean> {
    return opensVault(material);
  }

  async opensSealed(material: calls.VaultMaterial, { aad, sealed }: calls.SealedBytes): Promise<boolean> {
    return (await this.#hpke.open(await openPrivate(material), aad, sealed)) !== null;
  }

  rewrap(material: calls.VaultMaterial, wrapKey: CryptoKey | null): Promise<calls.Rewrapped> {
    return rewrapVk(material, wrapKey);
  }

  async passphraseKey(salt: Bytes): Promise<CryptoKey | null> {
    const secret = secretBytes(this.#takeTyped());
    const a = await this.#stretch(secret ?? new Uint8Array(1), salt, CARRIED_PROFILE);
    return secret && wrapKeyOf(a);
  }

  async newPassphrase(salt: Bytes): Promise<calls.NewPassphrase> {
    const twice = this.#readTwice(judgePassphrase);
    if (twice.kind !== "secret") return twice;
    return {
      kind: "key",
      wrapKey: await wrapKeyOf(await this.#stretch(twice.secret, salt, CARRIED_PROFILE)),
    };
  }

  async timeProfile(profile: number): Promise<number> {
    const beganMs = performance.now();
    await this.#stretch(new Uint8Array(6), new Uint8Array(16), profile);
    return performance.now() - beganMs;
  }

  /** The first reading waits here for the second; what differs is asked for from the start. */
  #readTwice(
    judge: (text: string) => PinRefusal | null,
  ):
    | { readonly kind: "again" }
    | { readonly kind: "secret"; readonly secret: Bytes }
    | { readonly kind: "refused"; readonly refusal: PinRefusal } {
    const typed = this.#takeTyped();
    const first = this.#firstEntry;
    if (first === null) {
      const refusal = judge(typed);
      if (refusal) return { kind: "refused", refusal };
      this.#firstEntry = typed;
      return { kind: "again" };
    }
    this.#firstEntry = null;
    const secret = secretBytes(typed);
    if (typed !== first || !secret) return { kind: "refused", refusal: { code: "pin-differs" } };
    return { kind: "secret", secret };
  }

  async #holds(
    material: calls.VaultMaterial,
    subject: Bytes,
    candidate: calls.SecretCandidate,
    secret: Bytes,
  ): Promise<boolean> {
    if (candidate.kind === "record") {
      const { record } = candidate;
      const a = await this.#stretch(secret, record.salt, record.profile);
      return sameBytes((await this.#record(material, subject, record, a)).mac, record.mac);
    }
    const a = await this.#stretch(secret, candidate.salt, candidate.profile);
    const ours = await this.#hpke.open(await openPrivate(material), candidate.aad, candidate.sealed);
    return ours !== null && sameBytes(ours, a);
  }

  async #record(
    material: calls.VaultMaterial,
    subject: Bytes,
    of: Omit<SecretRecord, "mac">,
    a: Bytes,
  ): Promise<SecretRecord> {
    const { profile, salt, version } = of;
    const pepper = await pepperOf(await openVk(material));
    return { profile, salt, version, mac: await recordMac(pepper, subject, version, a) };
  }

  /** A profile that this version does not know makes nothing that could be right. */
  #stretch(secret: Bytes, salt: Bytes, profile: number): Promise<Bytes> {
    return this.#argon2(secret, salt, ARGON2_PROFILES.get(profile) ?? ARGON2_PROFILE_1);
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

  async #openSiteKey(privateKey: CryptoKey, siteKey: calls.SealedBytes): Promise<CryptoKey | null> {
    const raw = await this.#hpke.open(privateKey, siteKey.aad, siteKey.sealed);
    return raw && macKey(raw);
  }
}

function judgePassphrase(text: string): PinRefusal | null {
  const length = [...text].length;
  return length < MIN_PASSPHRASE ? { code: "passphrase-too-short", min: MIN_PASSPHRASE } : null;
}
