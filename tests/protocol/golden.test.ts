import { argon2id } from "hash-wasm";
import { describe, expect, it } from "vitest";
import { isCodeNumber } from "#domain/code-number.ts";
import { siteKeyAad } from "#protocol/aads.ts";
import { concat, toHex, type Bytes } from "#protocol/bytes.ts";
import { decodeCbor, encodeCbor, type Cbor, type CborKey } from "#protocol/cbor.ts";
import * as claims from "#protocol/claim.ts";
import * as crypto256 from "#protocol/crypto.ts";
import * as enrolment from "#protocol/enrolment.ts";
import type { Certificate } from "#protocol/certificate.ts";
import type { EnrolRequest, NewActivation } from "#protocol/enrolment.ts";
import * as entries from "#protocol/entry.ts";
import * as bodies from "#protocol/entry-bodies.ts";
import type { ServerBody, TillBody } from "#protocol/entry-bodies.ts";
import * as feed from "#protocol/feed.ts";
import * as keysets from "#protocol/keyset.ts";
import type { Keyset } from "#protocol/keyset.ts";
import * as codes from "#protocol/payment-code-bytes.ts";
import type { CodePayload } from "#protocol/payment-code-bytes.ts";
import * as push from "#protocol/push.ts";
import { openSealed } from "#protocol/sealed.ts";
import { decodeTillBody } from "#protocol/till-body-reader.ts";
import * as vault from "#protocol/vault-records.ts";
import { readVectors } from "./vectors.ts";

// What docs/protocol.md pins. A red line here means that tills and servers of two versions no longer
// understand each other: the change is wrong, or it is a new version of a message. Encodings, hashes, MACs
// and numbers must match byte for byte; signatures and sealed boxes are random, so those that stand here must
// hold and open.

interface Key {
  readonly pkcs8: Bytes;
  readonly point: Bytes;
  readonly thumbprint: Bytes;
  readonly kid: Bytes;
}
type KeyName = "root" | "answer" | "issuer" | "device" | "vault";
const { keys } = readVectors<{ keys: Record<KeyName, Key> }>("keys");
const keyset = readVectors<{ keyset: Keyset; bytes: Bytes; signature: Bytes }>("keyset");

/** Compares bytes as hex: a difference is then one readable line. */
function expectBytes(actual: Uint8Array, golden: Uint8Array): void {
  expect(toHex(actual)).toBe(toHex(golden));
}

async function holds(
  key: KeyName,
  context: crypto256.Context,
  bytes: Bytes,
  signature: Bytes,
): Promise<boolean> {
  return crypto256.verify(await crypto256.importPublicKey(keys[key].point), context, bytes, signature);
}

async function argon(secret: string, salt: Bytes): Promise<Bytes> {
  const { memoryKib, iterations, parallelism, bytes } = codes.ARGON2_PROFILE_1;
  const password = vault.secretBytes(secret);
  if (!password) throw new Error("the vector's secret is no secret");
  const cost = { memorySize: memoryKib, iterations, parallelism, hashLength: bytes };
  return concat(await argon2id({ password, salt, ...cost, outputType: "binary" }));
}

describe("golden: bytes and keys", () => {
  interface CborVectors {
    readonly values: readonly { readonly name: string; readonly value: Cbor; readonly bytes: Bytes }[];
    readonly map: { readonly pairs: readonly [CborKey, Cbor][]; readonly bytes: Bytes };
    readonly refused: readonly Bytes[];
  }
  const vectors = readVectors<CborVectors>("cbor");

  it.each(vectors.values)("$name", ({ value, bytes }) => {
    expectBytes(encodeCbor(value), bytes);
    expect(decodeCbor(bytes)).toEqual({ ok: true, value });
  });

  it("a map, and what is refused", () => {
    expectBytes(encodeCbor(new Map(vectors.map.pairs.toReversed())), vectors.map.bytes);
    expect(vectors.refused.map((bytes) => decodeCbor(bytes).ok)).not.toContain(true);
    expect(vectors.refused.length).toBe(9);
  });

  it.each(Object.entries(keys))("the key id of the %s key", async (_name, key) => {
    expectBytes(await crypto256.thumbprint(key.point), key.thumbprint);
    expectBytes(await crypto256.keyId(key.point), key.kid);
  });

  it("the keyset, signed by the root", async () => {
    expectBytes(keysets.encodeKeyset(keyset.keyset), keyset.bytes);
    const opened = await keysets.openKeyset(keys.root.point, keyset.bytes, keyset.signature, null);
    expect(opened).toEqual(keyset.keyset);
  });
});

