import { createPublicKey, verify as nodeVerify } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { VALID_FROM_TOLERANCE_MS } from "#domain/payment-code.ts";
import { classifyScannedCode } from "#domain/scanned-code.ts";
import { toBase32 } from "#protocol/base32.ts";
import { concat, randomBytes, toHex, utf8 } from "#protocol/bytes.ts";
import { decodeCbor, encodeCbor, type Cbor } from "#protocol/cbor.ts";
import { shortId } from "#protocol/ids.ts";
import * as codes from "#protocol/payment-code-bytes.ts";
import type { CodePayload } from "#protocol/payment-code-bytes.ts";
import {
  coseOf,
  goodCode,
  judged,
  NOW_MS,
  shown,
  shownWhere,
  withPayload,
  type Presented,
} from "./code-maker.ts";
import { keysetRow, newSigningKey, openShop, withByteChanged } from "./shop.ts";

const shop = await openShop();
const stranger = await openShop();
const good = goodCode(shop);
const cose = await coseOf(good);
const text = codes.codeText(cose);
const show = (code: Presented): Promise<string> => shown(code, shop.merchant);
const showText = (some: string): Promise<string> => judged(some, good, shop.merchant);
const showBytes = (some: Uint8Array): Promise<string> => showText(codes.codeText(some));

describe("G7/C2: a code that is as it should be", () => {
  it("is taken, from its text, offline", async () => {
    expect(await show(good)).toBe("taken");
    expect(classifyScannedCode(text)).toEqual({ kind: "payment-code", text });
    expect(text).toMatch(/^GT1[A-Z2-7]+$/);
    expect(text.length).toBeLessThan(330);
  });

  it("is made by signCode with the very bytes of RFC 9052, signature aside", async () => {
    const made = await codes.signCode(shop.issuer.privateKey, shop.issuer.kid, good.payload);
    expect(toHex(made.slice(0, -64))).toBe(toHex(cose.slice(0, -64)));
    expect(await showBytes(made)).toBe("taken");
  });

  it("C2: is an untagged COSE_Sign1 that another implementation verifies", async () => {
    const made = await codes.signCode(shop.issuer.privateKey, shop.issuer.kid, good.payload);
    const outer = decodeCbor(made);
    const [header, , payload, signature] = (outer.ok ? outer.value : []) as Uint8Array[];
    if (!header || !payload || !signature) throw new Error("no COSE_Sign1");
    // Sig_structure by hand: array of 4, "Signature1", three byte strings; the payload is longer than 23
    // bytes.
    const structure = Buffer.concat([
      Buffer.of(0x84, 0x6a),
      Buffer.from("Signature1"),
      Buffer.of(0x40 | header.length),
      header,
      Buffer.of(0x43),
      Buffer.from("GT1"),
      Buffer.of(0x58, payload.length),
      payload,
    ]);
    const spki = await crypto.subtle.exportKey("spki", shop.issuer.publicKey);
    const key = {
      key: createPublicKey({ key: Buffer.from(spki), format: "der", type: "spki" }),
      dsaEncoding: "ieee-p1363",
    } as const;
    expect(nodeVerify("sha256", structure, key, signature)).toBe(true);
    expect(toHex(header)).toBe(`a201260448${toHex(shop.issuer.kid)}`);
  });

  it("C3: comes back whole from lower case, full width and blanks, as wedges send", async () => {
    const wide = text.replaceAll(/[!-~]/g, (char) => String.fromCharCode(char.charCodeAt(0) + 0xfee0));
    for (const sent of [text.toLowerCase(), wide, ` ${text}\r\n`]) expect(await showText(sent)).toBe("taken");
  });

  it("a retired key still vouches for the codes it signed", async () => {
    const keys = [keysetRow(shop.issuer, "issuer", shop.merchant, "retired")];
    expect(await show({ ...good, keyset: { ...shop.keyset, keys } })).toBe("taken");
  });

  it("tells its payload, byte for byte what was signed", async () => {
    const authentic = await codes.authenticateCode(cose, shop.keyset, shop.merchant);
    const payloadBytes = codes.encodePayload(good.payload);
    expect(authentic).toMatchObject({ ok: true, value: { payload: good.payload, payloadBytes } });
  });
});

