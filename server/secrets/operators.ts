// What the office does to the people of its tills: each an audited change that the tills learn by their feed.
import { newId, shortId } from "#protocol/ids.ts";
import {
  MAX_OPERATORS,
  type ChangeOperatorRequest,
  type NewOperatorRequest,
  type SecretsRefusal,
  type SetPinRequest,
} from "#protocol/office-secrets-api.ts";
import type { Bytes } from "#protocol/bytes.ts";
import { accepted, refused, type Result } from "#domain/result.ts";
import { audit } from "../audit.ts";
import { keysOf, type Books } from "../books.ts";
import type { IssueFor } from "../codes/issue-code.ts";
import type { Role } from "../db/control-tables.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { everyTill, writeChange } from "../feed/changes.ts";
import { choosePin, knownOfShop } from "./judge-secret.ts";
import { findOperator, type OperatorFacts } from "./operator-rows.ts";
import { addSecret, hashSecret, withdrawSecrets } from "./secret-store.ts";

const DAY_MS = 86_400_000;

/** Who asks in the office. */
export interface OfficeMember extends IssueFor {
  readonly role: Role;
}
type Refused = SecretsRefusal | { readonly code: "not-found" | "not-allowed" };

/** A manager manages cashiers; owners and managers are the owner's. */
export function mayManage(by: OfficeMember, role: OperatorFacts["role"]): boolean {
  return by.role === "owner" || (by.role === "manager" && role === "cashier");
}

/** Adds somebody; answers the id. */
export async function addOperator(
  books: Books,
  by: OfficeMember,
  { name, role }: NewOperatorRequest,
): Promise<Result<Bytes, Refused>> {
  if (!mayManage(by, role)) return refused({ code: "not-allowed" });
  const nowMs = books.nowMs();
  const operator = newId();
  return await books.db.transaction().execute(async (tx) => {
    if (!(await hasRoom(tx, by.merchant))) return refused({ code: "too-many-operators", max: MAX_OPERATORS });
    await tx
      .insertInto("books.operators")
      .values({
        merchant_id: by.merchant,
        operator_id: operator,
        name,
        role,
        account_id: null,
        created_at_ms: nowMs,
      })
      .execute();
    await tellOperator(tx, by, "operator-added", { operator, name, role, active: true }, nowMs);
    return accepted(operator);
  });
}

/** Renames, changes the role, retires or brings back. The PIN of who is retired ends at every till. */
export async function changeOperator(
  books: Books,
  by: OfficeMember,
  id: string,
  wish: ChangeOperatorRequest,
): Promise<Result<Bytes, Refused>> {
  const nowMs = books.nowMs();
  return await books.db.transaction().execute(async (tx) => {
    await lockPeople(tx, by.merchant);
    const before = await findOperator(tx, by.merchant, id, true);
    if (before === null) return refused({ code: "not-found" });
    const after: OperatorFacts = {
      operator: before.operator,
      name: wish.name ?? before.name,
      role: wish.role ?? before.role,
      active: wish.active ?? before.active,
    };
    if (!mayManage(by, before.role) || !mayManage(by, after.role)) return refused({ code: "not-allowed" });
    const wasOwner = before.active && before.role === "owner";
    const isOwner = after.active && after.role === "owner";
    if (wasOwner && !isOwner && (await ownersIn(tx, by.merchant)) < 2) return refused({ code: "last-owner" });
    if (after.active && !before.active && !(await hasRoom(tx, by.merchant)))
      return refused({ code: "too-many-operators", max: MAX_OPERATORS });
    await tx
      .updateTable("books.operators")
      .set({ name: after.name, role: after.role, active: after.active })
      .where("merchant_id", "=", by.merchant)
      .where("operator_id", "=", after.operator)
      .execute();
    if (before.active && !after.active) await withdrawSecrets(tx, by.merchant, after.operator, nowMs);
    await tellOperator(tx, by, whatChanged(before, after), after, nowMs);
    return accepted(new Uint8Array(after.operator));
  });
}

function whatChanged(before: OperatorFacts, after: OperatorFacts): string {
  if (before.active !== after.active) return after.active ? "operator-brought-back" : "operator-retired";
  return before.role === after.role ? "operator-renamed" : "operator-role-changed";
}

