// The hash of an entry without a way to another thread and back: a push has up to a hundred of them, and the
// way costs many times what the hash does. WebCrypto, which the till shares, has no other.
import { hash } from "node:crypto";
import type { Bytes } from "#protocol/bytes.ts";

const frame = Buffer.from("guitai/entry/1\0", "latin1");

/** `H("entry", bytes)`, as `hashEntry` of the protocol answers it (PROTOCOL §1, §4). */
export function hashEntryHere(bytes: Uint8Array): Bytes {
  return new Uint8Array(hash("sha256", Buffer.concat([frame, bytes]), "buffer"));
}
