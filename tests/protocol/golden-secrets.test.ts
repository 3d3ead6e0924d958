import { argon2id } from "hash-wasm";
import { describe, expect, it } from "vitest";
import { secretAad, unlockKeyAad } from "#protocol/aads.ts";
import { toHex, type Bytes } from "#protocol/bytes.ts";
import type { FeedPage } from "#protocol/feed.ts";
import type { Keyset } from "#protocol/keyset.ts";
import { ARGON2_PROFILE_1 } from "#protocol/payment-code-bytes.ts";
import { openSealed } from "#protocol/sealed.ts";
import { methodSubject, renewalDigits, unlockAnswer, unlockKeyBytes } from "#protocol/unlock.ts";
import {
  decodeVaultHalfRequest,
  encodeVaultHalfRequest,
  openVaultHalf,
  vaultHalfOf,
  type VaultHalfAnswer,
  type VaultHalfRequest,
} from "#protocol/vault-half.ts";
import { secretBytes } from "#protocol/vault-records.ts";
import { readVectors } from "./vectors.ts";

// Pins what docs/protocol.md says of secrets made in the office: `golden.test.ts` pins the page itself.

interface UnlockVectors {
  readonly till: Bytes;
  readonly epoch: number;
  readonly secret: {
    readonly text: string;
    readonly subject: Bytes;
    readonly version: number;
    readonly salt: Bytes;
    readonly a: Bytes;
    readonly aad: Bytes;
  };
  readonly methods: Readonly<Record<"payment-code" | "wallet-code", Bytes>>;
  readonly unlock: {
    readonly masterSecret: Bytes;
    readonly unlockKey: Bytes;
    readonly aad: Bytes;
    readonly subject: Bytes;
    readonly digits: string;
    readonly answer: string;
  };
}
interface VaultHalfVectors {
  readonly masterSecret: Bytes;
  readonly request: VaultHalfRequest;
  readonly requestBytes: Bytes;
  readonly answer: VaultHalfAnswer;
  readonly body: Bytes;
  readonly renewal: {
    readonly till: Bytes;
    readonly epoch: number;
    readonly vaultKey: Bytes;
    readonly digits: string;
  };
}
const vectors = readVectors<UnlockVectors>("unlock");
const { page } = readVectors<{ page: FeedPage }>("feed-secrets");
const { keys } = readVectors<{ keys: { vault: { pkcs8: Bytes; point: Bytes } } }>("keys");

async function open(aad: Bytes, sealed: Bytes): Promise<string | null> {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const vault = {
    privateKey: await crypto.subtle.importKey("pkcs8", keys.vault.pkcs8, curve, true, ["deriveBits"]),
    publicKey: await crypto.subtle.importKey("raw", keys.vault.point, curve, true, []),
  };
  const plain = await openSealed(vault, aad, sealed);
  return plain && toHex(plain);
}

describe("golden: secrets made in the office", () => {
  it("G21: Argon2id of a PIN, and the box in which it comes to one till", async () => {
    const { till, epoch, secret } = vectors;
    expect(toHex(secretAad(till, epoch, secret.subject, secret.version))).toBe(toHex(secret.aad));
    const { memoryKib, iterations, parallelism, bytes } = ARGON2_PROFILE_1;
    const password = secretBytes(secret.text);
    if (!password) throw new Error("the vector's secret is no secret");
    const cost = { memorySize: memoryKib, iterations, parallelism, hashLength: bytes };
    const a = await argon2id({ password, salt: secret.salt, ...cost, outputType: "binary" });
    expect(toHex(a)).toBe(toHex(secret.a));
    const change = page.changes.find(({ type }) => type === "secret");
    if (change?.type !== "secret") throw new Error("the vector's page brings no secret");
    expect(await open(secret.aad, change.sealed)).toBe(toHex(secret.a));
    expect(await open(secretAad(till, epoch + 1, secret.subject, secret.version), change.sealed)).toBeNull();
  });

  it("the key of an unlocking without a network, and its eight digits", async () => {
    const { till, epoch, unlock } = vectors;
    expect(toHex(await unlockKeyBytes(unlock.masterSecret, till, epoch))).toBe(toHex(unlock.unlockKey));
    const change = page.changes.find(({ type }) => type === "unlock-key");
    if (change?.type !== "unlock-key") throw new Error("the vector's page brings no unlock key");
    expect(toHex(unlockKeyAad(till, epoch))).toBe(toHex(unlock.aad));
    expect(await open(unlock.aad, change.sealed)).toBe(toHex(unlock.unlockKey));
    const answer = await unlockAnswer(unlock.unlockKey, till, epoch, unlock.subject, unlock.digits);
    expect(answer).toBe(unlock.answer);
  });

  it("the server's half of a vault's key, asked for and answered", async () => {
    const half = readVectors<VaultHalfVectors>("vault-half");
    const { till, epoch, requestHash } = half.answer;
    expect(toHex(encodeVaultHalfRequest(half.request))).toBe(toHex(half.requestBytes));
    expect(decodeVaultHalfRequest(half.requestBytes)).toEqual(half.request);
    expect(await vaultHalfOf(half.masterSecret, till, epoch, 1)).toMatchObject({ half: half.answer.half });
    expect(await vaultHalfOf(half.masterSecret, till, epoch, 2)).toEqual(half.answer.next);
    const { keyset } = readVectors<{ keyset: Keyset }>("keyset");
    expect(await openVaultHalf(keyset, half.body, { till, epoch, requestHash })).toEqual(half.answer);
  });

  it("the six digits of a vault made anew", async () => {
    const { till, epoch, vaultKey, digits } = readVectors<VaultHalfVectors>("vault-half").renewal;
    expect(await renewalDigits(till, epoch, vaultKey)).toBe(digits);
  });

  it("the subjects of both methods' passwords", async () => {
    expect(toHex(await methodSubject("payment-code"))).toBe(toHex(vectors.methods["payment-code"]));
    expect(toHex(await methodSubject("wallet-code"))).toBe(toHex(vectors.methods["wallet-code"]));
  });
});
