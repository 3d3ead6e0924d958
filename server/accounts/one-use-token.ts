// Tokens that open something once: 32 random bytes for the link, and their SHA-256 for the database, so that
// a copy of the database opens nothing.
import { randomBytes } from "#protocol/bytes.ts";
import type { Bytes } from "#protocol/bytes.ts";
import { sha256 } from "#protocol/crypto.ts";

export interface OneUseToken {
  /** 43 characters of base64url, for a link's fragment: browsers send no fragment, so no log holds it. */
  readonly text: string;
  readonly hash: Bytes;
}

export async function newOneUseToken(): Promise<OneUseToken> {
  const text = Buffer.from(randomBytes(32)).toString("base64url");
  return { text, hash: await tokenHash(text) };
}

export async function tokenHash(text: string): Promise<Bytes> {
  return await sha256(new TextEncoder().encode(text));
}