describe("G7/C2: refused, each by its own name", () => {
  const day = 86_400_000;
  const spent = { tillName: "二号柜台", atMs: NOW_MS - 5, amountMinor: 3800, here: false };
  const unknownKid = { ...good, kid: randomBytes(8) };
  const foreign = shortId(stranger.merchant);

  it.each<[string, string, Presented]>([
    ["expired", "at the very second of its expiry", withPayload(good, { expiresAtMs: NOW_MS })],
    ["expired", "a day later", withPayload(good, { expiresAtMs: NOW_MS - day })],
    ["not-yet-valid", "a day too early", withPayload(good, { validFromMs: NOW_MS + day })],
    ["revoked", "revoked by the owner", shownWhere(good, { revoked: true })],
    ["spent", "spent at another till", shownWhere(good, { spent })],
    ["spent", "spent here", shownWhere(good, { spent: { ...spent, here: true } })],
    ["another-merchant", "of a shop whose keys this till never had", strangers()],
    ["another-merchant", "of a shop whose key is in our keyset", strangersKnown()],
    ["another-merchant", "signed by our key in another shop's name", withPayload(good, { issuer: foreign })],
    ["another-till", "meant for another till", meantFor("till", stranger.till)],
    ["another-till", "meant for another store", meantFor("store", stranger.store)],
    ["another-till", "meant for a till that has our store's short id", meantFor("till", shop.store)],
    ["unknown-key", "under a key id nobody knows", unknownKid],
    ["unknown-key", "signed by the key for answers", { ...good, kid: shop.answer.kid, signer: shop.answer }],
    ["key-withdrawn", "signed by a key that was withdrawn", withdrawn()],
    ["wrong-algorithm", "in EdDSA", { ...good, alg: -8 }],
    ["wrong-algorithm", "in ES384", { ...good, alg: -35 }],
    ["wrong-algorithm", "in HMAC", { ...good, alg: 5 }],
    ["bad-signature", "with a broken signature", { ...good, signatureBroken: true }],
    ["bad-signature", "signed by another shop under our key id", { ...good, signer: stranger.issuer }],
    ["key-epoch-absent", "whose password's key is not here yet", passworded({ keyEpochHeld: false })],
    ["amount-mismatch", "exact, one fen over what is due", withPayload(good, { amountMinor: 3801 })],
    ["amount-mismatch", "exact, one fen under", withPayload(good, { amountMinor: 3799 })],
    ["amount-mismatch", "in another currency", withPayload(good, { currency: "HKD" })],
    ["leased-elsewhere", "leased to another till", leased({ held: "elsewhere", tillName: "二号柜台" })],
    ["to be asked for", "leased to nobody", leased({ held: "none" })],
  ])("%s: %s", async (name, _what, code) => {
    expect(await show(code)).toBe(name);
  });

  it("not-yet-valid begins ten minutes before its beginning, to the millisecond", async () => {
    const from = NOW_MS + VALID_FROM_TOLERANCE_MS;
    expect(await show(withPayload(good, { validFromMs: from }))).toBe("taken");
    expect(await show(withPayload(shownWhere(good, { nowMs: NOW_MS - 1 }), { validFromMs: from }))).toBe(
      "not-yet-valid",
    );
  });

  it("expired begins with the expiry itself, to the millisecond", async () => {
    const code = withPayload(good, { expiresAtMs: NOW_MS });
    expect(await show(shownWhere(code, { nowMs: NOW_MS - 1 }))).toBe("taken");
    expect(await show(shownWhere(code, { nowMs: NOW_MS }))).toBe("expired");
  });

  it("empty", async () => {
    for (const blank of ["", "   ", "\r\n", "\uFEFF"])
      expect(classifyScannedCode(blank)).toEqual({ kind: "empty" });
    expect(await showText("")).toBe("not-a-code");
    expect(await showText("GT1")).toBe("malformed");
  });

  it("4 KB of noise, in every dress it may come in", async () => {
    const noise = randomBytes(4096);
    expect(await showText(new TextDecoder("latin1").decode(noise))).toBe("not-a-code");
    expect(await showText(`GT1${toBase32(noise)}`)).toBe("malformed");
    expect(await showText(`GT1${"A".repeat(4096)}`)).toBe("malformed");
    expect(await showText(`GT1${"付".repeat(4096)}`)).toBe("malformed");
    for (let length = 0; length < 600; length += 7) {
      expect(await showBytes(randomBytes(length))).toBe("malformed");
    }
  });

  it("longer than any code can be, though every byte is right", async () => {
    const long = encodeCbor(["x".repeat(700)]);
    expect(codes.codeText(long).length).toBeGreaterThan(codes.MAX_CODE_TEXT);
    expect(codes.readCodeText(codes.codeText(long))).toEqual({ ok: false, refusal: { code: "malformed" } });
  });

  function strangers(): Presented {
    const theirs = goodCode(stranger);
    return { ...theirs, keyset: shop.keyset, here: good.here };
  }

  function strangersKnown(): Presented {
    const keys = [...shop.keyset.keys, keysetRow(stranger.issuer, "issuer", stranger.merchant)];
    return { ...strangers(), keyset: { ...shop.keyset, keys } };
  }

  function meantFor(kind: "store" | "till", id: Uint8Array): Presented {
    return withPayload(good, { audience: { kind, shortId: shortId(id) } });
  }

  function withdrawn(): Presented {
    const keys = [keysetRow(shop.issuer, "issuer", shop.merchant, "withdrawn")];
    return { ...good, keyset: { ...shop.keyset, keys } };
  }

  function passworded(here: Partial<Presented["here"]>): Presented {
    return shownWhere(withPayload(good, { rule: "own", tag: randomBytes(16) }), here);
  }

  function leased(lease: Presented["here"]["lease"]): Presented {
    return shownWhere(good, { lease });
  }
});

