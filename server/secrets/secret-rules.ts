// The shop's rules about secrets: when to remind of their age, and how passwords of accounts are judged.
import type { SecretRules } from "#protocol/office-secrets-api.ts";
import { audit } from "../audit.ts";
import type { Books } from "../books.ts";
import type { IssueFor } from "../codes/issue-code.ts";
import type { Database } from "../db/tables.ts";

/** Half a year, and NIST's way, until somebody says otherwise. */
const FIRST_RULES: SecretRules = { remindDays: 180, accountRules: "nist" };

export async function readSecretRules(db: Database, merchant: Uint8Array): Promise<SecretRules> {
  const row = await db
    .selectFrom("books.secret_rules")
    .select(["remind_days", "account_rules"])
    .where("merchant_id", "=", merchant)
    .executeTakeFirst();
  if (row === undefined) return FIRST_RULES;
  const remindDays = ([30, 90, 180, 365] as const).find((days) => days === row.remind_days) ?? null;
  return { remindDays, accountRules: row.account_rules };
}

export async function saveSecretRules(books: Books, by: IssueFor, rules: SecretRules): Promise<void> {
  const { merchant, userId } = by;
  const row = { remind_days: rules.remindDays, account_rules: rules.accountRules };
  await books.db.transaction().execute(async (tx) => {
    await tx
      .insertInto("books.secret_rules")
      .values({ merchant_id: merchant, ...row })
      .onConflict((conflict) => conflict.column("merchant_id").doUpdateSet(row))
      .execute();
    const detail = { remindDays: rules.remindDays, accountRules: rules.accountRules };
    const atMs = books.nowMs();
    await audit(tx, { merchantId: merchant, atMs, who: userId, what: "secret-rules-saved", detail });
  });
}
