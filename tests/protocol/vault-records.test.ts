import { describe, expect, it } from "vitest";
import { randomBytes, toHex, utf8 } from "#protocol/bytes.ts";
import { encodeCbor } from "#protocol/cbor.ts";
import { hkdf, mac, macKey } from "#protocol/crypto.ts";
import * as vault from "#protocol/vault-records.ts";
import { withByteChanged } from "./shop.ts";

const vk = randomBytes(vault.VK_BYTES);
const subject = randomBytes(16);
const a = randomBytes(32);

describe("PROTOCOL §10: what stands on the disk about a secret", () => {
  it('C4: is mac(pepper,"pin",[subject,version,A]): without VK nothing can be tried', async () => {
    const expected = await mac(
      await macKey(await hkdf(vk, utf8("guitai/pepper/1"), 32)),
      "pin",
      encodeCbor([subject, 3, a]),
    );
    expect(await vault.recordMac(await vault.pepperOf(vk), subject, 3, a)).toEqual(expected);
    const others = [
      await vault.recordMac(await vault.pepperOf(randomBytes(32)), subject, 3, a),
      await vault.recordMac(await vault.pepperOf(vk), randomBytes(16), 3, a),
      await vault.recordMac(await vault.pepperOf(vk), subject, 2, a),
      await vault.recordMac(await vault.pepperOf(vk), subject, 3, randomBytes(32)),
    ];
    for (const other of others) expect(toHex(other)).not.toBe(toHex(expected));
  });

  it("is read as well-formed NFKC of 1 to 128 bytes; all else is a failed try", () => {
    expect(vault.secretBytes("１２３４５６")).toEqual(utf8("123456"));
    expect(vault.secretBytes("a".repeat(128))?.length).toBe(128);
    expect(vault.secretBytes("a".repeat(129))).toBeNull();
    expect(vault.secretBytes("付".repeat(42))?.length).toBe(126);
    expect(vault.secretBytes("付".repeat(43))).toBeNull();
    // One character of 3 bytes becomes 33 when folded: the limit holds for what is hashed, not for what was
    // typed.
    expect(vault.secretBytes("\uFDFA".repeat(5))).toBeNull();
    expect(vault.secretBytes("")).toBeNull();
    expect(vault.secretBytes("\uD800")).toBeNull();
  });
});

describe("PROTOCOL §2: what VK wraps", () => {
  const plain = utf8("the vault's private half");

  it("comes back under the same VK and label only", async () => {
    const wrapped = await vault.wrapUnderVk(vk, "vault-private", plain);
    expect(await vault.unwrapUnderVk(vk, "vault-private", wrapped)).toEqual(plain);
    expect(await vault.unwrapUnderVk(vk, "site-key", wrapped)).toBeNull();
    expect(await vault.unwrapUnderVk(randomBytes(32), "vault-private", wrapped)).toBeNull();
    expect(toHex(await vault.wrapUnderVk(vk, "vault-private", plain))).not.toBe(toHex(wrapped));
  });

  it("with any byte changed, or cut short anywhere, does not open and does not throw", async () => {
    const wrapped = await vault.wrapUnderVk(vk, "x", plain);
    for (let at = 0; at < wrapped.length; at++) {
      expect(await vault.unwrapUnderVk(vk, "x", withByteChanged(wrapped, at))).toBeNull();
      expect(await vault.unwrapUnderVk(vk, "x", wrapped.slice(0, at))).toBeNull();
    }
  });
});
