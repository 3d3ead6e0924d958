import fc from "fast-check";
import { beforeAll, describe, expect, it } from "vitest";
import { randomBytes, type Bytes } from "#protocol/bytes.ts";
import * as claims from "#protocol/claim.ts";
import { encodeCbor } from "#protocol/cbor.ts";
import { sign } from "#protocol/crypto.ts";
import { decodeKeyset, encodeKeyset, type Keyset } from "#protocol/keyset.ts";
import type { SignedAnswer } from "#protocol/push.ts";
import { keysetRow, newSigningKey, type SigningKey } from "./shop.ts";

describe("PROTOCOL §11: the answer to a claim", () => {
  let answerKey: SigningKey;
  let keyset: Keyset;
  let answer: claims.ClaimAnswer;
  let signed: SignedAnswer;
  const requestHash = randomBytes(32);
  beforeAll(async () => {
    answerKey = await newSigningKey();
    const keys = [keysetRow(answerKey, "answer")];
    const decoded = decodeKeyset(encodeKeyset({ lineage: randomBytes(8), version: 1, keys }));
    if (!decoded) throw new Error("the keyset reads");
    keyset = decoded;
    answer = {
      lineage: randomBytes(8),
      merchant: randomBytes(16),
      till: randomBytes(16),
      epoch: 1,
      seq: 7,
      cti: randomBytes(16),
      decision: { kind: "granted" },
      requestHash,
    };
    signed = await claims.signClaimAnswer(answerKey.privateKey, answer);
  });
  const open = (one: SignedAnswer, hash: Bytes = requestHash) => claims.openClaimAnswer(keyset, one, hash);

  it("I10: counts for its own request and for no other: an old answer kept by somebody says nothing", async () => {
    expect(await open(signed)).toEqual(answer);
    expect(await open(signed, randomBytes(32))).toBeNull();
  });

  it("I10: counts by an answer key alone, and only when it was signed as the answer to a claim", async () => {
    const stranger = await newSigningKey();
    expect(await open(await claims.signClaimAnswer(stranger.privateKey, answer))).toBeNull();
    const asReceipt = await sign(answerKey.privateKey, "answer", signed.bytes);
    expect(await open({ bytes: signed.bytes, signature: asReceipt })).toBeNull();
  });

  it("is none when a member is missing or of another kind", async () => {
    const bytes = encodeCbor([1, answer.lineage]);
    expect(await open({ bytes, signature: await sign(answerKey.privateKey, "claim", bytes) })).toBeNull();
    expect(claims.decodeClaimDecision(encodeCbor(["granted", 1]))).toBeNull();
    expect(claims.decodeClaimDecision(encodeCbor(["given"]))).toBeNull();
  });

  it("reading a claim is total: whatever comes, it is a claim or it is none", () => {
    const noise = fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      expect(claims.decodeClaimRequest(bytes)).toBeNull();
    });
    expect(() => fc.assert(noise)).not.toThrow();
  });
});
