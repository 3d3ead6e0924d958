import { toHex } from "#protocol/bytes.ts";
import type { SecretChange } from "#protocol/feed-secrets.ts";
import { Dexie, type TillDatabase } from "#storage/till-database.ts";

/**
 * Takes in what a page says about secrets, inside the page's transaction. Sealed bytes stay sealed: they are
 * opened at a check, in the pin worker.
 */
export async function applySecretChange(
  db: TillDatabase,
  change: SecretChange,
  mark: { readonly run?: number },
): Promise<void> {
  switch (change.type) {
    case "secret": {
      const { type: _, subject, ...row } = change;
      await db.sealedSecrets.put({ ...row, subject: toHex(subject), ...mark });
      return;
    }
    case "secret-withdrawn":
      await withdraw(db, toHex(change.subject), change.version);
      return;
    case "unlocked": {
      const { subjectClass } = change;
      const [id, subject] = [toHex(change.id), toHex(change.subject)];
      // Once applied it never counts again, whatever page brings it.
      if (!(await db.unlocks.get(id))) await db.unlocks.put({ id, subjectClass, subject, applied: false });
      return;
    }
    case "unlock-key":
      await db.settings.put({ key: "unlock-key", sealed: change.sealed });
      return;
    case "method-policy": {
      const { method, ask, aboveMinor, kind } = change;
      await db.settings.put({ key: `${method}-password`, ask, aboveMinor, kind });
      return;
    }
    case "vault-level":
    case "vault-lease": {
      const before = await db.setting("vault-wish");
      const { level = "basic", leaseHours = null } = before ?? {};
      await db.settings.put({
        key: "vault-wish",
        level: change.type === "vault-level" ? change.level : level,
        leaseHours: change.type === "vault-lease" ? change.hours : leaseHours,
      });
    }
  }
}

/** This version and every one before it are good no more, made here or there. */
async function withdraw(db: TillDatabase, subject: string, version: number): Promise<void> {
  await db.sealedSecrets
    .where("[subject+version]")
    .between([subject, Dexie.minKey], [subject, version], true, true)
    .delete();
  const own = await db.secrets.get(subject);
  if (own && own.version <= version) await db.secrets.delete(subject);
}
