import { hashRaw } from "@node-rs/argon2";
import { argon2id } from "hash-wasm";
import { argon2Sync } from "node:crypto";
import { describe, expect, it } from "vitest";
import { hashSecret } from "../../../server/secrets/secret-store.ts";
import { fromHex, toHex, utf8, type Bytes } from "../../../src/protocol/bytes.ts";
import { ARGON2_PROFILES, secretBytes } from "../../../src/protocol/vault-records.ts";
import { readVectors } from "../../protocol/vectors.ts";
import { atTill } from "./secrets-at-till.ts";

interface Cost {
  readonly memoryKib: number;
  readonly iterations: number;
  readonly parallelism: number;
}

// Three that were written by three: Rust on the server, WebAssembly at the till, OpenSSL as the judge.
const RUST = async (secret: Bytes, salt: Bytes, cost: Cost): Promise<string> => {
  const { memoryKib: memoryCost, iterations: timeCost, parallelism } = cost;
  return toHex(
    new Uint8Array(await hashRaw(secret, { salt, memoryCost, timeCost, parallelism, outputLen: 32 })),
  );
};
const WASM = async (password: Bytes, salt: Bytes, cost: Cost): Promise<string> => {
  const { memoryKib: memorySize, iterations, parallelism } = cost;
  const options = { password, salt, memorySize, iterations, parallelism, hashLength: 32 };
  return await argon2id({ ...options, outputType: "hex" });
};
const openssl = (message: Bytes, nonce: Bytes, cost: Cost, extra: object = {}): string => {
  const { memoryKib: memory, iterations: passes, parallelism } = cost;
  return argon2Sync("argon2id", {
    message,
    nonce,
    memory,
    passes,
    parallelism,
    tagLength: 32,
    ...extra,
  }).toString("hex");
};

describe("Argon2id is one function on server and till (issue 4, PROTOCOL §10)", () => {
  it("RFC 9106 §5.3: the judge gives the tag of the RFC, with its secret and associated data", () => {
    const extra = { secret: new Uint8Array(8).fill(3), associatedData: new Uint8Array(12).fill(4) };
    const cost = { memoryKib: 32, iterations: 3, parallelism: 4 };
    const tag = openssl(new Uint8Array(32).fill(1), new Uint8Array(16).fill(2), cost, extra);
    expect(tag).toBe("0d640df58d78766c08c037a34a8b53c9d01ef0452d75b65eb52520e96b01e659");
  });

  it("RFC 9106 §5.3 with its secret: the server's library gives what the judge gives", async () => {
    const [message, salt] = [new Uint8Array(32).fill(1), new Uint8Array(16).fill(2)];
    const secret = new Uint8Array(8).fill(3);
    const cost = { memoryKib: 32, iterations: 3, parallelism: 4 };
    const options = { salt, secret, memoryCost: 32, timeCost: 3, parallelism: 4, outputLen: 32 };
    const ours = toHex(new Uint8Array(await hashRaw(message, options)));
    const wasm = { password: message, salt, secret, memorySize: 32, iterations: 3, parallelism: 4 };
    expect(ours).toBe(openssl(message, salt, cost, { secret }));
    expect(await argon2id({ ...wasm, hashLength: 32, outputType: "hex" })).toBe(ours);
  });

  it("the reference implementation's own vector: all three give it", async () => {
    const cost = { memoryKib: 65_536, iterations: 2, parallelism: 1 };
    const [secret, salt] = [utf8("password"), utf8("somesalt")];
    const expected = "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7";
    expect(await RUST(secret, salt, cost)).toBe(expected);
    expect(await WASM(secret, salt, cost)).toBe(expected);
    expect(openssl(secret, salt, cost)).toBe(expected);
  });

  it.each([...ARGON2_PROFILES])(
    "profile %i: all three agree, on digits and on full-width letters",
    async (profile, cost) => {
      const salt = fromHex("00112233445566778899aabbccddeeff");
      // A dear profile differs from a cheap one in its figures only; the texts are tried once.
      for (const text of profile === 1 ? ["402917", "ＢＡＩshu-4826", "密码"] : ["402917"]) {
        const secret = secretBytes(text);
        if (!secret) throw new Error("a secret");
        const expected = openssl(secret, salt, cost);
        expect(await RUST(secret, salt, cost)).toBe(expected);
        expect(await WASM(secret, salt, cost)).toBe(expected);
      }
    },
  );

  it("what the server stores of a secret is what a till reckons, and the pinned vector's", async () => {
    const made = await hashSecret("402917");
    expect(made.profile).toBe(1);
    expect(toHex(await atTill("402917", made.salt, 1))).toBe(toHex(made.a));
    expect(toHex((await hashSecret("402917")).salt)).not.toBe(toHex(made.salt));
    const { secret } = readVectors<{ secret: { text: string; salt: Bytes; a: Bytes } }>("unlock");
    const [text, profile] = [secretBytes(secret.text), ARGON2_PROFILES.get(1)];
    if (!text || !profile) throw new Error("the vector's secret");
    expect(await RUST(text, secret.salt, profile)).toBe(toHex(secret.a));
  });
});
