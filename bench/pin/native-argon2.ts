// Argon2id as an attacker runs it: native, one hash a core, never through a browser.
import { hashRaw } from "@node-rs/argon2";
import type { Bytes } from "#protocol/bytes.ts";
import { ARGON2_PROFILES } from "#protocol/vault-records.ts";

/** Throws for a profile there is not. */
export async function stretch(secret: Uint8Array, salt: Uint8Array, profile: number): Promise<Bytes> {
  const cost = ARGON2_PROFILES.get(profile);
  if (!cost) throw new Error(`no Argon2 profile ${profile}`);
  const hash = await hashRaw(secret, {
    // Argon2id; the package's enum is a constant of its declarations only.
    algorithm: 2,
    memoryCost: cost.memoryKib,
    timeCost: cost.iterations,
    parallelism: cost.parallelism,
    outputLen: cost.bytes,
    salt,
  });
  return Uint8Array.from(hash);
}
