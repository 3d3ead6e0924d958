import { codeNumberFrom } from "#domain/code-number.ts";
import type { CodeKind, PasswordRule } from "#domain/payment-code.ts";
import { randomBytes, toHex, utf8, type Bytes } from "#protocol/bytes.ts";
import { macKey } from "#protocol/crypto.ts";
import { newId, shortId } from "#protocol/ids.ts";
import {
  ARGON2_PROFILE_1,
  codeSalt,
  codeTag,
  codeText,
  numberTag,
  signCode,
  type CodePayload,
} from "#protocol/payment-code-bytes.ts";
import type { Argon2 } from "#engine/vault/pin-desk.ts";
import type { SigningKey } from "../protocol/shop.ts";

/** A code as the office would hand it over. */
export interface HandedCode {
  readonly cti: string;
  readonly text: string;
  readonly digits: string;
  readonly password: string | null;
  readonly amountMinor: number;
  readonly payload: CodePayload;
}

/** What a code should say; any part of its payload may be wished otherwise. */
export interface CodeOf {
  readonly amountMinor?: number;
  readonly kind?: CodeKind;
  readonly rule?: PasswordRule;
  readonly password?: string;
  readonly payload?: Partial<CodePayload>;
}

/** Who issues it, when, and under which key of the week. */
export interface CodeMakings {
  readonly merchant: Bytes;
  readonly store: Bytes;
  readonly issuer: SigningKey;
  readonly nowMs: number;
  readonly keyEpoch: number;
  readonly siteKey: Bytes;
  readonly argon2: Argon2;
}

/** Makes and signs a code: what the customer gets, and what the tills' lists get. */
export async function makeCode(
  makings: CodeMakings,
  wish: CodeOf,
): Promise<{ readonly code: HandedCode; readonly cose: Bytes; readonly numberTag: Bytes }> {
  const { merchant, store, issuer, keyEpoch, argon2 } = makings;
  const password = wish.password ?? null;
  const second = Math.floor(makings.nowMs / 1000) * 1000;
  const untagged: CodePayload = {
    issuer: shortId(merchant),
    audience: { kind: "store", shortId: shortId(store) },
    expiresAtMs: second + 30 * 86_400_000,
    validFromMs: second - 1000,
    cti: toHex(newId()),
    amountMinor: wish.amountMinor ?? 3800,
    currency: "CNY",
    kind: wish.kind ?? "exact",
    rule: wish.rule ?? (password === null ? "none" : "own"),
    keyEpoch,
    salt: randomBytes(8),
    tag: new Uint8Array(16),
    ...wish.payload,
  };
  const site = await macKey(makings.siteKey);
  let payload = untagged;
  if (password !== null) {
    const salt = await codeSalt(untagged.issuer, untagged.salt);
    const p = await argon2(utf8(password), salt, ARGON2_PROFILE_1);
    payload = { ...untagged, tag: await codeTag(site, untagged, p) };
  }
  const cose = await signCode(issuer.privateKey, issuer.kid, payload);
  const digits = drawNumber();
  const { cti, amountMinor } = payload;
  const code: HandedCode = { cti, text: codeText(cose), digits, password, amountMinor, payload };
  return { code, cose, numberTag: await numberTag(site, digits) };
}

function drawNumber(): string {
  for (;;) {
    const digits = Array.from(randomBytes(14), (byte) => String(byte % 10)).join("");
    const number = codeNumberFrom(digits);
    if (number.ok) return number.value;
  }
}
