// The contender: hash-wasm and nothing else, loaded and waiting as the till's pin worker waits.
import { argon2id } from "hash-wasm";
import type { Argon2Profile } from "#protocol/payment-code-bytes.ts";

const salt = crypto.getRandomValues(new Uint8Array(16));
const secret = crypto.getRandomValues(new Uint8Array(6));

globalThis.addEventListener("message", (event: MessageEvent<Argon2Profile>) => {
  const { iterations, parallelism, memoryKib, bytes } = event.data;
  void argon2id({
    password: secret,
    salt,
    iterations,
    parallelism,
    memorySize: memoryKib,
    hashLength: bytes,
    outputType: "binary",
  }).then((hash) => postMessage(hash));
});
postMessage("ready");
