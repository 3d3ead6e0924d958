import { beforeAll, describe, expect, it } from "vitest";
import { fromBase32 } from "#protocol/base32.ts";
import { concat, fromHex, randomBytes, sameBytes, utf8, type Bytes } from "#protocol/bytes.ts";
import { decodeCbor, encodeCbor } from "#protocol/cbor.ts";
import { macKey } from "#protocol/crypto.ts";
import * as codes from "#protocol/payment-code-bytes.ts";
import { secretBytes } from "#protocol/vault-records.ts";
import { makeCode, type HandedCode } from "../engine/handed-code.ts";
import { realArgon2 } from "../engine/tablet.ts";
import { newSigningKey, type SigningKey } from "../protocol/shop.ts";

const RIGHT = "桂花-2048";
const WRONG = "桂花-2049";
const KEYS_TRIED = 1000;

let issuer: SigningKey;
let code: HandedCode;
let cose: Bytes;
const siteKey = randomBytes(32);
const others = {
  merchant: randomBytes(16),
  store: randomBytes(16),
};

/** `P` of a guess: what anybody can reckon from the photograph alone. */
async function argonOf(guess: string): Promise<Bytes> {
  const salt = await codes.codeSalt(code.payload.issuer, code.payload.salt);
  return realArgon2(secretBytes(guess) ?? new Uint8Array(), salt, codes.ARGON2_PROFILE_1);
}

/** Does this guess make the tag of the photographed code, under this key? */
async function matches(key: Uint8Array, p: Uint8Array): Promise<boolean> {
  return sameBytes(await codes.codeTag(await macKey(key as Bytes), code.payload, p), code.payload.tag);
}

beforeAll(async () => {
  issuer = await newSigningKey();
  const made = await makeCode(
    { ...others, issuer, nowMs: 1_780_000_000_000, keyEpoch: 7, siteKey, argon2: realArgon2 },
    { password: RIGHT },
  );
  code = made.code;
  cose = made.cose;
});

describe("G7/B2: somebody photographs a code that has a password", () => {
  it("its bytes are the header, six claims, a salt, the tag and the signature, and not one more", () => {
    const photographed = fromBase32(code.text.slice(codes.CODE_PREFIX.length));
    expect(photographed).toEqual(cose);
    const outer = decodeCbor(photographed ?? new Uint8Array());
    if (!outer.ok || !Array.isArray(outer.value)) throw new Error("no COSE_Sign1");
    const [header, unprotected, payload, signature] = outer.value as [
      Bytes,
      Map<number, unknown>,
      Bytes,
      Bytes,
    ];
    expect(unprotected).toEqual(new Map());
    expect(signature).toHaveLength(64);
    expect(decodeCbor(header)).toEqual({
      ok: true,
      value: new Map<number, unknown>([
        [1, -7],
        [4, issuer.kid],
      ]),
    });
    const {
      issuer: iss,
      audience,
      expiresAtMs,
      validFromMs,
      cti,
      amountMinor,
      currency,
      keyEpoch,
      salt,
      tag,
    } = code.payload;
    // Written out anew from the claims: whatever else stood in the payload would make these bytes differ.
    expect(payload).toEqual(
      encodeCbor(
        new Map<number, never>([
          [1, iss],
          [3, `s:${audience.shortId}`],
          [4, expiresAtMs / 1000],
          [5, validFromMs / 1000],
          [7, fromHex(cti)],
          [-65537, [amountMinor, currency, 0, 2, keyEpoch, salt, tag]],
        ] as never),
      ),
    );
    expect([salt.length, tag.length]).toEqual([8, 16]);
  });

  it("neither the password nor anything made of it without the store's key stands in the bytes", async () => {
    const p = await argonOf(RIGHT);
    const text = new TextDecoder("latin1");
    const haystack = text.decode(cose);
    const unkeyed = [utf8(RIGHT), p, p.slice(0, 16), await crypto.subtle.digest("SHA-256", p)];
    for (const bytes of unkeyed) expect(haystack).not.toContain(text.decode(bytes));
    const untagged = codes.encodePayload(code.payload, new Uint8Array(0));
    const hashes = await Promise.all(
      [concat(untagged, p), p, utf8(RIGHT)].map((bytes) => crypto.subtle.digest("SHA-256", bytes)),
    );
    for (const hash of hashes)
      expect(sameBytes(new Uint8Array(hash).slice(0, 16), code.payload.tag)).toBe(false);
  });

  it("with any key but the store's, right and wrong look alike: over 1,000 keys neither matches", async () => {
    const [right, wrong] = await Promise.all([argonOf(RIGHT), argonOf(WRONG)]);
    let hits = 0;
    for (let tried = 0; tried < KEYS_TRIED; tried += 1) {
      const key = randomBytes(32);
      if (await matches(key, right)) hits += 1;
      if (await matches(key, wrong)) hits += 1;
    }
    expect(hits).toBe(0);
  });

  it("and with the store's key the right one matches, the wrong one not: the test can tell", async () => {
    expect(await matches(siteKey, await argonOf(RIGHT))).toBe(true);
    expect(await matches(siteKey, await argonOf(WRONG))).toBe(false);
  });
});
