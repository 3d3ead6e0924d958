// What a till's entries say of secrets and of its vault: PINs made there, tries, unlocking, levels, a vault
// made anew. Nothing here can refuse an entry; what cannot be used is left alone.
import { toHex, type Bytes } from "#protocol/bytes.ts";
import { importPublicKey } from "#protocol/crypto.ts";
import type { CarriedSecret, TillBody } from "#protocol/entry-bodies.ts";
import { ARGON2_PROFILES } from "#protocol/vault-records.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { noteVersion } from "./secret-store.ts";

/** One entry that speaks of them. */
export interface VaultWord {
  readonly seq: number;
  readonly atMs: number;
  readonly body: Extract<
    TillBody,
    {
      kind: "pin-set" | "attempt" | "unlocked" | "approved" | "operator-in" | "vault-level" | "vault-renewed";
    }
  >;
}

/** The epoch that speaks. */
export interface VaultSource {
  readonly merchant: Bytes;
  readonly till: Bytes;
  readonly epoch: number;
  readonly nowMs: number;
}

/** What an entry says of them; null: nothing. */
export function vaultWord(body: TillBody, seq: number, atMs: number): VaultWord | null {
  switch (body.kind) {
    case "pin-set":
    case "attempt":
    case "unlocked":
    case "approved":
    case "operator-in":
    case "vault-level":
    case "vault-renewed":
      return { seq, atMs, body };
    case "claim":
    case "claim-dropped":
    case "clock-jump":
    case "genesis":
    case "lease-released":
    case "operator-out":
    case "refusal":
    case "sale":
    case "stopped":
      return null;
  }
}

/** Writes down what they say, in their order. Answers whether a PIN waits to be opened after the commit. */
export async function hearVaultWords(
  tx: DatabaseTransaction,
  source: VaultSource,
  words: readonly VaultWord[],
): Promise<boolean> {
  let pinWaits = false;
  const tries = new TriesHeard();
  /** PINs that only the till itself holds, the last of each operator. */
  const held = new Map<string, PinSet>();
  for (const word of words) {
    const { body, seq } = word;
    switch (body.kind) {
      case "pin-set":
        if (body.carried === undefined) held.set(toHex(body.operator), body);
        else pinWaits = (await keepPin(tx, source, seq, body, body.carried)) || pinWaits;
        break;
      case "attempt":
        if (body.subjectClass !== "code") tries.count(body.subjectClass, body.subject, body.n, word.atMs);
        break;
      case "unlocked":
        if (body.subjectClass !== "code") tries.count(body.subjectClass, body.subject, 0, word.atMs);
        break;
      case "approved":
        // Whose own PIN it was is checked as an operator's, a manager's word for others as a manager's.
        tries.count(body.what === "own-pin" ? "operator" : "manager", body.by, 0, word.atMs);
        break;
      case "operator-in":
        if (body.how !== "unchecked") tries.count("operator", body.operator, 0, word.atMs);
        break;
      case "vault-level":
        await ofEpoch(tx, source).set({ vault_level: body.level }).execute();
        break;
      case "vault-renewed":
        await askForRenewal(tx, source, seq, body.vaultKey);
    }
  }
  await tries.write(tx, source);
  for (const { operator, version } of held.values())
    await noteVersion(tx, source.merchant, operator, version, source.nowMs);
  return pinWaits;
}

function ofEpoch(tx: DatabaseTransaction, { merchant, till, epoch }: VaultSource) {
  return tx
    .updateTable("books.till_epochs")
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "=", epoch);
}

type PinSet = Extract<TillBody, { kind: "pin-set" }>;

/**
 * Sealed still: opening it needs the server's key, and must not hold the locks of a push. A profile that no
 * till can pay for would lock everybody else out of their own, and is not kept.
 */
async function keepPin(
  tx: DatabaseTransaction,
  { merchant, till, epoch, nowMs }: VaultSource,
  seq: number,
  { operator, version }: PinSet,
  carried: CarriedSecret,
): Promise<boolean> {
  if (!ARGON2_PROFILES.has(carried.profile)) return false;
  await tx
    .insertInto("books.pins_from_tills")
    .values({
      merchant_id: merchant,
      till_id: till,
      epoch,
      seq,
      operator_id: operator,
      version,
      profile: carried.profile,
      salt: carried.salt,
      sealed: carried.sealed,
      received_at_ms: nowMs,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return true;
}

/** A key that is no point of the curve could never be sealed to. */
async function askForRenewal(
  tx: DatabaseTransaction,
  { merchant, till, epoch, nowMs }: VaultSource,
  seq: number,
  vaultKey: Bytes,
): Promise<void> {
  const isPoint = (await importPublicKey(vaultKey).catch(() => null)) !== null;
  if (!isPoint) return;
  await tx
    .insertInto("books.vault_renewals")
    .values({
      merchant_id: merchant,
      till_id: till,
      epoch,
      seq,
      vault_key: vaultKey,
      asked_at_ms: nowMs,
      decided: null,
      decided_at_ms: null,
      decided_by: null,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

interface Tries {
  readonly subjectClass: "operator" | "manager";
  readonly subject: Bytes;
  readonly n: number;
  readonly atMs: number;
}

/** The last word of a batch on each subject: a long queue writes a row once. */
class TriesHeard {
  readonly #last = new Map<string, Tries>();

  count(subjectClass: Tries["subjectClass"], subject: Bytes, n: number, atMs: number): void {
    this.#last.set(`${subjectClass}:${toHex(subject)}`, {
      subjectClass,
      subject,
      n,
      atMs,
    });
  }

  async write(tx: DatabaseTransaction, { merchant, till, epoch }: VaultSource): Promise<void> {
    for (const { subjectClass, subject, n, atMs } of this.#last.values()) {
      const key = {
        merchant_id: merchant,
        till_id: till,
        epoch,
        subject_class: subjectClass,
        subject,
      };
      await tx
        .insertInto("books.tries")
        .values({ ...key, n, at_ms: atMs })
        .onConflict((conflict) =>
          conflict
            .columns(["merchant_id", "till_id", "epoch", "subject_class", "subject"])
            .doUpdateSet({ n, at_ms: atMs }),
        )
        .execute();
    }
  }
}