async function tellOperator(
  tx: DatabaseTransaction,
  by: OfficeMember,
  what: string,
  { operator, name, role, active }: OperatorFacts,
  nowMs: number,
): Promise<void> {
  const change = { type: "operator", operator: new Uint8Array(operator), name, role, active } as const;
  await writeChange(tx, by.merchant, everyTill, change, nowMs);
  const detail = { operator: shortId(operator), role, active };
  await audit(tx, { merchantId: by.merchant, atMs: nowMs, who: by.userId, what, detail });
}

/** The shop's row stands between two that count people at once. */
async function lockPeople(tx: DatabaseTransaction, merchant: Uint8Array): Promise<void> {
  await tx
    .selectFrom("control.merchants")
    .select("merchant_id")
    .where("merchant_id", "=", merchant)
    .forUpdate()
    .executeTakeFirstOrThrow();
}

async function hasRoom(tx: DatabaseTransaction, merchant: Uint8Array): Promise<boolean> {
  await lockPeople(tx, merchant);
  const inService = await tx
    .selectFrom("books.operators")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("merchant_id", "=", merchant)
    .where("active", "=", true)
    .executeTakeFirstOrThrow();
  return inService.count < MAX_OPERATORS;
}

async function ownersIn(tx: DatabaseTransaction, merchant: Uint8Array): Promise<number> {
  const owners = await tx
    .selectFrom("books.operators")
    .select((eb) => eb.fn.countAll<number>().as("count"))
    .where("merchant_id", "=", merchant)
    .where("active", "=", true)
    .where("role", "=", "owner")
    .executeTakeFirstOrThrow();
  return owners.count;
}

/** Sets, resets or generates a PIN; answers the generated one. */
export async function setPin(
  books: Books,
  by: OfficeMember,
  id: string,
  { pin, overlapDays }: SetPinRequest,
): Promise<Result<{ readonly operator: Uint8Array; readonly generated: string | null }, Refused>> {
  const asked = await findOperator(books.db, by.merchant, id);
  if (asked === null) return refused({ code: "not-found" });
  if (!mayManage(by, asked.role)) return refused({ code: "not-allowed" });
  const chosen = choosePin(pin, await knownOfShop(books.db, by.merchant));
  if (!chosen.ok) return chosen;
  // Before the transaction: hashing takes long, and every writer of the shop would wait for it.
  const hashed = await hashSecret(chosen.value.text);
  const keys = await keysOf(books, books.db, by.merchant);
  const nowMs = books.nowMs();
  return await books.db.transaction().execute(async (tx) => {
    const known = await findOperator(tx, by.merchant, id, true);
    if (known === null) return refused({ code: "not-found" });
    if (!mayManage(by, known.role)) return refused({ code: "not-allowed" });
    if (!known.active) return refused({ code: "operator-retired" });
    const { operator } = known;
    const version = await addSecret(tx, keys, {
      subjectClass: "operator",
      subject: operator,
      kind: "digits",
      hashed,
      atLeast: 0,
      overlapMs: overlapDays * DAY_MS,
      till: null,
      nowMs,
    });
    const { generated } = chosen.value;
    const detail = { operator: shortId(operator), version, generated, overlapDays };
    await audit(tx, { merchantId: by.merchant, atMs: nowMs, who: by.userId, what: "pin-set", detail });
    return accepted({ operator, generated: generated ? chosen.value.text : null });
  });
}

/** Takes the PIN away, at every till. Doing it twice is doing it once. */
export async function withdrawPin(
  books: Books,
  by: OfficeMember,
  id: string,
): Promise<Result<Uint8Array, Refused>> {
  const nowMs = books.nowMs();
  return await books.db.transaction().execute(async (tx) => {
    const known = await findOperator(tx, by.merchant, id, true);
    if (known === null) return refused({ code: "not-found" });
    if (!mayManage(by, known.role)) return refused({ code: "not-allowed" });
    if (await withdrawSecrets(tx, by.merchant, known.operator, nowMs)) {
      const detail = { operator: id };
      await audit(tx, {
        merchantId: by.merchant,
        atMs: nowMs,
        who: by.userId,
        what: "pin-withdrawn",
        detail,
      });
    }
    return accepted(known.operator);
  });
}
