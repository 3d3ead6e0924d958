import { expose } from "comlink";
import { PinDesk, type Argon2, type Hpke } from "#engine/vault/pin-desk.ts";
import type { Bytes } from "#protocol/bytes.ts";

/**
 * The thread where the characters of a secret stand together: one pad, then it is thrown away with its
 * memory. Argon2 and HPKE load while the first characters are typed; the keypad does not wait for them.
 */
const argon2: Argon2 = async (secret, salt, profile) => {
  const { argon2id } = await import("hash-wasm");
  const hash = await argon2id({
    password: secret,
    salt,
    iterations: profile.iterations,
    parallelism: profile.parallelism,
    memorySize: profile.memoryKib,
    hashLength: profile.bytes,
    outputType: "binary",
  });
  return hash as Bytes;
};

const hpke: Hpke = {
  open: async (...asked) => (await import("#protocol/sealed.ts")).openSealed(...asked),
  seal: async (...asked) => (await import("#protocol/sealed.ts")).seal(...asked),
};

expose(new PinDesk(argon2, hpke));
