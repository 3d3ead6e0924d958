import { argon2id } from "hash-wasm";
import { describe, expect, it } from "vitest";
import { drawCodeNumber } from "#domain/code-number.ts";
import { concat, randomBytes, toHex, utf8, type Bytes } from "#protocol/bytes.ts";
import { hash, mac, macKey } from "#protocol/crypto.ts";
import * as codes from "#protocol/payment-code-bytes.ts";
import type { CodePayload } from "#protocol/payment-code-bytes.ts";
import { secretBytes } from "#protocol/vault-records.ts";
import { goodCode } from "./code-maker.ts";
import { openShop } from "./shop.ts";

const shop = await openShop();
const siteKeyBytes = randomBytes(32);
const siteKey = await macKey(siteKeyBytes);
const payload: CodePayload = { ...goodCode(shop).payload, rule: "own" };

/** `P` of PROTOCOL §9, as till and server make it. */
async function argon(password: string, of: CodePayload = payload): Promise<Uint8Array> {
  const secret = secretBytes(password);
  if (!secret) throw new Error("no password");
  const { memoryKib, iterations, parallelism, bytes } = codes.ARGON2_PROFILE_1;
  return argon2id({
    password: secret,
    salt: await codes.codeSalt(of.issuer, of.salt),
    parallelism,
    iterations,
    memorySize: memoryKib,
    hashLength: bytes,
    outputType: "binary",
  });
}

const p = await argon("晨光-2048");
const tag = await codes.codeTag(siteKey, payload, p);

describe("G10/B2: the password of a code is bound to it by a keyed tag", () => {
  it("the right password makes the tag again, a wrong one another", async () => {
    expect(tag.length).toBe(codes.TAG_BYTES);
    expect(await codes.codeTag(siteKey, payload, await argon("晨光-2048"))).toEqual(tag);
    for (const wrong of ["晨光-2049", "晨光2048", "晨光-2048 "]) {
      expect(toHex(await codes.codeTag(siteKey, payload, await argon(wrong)))).not.toBe(toHex(tag));
    }
  });

  it("a password typed in full width is the same password (NFKC)", async () => {
    expect(toHex(await argon("ＡＢＣ－２０４８"))).toBe(toHex(await argon("ABC-2048")));
  });

  it("the tag is the one of PROTOCOL §9, written out once more", async () => {
    const untagged = codes.encodePayload(payload, new Uint8Array(0));
    const expected = (await mac(siteKey, "code-tag", concat(untagged, p))).slice(0, 16);
    expect(toHex(tag)).toBe(toHex(expected));
    const salt = (await hash("code-salt", concat(utf8(payload.issuer), payload.salt))).slice(0, 16);
    expect(await codes.codeSalt(payload.issuer, payload.salt)).toEqual(salt);
  });

  it("does not depend on the tag that stands in the code: the till makes it from what it read", async () => {
    expect(await codes.codeTag(siteKey, { ...payload, tag }, p)).toEqual(tag);
  });

  it("without the store's key a photographed code tells nothing: another key, another tag", async () => {
    const other = await codes.codeTag(await macKey(randomBytes(32)), payload, p);
    expect(toHex(other)).not.toBe(toHex(tag));
  });

  it.each<[keyof CodePayload, CodePayload[keyof CodePayload]]>([
    ["amountMinor", 3801],
    ["cti", "00".repeat(16)],
    ["expiresAtMs", 0],
    ["currency", "HKD"],
    ["kind", "up-to"],
    ["rule", "method"],
    ["keyEpoch", 98],
    ["salt", new Uint8Array(8)],
  ])("the tag of a code is no tag for one with another %s", async (field, value) => {
    const other = { ...payload, [field]: value } as CodePayload;
    expect(toHex(await codes.codeTag(siteKey, other, p))).not.toBe(toHex(tag));
  });

  it("two shops never share the work of guessing: under the same salt theirs differ", async () => {
    const salts: Bytes[] = [
      await codes.codeSalt("0123456789AB", payload.salt),
      await codes.codeSalt("0123456789AC", payload.salt),
    ];
    expect(new Set(salts.map(toHex)).size).toBe(2);
  });

  it("profile 1 is 19 MiB, two passes, one lane, 32 bytes: fixed for codes for good", () => {
    expect(codes.ARGON2_PROFILE_1).toEqual({
      memoryKib: 19 * 1024,
      iterations: 2,
      parallelism: 1,
      bytes: 32,
    });
  });
});

describe("PROTOCOL §9: the number of a code is found by a keyed tag", () => {
  const number = drawCodeNumber(() => "00000000000001");

  it("the same number and store: the same tag of 16 bytes; any other: another", async () => {
    const found = await codes.numberTag(siteKey, number);
    expect(found).toEqual((await mac(siteKey, "number", utf8(number))).slice(0, 16));
    expect(found.length).toBe(16);
    const others = [
      await codes.numberTag(siteKey, "9000000000000025"),
      await codes.numberTag(await macKey(randomBytes(32)), number),
    ];
    for (const other of others) expect(toHex(other)).not.toBe(toHex(found));
  });
});
