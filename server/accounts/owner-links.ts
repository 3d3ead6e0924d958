// A way back for an owner who is locked out: whoever can run a command on the server can print a link that
// signs in.
import { sql } from "kysely";
import type { Result } from "#domain/result.ts";
import { audit } from "../audit.ts";
import type { Database } from "../db/tables.ts";
import type { SignedIn } from "./accounts.ts";
import { newOneUseToken, tokenHash } from "./one-use-token.ts";

export const OWNER_LINK_LIFE_MS: number = 15 * 60_000;

export type OwnerLinkRefusal =
  /** Nobody is an owner yet: use the set-up link. */
  | { readonly code: "no-owner" }
  /** Several owners: name one. */
  | { readonly code: "several-owners"; readonly emails: readonly string[] }
  | { readonly code: "unknown-owner" };

/** Makes a link's token for an owner; `email` may be null when there is only one. Audited. */
export async function makeOwnerLink(
  db: Database,
  email: string | null,
  nowMs: number,
): Promise<Result<{ readonly token: string; readonly email: string }, OwnerLinkRefusal>> {
  return await db.transaction().execute(async (tx) => {
    // A database that no server has been started on has no tables, and so no owner.
    const found = await sql<{ there: boolean }>`
      select to_regclass('control.memberships') is not null as there`.execute(tx);
    if (found.rows[0]?.there !== true) return { ok: false, refusal: { code: "no-owner" } };
    const owners = await tx
      .selectFrom("control.memberships as m")
      .innerJoin("control.users as u", "u.id", "m.user_id")
      .select(["u.id", "u.email", "m.merchant_id"])
      .where("m.role", "=", "owner")
      .orderBy("u.email")
      .limit(1000)
      .execute();
    const emails = [...new Set(owners.map((owner) => owner.email))];
    if (emails.length === 0) return { ok: false, refusal: { code: "no-owner" } };
    if (email === null && emails.length > 1)
      return { ok: false, refusal: { code: "several-owners", emails } };
    const wanted = email ?? emails[0];
    const owner = owners.find((each) => each.email === wanted?.trim().toLowerCase());
    if (owner === undefined) return { ok: false, refusal: { code: "unknown-owner" } };
    const token = await newOneUseToken();
    await tx
      .insertInto("control.owner_links")
      .values({
        token_hash: token.hash,
        user_id: owner.id,
        created_at_ms: nowMs,
        expires_at_ms: nowMs + OWNER_LINK_LIFE_MS,
      })
      .execute();
    const merchantId = owner.merchant_id;
    await audit(tx, {
      merchantId,
      atMs: nowMs,
      who: "server",
      what: "owner-link-made",
      detail: { user: owner.id },
    });
    return { ok: true, value: { token: token.text, email: owner.email } };
  });
}

/** Uses a link's token up; the user it signs in, or null when it is unknown, used or over. Audited. */
export async function useOwnerLink(db: Database, token: string, nowMs: number): Promise<string | null> {
  const hash = await tokenHash(token);
  return await db.transaction().execute(async (tx) => {
    const used = await tx
      .updateTable("control.owner_links")
      .set({ used_at_ms: nowMs })
      .where("token_hash", "=", hash)
      .where("used_at_ms", "is", null)
      .where("expires_at_ms", ">", nowMs)
      .returning("user_id")
      .executeTakeFirst();
    if (used === undefined) return null;
    const member = await tx
      .selectFrom("control.memberships")
      .select("merchant_id")
      .where("user_id", "=", used.user_id)
      .executeTakeFirst();
    const merchantId = member?.merchant_id ?? null;
    await audit(tx, { merchantId, atMs: nowMs, who: used.user_id, what: "owner-link-used" });
    return used.user_id;
  });
}

/** Remembers that this sign-in was made by a link: for a while it may set a password without the old one. */
export async function rememberOwnerLinkSignIn(db: Database, sessionId: string, nowMs: number): Promise<void> {
  await db
    .insertInto("control.owner_link_sign_ins")
    .values({ session_id: sessionId, at_ms: nowMs })
    .execute();
}

/**
 * True less than `OWNER_LINK_LIFE_MS` after this sign-in was made by a link, until it has set a password.
 * A clock that went back before the sign-in lengthens nothing: then it is false.
 */
export async function cameByOwnerLink(
  db: Database,
  { sessionId }: Pick<SignedIn, "sessionId">,
  nowMs: number,
): Promise<boolean> {
  const row = await db
    .selectFrom("control.owner_link_sign_ins")
    .select("at_ms")
    .where("session_id", "=", sessionId)
    .where("at_ms", ">", nowMs - OWNER_LINK_LIFE_MS)
    .where("at_ms", "<=", nowMs)
    .executeTakeFirst();
  return row !== undefined;
}
