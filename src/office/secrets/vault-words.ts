import type { VaultRow } from "#protocol/office-secrets-api.ts";
import { officeTexts } from "#ui/texts/office-texts.ts";

/** What waits between the owner's choice and the till, sentence by sentence; none when nothing does. */
export function vaultWaits(vault: Pick<VaultRow, "level" | "atTill">): readonly string[] {
  const t = officeTexts.now.secrets.vault;
  if (vault.atTill === vault.level) return [];
  if (vault.atTill === null) return [t.notTold];
  const waiting = t.waiting(t.levels[vault.atTill]);
  return vault.level === "passphrase" ? [waiting, t.waitingPassphrase] : [waiting];
}