describe("golden: enrolment", () => {
  interface EnrolmentVectors {
    readonly activation: NewActivation;
    readonly names: { readonly shopName: string; readonly tillName: string };
    readonly typedText: string;
    readonly scannedText: string;
    readonly request: EnrolRequest;
    readonly requestBytes: Bytes;
    readonly proof: Bytes;
    readonly signature: Bytes;
    readonly certificate: Certificate;
    readonly certificateBytes: Bytes;
    readonly answer: { readonly rootSignature: Bytes; readonly proof: Bytes };
    readonly compareDigits: string;
    readonly genesisPrev: Bytes;
  }
  const vectors = readVectors<EnrolmentVectors>("enrolment");

  it("both spellings of the activation code", () => {
    const { activation, names } = vectors;
    expect(enrolment.typedActivation(activation)).toBe(vectors.typedText);
    expect(enrolment.scannedActivation(activation, keys.root.thumbprint, names)).toBe(vectors.scannedText);
    expect(enrolment.readActivation(vectors.typedText)?.secret).toEqual(activation.typedSecret);
    expect(enrolment.readActivation(vectors.scannedText)?.secret).toEqual(activation.scannedSecret);
  });

  it("R and its two proofs", async () => {
    const typed = enrolment.readActivation(vectors.typedText);
    if (!typed) throw new Error("the vector's activation code is not read");
    const device = await crypto256.importSigningKey(keys.device.pkcs8, false);
    const proved = await enrolment.proveEnrolment(typed, device, vectors.request);
    expectBytes(proved.requestBytes, vectors.requestBytes);
    expectBytes(proved.proof, vectors.proof);
    expect(await holds("device", "enrol", vectors.requestBytes, vectors.signature)).toBe(true);
    const posted = enrolment.decodeEnrolRequest(enrolment.encodeEnrolRequest(vectors));
    expect(posted && (await enrolment.checkEnrolment(posted, [vectors.activation.typedSecret]))).toEqual(
      vectors.activation.typedSecret,
    );
  });

  it("C, its proofs, and the six digits of both screens", async () => {
    const { certificate, certificateBytes, answer, activation, request } = vectors;
    expectBytes(enrolment.encodeCertificate(certificate), certificateBytes);
    expect(enrolment.decodeCertificate(certificateBytes)).toEqual(certificate);
    const root = await crypto256.importSigningKey(keys.root.pkcs8, false);
    const made = await enrolment.certify(root, certificateBytes, activation.typedSecret, request.nonce);
    expectBytes(made.proof, answer.proof);
    expect(await holds("root", "cert", certificateBytes, answer.rootSignature)).toBe(true);
    expect(await enrolment.compareDigits(certificateBytes)).toBe(vectors.compareDigits);
    expectBytes(await entries.genesisPrev(certificateBytes), vectors.genesisPrev);
  });
});

interface Chain<Body> {
  readonly epoch: number;
  readonly versions: entries.EntryVersions;
  readonly firstPrev: Bytes;
  readonly entries: readonly {
    readonly seq: number;
    readonly body: Body;
    readonly bytes: Bytes;
    readonly hash: Bytes;
    readonly signature: Bytes;
  }[];
}
const journal = readVectors<{
  readonly merchant: Bytes;
  readonly till: Bytes;
  readonly time: entries.EntryTime;
  readonly tills: Chain<TillBody>;
  readonly servers: Chain<ServerBody>;
}>("entries");

