import { ARGON2_PROFILES } from "#protocol/vault-records.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import type { OpenVault } from "./open-vault.ts";

/** A check may take this long on this very device: so slow a guess is felt by nobody who knows the PIN. */
const GOOD_TIME_MS = 500;

/**
 * Finds once which Argon2 profile this device makes in good time, in a worker of its own. The first run pays
 * for the start of WebAssembly and measures nothing; a profile that took too long ends the search, for each
 * costs more than the one before it.
 */
export async function calibrate(db: TillDatabase, vault: OpenVault): Promise<void> {
  if (await db.setting("argon2")) return;
  const worker = vault.hire();
  let profile = 1;
  try {
    await worker.calls.timeProfile(profile);
    for (const costlier of [...ARGON2_PROFILES.keys()].slice(1)) {
      if ((await worker.calls.timeProfile(costlier)) > GOOD_TIME_MS) break;
      profile = costlier;
    }
  } finally {
    worker.dismiss();
  }
  await db.settings.put({ key: "argon2", profile });
}
