// A new password for whoever is signed in. Knowing the old one allows it, or having come in by an owner link
// a moment ago: that link is for an owner who does not know it.
import { brokenRules } from "#domain/password-rules.ts";
import type { Result } from "#domain/result.ts";
import type { ChangePasswordRequest } from "#protocol/office-api.ts";
import type { SecretsRefusal } from "#protocol/office-secrets-api.ts";
import { audit } from "../audit.ts";
import type { Member } from "../http/env.ts";
import { readSecretRules } from "../secrets/secret-rules.ts";
import type { Services } from "../services.ts";
import { cameByOwnerLink } from "./owner-links.ts";
import { hashPassword, judgePassword, verifyPassword } from "./password.ts";
import type { PasswordRefusal } from "./password.ts";

type BrokenRules = Extract<SecretsRefusal, { code: "password-breaks-rules" }>;
type Needed = Pick<Services, "db" | "nowMs">;

/**
 * Judges `next` as set-up does, by this member's mail address and shop, and by the guide's rules for code
 * passwords besides where the owner has switched them on; null when it may be used.
 */
export async function judgeNextPassword(
  { db }: Needed,
  member: Member,
  next: string,
): Promise<PasswordRefusal | BrokenRules | null> {
  const shop = await db
    .selectFrom("control.merchants")
    .select("name")
    .where("merchant_id", "=", member.merchantId)
    .executeTakeFirstOrThrow();
  const names = [member.email, shop.name];
  const weak = judgePassword(next, names);
  const { accountRules } = await readSecretRules(db, member.merchantId);
  if (weak !== null || accountRules === "nist") return weak;
  // Blanks and all that a till's pad has no key for may stand in it; the rest keeps the rules by itself.
  const typed = next.normalize("NFKC").replaceAll(/[^!-~]/gu, "");
  const rules = brokenRules(typed, "letters", { names, phones: [] });
  return rules.length > 0 ? { code: "password-breaks-rules", rules } : null;
}

/**
 * Sets the member's password and ends every other sign-in of the same user; the one that asks goes on.
 * `current` null is taken only from a sign-in made by owner link less than 15 minutes ago, and once.
 * Refused: `wrong-credentials`. Both outcomes are audited.
 */
export async function changePassword(
  services: Needed,
  member: Member,
  request: ChangePasswordRequest,
): Promise<Result<null, { readonly code: "wrong-credentials" }>> {
  const { db } = services;
  const { userId, sessionId, merchantId } = member;
  const { current, next } = request;
  const mine = await db
    .selectFrom("control.accounts")
    .select(["id", "password"])
    .where("user_id", "=", userId)
    .where("provider_id", "=", "credential")
    .executeTakeFirst();
  const kept = mine?.password ?? null;
  const isAllowed =
    current === null
      ? await cameByOwnerLink(db, member, services.nowMs())
      : kept !== null && (await verifyPassword(kept, current));
  const event = { merchantId, who: userId, detail: { byOwnerLink: current === null } };
  const refuseIt = async (): Promise<{ ok: false; refusal: { code: "wrong-credentials" } }> => {
    await audit(db, { ...event, atMs: services.nowMs(), what: "password-change-refused" });
    return { ok: false, refusal: { code: "wrong-credentials" } };
  };
  if (!isAllowed || mine === undefined) return await refuseIt();
  const password = await hashPassword(next);
  const isChanged = await db.transaction().execute(async (tx) => {
    // Against the hash judged above: whoever was ended by another change meanwhile must not undo it.
    const changed = await tx
      .updateTable("control.accounts")
      .set({ password, updated_at: new Date(services.nowMs()) })
      .where("id", "=", mine.id)
      .where("password", "is not distinct from", kept)
      .executeTakeFirst();
    if (changed.numUpdatedRows !== 1n) return false;
    await tx
      .deleteFrom("control.sessions")
      .where("user_id", "=", userId)
      .where("id", "!=", sessionId)
      .execute();
    await tx.deleteFrom("control.owner_link_sign_ins").where("session_id", "=", sessionId).execute();
    await audit(tx, { ...event, atMs: services.nowMs(), what: "password-changed" });
    return true;
  });
  return isChanged ? { ok: true, value: null } : await refuseIt();
}
