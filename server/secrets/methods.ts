// Passwords of payment methods and when they are asked for: the owner's to choose, for all tills of the shop.
import { PASSWORD_METHODS, type MethodPolicy, type PasswordMethod } from "#protocol/feed-secrets.ts";
import { toHex } from "#protocol/bytes.ts";
import type {
  MethodPolicyRequest,
  MethodRow,
  SecretsRefusal,
  SetMethodPasswordRequest,
} from "#protocol/office-secrets-api.ts";
import { methodSubject } from "#protocol/unlock.ts";
import { accepted, refused, type Result } from "#domain/result.ts";
import { audit } from "../audit.ts";
import { keysOf, type Books } from "../books.ts";
import type { IssueFor } from "../codes/issue-code.ts";
import type { Database, DatabaseTransaction } from "../db/tables.ts";
import { everyTill, writeChange } from "../feed/changes.ts";
import { choosePassword, knownOfShop } from "./judge-secret.ts";
import { readSecretFacts } from "./secret-facts.ts";
import { addSecret, hashSecret, withdrawSecrets } from "./secret-store.ts";

const DAY_MS = 86_400_000;

/** Asked for until the owner says when. */
const FIRST_POLICY: Omit<MethodPolicy, "method"> = { ask: "never", aboveMinor: 0, kind: "digits" };

async function policyOf(db: Database, merchant: Uint8Array, method: PasswordMethod) {
  return await db
    .selectFrom("books.method_policies as p")
    .leftJoin("control.users as u", "u.id", "p.saved_by")
    .select(["p.ask", "p.above_minor", "p.kind", "p.saved_at_ms", "p.saved_by", "u.email"])
    .where("p.merchant_id", "=", merchant)
    .where("p.method", "=", method)
    .executeTakeFirst();
}

/** Both methods, or one, as the office shows them. */
export async function readMethods(
  db: Database,
  merchant: Uint8Array,
  nowMs: number,
  methods: readonly PasswordMethod[] = PASSWORD_METHODS,
): Promise<readonly MethodRow[]> {
  const facts = await readSecretFacts(db, merchant, nowMs);
  return await Promise.all(
    methods.map(async (method): Promise<MethodRow> => {
      const row = await policyOf(db, merchant, method);
      const saved = row && { ask: row.ask, aboveMinor: row.above_minor, kind: row.kind };
      return {
        policy: { method, ...(saved ?? FIRST_POLICY) },
        password: facts.get(toHex(await methodSubject(method))) ?? null,
        changedAtMs: row?.saved_at_ms ?? null,
        changedBy: row === undefined ? null : (row.email ?? row.saved_by),
      };
    }),
  );
}

/**
 * Saves when the method's password is asked for. Refused where the pad would have no keys for a password that
 * is good still: every payment would stop at it.
 */
export async function saveMethodPolicy(
  books: Books,
  by: IssueFor,
  method: PasswordMethod,
  wish: MethodPolicyRequest,
): Promise<Result<null, SecretsRefusal>> {
  const { merchant, userId } = by;
  const subject = await methodSubject(method);
  const nowMs = books.nowMs();
  return await books.db.transaction().execute(async (tx) => {
    await lockMethods(tx, merchant);
    if (wish.kind === "digits" && (await hasLetters(tx, merchant, subject, nowMs)))
      return refused({ code: "password-cannot-be-typed" });
    const row = { ask: wish.ask, above_minor: wish.aboveMinor, kind: wish.kind };
    const saved = { ...row, saved_at_ms: nowMs, saved_by: userId };
    await tx
      .insertInto("books.method_policies")
      .values({ merchant_id: merchant, method, ...saved })
      .onConflict((conflict) => conflict.columns(["merchant_id", "method"]).doUpdateSet(saved))
      .execute();
    await writeChange(tx, merchant, everyTill, { type: "method-policy", method, ...wish }, nowMs);
    const detail = { method, ...wish };
    await audit(tx, { merchantId: merchant, atMs: nowMs, who: userId, what: "method-policy-saved", detail });
    return accepted(null);
  });
}

/** The counters row, as every writer of secrets takes it: the kind of pad and the password go together. */
async function lockMethods(tx: DatabaseTransaction, merchant: Uint8Array): Promise<void> {
  await tx
    .selectFrom("books.counters")
    .select("arrival")
    .where("merchant_id", "=", merchant)
    .forUpdate()
    .executeTakeFirstOrThrow();
}

async function hasLetters(
  tx: DatabaseTransaction,
  merchant: Uint8Array,
  subject: Uint8Array,
  nowMs: number,
): Promise<boolean> {
  const row = await tx
    .selectFrom("books.secrets")
    .select("version")
    .where("merchant_id", "=", merchant)
    .where("subject", "=", subject)
    .where("kind", "=", "letters")
    .where((eb) => eb.or([eb("until_ms", "is", null), eb("until_ms", ">", nowMs)]))
    .executeTakeFirst();
  return row !== undefined;
}

/** A new password of the method; answers the generated one. Asks for it only if the policy says so. */
export async function setMethodPassword(
  books: Books,
  by: IssueFor,
  method: PasswordMethod,
  { password, overlapDays }: SetMethodPasswordRequest,
): Promise<Result<{ readonly generated: string | null }, SecretsRefusal>> {
  const { merchant, userId } = by;
  const kind = (await policyOf(books.db, merchant, method))?.kind ?? FIRST_POLICY.kind;
  const chosen = choosePassword(password, kind, await knownOfShop(books.db, merchant));
  if (!chosen.ok) return chosen;
  const hashed = await hashSecret(chosen.value.text);
  const keys = await keysOf(books, books.db, merchant);
  const subject = await methodSubject(method);
  const nowMs = books.nowMs();
  return await books.db.transaction().execute(async (tx) => {
    await lockMethods(tx, merchant);
    const kindNow = (await policyOf(tx, merchant, method))?.kind ?? FIRST_POLICY.kind;
    // The pad was changed to digits while this was hashed.
    if (kind === "letters" && kindNow === "digits") return refused({ code: "password-cannot-be-typed" });
    const version = await addSecret(tx, keys, {
      subjectClass: "method",
      subject,
      kind,
      hashed,
      atLeast: 0,
      overlapMs: overlapDays * DAY_MS,
      till: null,
      nowMs,
    });
    const { generated } = chosen.value;
    const detail = { method, version, generated, overlapDays };
    await audit(tx, { merchantId: merchant, atMs: nowMs, who: userId, what: "method-password-set", detail });
    return accepted({ generated: generated ? chosen.value.text : null });
  });
}

/** Takes the method's password away, at every till. Doing it twice is doing it once. */
export async function withdrawMethodPassword(
  books: Books,
  by: IssueFor,
  method: PasswordMethod,
): Promise<void> {
  const { merchant, userId } = by;
  const subject = await methodSubject(method);
  const nowMs = books.nowMs();
  await books.db.transaction().execute(async (tx) => {
    if (!(await withdrawSecrets(tx, merchant, subject, nowMs))) return;
    const what = "method-password-withdrawn";
    await audit(tx, { merchantId: merchant, atMs: nowMs, who: userId, what, detail: { method } });
  });
}
