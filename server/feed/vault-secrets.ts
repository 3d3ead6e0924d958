// What a till's vault should hold besides site keys: every live secret, and the key of an unlocking without a
// network. Sealed when the till asks, to the vault it has then (PROTOCOL §10).
import { sql } from "kysely";
import { secretAad, unlockKeyAad } from "#protocol/aads.ts";
import type { Bytes } from "#protocol/bytes.ts";
import type { FeedChange } from "#protocol/feed.ts";
import { seal } from "#protocol/sealed.ts";
import { unlockKeyBytes } from "#protocol/unlock.ts";
import { keysOf, type Books } from "../books.ts";
import type { SecretsTable } from "../db/secret-tables.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { openSecret } from "../secrets/secret-store.ts";
import { writeChange } from "./changes.ts";
import { isStillVault, type VaultHolder } from "./site-keys.ts";

const NO_SUBJECT = new Uint8Array();

/** Makes sure the feed carries to this till epoch all that its vault should hold and was not told yet. */
export async function ensureVaultSecrets(books: Books, holder: VaultHolder): Promise<void> {
  const nowMs = books.nowMs();
  const untold = await readUntold(books, holder, nowMs);
  const hasUnlockKey = untold.unlock_key;
  if (untold.secrets.length === 0 && hasUnlockKey) return;
  const keys = await keysOf(books, books.db, holder.merchant);
  const { till, epoch, vaultKey } = holder;
  if (!hasUnlockKey) {
    const raw = await unlockKeyBytes(keys.masterSecret, till, epoch);
    const sealed = await seal(vaultKey, unlockKeyAad(till, epoch), raw);
    await books.db.transaction().execute(async (tx) => {
      await tell(tx, holder, { type: "unlock-key", sealed }, null, nowMs);
    });
  }
  for (const row of untold.secrets) {
    const subject = new Uint8Array(row.subject);
    const { version, profile } = row;
    const a = await openSecret(keys, subject, version, row.sealed_a);
    const sealed = await seal(vaultKey, secretAad(till, epoch, subject, version), a);
    const change = {
      type: "secret",
      subjectClass: row.subject_class,
      subject,
      version,
      profile,
      salt: new Uint8Array(row.salt),
      sealed,
      fromMs: row.from_ms,
      untilMs: row.until_ms,
    } as const;
    await books.db.transaction().execute(async (tx) => {
      // Ended since it was read: told now, it would come after the word that ended it, and live on.
      if (await stands(tx, holder.merchant, row)) await tell(tx, holder, change, row.until_ms, nowMs);
    });
  }
}

type LiveSecret = Pick<SecretsTable, "version" | "subject_class" | "profile" | "from_ms" | "until_ms"> & {
  readonly subject: Uint8Array;
  readonly salt: Uint8Array;
  readonly sealed_a: Uint8Array;
};

async function readUntold(
  books: Books,
  { merchant, till, epoch }: VaultHolder,
  nowMs: number,
): Promise<{ readonly secrets: readonly LiveSecret[]; readonly unlock_key: boolean }> {
  const secrets = await sql<LiveSecret>`
    select s.subject, s.version, s.subject_class, s.profile, s.salt, s.sealed_a, s.from_ms, s.until_ms
    from books.secrets s
    left join books.sealed_to_vaults v on v.merchant_id = s.merchant_id and v.till_id = ${till}
      and v.epoch = ${epoch} and v.kind = 'secret' and v.subject = s.subject and v.version = s.version
    where s.merchant_id = ${merchant} and s.sealed_a is not null
      and (s.until_ms is null or s.until_ms > ${nowMs})
      and (v.change_id is null or v.until_ms is distinct from s.until_ms)
    order by s.subject, s.version`.execute(books.db);
  const unlockKey = await books.db
    .selectFrom("books.sealed_to_vaults")
    .select("version")
    .where("merchant_id", "=", merchant)
    .where("till_id", "=", till)
    .where("epoch", "=", epoch)
    .where("kind", "=", "unlock-key")
    .executeTakeFirst();
  return { secrets: secrets.rows, unlock_key: unlockKey !== undefined };
}

async function stands(tx: DatabaseTransaction, merchant: Uint8Array, row: LiveSecret): Promise<boolean> {
  const now = await tx
    .selectFrom("books.secrets")
    .select(["until_ms", "sealed_a"])
    .where("merchant_id", "=", merchant)
    .where("subject", "=", row.subject)
    .where("version", "=", row.version)
    .forShare()
    .executeTakeFirst();
  return now !== undefined && now.sealed_a !== null && now.until_ms === row.until_ms;
}

async function tell(
  tx: DatabaseTransaction,
  holder: VaultHolder,
  change: Extract<FeedChange, { type: "secret" | "unlock-key" }>,
  untilMs: number | null,
  nowMs: number,
): Promise<void> {
  if (!(await isStillVault(tx, holder))) return;
  const { merchant, till, epoch } = holder;
  const changeId: Bytes = await writeChange(tx, merchant, { till, epoch }, change, nowMs, untilMs);
  const isSecret = change.type === "secret";
  const key = {
    merchant_id: merchant,
    till_id: till,
    epoch,
    kind: change.type,
    subject: isSecret ? change.subject : NO_SUBJECT,
    version: isSecret ? change.version : 1,
  };
  // Two pulls at once seal twice: both are good, and the later one is what a full page carries.
  await tx
    .insertInto("books.sealed_to_vaults")
    .values({ ...key, until_ms: untilMs, change_id: changeId })
    .onConflict((conflict) =>
      conflict
        .columns(["merchant_id", "till_id", "epoch", "kind", "subject", "version"])
        .doUpdateSet({ until_ms: untilMs, change_id: changeId }),
    )
    .execute();
}
