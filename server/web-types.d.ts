import type { webcrypto } from "node:crypto";

// The names the shared layers borrow from the browser, as Node spells them. Without these the declarations of
// src/protocol would mean `any` on the server, and a wrong key type would compile.
declare global {
  type CryptoKey = webcrypto.CryptoKey;
  type CryptoKeyPair = webcrypto.CryptoKeyPair;
  type BufferSource = ArrayBufferView<ArrayBuffer> | ArrayBuffer;
}
