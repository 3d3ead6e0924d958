// The owner's rules for codes (G9), every version of them with who and when (G11).
import { SAFE_OUTAGE_POLICY } from "#domain/outage-policy.ts";
import { SAFE_CODE_POLICY, type CodePolicy, type CodePolicyAnswer } from "#protocol/office-api.ts";
import type { StoredPolicy } from "../db/books-tables.ts";
import type { Database, DatabaseTransaction } from "../db/tables.ts";
import { everyTill, writeChange } from "../feed/changes.ts";
import { tabletsAway } from "./tablets-away.ts";

export interface PolicyToSave {
  readonly merchant: Uint8Array;
  readonly policy: CodePolicy;
  /** User id, or `server`. */
  readonly who: string;
  readonly nowMs: number;
}

/** Writes a new version of the rules and the change that carries it to every till. */
export async function savePolicy(tx: DatabaseTransaction, saved: PolicyToSave): Promise<void> {
  const { merchant, policy, nowMs } = saved;
  // The counters row orders two savings at once; without it both would take one number.
  await tx
    .selectFrom("books.counters")
    .select("arrival")
    .where("merchant_id", "=", merchant)
    .forUpdate()
    .executeTakeFirstOrThrow();
  const last = await tx
    .selectFrom("books.policies")
    .select((eb) => eb.fn.max("number").as("number"))
    .where("merchant_id", "=", merchant)
    .executeTakeFirst();
  // Two changes, so that a till whose program knows only the first still reads its page.
  const outage = { type: "outage-policy", policy } as const;
  await writeChange(tx, merchant, everyTill, outage, nowMs);
  const changeId = await writeChange(tx, merchant, everyTill, { type: "policy", policy }, nowMs);
  await tx
    .insertInto("books.policies")
    .values({
      merchant_id: merchant,
      number: (last?.number ?? 0) + 1,
      policy: JSON.stringify(policy),
      saved_at_ms: nowMs,
      saved_by: saved.who,
      change_id: changeId,
    })
    .execute();
}

/** The rules in force. */
export async function currentPolicy(db: Database, merchant: Uint8Array): Promise<CodePolicy> {
  const row = await latest(db, merchant);
  return row === undefined ? SAFE_CODE_POLICY : wholePolicy(row.policy);
}

/** Rules saved before shops could choose what happens in an outage are those of the safe way. */
function wholePolicy(stored: StoredPolicy): CodePolicy {
  return { ...SAFE_OUTAGE_POLICY, ...stored };
}

/** The rules with their history's last line, and which tills have applied them (G11). */
export async function policyAnswer(
  db: Database,
  merchant: Uint8Array,
  nowMs: number,
): Promise<CodePolicyAnswer> {
  const row = await latest(db, merchant);
  const tills = await db
    .selectFrom("books.till_epochs as e")
    .innerJoin("books.tills as t", (join) =>
      join.onRef("t.merchant_id", "=", "e.merchant_id").onRef("t.till_id", "=", "e.till_id"),
    )
    .select(["t.name", "e.feed_version"])
    .where("e.merchant_id", "=", merchant)
    .where("e.state", "=", "open")
    .where("t.revoked_at_ms", "is", null)
    .orderBy("t.created_at_ms")
    .execute();
  const inService = await db
    .selectFrom("books.tills")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("merchant_id", "=", merchant)
    .where("revoked_at_ms", "is", null)
    .executeTakeFirstOrThrow();
  const policy = row === undefined ? SAFE_CODE_POLICY : wholePolicy(row.policy);
  const version = row?.version ?? null;
  const byServer = row === undefined || row.saved_by === "server";
  return {
    policy,
    feedVersion: version,
    changedAtMs: byServer ? null : row.saved_at_ms,
    changedBy: byServer ? null : (row.email ?? row.saved_by),
    tills: tills.map((till) => ({
      name: till.name,
      hasIt: version !== null && till.feed_version >= version,
    })),
    tillsInService: inService.count,
    away: await tabletsAway(db, merchant, policy, nowMs),
  };
}

interface PolicyRow {
  readonly policy: StoredPolicy;
  readonly saved_at_ms: number;
  readonly saved_by: string;
  readonly version: number | null;
  readonly email: string | null;
}

async function latest(db: Database, merchant: Uint8Array): Promise<PolicyRow | undefined> {
  return await db
    .selectFrom("books.policies as p")
    .innerJoin("books.feed_changes as f", (join) =>
      join.onRef("f.merchant_id", "=", "p.merchant_id").onRef("f.change_id", "=", "p.change_id"),
    )
    .leftJoin("control.users as u", "u.id", "p.saved_by")
    .select(["p.policy", "p.saved_at_ms", "p.saved_by", "f.version", "u.email"])
    .where("p.merchant_id", "=", merchant)
    .orderBy("p.number", "desc")
    .limit(1)
    .executeTakeFirst();
}
