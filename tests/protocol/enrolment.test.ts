import fc from "fast-check";
import { beforeAll, describe, expect, it, vi } from "vitest";
import { toCrockford } from "#protocol/base32.ts";
import { concat, fromHex, randomBytes, toHex, type Bytes } from "#protocol/bytes.ts";
import { digitsOf, hash, thumbprint } from "#protocol/crypto.ts";
import * as enrolment from "#protocol/enrolment.ts";
import type { Certificate } from "#protocol/certificate.ts";
import type { ActivationCode, EnrolAnswer, EnrolRequest } from "#protocol/enrolment.ts";
import { encodeKeyset, signKeyset } from "#protocol/keyset.ts";
import { newSigningKey, newVaultPair, openShop, withByteChanged } from "./shop.ts";

const shop = await openShop();
const vault = await newVaultPair();
const activation = enrolment.newActivation();
const names = { shopName: "晨光便利店", tillName: "一号柜台" };
const scannedText = enrolment.scannedActivation(activation, await thumbprint(shop.root.point), names);
const request: EnrolRequest = {
  locator: activation.locator,
  deviceKey: shop.device.point,
  vaultKey: vault.point,
  nonce: randomBytes(16),
};
const certificate: Certificate = {
  lineage: shop.lineage,
  merchant: shop.merchant,
  store: shop.store,
  till: shop.till,
  epoch: 1,
  deviceKey: shop.device.point,
  vaultKey: vault.point,
  rootKey: shop.root.point,
  serverMs: 1_764_000_000_000,
};

function read(text: string): ActivationCode {
  const code = enrolment.readActivation(text);
  if (!code) throw new Error("the fixture's activation code is not read");
  return code;
}
const typed = read(enrolment.typedActivation(activation));
const scanned = read(scannedText);

/** What our server answers to this code: proofs made with the secret the code carries. */
async function answered(
  code: ActivationCode,
  c: Certificate = certificate,
  root = shop.root,
): Promise<EnrolAnswer> {
  const certificateBytes = enrolment.encodeCertificate(c);
  const keysetBytes = encodeKeyset(shop.keyset);
  return {
    certificateBytes,
    ...(await enrolment.certify(root.privateKey, certificateBytes, code.secret, request.nonce)),
    keysetBytes,
    keysetSignature: await signKeyset(root.privateKey, keysetBytes),
    ...names,
    compare: code.source === "typed",
  };
}

describe("PROTOCOL §3: what an activation code is read as", () => {
  it("typed: four characters to find it by, forty secret bits, and whatever fingers do to them", () => {
    const text = enrolment.typedActivation(activation);
    expect(text).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){2}$/);
    expect(typed).toMatchObject({ source: "typed", locator: activation.locator, rootThumbprint: null });
    expect(toHex(typed.secret)).toBe(toHex(activation.typedSecret));
    const spellings = [
      text.toLowerCase(),
      text.replaceAll("-", " "),
      ` ${text}\n`,
      text.replaceAll("0", "o"),
    ];
    for (const spelling of [...spellings, text.replaceAll("1", "l"), fullWidth(text)]) {
      expect(toHex(read(spelling).secret)).toBe(toHex(activation.typedSecret));
    }
  });

  it("scanned: a secret of 128 bits, the root's thumbprint, and names to show beforehand", async () => {
    expect(scanned).toMatchObject({ source: "scanned", locator: activation.locator, ...names });
    expect(toHex(scanned.secret)).toBe(toHex(activation.scannedSecret));
    expect(scanned.rootThumbprint).toEqual(await thumbprint(shop.root.point));
    expect(read(scannedText.toLowerCase())).toEqual(scanned);
    expect(scannedText).toMatch(/^GTE1[A-Z2-7]+$/);
  });

  it("a locator never spells the scanned code's prefix: such a draw is thrown away", () => {
    const draws = [fromHex("869c10"), fromHex("000001")];
    vi.spyOn(crypto, "getRandomValues").mockImplementation((array) => {
      if (array instanceof Uint8Array && array.length === 3) array.set(draws.shift() ?? []);
      return array;
    });
    expect(toCrockford(fromHex("869c10"), 4)).toBe("GTE1");
    expect(enrolment.newActivation().locator).toBe("0000");
    expect(draws).toEqual([]);
  });

  it.each([
    "",
    "GTE1",
    "ABCD-EFGH",
    "ABCD-EFGH-JKMN-P",
    "ABCD-EFGH-JKU0",
    "GTE1AAAA",
    "GT1AAAAAAAAAAAAAAAAAAA",
    "付款码",
  ])("«%s» is neither", (text) => {
    expect(enrolment.readActivation(text)).toBeNull();
  });

  it("a scanned one cut short at any length, or longer, is none", () => {
    for (let length = 0; length < scannedText.length; length++) {
      expect(enrolment.readActivation(scannedText.slice(0, length))).toBeNull();
    }
    expect(enrolment.readActivation(`${scannedText}A`)).toBeNull();
  });

  it("reading never throws, whatever was scanned", () => {
    const total = fc.property(fc.string({ unit: "binary", maxLength: 400 }), (text) => {
      enrolment.readActivation(text);
      enrolment.readActivation(`GTE1${text}`);
    });
    expect(() => fc.assert(total)).not.toThrow();
  });
});

