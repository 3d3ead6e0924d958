import type { Bytes } from "./bytes.ts";
import { decodeCbor, encodeCbor } from "./cbor.ts";
import { LINEAGE_BYTES } from "./keyset.ts";
import { readShape } from "./shape.ts";

/** `C`: what the till is, signed by the root for as long as its epoch lasts. */
export interface Certificate {
  readonly lineage: Bytes;
  readonly merchant: Bytes;
  readonly store: Bytes;
  readonly till: Bytes;
  readonly epoch: number;
  readonly deviceKey: Bytes;
  readonly vaultKey: Bytes;
  readonly rootKey: Bytes;
  readonly serverMs: number;
}

export function encodeCertificate(c: Certificate): Bytes {
  return encodeCbor([
    1,
    c.lineage,
    c.merchant,
    c.store,
    c.till,
    c.epoch,
    c.deviceKey,
    c.vaultKey,
    c.rootKey,
    c.serverMs,
  ]);
}

export function decodeCertificate(bytes: Uint8Array): Certificate | null {
  const decoded = decodeCbor(bytes);
  if (!decoded.ok) return null;
  return readShape(decoded.value, (shape) => {
    shape.literal(1);
    return {
      lineage: shape.bytes(LINEAGE_BYTES),
      merchant: shape.bytes(16),
      store: shape.bytes(16),
      till: shape.bytes(16),
      epoch: shape.integer(1),
      deviceKey: shape.bytes(65),
      vaultKey: shape.bytes(65),
      rootKey: shape.bytes(65),
      serverMs: shape.integer(),
    };
  });
}
