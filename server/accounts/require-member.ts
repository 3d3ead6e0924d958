import type { MiddlewareHandler } from "hono";
import type { Role } from "../db/control-tables.ts";
import type { AppEnv } from "../http/env.ts";
import { refuse } from "../http/refusal.ts";
import type { Services } from "../services.ts";

/**
 * Lets only members of a merchant through, and only in one of `roles` when any are named. The handler then
 * finds `c.get("member")`. Refused: 401 `not-signed-in`, 403 `not-allowed`.
 */
export function requireMember(
  services: Pick<Services, "accounts" | "db">,
  ...roles: readonly Role[]
): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const who = await services.accounts.whoAsks(c);
    if (who === null) return refuse(c, 401, { code: "not-signed-in" });
    // Asked each time: a membership that was taken away ends with the next request, not with the cookie.
    const membership = await services.db
      .selectFrom("control.memberships")
      .select(["merchant_id", "role"])
      .where("user_id", "=", who.userId)
      .orderBy("created_at_ms")
      .executeTakeFirst();
    if (membership === undefined) return refuse(c, 403, { code: "not-allowed" });
    if (roles.length > 0 && !roles.includes(membership.role)) return refuse(c, 403, { code: "not-allowed" });
    c.set("member", { ...who, merchantId: new Uint8Array(membership.merchant_id), role: membership.role });
    return await next();
  };
}
