import { secretAad } from "#protocol/aads.ts";
import { fromHex } from "#protocol/bytes.ts";
import type { SecretCandidate } from "#protocol/pin-calls.ts";
import type { IdentityRow } from "#storage/schema.ts";
import { Dexie, type TillDatabase } from "#storage/till-database.ts";
import type { SealedSecretRow } from "#storage/vault-rows.ts";

/** A password begins this much earlier for a till whose clock is slow, as codes do (PROTOCOL §8). */
const EARLY_MS = 600_000;
/** The present one and the one before it, while their times overlap: more would be more guesses a try. */
const MOST_CANDIDATES = 2;

/**
 * The secrets of a subject that would be right now, the newest first. What was made here and what the office
 * sent stand beside each other; the newer version counts alone, and two of the office's only while the owner
 * lets the older one run out.
 */
export async function liveSecrets(
  db: TillDatabase,
  identity: IdentityRow,
  subject: string,
  nowMs: number,
): Promise<readonly SecretCandidate[]> {
  const [own, rows] = await Promise.all([db.secrets.get(subject), sealedOf(db, subject)]);
  const begun = rows.filter((row) => row.fromMs - EARLY_MS <= nowMs);
  // The office's newer one puts ours aside for good, also when that one has run out meanwhile.
  if (own && begun.every((row) => row.version <= own.version)) return [{ kind: "record", record: own }];
  const newest = begun[0]?.version;
  const isLive = ({ version, untilMs }: SealedSecretRow): boolean =>
    untilMs === null ? version === newest : nowMs < untilMs;
  return begun
    .filter(isLive)
    .slice(0, MOST_CANDIDATES)
    .map(({ version, profile, salt, sealed }) => ({
      kind: "sealed",
      profile,
      salt,
      sealed,
      aad: secretAad(identity.till, identity.epoch, fromHex(subject), version),
    }));
}

/** The next version of a subject's secret, above all that this till knows of. */
export async function nextVersion(db: TillDatabase, subject: string): Promise<number> {
  const [own, [newest]] = await Promise.all([db.secrets.get(subject), sealedOf(db, subject)]);
  return Math.max(own?.version ?? 0, newest?.version ?? 0) + 1;
}

/** True while no operator of the shop has a PIN as far as this till knows. */
export async function nobodyHasPin(db: TillDatabase): Promise<boolean> {
  if ((await db.secrets.count()) > 0) return false;
  return (await db.sealedSecrets.filter((row) => row.subjectClass === "operator").count()) === 0;
}

/** Newest first. */
async function sealedOf(db: TillDatabase, subject: string): Promise<readonly SealedSecretRow[]> {
  const range = [[subject, Dexie.minKey] as const, [subject, Dexie.maxKey] as const] as const;
  return db.sealedSecrets
    .where("[subject+version]")
    .between(...range)
    .reverse()
    .toArray();
}
