import { utf8, type Bytes } from "./bytes.ts";
import { encodeCbor } from "./cbor.ts";
import { digitsOf, hash, hkdf, mac, macKey, sha256 } from "./crypto.ts";
import type { PasswordMethod } from "./feed-secrets.ts";

/** Digits of the question a locked till shows, and of the office's answer (PROTOCOL §10). */
export const UNLOCK_DIGITS = 8;

/** The 32 bytes that answer one till epoch's questions, from the merchant's secret. Sealed to its vault. */
export function unlockKeyBytes(masterSecret: Uint8Array, till: Uint8Array, epoch: number): Promise<Bytes> {
  return hkdf(masterSecret, encodeCbor(["unlock", till, epoch]), 32);
}

/**
 * What the office answers to the eight digits (as text) a till shows for this subject: eight digits, as text.
 * The same on both sides, so that a till without a network can tell whether the office spoke.
 */
export async function unlockAnswer(
  unlockKey: Uint8Array,
  till: Uint8Array,
  epoch: number,
  subject: Uint8Array,
  digits: string,
): Promise<string> {
  const said = await mac(await macKey(unlockKey), "unlock", encodeCbor([till, epoch, subject, digits]));
  return digitsOf(said, UNLOCK_DIGITS);
}

/** Under which a method's password stands, among the subjects of secrets: 16 bytes. */
export async function methodSubject(method: PasswordMethod): Promise<Bytes> {
  return (await sha256(utf8(`method:${method}`))).slice(0, 16);
}

/**
 * Six digits that a till which made a new vault and the office both can show, so that the owner confirms the
 * tablet in hand and not a copy of its disk.
 */
export async function renewalDigits(till: Uint8Array, epoch: number, vaultKey: Uint8Array): Promise<string> {
  return digitsOf(await hash("compare", encodeCbor(["vault-renewed", till, epoch, vaultKey])), 6);
}
