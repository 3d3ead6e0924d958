import { describe, expect, it } from "vitest";
import { toHex, type Bytes } from "#protocol/bytes.ts";
import { encodeCbor } from "#protocol/cbor.ts";
import { decodeReadmission, encodeReadmission, type Readmission } from "#protocol/readmission.ts";
import { readVectors } from "./vectors.ts";

const { asked } = readVectors<{
  asked: readonly { readonly readmission: Readmission; readonly bytes: Bytes }[];
}>("readmission");

describe("golden: readmission", () => {
  it.each(asked)("§2: a certificate shown to a restored server, to the byte", ({ readmission, bytes }) => {
    expect(toHex(encodeReadmission(readmission))).toBe(toHex(bytes));
    expect(decodeReadmission(bytes)).toEqual(readmission);
  });

  it("anything else is none: another version, a member more, bytes beyond what is ever asked", () => {
    const [one] = asked;
    if (one === undefined) throw new Error("the vector is missing");
    const { certificateBytes, rootSignature, hello } = one.readmission;
    const nones = [
      [2, certificateBytes, rootSignature, hello],
      [1, certificateBytes, rootSignature, hello, 1],
      [1, new Uint8Array(1025), rootSignature, hello],
      [1, certificateBytes, new Uint8Array(63), hello],
      [1, certificateBytes, rootSignature, new Uint8Array(1025)],
    ];
    for (const none of nones) expect(decodeReadmission(encodeCbor(none))).toBeNull();
    expect(decodeReadmission(new Uint8Array([1, 2]))).toBeNull();
  });
});