function fullWidth(text: string): string {
  return text.replaceAll(/[!-~]/g, (char) => String.fromCharCode(char.charCodeAt(0) + 0xfee0));
}

describe("PROTOCOL §3: the tablet proves itself and never sends the secret", () => {
  const received = async (code: ActivationCode, asked: EnrolRequest = request, key = shop.device) => {
    const posted = enrolment.encodeEnrolRequest(await enrolment.proveEnrolment(code, key.privateKey, asked));
    const signed = enrolment.decodeEnrolRequest(posted);
    if (!signed) throw new Error("the request is not read");
    return { posted, signed };
  };
  const secrets = [activation.typedSecret, activation.scannedSecret];

  it("the server finds which of the two secrets was known", async () => {
    const check = async (code: ActivationCode): Promise<Uint8Array | null> =>
      enrolment.checkEnrolment((await received(code)).signed, secrets);
    expect(await check(typed)).toBe(activation.typedSecret);
    expect(await check(scanned)).toBe(activation.scannedSecret);
  });

  it("the secret stands nowhere in what is posted", async () => {
    for (const code of [typed, scanned]) {
      expect(toHex((await received(code)).posted)).not.toContain(toHex(code.secret));
    }
  });

  it("a wrong secret, somebody else's device key, a key that is none: refused", async () => {
    const guessed = { ...typed, secret: randomBytes(5) };
    const other = await newSigningKey();
    const check = async (
      code: ActivationCode,
      asked = request,
      key = shop.device,
    ): Promise<Uint8Array | null> =>
      enrolment.checkEnrolment((await received(code, asked, key)).signed, secrets);
    expect(await check(guessed)).toBeNull();
    expect(await check(typed, request, other)).toBeNull();
    expect(await check(typed, { ...request, deviceKey: new Uint8Array(65).fill(4) })).toBeNull();
    expect(await enrolment.checkEnrolment((await received(typed)).signed, [])).toBeNull();
  });

  it("a vault key that is no point of the curve is refused now, not when first sealed to", async () => {
    const asked = { ...request, vaultKey: new Uint8Array(65).fill(4) };
    expect(await enrolment.checkEnrolment((await received(typed, asked)).signed, secrets)).toBeNull();
  });

  it("every changed byte of the post is refused, unread or unproven", async () => {
    const { posted } = await received(typed);
    for (let at = 0; at < posted.length; at++) {
      const signed = enrolment.decodeEnrolRequest(withByteChanged(posted, at));
      expect(signed && (await enrolment.checkEnrolment(signed, secrets))).toBeNull();
    }
  });
});

