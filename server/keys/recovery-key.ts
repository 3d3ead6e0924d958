// The recovery key: shown once at set-up, to print. It opens the sealed copy of the master key, and nothing
// else can.
import { fromCrockford, toCrockford } from "#protocol/base32.ts";
import { concat, randomBytes, sameBytes } from "#protocol/bytes.ts";
import type { Bytes } from "#protocol/bytes.ts";
import { sha256 } from "#protocol/crypto.ts";
import { derivedFieldKey, sealField, tryOpenField } from "./sealed-field.ts";
import type { FieldPlace } from "./sealed-field.ts";

const secretBytes = 32;
const checkBytes = 2;
const groupLength = 5;
const place: FieldPlace = { merchant: null, field: "instance.recovery_wrap", version: 1 };

/**
 * Makes a recovery key and seals `masterKey` under it. `text` is for people's eyes once, and is stored
 * nowhere.
 */
export async function newRecoveryKey(
  masterKey: Uint8Array,
): Promise<{ readonly text: string; readonly wrap: Bytes }> {
  const secret = randomBytes(secretBytes);
  const text = toCrockford(concat(secret, await checkOf(secret)));
  const wrap = await sealField(await derivedFieldKey(secret, "recovery"), place, masterKey);
  return { text: text.match(new RegExp(`.{1,${groupLength}}`, "gu"))?.join("-") ?? text, wrap };
}

/**
 * `recovery-key-mistyped`: not a recovery key at all. `recovery-key-wrong`: one, but of another installation.
 */
export type RecoveryResult =
  | { readonly ok: true; readonly value: Bytes }
  | {
      readonly ok: false;
      readonly refusal: { readonly code: "recovery-key-mistyped" | "recovery-key-wrong" };
    };

/**
 * The master key, from the typed recovery key and the sealed copy. Case, spaces, hyphens, O and 0 are
 * forgiven.
 */
export async function openWithRecoveryKey(typed: string, wrap: Uint8Array): Promise<RecoveryResult> {
  const bytes = fromCrockford(typed);
  const secret = bytes?.slice(0, secretBytes);
  if (bytes === null || secret === undefined || bytes.length !== secretBytes + checkBytes) {
    return { ok: false, refusal: { code: "recovery-key-mistyped" } };
  }
  if (!sameBytes(bytes.slice(secretBytes), await checkOf(secret))) {
    return { ok: false, refusal: { code: "recovery-key-mistyped" } };
  }
  const masterKey = await tryOpenField(await derivedFieldKey(secret, "recovery"), place, wrap);
  return masterKey === null
    ? { ok: false, refusal: { code: "recovery-key-wrong" } }
    : { ok: true, value: masterKey };
}

/** Two bytes that tell a slip of the pen from a wrong key. */
async function checkOf(secret: Uint8Array): Promise<Bytes> {
  return (await sha256(secret)).slice(0, checkBytes);
}
