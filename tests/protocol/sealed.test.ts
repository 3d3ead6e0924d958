import { describe, expect, it } from "vitest";
import { concat, fromHex, randomBytes, toHex, utf8 } from "#protocol/bytes.ts";
import { siteKeyAad } from "#protocol/aads.ts";
import { openSealed, seal } from "#protocol/sealed.ts";
import { hpkeOpen } from "./hpke-by-hand.ts";
import { newVaultPair, withByteChanged } from "./shop.ts";

const vault = await newVaultPair();
const aad = siteKeyAad(new Uint8Array(16).fill(1), new Uint8Array(16).fill(2), 99);

describe("PROTOCOL §1 seal: what the server sends to one till only", () => {
  it("C4: the till it was sealed to opens it, with a private key that cannot be exported", async () => {
    const sealed = await seal(vault.point, aad, utf8("site key"));
    expect(sealed.length).toBe(65 + 8 + 16);
    expect(await openSealed(vault.pair, aad, sealed)).toEqual(utf8("site key"));
  });

  it("C4: opens for every vault there may be, whichever of two points its public key is", async () => {
    // A library that guesses the public key from a hidden private one is right for half of them: sixteen
    // tell.
    for (let n = 0; n < 16; n++) {
      const { pair, point } = await newVaultPair();
      expect(await openSealed(pair, aad, await seal(point, aad, utf8("x")))).toEqual(utf8("x"));
    }
  });

  it("a hidden private key without its public one is a bug of the caller, not a «no»", async () => {
    const sealed = await seal(vault.point, aad, utf8("x"));
    const opened = openSealed(vault.pair.privateKey, aad, sealed);
    await expect(opened).rejects.toThrow("the public key is needed");
  });

  it("another till's key, another till, store or week, and every changed byte: not opened", async () => {
    const sealed = await seal(vault.point, aad, randomBytes(32));
    expect(await openSealed((await newVaultPair()).pair, aad, sealed)).toBeNull();
    const others = [
      siteKeyAad(new Uint8Array(16).fill(3), new Uint8Array(16).fill(2), 99),
      siteKeyAad(new Uint8Array(16).fill(1), new Uint8Array(16).fill(3), 99),
      siteKeyAad(new Uint8Array(16).fill(1), new Uint8Array(16).fill(2), 98),
      new Uint8Array(0),
    ];
    for (const other of others) expect(await openSealed(vault.pair, other, sealed)).toBeNull();
    for (let at = 0; at < sealed.length; at++) {
      expect(await openSealed(vault.pair, aad, withByteChanged(sealed, at))).toBeNull();
    }
  });

  it("cut short, empty or longer: not opened", async () => {
    const sealed = await seal(vault.point, aad, randomBytes(32));
    for (const length of [0, 1, 64, 65, 66, 80, sealed.length - 1]) {
      expect(await openSealed(vault.pair, aad, sealed.slice(0, length))).toBeNull();
    }
    expect(await openSealed(vault.pair, aad, concat(sealed, Uint8Array.of(0)))).toBeNull();
  });

  it("the same plain text is never sealed to the same bytes", async () => {
    const [one, two] = [await seal(vault.point, aad, utf8("x")), await seal(vault.point, aad, utf8("x"))];
    expect(toHex(one)).not.toBe(toHex(two));
  });

  it("bytes that are no point of the curve cannot be sealed to", async () => {
    await expect(seal(new Uint8Array(65).fill(4), aad, utf8("x"))).rejects.toBeInstanceOf(Error);
  });
});

describe("RFC 9180 as others read it", () => {
  it("the reader written by hand opens the RFC's own vector (A.3.1)", () => {
    const opened = hpkeOpen({
      aead: "aes-128-gcm",
      secret: fromHex("f3ce7fdae57e1a310d87f1ebbde6f328be0a99cdbcadf4d6589cf29de4b8ffd2"),
      enc: fromHex(
        "04a92719c6195d5085104f469a8b9814d5838ff72b60501e2c4466e5e67b325ac9" +
          "8536d7b61a1af4b78e5b7f951c0900be863c403ce65c9bfcb9382657222d18c4",
      ),
      info: fromHex("4f6465206f6e2061204772656369616e2055726e"),
      aad: fromHex("436f756e742d30"),
      ciphertext: fromHex(
        "5ad590bb8baa577f8619db35a36311226a896e7342a6d836d8b7bcd2f20b6c7f9076ac232e3ab2523f39513434",
      ),
    });
    expect(toHex(opened)).toBe("4265617574792069732074727574682c20747275746820626561757479");
  });

  it("and opens what seal made: base mode, AES-256-GCM, no info", async () => {
    const ecdh: EcKeyGenParams = { name: "ECDH", namedCurve: "P-256" };
    const pair = (await crypto.subtle.generateKey(ecdh, true, ["deriveBits"])) as CryptoKeyPair;
    const jwk = await crypto.subtle.exportKey("jwk", pair.privateKey);
    const point = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
    const sealed = await seal(point, aad, utf8("晨光便利店"));
    const opened = hpkeOpen({
      aead: "aes-256-gcm",
      secret: Buffer.from(jwk.d ?? "", "base64url"),
      enc: sealed.slice(0, 65),
      info: new Uint8Array(0),
      aad,
      ciphertext: sealed.slice(65),
    });
    expect(toHex(opened)).toBe(toHex(utf8("晨光便利店")));
  });
});
