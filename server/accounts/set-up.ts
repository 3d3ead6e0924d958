// The first owner. Whoever started the server holds the one-time link it printed; nobody else can claim the
// instance.
import { randomUUID } from "node:crypto";
import { newId, shortId } from "#protocol/ids.ts";
import { sameBytes } from "#protocol/bytes.ts";
import type { Result } from "#domain/result.ts";
import type { SetupAnswer, SetupRequest } from "#protocol/office-api.ts";
import { audit } from "../audit.ts";
import type { Database } from "../db/tables.ts";
import { createShop } from "../merchants/create-shop.ts";
import type { Services } from "../services.ts";
import { hashPassword, judgePassword } from "./password.ts";
import type { PasswordRefusal } from "./password.ts";
import { newOneUseToken, tokenHash } from "./one-use-token.ts";

export type SetUpRefusal = { readonly code: "setup-closed" | "token-invalid" } | PasswordRefusal;

/** True until the first owner has been made. */
export async function isSetUpOpen(db: Database): Promise<boolean> {
  const row = await db.selectFrom("control.instance").select("setup_done_at_ms").executeTakeFirst();
  return row !== undefined && row.setup_done_at_ms === null;
}

/** A fresh set-up token, which kills the one before; null when set-up is done. */
export async function openSetUp(db: Database): Promise<string | null> {
  const token = await newOneUseToken();
  const changed = await db
    .updateTable("control.instance")
    .set({ setup_token_hash: token.hash })
    .where("setup_done_at_ms", "is", null)
    .executeTakeFirst();
  return changed.numUpdatedRows === 1n ? token.text : null;
}

/**
 * Makes owner, merchant, shop and recovery key, all or none, and uses the token up.
 * The recovery key in the answer is shown this once and kept nowhere.
 */
export async function setUp(
  services: Services,
  request: SetupRequest,
): Promise<Result<{ readonly userId: string; readonly answer: SetupAnswer }, SetUpRefusal>> {
  const { db } = services;
  const given = await tokenHash(request.token);
  // Looked at before the costly hash, and again under the lock below.
  const early = await judgeToken(db, given, false);
  if (early !== null) return { ok: false, refusal: early };
  const weak = judgePassword(request.password, [request.email, request.shopName]);
  if (weak !== null) return { ok: false, refusal: weak };
  const password = await hashPassword(request.password);
  const recovery = await services.master.newRecoveryKey();
  const userId = randomUUID();
  return await db.transaction().execute(async (tx) => {
    const late = await judgeToken(tx, given, true);
    if (late !== null) return { ok: false, refusal: late };
    const nowMs = services.nowMs();
    const merchantId = newId();
    await tx
      .insertInto("control.users")
      .values({ id: userId, name: request.email, email: request.email, email_verified: false, image: null })
      .execute();
    await tx
      .insertInto("control.accounts")
      .values({ id: randomUUID(), account_id: userId, provider_id: "credential", user_id: userId, password })
      .execute();
    const { shopName, language } = request;
    await services.merchants.create(tx, { merchantId, name: shopName, language, currency: "CNY", nowMs });
    await tx
      .insertInto("control.memberships")
      .values({ merchant_id: merchantId, user_id: userId, role: "owner", created_at_ms: nowMs })
      .execute();
    const shop = await createShop(tx, services, { merchantId, userId, shopName, language, nowMs });
    await tx
      .updateTable("control.instance")
      .set({ setup_token_hash: null, setup_done_at_ms: nowMs, recovery_wrap: recovery.wrap })
      .execute();
    const detail = { merchant: shortId(merchantId) };
    await audit(tx, { merchantId, atMs: nowMs, who: userId, what: "set-up-done", detail });
    return { ok: true, value: { userId, answer: { recoveryKey: recovery.text, ...shop } } };
  });
}

async function judgeToken(
  db: Database,
  given: Uint8Array,
  lock: boolean,
): Promise<{ readonly code: "setup-closed" | "token-invalid" } | null> {
  let query = db.selectFrom("control.instance").select(["setup_token_hash", "setup_done_at_ms"]);
  if (lock) query = query.forUpdate();
  const row = await query.executeTakeFirstOrThrow();
  if (row.setup_done_at_ms !== null) return { code: "setup-closed" };
  const open = row.setup_token_hash !== null && sameBytes(row.setup_token_hash, given);
  return open ? null : { code: "token-invalid" };
}