describe("PROTOCOL §3: the answer is our server's or it is nothing", () => {
  const opened = (code: ActivationCode, answer: EnrolAnswer): Promise<Certificate | null> =>
    enrolment.openEnrolAnswer(code, request, answer);

  it("typed and scanned: the certificate is taken, and travels unchanged", async () => {
    for (const code of [typed, scanned]) {
      const answer = await answered(code);
      expect(enrolment.decodeEnrolAnswer(enrolment.encodeEnrolAnswer(answer))).toEqual(answer);
      expect(await opened(code, answer)).toEqual(certificate);
    }
  });

  it("every byte of certificate, signature and proof that was changed: refused", async () => {
    const answer = await answered(scanned);
    for (const field of ["certificateBytes", "rootSignature", "proof"] as const) {
      for (let at = 0; at < answer[field].length; at++) {
        expect(await opened(scanned, { ...answer, [field]: withByteChanged(answer[field], at) })).toBeNull();
      }
    }
  });

  const wrong: Partial<Record<keyof Certificate, Bytes | number>> = {};
  beforeAll(async () => {
    wrong.lineage = randomBytes(8);
    wrong.merchant = randomBytes(16);
    wrong.store = randomBytes(16);
    wrong.till = randomBytes(16);
    wrong.epoch = 2;
    wrong.deviceKey = (await newSigningKey()).point;
    wrong.vaultKey = (await newVaultPair()).point;
    wrong.rootKey = (await newSigningKey()).point;
    wrong.serverMs = 1_764_000_000_001;
  });
  it.each([
    "lineage",
    "merchant",
    "store",
    "till",
    "epoch",
    "deviceKey",
    "vaultKey",
    "rootKey",
    "serverMs",
  ] as const)("another %s under the old signature and proof: refused", async (field) => {
    const answer = await answered(scanned);
    const certificateBytes = enrolment.encodeCertificate({ ...certificate, [field]: wrong[field] });
    expect(await opened(scanned, { ...answer, certificateBytes })).toBeNull();
  });

  it("keys that are not ours are refused even under a genuine signature and proof", async () => {
    for (const field of ["deviceKey", "vaultKey"] as const) {
      const answer = await answered(typed, { ...certificate, [field]: wrong[field] } as Certificate);
      expect(await opened(typed, answer)).toBeNull();
    }
  });

  it("a server that knows another secret, or answers another request: refused", async () => {
    const answer = await answered({ ...typed, secret: randomBytes(5) });
    expect(await opened(typed, answer)).toBeNull();
    const other = { ...request, nonce: randomBytes(16) };
    expect(await enrolment.openEnrolAnswer(typed, other, await answered(typed))).toBeNull();
  });

  it("a server with a root of its own is refused by the scanned code, which pins ours", async () => {
    const root = await newSigningKey();
    const answer = await answered(scanned, { ...certificate, rootKey: root.point }, root);
    expect(await opened(scanned, answer)).toBeNull();
    const unpinned = { ...scanned, rootThumbprint: null };
    expect(await opened(unpinned, answer)).not.toBeNull();
  });

  it("after a typed code the six digits cannot be talked away on the wire", async () => {
    expect(await opened(typed, { ...(await answered(typed)), compare: false })).toBeNull();
  });

  it("a root key that is no point of the curve is refused, not thrown at", async () => {
    const answer = await answered(typed, { ...certificate, rootKey: new Uint8Array(65).fill(4) });
    expect(await opened(typed, answer)).toBeNull();
  });

  it("no changed byte of the answer as sent is ever taken for another certificate", async () => {
    const sent = enrolment.encodeEnrolAnswer(await answered(scanned));
    for (let at = 0; at < sent.length; at++) {
      const answer = enrolment.decodeEnrolAnswer(withByteChanged(sent, at));
      const taken = answer && (await opened(scanned, answer));
      expect([null, certificate]).toContainEqual(taken);
    }
  });

  it("what is read back has every length right", () => {
    const bytes = enrolment.encodeCertificate(certificate);
    expect(enrolment.decodeCertificate(bytes)).toEqual(certificate);
    expect(enrolment.decodeCertificate(concat(bytes, Uint8Array.of(0)))).toBeNull();
    const shortened = { ...certificate, till: randomBytes(15) };
    expect(enrolment.decodeCertificate(enrolment.encodeCertificate(shortened))).toBeNull();
    expect(enrolment.decodeCertificate(enrolment.encodeCertificate({ ...certificate, epoch: 0 }))).toBeNull();
  });

  it("both screens show the same six digits, of this certificate and no other", async () => {
    const bytes = enrolment.encodeCertificate(certificate);
    expect(await enrolment.compareDigits(bytes)).toBe(digitsOf(await hash("compare", bytes), 6));
    expect(await enrolment.compareDigits(bytes)).toMatch(/^\d{6}$/);
  });
});
