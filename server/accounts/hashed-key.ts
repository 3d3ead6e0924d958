import { createHash } from "node:crypto";

/** A short stand-in for an account's name in memory, alike for names that exist and names that do not. */
export function makeHashedKey(name: string): string {
  return createHash("sha256").update(name).digest("base64url").slice(0, 22);
}
