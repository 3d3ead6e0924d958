import { siteKeyAad } from "#protocol/aads.ts";
import { fromHex } from "#protocol/bytes.ts";
import { HALF_BYTES } from "#protocol/vault-half.ts";
import { renewalDigits } from "#protocol/unlock.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import type { Desks } from "../desks.ts";
import type { Surroundings } from "../surroundings.ts";
import { restartTries } from "./attempt-book.ts";
import { changeOver } from "./change-over.ts";
import type { OpenVault } from "./open-vault.ts";
import { fetchHalf, halvesKey } from "./server-half.ts";

/** What the vault's chores are done with. */
export interface ChoreParts {
  readonly db: TillDatabase;
  readonly vault: OpenVault;
  readonly surroundings: Surroundings;
}

/**
 * What is to be done about the vault while nobody waits: the office's unlocks, a lost vault made anew, the
 * server's half fetched, the level the owner chose. Each step is one transaction; what fails is tried again
 * with the next word of the carrier.
 */
export async function doVaultChores(parts: ChoreParts, desks: Desks): Promise<void> {
  const { db, vault } = parts;
  await applyUnlocks(db, desks);
  const row = await db.vault.get("vault");
  if (!row) return renewVault(parts, desks);
  const stop = await db.setting("stop");
  if (stop?.reason === "vault-lost") await endLoss(parts, desks);
  // A revoked till gets no half, and has nothing to change over for.
  else if (stop) return;
  if (!(await vault.standing()).open) await openByHalf(parts, desks);
  else await followWish(parts, desks);
}

/** Each of the office's unlocks is an entry once, whatever page brings it again. */
async function applyUnlocks(db: TillDatabase, { ledger }: Desks): Promise<void> {
  for (const unlock of await db.unlocks.filter(({ applied }) => !applied).toArray()) {
    const { subjectClass } = unlock;
    const subject = fromHex(unlock.subject);
    await ledger.append<never>({
      body: () => ({ kind: "unlocked", subjectClass, subject, how: "server", by: null }),
      inside: async () => {
        await restartTries(db, subjectClass, subject);
        await db.unlocks.put({ ...unlock, applied: true });
        return null;
      },
    });
  }
}

/**
 * The vault is gone from this disk, and with it all that was sealed to it. A new one is made, and stands idle
 * until the owner says that this is his tablet and the server has sealed everything anew (PROTOCOL §10).
 */
async function renewVault({ db, vault }: ChoreParts, { ledger, identity }: Desks): Promise<void> {
  const worker = vault.hire();
  const made = await worker.calls.makeVault().finally(() => worker.dismiss());
  const digits = await renewalDigits(identity.till, identity.epoch, made.publicKey);
  await ledger.append<never>({
    body: () => ({ kind: "vault-renewed", vaultKey: made.publicKey }),
    inside: async () => {
      await db.vault.put({ key: "vault", level: "basic", ...made });
      await Promise.all([db.siteKeys.clear(), db.secrets.clear(), db.sealedSecrets.clear()]);
      await db.settings.delete("unlock-key");
      const stop = await db.setting("stop");
      if (!stop) await db.settings.put({ key: "stop", reason: "vault-lost", digits });
      return null;
    },
  });
}

/** A site key that the new vault opens: the owner has confirmed it, for the server sealed it to this one. */
async function endLoss({ db, vault }: ChoreParts, { identity }: Desks): Promise<void> {
  const newest = await db.siteKeys.toCollection().last();
  if (!newest) return;
  const { keyEpoch, sealed } = newest;
  const aad = siteKeyAad(identity.till, identity.store, keyEpoch);
  const opens = await vault.withWorker((calls, material) => calls.opensSealed(material, { sealed, aad }));
  if (opens) await db.settings.delete("stop");
}

/** After a start at `server-half`: the server's part comes into memory, and the vault opens. */
async function openByHalf({ db, vault, surroundings }: ChoreParts, desks: Desks): Promise<void> {
  const row = await db.vault.get("vault");
  if (row?.level !== "server-half") return;
  const { identity, keyset } = desks;
  const answer = await fetchHalf({ db, identity, keyset, surroundings }, row.generation);
  if (!answer) return;
  const wrapKey = await halvesKey(row.half, answer);
  const worker = vault.hire();
  const { wrappedVk, wrappedPrivate } = row;
  const opens = await worker.calls
    .opens({ wrapKey, wrappedVk, wrappedPrivate })
    .finally(() => worker.dismiss());
  if (!opens) return;
  vault.hold(wrapKey, row);
  const { next } = answer;
  // No half serves for years: the wrap goes over to the newer one as soon as there is one.
  if (next) await wrapByHalf({ db, vault, surroundings }, desks, next);
}

/** Changes over to what the owner chose, where no person is needed for it. */
async function followWish(parts: ChoreParts, desks: Desks): Promise<void> {
  const { db, vault, surroundings } = parts;
  const wish = (await db.setting("vault-wish"))?.level ?? "basic";
  const { level } = await vault.standing();
  if (wish === level) return;
  if (wish === "basic") {
    const rewrapped = await vault.withWorker((calls, material) => calls.rewrap(material, null));
    await changeOver({ ...parts, ledger: desks.ledger }, rewrapped, {
      level: "basic",
      wrapKey: rewrapped.wrapKey,
    });
  }
  if (wish !== "server-half") return;
  const { identity, keyset } = desks;
  const answer = await fetchHalf({ db, identity, keyset, surroundings }, null);
  if (answer) await wrapByHalf(parts, desks, answer);
}

async function wrapByHalf(
  parts: ChoreParts,
  { ledger }: Desks,
  half: Parameters<typeof halvesKey>[1],
): Promise<void> {
  const { vault, surroundings } = parts;
  const own = surroundings.randomBytes(HALF_BYTES);
  const wrapKey = await halvesKey(own, half);
  const rewrapped = await vault.withWorker((calls, material) => calls.rewrap(material, wrapKey));
  const { generation } = half;
  await changeOver({ ...parts, ledger }, rewrapped, { level: "server-half", half: own, generation });
}
