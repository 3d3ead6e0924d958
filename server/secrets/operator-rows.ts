// The people of a shop's tills as the office shows them.
import { toHex } from "#protocol/bytes.ts";
import { shortId } from "#protocol/ids.ts";
import type { OperatorRole, OperatorRow, TriesAtTill } from "#protocol/office-secrets-api.ts";
import { FREE_TRIES, LOCK_AT } from "#domain/attempts.ts";
import type { Database } from "../db/tables.ts";
import { readSecretFacts } from "./secret-facts.ts";

export interface OperatorFacts {
  readonly operator: Uint8Array;
  readonly name: string;
  readonly role: OperatorRole;
  readonly active: boolean;
}

/** An operator of this shop by short id; another shop's is not there. `lock`: with everybody else's row. */
export async function findOperator(
  db: Database,
  merchant: Uint8Array,
  id: string,
  lock = false,
): Promise<OperatorFacts | null> {
  const query = db
    .selectFrom("books.operators")
    .select(["operator_id", "name", "role", "active"])
    .where("merchant_id", "=", merchant)
    .orderBy("operator_id");
  // All of them in one order: two that change people at once see each other's count of owners.
  const rows = await (lock ? query.forUpdate() : query).execute();
  const row = rows.find(({ operator_id }) => shortId(operator_id) === id);
  return row === undefined ? null : { ...row, operator: row.operator_id };
}

/** Everybody, those in service first, by when they were added. */
export async function readOperators(
  db: Database,
  merchant: Uint8Array,
  nowMs: number,
): Promise<readonly OperatorRow[]> {
  const rows = await db
    .selectFrom("books.operators")
    .select(["operator_id", "name", "role", "active"])
    .where("merchant_id", "=", merchant)
    .orderBy("active", "desc")
    .orderBy("created_at_ms")
    .orderBy("operator_id")
    .execute();
  const facts = await readSecretFacts(db, merchant, nowMs);
  const tries = await readTries(db, merchant);
  return rows.map((row) => ({
    id: shortId(row.operator_id),
    name: row.name,
    role: row.role,
    active: row.active,
    pin: facts.get(toHex(row.operator_id)) ?? null,
    tries: tries.get(toHex(row.operator_id)) ?? [],
  }));
}

/** Those who must wait or are locked at some till in service, by operator (hex). */
async function readTries(
  db: Database,
  merchant: Uint8Array,
): Promise<ReadonlyMap<string, readonly TriesAtTill[]>> {
  const rows = await db
    .selectFrom("books.tries as r")
    .innerJoin("books.till_epochs as e", (join) =>
      join
        .onRef("e.merchant_id", "=", "r.merchant_id")
        .onRef("e.till_id", "=", "r.till_id")
        .onRef("e.epoch", "=", "r.epoch"),
    )
    .innerJoin("books.tills as t", (join) =>
      join.onRef("t.merchant_id", "=", "r.merchant_id").onRef("t.till_id", "=", "r.till_id"),
    )
    .select(["r.subject", "r.subject_class", "r.n", "r.at_ms", "t.name"])
    .where("r.merchant_id", "=", merchant)
    .where("r.n", ">=", FREE_TRIES)
    .where("e.state", "=", "open")
    .where("t.revoked_at_ms", "is", null)
    .orderBy("r.at_ms", "desc")
    .execute();
  const tries = new Map<string, TriesAtTill[]>();
  for (const row of rows) {
    const name = toHex(row.subject);
    const one = {
      tillName: row.name,
      subjectClass: row.subject_class,
      count: row.n,
      locked: row.n >= LOCK_AT,
      atMs: row.at_ms,
    };
    tries.set(name, [...(tries.get(name) ?? []), one]);
  }
  return tries;
}