describe("golden: the journal", () => {
  const prevOf = (chain: Chain<unknown>, seq: number): Bytes =>
    chain.entries[seq - 1]?.hash ?? chain.firstPrev;
  const { merchant, till, time } = journal;

  it.each(journal.tills.entries)(
    "the till's entry $seq: $body.kind",
    async ({ seq, body, bytes, hash, signature }) => {
      const { epoch, versions } = journal.tills;
      const prev = prevOf(journal.tills, seq);
      const entry = { merchant, till, epoch, seq, prev, kind: body.kind, time, versions };
      expectBytes(entries.encodeEntry({ ...entry, body: bodies.encodeTillBody(body) }), bytes);
      const decoded = entries.decodeEntry(bytes);
      expect(decoded).toMatchObject(entry);
      expect(decodeTillBody(body.kind, decoded?.body ?? null)).toEqual(body);
      expectBytes(await entries.hashEntry(bytes), hash);
      expect(await holds("device", "entry", bytes, signature)).toBe(true);
    },
  );

  it.each(journal.servers.entries)("the server's entry $seq: $body.kind", async (row) => {
    const { seq, body, bytes } = row;
    const { epoch, versions } = journal.servers;
    const prev = prevOf(journal.servers, seq);
    const entry = {
      merchant,
      till: entries.SERVER_TILL,
      epoch,
      seq,
      prev,
      kind: body.kind,
      time,
      versions,
    } as const;
    expectBytes(entries.encodeEntry({ ...entry, body: bodies.encodeServerBody(body) }), bytes);
    const decoded = entries.decodeEntry(bytes);
    expect(decoded).toMatchObject(entry);
    expect(bodies.decodeServerBody(body.kind, decoded?.body ?? null)).toEqual(body);
    expectBytes(await entries.hashEntry(bytes), row.hash);
    expect(await holds("answer", "entry", bytes, row.signature)).toBe(true);
  });

  it("every kind there is stands in the vectors", () => {
    const tills: Record<TillBody["kind"], true> = {
      genesis: true,
      "pin-set": true,
      "operator-in": true,
      "operator-out": true,
      attempt: true,
      refusal: true,
      sale: true,
      "clock-jump": true,
      stopped: true,
      claim: true,
      "claim-dropped": true,
      "lease-released": true,
      approved: true,
      unlocked: true,
      "vault-level": true,
      "vault-renewed": true,
    };
    const servers: Record<ServerBody["kind"], true> = {
      "server-genesis": true,
      "code-issued": true,
      "code-revoked": true,
      "double-spend": true,
      "lineage-begun": true,
      loss: true,
      "loss-receipt": true,
      "quarantine-decided": true,
      "claim-released": true,
      "lease-moved": true,
    };
    const kinds = (chain: Chain<{ kind: string }>): string[] => [
      ...new Set(chain.entries.map((row) => row.body.kind)),
    ];
    expect(kinds(journal.tills).toSorted()).toEqual(Object.keys(tills).toSorted());
    expect(kinds(journal.servers).toSorted()).toEqual(Object.keys(servers).toSorted());
  });
});

