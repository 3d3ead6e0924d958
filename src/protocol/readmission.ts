import { decodeCbor, encodeCbor } from "./cbor.ts";
import type { Bytes } from "./bytes.ts";
import { readShape } from "./shape.ts";

/**
 * A till shows an epoch that the server does not know any more (PROTOCOL §2): restored from a backup, it has
 * forgotten whom it enrolled since. The certificate is the server's own word, the hello shows that the till
 * still holds the epoch's key.
 */
export interface Readmission {
  readonly certificateBytes: Bytes;
  /** sig(root, "cert", C), as it came at enrolment. */
  readonly rootSignature: Bytes;
  /**
   * A hello as `signHello` makes it, over a fresh challenge. Null when another till, or a new epoch, brings
   * what an ended epoch has left: then that epoch is only closed, and its entries are taken as late ones.
   */
  readonly hello: Bytes | null;
}

const MAX_CERTIFICATE_BYTES = 1024;
const MAX_HELLO_BYTES = 1024;

export function encodeReadmission(asked: Readmission): Bytes {
  return encodeCbor([1, asked.certificateBytes, asked.rootSignature, asked.hello]);
}

/** Reads it; null when it is none. Nothing is verified here. The answer is a `HelloAnswer`. */
export function decodeReadmission(bytes: Uint8Array): Readmission | null {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return null;
  const asked = readShape(decoded.value, (shape): Readmission => {
    shape.literal(1);
    return {
      certificateBytes: shape.bytes(undefined, MAX_CERTIFICATE_BYTES),
      rootSignature: shape.bytes(64),
      hello: shape.bytesOrNull(),
    };
  });
  return (asked?.hello?.length ?? 0) > MAX_HELLO_BYTES ? null : asked;
}
