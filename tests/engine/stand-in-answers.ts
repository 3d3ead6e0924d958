import type { Bytes } from "#protocol/bytes.ts";
import type { IssueRules } from "#protocol/office-api.ts";
import { newSigningKey, type SigningKey } from "../protocol/shop.ts";

export const DIGITS_POLICY: IssueRules = {
  validDays: 30,
  latestExpiryMs: null,
  passwordRule: "always",
  passwordAboveMinor: 0,
  passwordKind: "digits",
  maxCodeMinor: 500_000,
};

/** A fresh pair that no keyset names. */
export async function strangersKey(): Promise<SigningKey> {
  return newSigningKey();
}

/** What goes over the wire of the server made of protocol functions. */
export async function bodyOf(init: RequestInit): Promise<Bytes> {
  return new Uint8Array(await new Response(init.body ?? null).arrayBuffer());
}

export function cbor(bytes: Bytes): Response {
  return new Response(bytes, { status: 200, headers: { "content-type": "application/cbor" } });
}

export function refusal(code: string): Response {
  return Response.json({ error: { code } }, { status: 403 });
}