describe("G7: a tampered code is refused whatever was touched", () => {
  const other: { readonly [field in keyof CodePayload]: CodePayload[field] } = {
    issuer: shortId(stranger.merchant),
    audience: { kind: "till", shortId: shortId(shop.till) },
    expiresAtMs: good.payload.expiresAtMs + 1000,
    validFromMs: good.payload.validFromMs - 1000,
    cti: toHex(randomBytes(16)),
    amountMinor: 380_000,
    currency: "USD",
    kind: "up-to",
    rule: "method",
    keyEpoch: 98,
    salt: randomBytes(8),
    tag: randomBytes(16),
  };

  it.each(Object.keys(other) as (keyof CodePayload)[])("in its %s: bad-signature", async (field) => {
    const forged = codes.encodePayload({ ...good.payload, [field]: other[field] });
    const outer = decodeCbor(cose);
    const members = outer.ok ? (outer.value as readonly Cbor[]) : [];
    expect(await showBytes(encodeCbor(members.with(2, forged)))).toBe("bad-signature");
  });

  it("in any one byte, any one bit: never taken, and never for a reason it could not know", async () => {
    const allowed = ["malformed", "wrong-algorithm", "unknown-key", "bad-signature"];
    const names = new Set<string>();
    for (let at = 0; at < cose.length; at++) {
      for (const flip of [0x01, 0x80, 0xff]) names.add(await showBytes(withByteChanged(cose, at, flip)));
    }
    expect([...names].filter((name) => !allowed.includes(name))).toEqual([]);
    expect([...names].toSorted()).toEqual(allowed.toSorted());
  });

  it("in any one character of its text: never taken", async () => {
    for (let at = 0; at < text.length; at++) {
      const swapped = text.slice(0, at) + (text[at] === "A" ? "B" : "A") + text.slice(at + 1);
      expect(await showText(swapped)).not.toBe("taken");
    }
  });

  it("truncated at every length, and with anything behind it: malformed", async () => {
    for (let length = 3; length < text.length; length++) {
      expect(await showText(text.slice(0, length))).toBe("malformed");
    }
    for (let length = 0; length < cose.length; length++) {
      expect(await showBytes(cose.slice(0, length))).toBe("malformed");
    }
    for (const more of ["A", "AA", "=", "AAAAAAAA", text])
      expect(await showText(text + more)).toBe("malformed");
    expect(await showBytes(concat(cose, Uint8Array.of(0)))).toBe("malformed");
  });

  it("with its signature swapped for another genuine one: bad-signature", async () => {
    const twin = await coseOf(withPayload(good, { cti: toHex(randomBytes(16)) }));
    expect(await showBytes(concat(cose.slice(0, -64), twin.slice(-64)))).toBe("bad-signature");
  });
});

