import { accepted, refused, type Result } from "#domain/result.ts";
import { SECRET_SALT_BYTES } from "#protocol/vault-records.ts";
import { PASSPHRASE_SUBJECT } from "../vault/attempt-book.ts";
import { changeOver } from "../vault/change-over.ts";
import { no, pinTryRefusal, type PadParts, type PadRefusal, type PadWork } from "./pad-parts.ts";

const LETTERS: Pick<PadWork, "kind" | "fixedLength"> = { kind: "letters", fixedLength: null };

/** Opens a vault whose key is a passphrase, after a start. Tries wait as everywhere, and never lock. */
export async function passphrasePad(parts: PadParts): Promise<Result<PadWork, PadRefusal>> {
  const { db, vault, book } = parts;
  const row = await db.vault.get("vault");
  if (row?.level !== "passphrase") return refused({ code: "vault-closed" });
  const may = await book.mayTry("manager", PASSPHRASE_SUBJECT);
  if (may.kind !== "yes") return refused(pinTryRefusal(may));
  return accepted({
    ...LETTERS,
    async check(worker, end) {
      const counted = await book.count("manager", PASSPHRASE_SUBJECT);
      if (!counted.ok) {
        end();
        return no("kind" in counted.refusal ? pinTryRefusal(counted.refusal) : counted.refusal);
      }
      const wrapKey = await worker.passphraseKey(row.salt);
      const { wrappedVk, wrappedPrivate } = row;
      const opens = wrapKey !== null && (await worker.opens({ wrapKey, wrappedVk, wrappedPrivate }));
      end();
      if (!opens) return no({ code: "passphrase-wrong" });
      await db.transaction("rw", db.attempts, () => book.forgive("manager", PASSPHRASE_SUBJECT));
      vault.hold(wrapKey, row);
      return { kind: "vault-open" };
    },
  });
}

/** Makes the till change over to a passphrase, as the owner chose and a manager approved just before. */
export async function newPassphrasePad(parts: PadParts): Promise<Result<PadWork, PadRefusal>> {
  const { db, vault, approvals, surroundings, ledger } = parts;
  if (!(await vault.standing()).open) return refused({ code: "vault-closed" });
  const wished = (await db.setting("vault-wish"))?.level === "passphrase";
  if (!wished || !approvals.holds({ what: "passphrase" })) return refused({ code: "pin-needs-manager" });
  const salt = surroundings.randomBytes(SECRET_SALT_BYTES);
  return accepted({
    ...LETTERS,
    async check(worker, end) {
      const made = await worker.newPassphrase(salt);
      if (made.kind === "again") return made;
      if (made.kind === "refused") return no(made.refusal);
      const rewrapped = await worker.rewrap(await vault.material(), made.wrapKey);
      end();
      const done = await changeOver({ db, ledger, vault }, rewrapped, { level: "passphrase", salt });
      if (!done.ok) return no(done.refusal);
      approvals.end();
      return { kind: "vault-open" };
    },
  });
}
