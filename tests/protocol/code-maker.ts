import { judgeCode, type CodeSurroundings } from "#domain/payment-code.ts";
import type { CodeRefusal } from "#domain/refusal.ts";
import { randomBytes, toHex, utf8, type Bytes } from "#protocol/bytes.ts";
import { encodeCbor, type Cbor, type CborKey } from "#protocol/cbor.ts";
import { shortId } from "#protocol/ids.ts";
import type { Keyset } from "#protocol/keyset.ts";
import * as codes from "#protocol/payment-code-bytes.ts";
import type { CodePayload } from "#protocol/payment-code-bytes.ts";
import { withByteChanged, type Shop, type SigningKey } from "./shop.ts";

// Payment codes made by hand, so that each of their parts can be wrong while the rest is right, and the whole
// way a till judges them: text, bytes, key, signature, claims.

/** A code before it is put together, and the till it is shown to. */
export interface Presented {
  readonly payload: CodePayload;
  readonly alg: number;
  readonly kid: Uint8Array;
  readonly signer: SigningKey;
  readonly unprotected: ReadonlyMap<CborKey, Cbor>;
  readonly signatureBroken: boolean;
  readonly keyset: Keyset;
  readonly here: CodeSurroundings;
}

export const NOW_MS = 1_764_000_000_000;

/** A code that this shop's till takes: 38.00, valid for a day, no password, leased to the till. */
export function goodCode(shop: Shop): Presented {
  return {
    payload: {
      issuer: shortId(shop.merchant),
      audience: { kind: "store", shortId: shortId(shop.store) },
      expiresAtMs: NOW_MS + 86_400_000,
      validFromMs: NOW_MS - 3_600_000,
      cti: toHex(randomBytes(16)),
      amountMinor: 3800,
      currency: "CNY",
      kind: "exact",
      rule: "none",
      keyEpoch: 99,
      salt: randomBytes(8),
      tag: new Uint8Array(16),
    },
    alg: -7,
    kid: shop.issuer.kid,
    signer: shop.issuer,
    unprotected: new Map(),
    signatureBroken: false,
    keyset: shop.keyset,
    here: {
      nowMs: NOW_MS,
      storeShortId: shortId(shop.store),
      tillShortId: shortId(shop.till),
      currency: "CNY",
      revoked: false,
      spent: null,
      lease: { held: "here" },
      keyEpochHeld: true,
      dueMinor: 3800,
    },
  };
}

/** `presented` with other facts in its payload. */
export function withPayload(presented: Presented, facts: Partial<CodePayload>): Presented {
  return { ...presented, payload: { ...presented.payload, ...facts } };
}

/** `presented` at a till that knows other things. */
export function shownWhere(presented: Presented, facts: Partial<CodeSurroundings>): Presented {
  return { ...presented, here: { ...presented.here, ...facts } };
}

/** Its COSE bytes, written out by RFC 9052 and not by the code under test. */
export async function coseOf(code: Presented): Promise<Bytes> {
  const header = encodeCbor(
    new Map<CborKey, Cbor>([
      [1, code.alg],
      [4, code.kid],
    ]),
  );
  const payload = codes.encodePayload(code.payload);
  const signed = encodeCbor(["Signature1", header, utf8("GT1"), payload]);
  const es256: EcdsaParams = { name: "ECDSA", hash: "SHA-256" };
  const signature = new Uint8Array(await crypto.subtle.sign(es256, code.signer.privateKey, signed));
  return encodeCbor([
    header,
    code.unprotected,
    payload,
    code.signatureBroken ? withByteChanged(signature, 17) : signature,
  ]);
}

/** What the till says to a scanned text: «taken», or the name of the refusal. */
export async function judged(
  text: string,
  at: Presented,
  merchant: Uint8Array,
): Promise<CodeRefusal["code"] | "taken" | "to be asked for"> {
  const bytes = codes.readCodeText(text);
  if (!bytes.ok) return bytes.refusal.code;
  const authentic = await codes.authenticateCode(bytes.value, at.keyset, merchant);
  if (!authentic.ok) return authentic.refusal.code;
  const verdict = judgeCode(authentic.value.payload, at.here);
  if (!verdict.ok) return verdict.refusal.code;
  return verdict.value.way === "lease" ? "taken" : "to be asked for";
}

/** The whole way of one code. */
export async function shown(code: Presented, merchant: Uint8Array): ReturnType<typeof judged> {
  return judged(codes.codeText(await coseOf(code)), code, merchant);
}