describe("golden: push, receipt and feed", () => {
  interface PushVectors {
    readonly push: push.Push;
    readonly bytes: Bytes;
    readonly requestHash: Bytes;
    readonly receipt: { readonly answer: push.Answer; readonly bytes: Bytes; readonly signature: Bytes };
    readonly otherAnswers: readonly { readonly answer: push.Answer; readonly bytes: Bytes }[];
    readonly hello: { readonly hello: push.Hello; readonly signed: Bytes };
  }
  const vectors = readVectors<PushVectors>("push");

  it("the push's body and the hash it is answered by", async () => {
    expectBytes(push.encodePush(vectors.push), vectors.bytes);
    expect(push.decodePush(vectors.bytes)).toEqual(vectors.push);
    expectBytes(await push.hashRequest(vectors.bytes), vectors.requestHash);
  });

  it("the receipt", async () => {
    const { answer, bytes, signature } = vectors.receipt;
    expectBytes(push.encodeAnswer(answer), bytes);
    const opened = await push.openAnswer(keyset.keyset, { bytes, signature }, vectors.requestHash);
    expect(opened).toEqual(answer);
    expectBytes(answer.headHash, journal.tills.entries[answer.seq]?.hash ?? new Uint8Array(0));
  });

  it.each(vectors.otherAnswers)("the answer $answer.result with $answer.detail.kind", ({ answer, bytes }) => {
    expectBytes(push.encodeAnswer(answer), bytes);
    expect(push.decodeAnswer(bytes)).toEqual(answer);
  });

  it("hello", async () => {
    const received = push.decodeHello(vectors.hello.signed);
    expect(received).toMatchObject(vectors.hello.hello);
    expect(await received?.signedBy(keys.device.point)).toBe(true);
    const device = await crypto256.importSigningKey(keys.device.pkcs8, false);
    const again = await push.signHello(device, vectors.hello.hello);
    // All but the signature, which is its last 64 bytes.
    expectBytes(again.slice(0, -64), vectors.hello.signed.slice(0, -64));
  });

  const pages = ["feed", "feed-several-tills", "feed-secrets"].map((name) =>
    readVectors<{ path: string; page: feed.FeedPage; bytes: Bytes; signature: Bytes }>(name),
  );
  it.each(pages)("the page of $path", async ({ path, page, bytes, signature }) => {
    expect(feed.feedPath(page.from, "00112233445566778899aabbccddeeff")).toBe(path);
    expectBytes(await push.hashGet(path), page.requestHash);
    const answerKey = await crypto256.importSigningKey(keys.answer.pkcs8, false);
    expectBytes((await feed.signFeedPage(answerKey, page)).bytes, bytes);
    expect(await feed.openFeedPage(keyset.keyset, { bytes, signature }, page.requestHash)).toEqual(page);
  });

  it("every change there is stands in one of the pages", () => {
    const types: Record<feed.FeedChange["type"], true> = {
      policy: true,
      shop: true,
      operator: true,
      code: true,
      lease: true,
      revoked: true,
      spent: true,
      loss: true,
      keyset: true,
      "site-key": true,
      "till-state": true,
      "outage-policy": true,
      "lease-wanted": true,
      "claim-released": true,
      "lost-to": true,
      secret: true,
      "secret-withdrawn": true,
      unlocked: true,
      "unlock-key": true,
      "method-policy": true,
      "vault-level": true,
      "vault-lease": true,
    };
    const shown = pages.flatMap(({ page }) => page.changes.map((change) => change.type));
    expect(shown.toSorted()).toEqual(Object.keys(types).toSorted());
  });

  it("a claim on a code, and every answer there is", async () => {
    const golden = readVectors<{
      readonly request: claims.ClaimRequest;
      readonly bytes: Bytes;
      readonly requestHash: Bytes;
      readonly answers: readonly {
        readonly answer: claims.ClaimAnswer;
        readonly bytes: Bytes;
        readonly signature: Bytes;
      }[];
    }>("claim");
    expectBytes(claims.encodeClaimRequest(golden.request), golden.bytes);
    expect(claims.decodeClaimRequest(golden.bytes)).toEqual(golden.request);
    expectBytes(await push.hashRequest(golden.bytes), golden.requestHash);
    const answerKey = await crypto256.importSigningKey(keys.answer.pkcs8, false);
    for (const { answer, bytes, signature } of golden.answers) {
      expectBytes((await claims.signClaimAnswer(answerKey, answer)).bytes, bytes);
      const signed = { bytes, signature };
      expect(await claims.openClaimAnswer(keyset.keyset, signed, golden.requestHash)).toEqual(answer);
    }
  });
});

