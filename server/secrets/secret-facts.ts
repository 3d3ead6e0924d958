// What the office shows of a secret: how old it is, who made it, which tills have it. Never the secret.
import { sql } from "kysely";
import { toHex } from "#protocol/bytes.ts";
import type { SecretFacts } from "#protocol/office-secrets-api.ts";
import type { Database } from "../db/tables.ts";
import { readSecretRules } from "./secret-rules.ts";

const DAY_MS = 86_400_000;
interface Row {
  readonly subject: Uint8Array;
  readonly version: number;
  readonly until_ms: number | null;
  readonly made_by: "office" | "till";
  readonly made_at_ms: number;
  readonly till_name: string | null;
}

/** The live secrets of the shop by their subject (hex): the newest, with the end of the one before it. */
export async function readSecretFacts(
  db: Database,
  merchant: Uint8Array,
  nowMs: number,
): Promise<ReadonlyMap<string, SecretFacts>> {
  const { remindDays } = await readSecretRules(db, merchant);
  const rows = await sql<Row>`
    select s.subject, s.version, s.until_ms, s.made_by, s.made_at_ms, t.name as till_name
    from books.secrets s
    left join books.tills t on t.merchant_id = s.merchant_id and t.till_id = s.made_till
    where s.merchant_id = ${merchant} and s.sealed_a is not null
      and (s.until_ms is null or s.until_ms > ${nowMs})
    order by s.subject, s.version desc`.execute(db);
  const tills = await tillsInService(db, merchant);
  const told = await toldVersions(db, merchant);
  const facts = new Map<string, SecretFacts>();
  for (const row of rows.rows) {
    const name = toHex(row.subject);
    const newer = facts.get(name);
    if (newer !== undefined) {
      if (newer.oldUntilMs === null) facts.set(name, { ...newer, oldUntilMs: row.until_ms });
      continue;
    }
    facts.set(name, {
      version: row.version,
      madeAtMs: row.made_at_ms,
      madeBy: row.made_by,
      tillName: row.till_name,
      oldUntilMs: null,
      remind: remindDays !== null && nowMs - row.made_at_ms >= remindDays * DAY_MS,
      tills: tills.map((till) => ({
        name: till.name,
        hasIt: (told.get(`${till.key}:${name}:${row.version}`) ?? Infinity) <= till.feedVersion,
      })),
    });
  }
  return facts;
}

interface TillInService {
  readonly key: string;
  readonly name: string;
  readonly feedVersion: number;
}

async function tillsInService(db: Database, merchant: Uint8Array): Promise<readonly TillInService[]> {
  const rows = await db
    .selectFrom("books.till_epochs as e")
    .innerJoin("books.tills as t", (join) =>
      join.onRef("t.merchant_id", "=", "e.merchant_id").onRef("t.till_id", "=", "e.till_id"),
    )
    .select(["e.till_id", "e.epoch", "e.feed_version", "t.name"])
    .where("e.merchant_id", "=", merchant)
    .where("e.state", "=", "open")
    .where("t.revoked_at_ms", "is", null)
    .orderBy("t.created_at_ms")
    .execute();
  return rows.map((row) => ({
    key: `${toHex(row.till_id)}:${row.epoch}`,
    name: row.name,
    feedVersion: row.feed_version,
  }));
}

/** The feed version under which each epoch was told each secret; none while it is not numbered. */
async function toldVersions(db: Database, merchant: Uint8Array): Promise<ReadonlyMap<string, number>> {
  const rows = await sql<{
    till_id: Uint8Array;
    epoch: number;
    subject: Uint8Array;
    version: number;
    at: number;
  }>`
    select v.till_id, v.epoch, v.subject, v.version, f.version as at
    from books.sealed_to_vaults v
    join books.secrets s on s.merchant_id = v.merchant_id and s.subject = v.subject
      and s.version = v.version and s.sealed_a is not null
    join books.feed_changes f on f.merchant_id = v.merchant_id and f.change_id = v.change_id
    where v.merchant_id = ${merchant} and v.kind = 'secret' and f.version is not null`.execute(db);
  return new Map(
    rows.rows.map((row) => [
      `${toHex(row.till_id)}:${row.epoch}:${toHex(row.subject)}:${row.version}`,
      row.at,
    ]),
  );
}
