import { createHash, createHmac, createPublicKey, hkdfSync, verify as nodeVerify } from "node:crypto";
import { describe, expect, it } from "vitest";
import { concat, fromHex, randomBytes, toHex, utf8 } from "#protocol/bytes.ts";
import type { Context } from "#protocol/crypto.ts";
import * as ours from "#protocol/crypto.ts";
import { newSigningKey, withByteChanged } from "./shop.ts";

const key = await newSigningKey();
const message = utf8("晨光便利店");
/** What PROTOCOL §1 says is hashed, signed and keyed, written out once more. */
const framed = (context: string, bytes: Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(`guitai/${context}/1`), Buffer.of(0), bytes]);

describe("PROTOCOL §1: the four primitives, against Node's own", () => {
  it("a hash is SHA-256 of context, zero byte and bytes", async () => {
    const expected = createHash("sha256").update(framed("entry", message)).digest("hex");
    expect(toHex(await ours.hash("entry", message))).toBe(expected);
    expect(toHex(await ours.sha256(message))).toBe(createHash("sha256").update(message).digest("hex"));
  });

  it("a signature is 64 bytes r‖s that another implementation verifies over the same string", async () => {
    const signature = await ours.sign(key.privateKey, "entry", message);
    const spki = await crypto.subtle.exportKey("spki", key.publicKey);
    const elsewhere = createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" });
    expect(signature.length).toBe(64);
    const p1363 = { key: elsewhere, dsaEncoding: "ieee-p1363" } as const;
    expect(nodeVerify("sha256", framed("entry", message), p1363, signature)).toBe(true);
    expect(nodeVerify("sha256", framed("answer", message), p1363, signature)).toBe(false);
  });

  it("a MAC is HMAC-SHA-256 over the same string", async () => {
    const raw = randomBytes(32);
    const expected = createHmac("sha256", raw).update(framed("number", message)).digest("hex");
    expect(toHex(await ours.mac(await ours.macKey(raw), "number", message))).toBe(expected);
  });

  it("derived keys are HKDF-SHA-256 with an empty salt", async () => {
    const secret = randomBytes(32);
    for (const length of [16, 32, 64]) {
      const expected = Buffer.from(hkdfSync("sha256", secret, new Uint8Array(0), utf8("for what"), length));
      expect(toHex(await ours.hkdf(secret, utf8("for what"), length))).toBe(expected.toString("hex"));
    }
  });

  it("nothing made for one purpose counts for another", async () => {
    const contexts: Context[] = ["entry", "cert", "keyset", "enrol", "hello", "answer", "feed"];
    for (const made of contexts) {
      const signature = await ours.sign(key.privateKey, made, message);
      for (const used of contexts) {
        expect(await ours.verify(key.publicKey, used, message, signature)).toBe(made === used);
      }
    }
  });

  it("a changed message, a changed signature and one of another length do not hold", async () => {
    const signature = await ours.sign(key.privateKey, "entry", message);
    const holds = (bytes: Uint8Array, over: Uint8Array): Promise<boolean> =>
      ours.verify(key.publicKey, "entry", over, bytes);
    expect(await holds(signature, message)).toBe(true);
    for (let at = 0; at < 64; at++) expect(await holds(withByteChanged(signature, at), message)).toBe(false);
    for (let at = 0; at < message.length; at++) {
      expect(await holds(signature, withByteChanged(message, at))).toBe(false);
    }
    for (const wrong of [
      new Uint8Array(0),
      new Uint8Array(64),
      signature.slice(1),
      concat(signature, signature),
    ]) {
      expect(await holds(wrong, message)).toBe(false);
    }
    expect(await ours.verify((await newSigningKey()).publicKey, "entry", message, signature)).toBe(false);
  });
});

describe("keys", () => {
  it("a key id is the first 8 bytes of the thumbprint of RFC 9679, whose own example holds", async () => {
    const point = fromHex(
      "0465eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d" +
        "1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c",
    );
    const expected = "496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec";
    expect(toHex(await ours.thumbprint(point))).toBe(expected);
    expect(toHex(await ours.keyId(point))).toBe(expected.slice(0, 16));
  });

  it("a public key travels as 65 bytes, and bytes that are no point of the curve are refused", async () => {
    expect(key.point.length).toBe(65);
    expect(key.point[0]).toBe(4);
    const again = await ours.importPublicKey(key.point);
    expect(toHex(await ours.exportPublicKey(again))).toBe(toHex(key.point));
    for (const wrong of [withByteChanged(key.point, 40), new Uint8Array(65), key.point.slice(0, 64)]) {
      await expect(ours.importPublicKey(wrong)).rejects.toBeInstanceOf(DOMException);
    }
  });

  it("C4: the till's own key cannot be taken out of the tablet", async () => {
    const pair = await ours.newSigningPair(false);
    await expect(crypto.subtle.exportKey("pkcs8", pair.privateKey)).rejects.toBeInstanceOf(DOMException);
    expect((await ours.exportPublicKey(pair.publicKey)).length).toBe(65);
  });

  it("a signing key comes back from PKCS #8, exportable only when asked for", async () => {
    const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", key.privateKey));
    const kept = await ours.importSigningKey(pkcs8, false);
    const signature = await ours.sign(kept, "answer", message);
    expect(await ours.verify(key.publicKey, "answer", message, signature)).toBe(true);
    expect(kept.extractable).toBe(false);
    expect((await ours.importSigningKey(pkcs8, true)).extractable).toBe(true);
  });
});

describe("digits for people", () => {
  it("PROTOCOL §1: N digits of x are its first 8 bytes mod 10^N, zeros in front kept", () => {
    const first = fromHex("00000000000f4247" + "ff".repeat(24));
    expect(ours.digitsOf(first, 6)).toBe("000007");
    expect(ours.digitsOf(first, 8)).toBe("01000007");
    expect(ours.digitsOf(fromHex("ffffffffffffffff"), 8)).toBe("09551615");
    const inside = concat(Uint8Array.of(9, 9, 9), first).subarray(3);
    expect(ours.digitsOf(inside, 6)).toBe("000007");
  });
});