describe("golden: codes and the vault", () => {
  interface CodeVectors {
    readonly merchant: Bytes;
    readonly store: Bytes;
    readonly siteKey: {
      readonly masterSecret: Bytes;
      readonly keyEpoch: number;
      readonly info: Bytes;
      readonly bytes: Bytes;
    };
    readonly password: { readonly text: string; readonly argon2Salt: Bytes; readonly p: Bytes };
    readonly payload: CodePayload;
    readonly payloadBytes: Bytes;
    readonly untaggedBytes: Bytes;
    readonly cose: Bytes;
    readonly text: string;
    readonly number: string;
    readonly numberTag: Bytes;
  }
  const code = readVectors<CodeVectors>("payment-code");

  it("a GT1 text: its payload, its header, its signature", async () => {
    expectBytes(codes.encodePayload(code.payload), code.payloadBytes);
    expectBytes(codes.encodePayload(code.payload, new Uint8Array(0)), code.untaggedBytes);
    expect(codes.codeText(code.cose)).toBe(code.text);
    expect(codes.readCodeText(code.text)).toEqual({ ok: true, value: code.cose });
    const authentic = await codes.authenticateCode(code.cose, keyset.keyset, code.merchant);
    expect(authentic).toMatchObject({
      ok: true,
      value: { payload: code.payload, payloadBytes: code.payloadBytes },
    });
    const issuer = await crypto256.importSigningKey(keys.issuer.pkcs8, false);
    const again = await codes.signCode(issuer, keys.issuer.kid, code.payload);
    expectBytes(again.slice(0, -64), code.cose.slice(0, -64));
  });

  it("the store's key of the week, the password's tag, the number's tag", async () => {
    const { siteKey, password, payload } = code;
    expectBytes(encodeCbor(["site-key", code.store, siteKey.keyEpoch]), siteKey.info);
    expectBytes(await crypto256.hkdf(siteKey.masterSecret, siteKey.info, 32), siteKey.bytes);
    const key = await crypto256.macKey(siteKey.bytes);
    expectBytes(await codes.codeSalt(payload.issuer, payload.salt), password.argon2Salt);
    expectBytes(await argon(password.text, password.argon2Salt), password.p);
    expectBytes(await codes.codeTag(key, payload, password.p), payload.tag);
    expect(isCodeNumber(code.number)).toBe(true);
    expectBytes(await codes.numberTag(key, code.number), code.numberTag);
  });

  it("a PIN's record, what VK wraps, what is sealed to the vault", async () => {
    interface VaultVectors {
      readonly vk: Bytes;
      readonly record: vault.SecretRecord & {
        readonly pin: string;
        readonly subject: Bytes;
        readonly a: Bytes;
      };
      readonly wrapped: { readonly label: string; readonly plain: Bytes; readonly bytes: Bytes };
      readonly sealed: {
        readonly till: Bytes;
        readonly store: Bytes;
        readonly keyEpoch: number;
        readonly aad: Bytes;
        readonly plain: Bytes;
        readonly bytes: Bytes;
      };
    }
    const { vk, record, wrapped, sealed } = readVectors<VaultVectors>("vault");
    expectBytes(await argon(record.pin, record.salt), record.a);
    const pepper = await vault.pepperOf(vk);
    expectBytes(await vault.recordMac(pepper, record.subject, record.version, record.a), record.mac);
    expect(await vault.unwrapUnderVk(vk, wrapped.label, wrapped.bytes)).toEqual(wrapped.plain);
    expectBytes(siteKeyAad(sealed.till, sealed.store, sealed.keyEpoch), sealed.aad);
    const ecdh: EcKeyImportParams = { name: "ECDH", namedCurve: "P-256" };
    const opener = await crypto.subtle.importKey("pkcs8", keys.vault.pkcs8, ecdh, true, ["deriveBits"]);
    expect(await openSealed(opener, sealed.aad, sealed.bytes)).toEqual(sealed.plain);
  });
});
