import type { TillRefusal } from "#domain/refusal.ts";
import type { Result } from "#domain/result.ts";
import type { Rewrapped } from "#protocol/pin-calls.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import type { VaultRow } from "#storage/vault-rows.ts";
import type { Committed, Ledger } from "../ledger.ts";
import type { OpenVault } from "./open-vault.ts";

/** What a level keeps on this disk beside the wrap. */
export type LevelPart = VaultRow extends infer Row
  ? Row extends VaultRow
    ? Omit<Row, "key" | "wrappedVk" | "publicKey" | "wrappedPrivate">
    : never
  : never;

/**
 * Puts the same VK under another wrap: the new one in the place of the old one, and the entry that says so,
 * in one transaction. A crash leaves the one or the other, and each opens the same vault.
 */
export async function changeOver(
  parts: { readonly db: TillDatabase; readonly ledger: Ledger; readonly vault: OpenVault },
  { wrapKey, wrappedVk }: Rewrapped,
  part: LevelPart,
): Promise<Result<Committed, TillRefusal>> {
  const { db, ledger, vault } = parts;
  const done = await ledger.append<TillRefusal>({
    body: () => ({ kind: "vault-level", level: part.level }),
    inside: async () => {
      const before = await db.vault.get("vault");
      if (!before) return { code: "vault-closed" };
      const { publicKey, wrappedPrivate } = before;
      await db.vault.put({ key: "vault", publicKey, wrappedPrivate, wrappedVk, ...part });
      return null;
    },
  });
  if (done.ok && part.level !== "basic") vault.hold(wrapKey, { wrappedVk });
  return done;
}
