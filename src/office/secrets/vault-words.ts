import { VAULT_LEVELS, type VaultLevel } from "#protocol/feed-secrets.ts";
import type { VaultRow } from "#protocol/office-secrets-api.ts";
import { officeTexts } from "#ui/texts/office-texts.ts";

/**
 * The levels an owner may choose for this till. The security chip is shown where it is in use already: tills
 * of this version cannot change over to it yet, and a choice that nothing follows would be a false promise.
 */
export function offeredLevels(vault: Pick<VaultRow, "level" | "atTill">): readonly VaultLevel[] {
  const hasChip = vault.level === "prf" || vault.atTill === "prf";
  return VAULT_LEVELS.filter((level) => level !== "prf" || hasChip);
}

/** What waits between the owner's choice and the till, sentence by sentence; none when nothing does. */
export function vaultWaits(vault: Pick<VaultRow, "level" | "atTill">): readonly string[] {
  const t = officeTexts.now.secrets.vault;
  // Every till begins at «basic», and has nothing to tell before it is told of another level.
  const atTill = vault.atTill ?? "basic";
  if (atTill === vault.level) return [];
  const waiting = t.waiting(t.levels[atTill]);
  return vault.level === "passphrase" ? [waiting, t.waitingPassphrase] : [waiting];
}
