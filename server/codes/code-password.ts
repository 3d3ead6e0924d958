// Passwords of payment codes: typed by the issuer and judged by the guide's rules, or made here so that they
// keep them all (G9, G21).
import { drawFrom, generatePassword } from "#domain/password-generator.ts";
import { brokenRules, normalPassword, type KnownOfShop, type PasswordKind } from "#domain/password-rules.ts";
import { accepted, refused, type Result } from "#domain/result.ts";
import { concat, utf8 } from "#protocol/bytes.ts";
import { encodeCbor } from "#protocol/cbor.ts";
import { hkdf } from "#protocol/crypto.ts";
import type { SecretsRefusal } from "#protocol/office-secrets-api.ts";

type Broken = Extract<SecretsRefusal, { code: "password-breaks-rules" }>;

/** Enough for more than a hundred draws: one in ten breaks a rule by chance. */
const STREAM_BYTES = 4096;

/** The text as both ends hash it (PROTOCOL §10), or the rules it breaks. */
export function judgeCodePassword(
  typed: string,
  kind: PasswordKind,
  known: KnownOfShop,
): Result<string, Broken> {
  const rules = brokenRules(typed, kind, known);
  const text = normalPassword(typed);
  return text === null || rules.length > 0
    ? refused({ code: "password-breaks-rules", rules })
    : accepted(text);
}

/**
 * A generated password, made anew from the merchant's secret and the caller's request id: a repeated request
 * shows the same one, and nothing of it has to be stored (of the request id only a hash is). The shop's names
 * play no part: somebody renamed between two repeats would change it.
 */
export async function generateCodePassword(
  merchantSecret: Uint8Array,
  requestId: Uint8Array,
  kind: PasswordKind,
): Promise<string> {
  const info = concat(utf8("guitai/code-password/2"), encodeCbor([requestId]));
  const stream = new DataView((await hkdf(merchantSecret, info, STREAM_BYTES)).buffer);
  let at = -4;
  return generatePassword(
    kind,
    drawFrom(() => stream.getUint32((at += 4))),
    { names: [], phones: [] },
  );
}
