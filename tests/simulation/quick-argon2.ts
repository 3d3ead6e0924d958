import { createHash } from "node:crypto";

// Stands in the place of the server's Argon2 while schedules are played: the same bytes as `quickArgon2` of
// tests/engine/tablet.ts. How long a password takes to hash is not what is looked at.

/** 32 bytes of secret and salt. */
export async function hashRaw(
  secret: string | Uint8Array,
  options: { readonly salt: Uint8Array },
): Promise<Buffer> {
  return createHash("sha256").update(options.salt).update(secret).digest();
}

export async function hash(): Promise<string> {
  throw new Error("simulation: nobody signs in with a password");
}

export async function verify(): Promise<boolean> {
  throw new Error("simulation: nobody signs in with a password");
}