describe("PROTOCOL §9: exactly this form and no other", () => {
  const outer = decodeCbor(cose);
  const members = outer.ok ? (outer.value as readonly Cbor[]) : [];
  const header = (entries: readonly (readonly [number | string, Cbor])[]): Uint8Array =>
    encodeCbor(new Map(entries));
  const { kid } = shop.issuer;

  it.each<[string, () => Uint8Array]>([
    ["an unprotected header", () => encodeCbor(members.with(1, new Map([[4, kid]])))],
    ["an unprotected header that is a list", () => encodeCbor(members.with(1, []))],
    [
      "a third protected label",
      () =>
        encodeCbor(
          members.with(
            0,
            header([
              [1, -7],
              [2, [1]],
              [4, kid],
            ]),
          ),
        ),
    ],
    ["no kid", () => encodeCbor(members.with(0, header([[1, -7]])))],
    [
      "a kid of 7 bytes",
      () =>
        encodeCbor(
          members.with(
            0,
            header([
              [1, -7],
              [4, new Uint8Array(7)],
            ]),
          ),
        ),
    ],
    [
      "an algorithm by name",
      () =>
        encodeCbor(
          members.with(
            0,
            header([
              [1, "ES256"],
              [4, kid],
            ]),
          ),
        ),
    ],
    ["an empty protected header", () => encodeCbor(members.with(0, new Uint8Array(0)))],
    ["a detached payload", () => encodeCbor(members.with(2, null))],
    ["a signature of 63 bytes", () => encodeCbor(members.with(3, new Uint8Array(63)))],
    ["a fifth member", () => encodeCbor([...members, 0])],
    ["the tag of COSE_Sign1", () => concat(Uint8Array.of(0xd2), cose)],
  ])("with %s it is malformed", async (_what, make) => {
    expect(await showBytes(make())).toBe("malformed");
  });

  it.each<[string, number, Cbor]>([
    ["an issuer of 11 characters", 1, "0123456789A"],
    ["an issuer in lower case", 1, shortId(shop.merchant).toLowerCase().replace(/^./, "a")],
    ["an audience of neither kind", 3, `m:${shortId(shop.store)}`],
    ["an audience without a kind", 3, shortId(shop.store)],
    ["an expiry before 1970", 4, -1],
    ["an expiry in milliseconds", 4, 9_000_000_000_001],
    ["a cti of 15 bytes", 7, new Uint8Array(15)],
    ["an eighth claim of its own", 8, 1],
    ["nothing of ours", -65537, []],
    ["an amount of nothing", -65537, [0, "CNY", 0, 0, 1, new Uint8Array(8), new Uint8Array(16)]],
    ["a kind to come", -65537, [1, "CNY", 2, 0, 1, new Uint8Array(8), new Uint8Array(16)]],
    ["a rule to come", -65537, [1, "CNY", 0, 3, 1, new Uint8Array(8), new Uint8Array(16)]],
    ["a tag of 15 bytes", -65537, [1, "CNY", 0, 0, 1, new Uint8Array(8), new Uint8Array(15)]],
    ["a salt of 9 bytes", -65537, [1, "CNY", 0, 0, 1, new Uint8Array(9), new Uint8Array(16)]],
  ])("with %s it is malformed, however genuinely signed", async (_what, claim, value) => {
    const payload = decodeCbor(codes.encodePayload(good.payload));
    const claims = new Map(payload.ok ? (payload.value as ReadonlyMap<number, Cbor>) : []);
    claims.set(claim, value);
    const bytes = encodeCbor(claims);
    const protectedBytes = header([
      [1, -7],
      [4, kid],
    ]);
    const signed = encodeCbor(["Signature1", protectedBytes, utf8("GT1"), bytes]);
    const es256: EcdsaParams = { name: "ECDSA", hash: "SHA-256" };
    const signature = new Uint8Array(await crypto.subtle.sign(es256, shop.issuer.privateKey, signed));
    expect(await showBytes(encodeCbor([protectedBytes, new Map(), bytes, signature]))).toBe("malformed");
  });

  it("reading is total: nothing that is scanned makes it throw", async () => {
    const total = fc.asyncProperty(fc.string({ unit: "binary", maxLength: 600 }), async (some) => {
      return (await showText(some)) !== "taken" && (await showText(`GT1${some}`)) !== "taken";
    });
    await expect(fc.assert(total, { numRuns: 200 })).resolves.toBeUndefined();
  });

  it("what is accepted is written back byte for byte, so tags can be made from what was read", async () => {
    const key = await newSigningKey();
    const keyset = { ...shop.keyset, keys: [keysetRow(key, "issuer", shop.merchant)] };
    const facts = fc.record({
      expiresAtMs: fc.nat({ max: 4_000_000_000 }).map((seconds) => seconds * 1000),
      validFromMs: fc.nat({ max: 4_000_000_000 }).map((seconds) => seconds * 1000),
      amountMinor: fc.integer({ min: 1 }),
      kind: fc.constantFrom("exact", "up-to"),
      rule: fc.constantFrom("none", "method", "own"),
      keyEpoch: fc.nat(),
    }) as fc.Arbitrary<Partial<CodePayload>>;
    const same = fc.asyncProperty(facts, async (some) => {
      const made = await codes.signCode(key.privateKey, key.kid, { ...good.payload, ...some });
      const read = await codes.authenticateCode(made, keyset, shop.merchant);
      expect(read.ok && toHex(codes.encodePayload(read.value.payload))).toBe(
        read.ok && toHex(read.value.payloadBytes),
      );
    });
    await expect(fc.assert(same, { numRuns: 50 })).resolves.toBeUndefined();
  });
});
