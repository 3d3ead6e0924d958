// Set-up, sign-in, sign-out, the owner's way back, a new password. Every door where a secret can be guessed
// counts the tries.
import type { Context, Hono } from "hono";
import * as v from "valibot";
import { changePasswordRequest, setupRequest } from "#protocol/office-api.ts";
import { audit } from "../audit.ts";
import { clientKey } from "../http/client-address.ts";
import type { AppEnv } from "../http/env.ts";
import { rateLimit } from "../http/rate-limits.ts";
import type { RateLimit } from "../http/rate-limits.ts";
import { readJson, refuse } from "../http/refusal.ts";
import type { Services } from "../services.ts";
import { changePassword, judgeNextPassword } from "./change-password.ts";
import { makeHashedKey } from "./hashed-key.ts";
import { rememberOwnerLinkSignIn, useOwnerLink } from "./owner-links.ts";
import { MAX_PASSWORD_LENGTH } from "./password.ts";
import { requireMember } from "./require-member.ts";
import { isSetUpOpen, setUp } from "./set-up.ts";

const signInRequest = v.strictObject({
  email: v.pipe(v.string(), v.trim(), v.toLowerCase(), v.maxLength(254, "email"), v.excludes("\0", "email")),
  password: v.pipe(v.string(), v.minLength(1, "password"), v.maxLength(MAX_PASSWORD_LENGTH, "password")),
});
const tokenRequest = v.strictObject({
  token: v.pipe(v.string(), v.minLength(20, "token"), v.maxLength(100, "token")),
});

/** Tries at once, then one more a minute: by the asking address and, for sign-in, by the account too. */
export const SIGN_IN_TRIES = 10;
const tryEveryMs = 60_000;
const mostKeys = 10_000;

/** Mounts what src/protocol/office-api.ts lists for before an office is open, and the password. */
export function accountRoutes(app: Hono<AppEnv>, services: Services): void {
  const rule = { burst: SIGN_IN_TRIES, everyMs: tryEveryMs, mostKeys };
  const limit = (): RateLimit => rateLimit(rule, () => performance.now());
  const [byAddress, byAccount, setUps, links] = [limit(), limit(), limit(), limit()];
  // Not the sign-in's own count: a stranger who uses that up would keep the owner from a new password.
  const changes = limit();
  const tooMany = (c: Context<AppEnv>, waitMs: number): Response => {
    c.header("retry-after", String(Math.ceil(waitMs / 1000)));
    return refuse(c, 429, { code: "too-many-tries", waitMs });
  };

  app.get("/api/setup/state", async (c) => c.json({ open: await isSetUpOpen(services.db) }));

  app.post("/api/setup", async (c) => {
    const waitMs = setUps.takeMs(clientKey(c));
    if (waitMs > 0) return tooMany(c, waitMs);
    const request = await readJson(c, setupRequest);
    if (!request.ok) return refuse(c, 400, request.refusal);
    const done = await setUp(services, request.value);
    if (!done.ok) {
      const { code } = done.refusal;
      return refuse(c, code === "setup-closed" ? 409 : code === "token-invalid" ? 403 : 422, done.refusal);
    }
    services.log.info("set-up-done");
    await services.accounts.signInUser(c, done.value.userId);
    return c.json(done.value.answer, 201);
  });

  app.post("/api/auth/sign-in/email", async (c) => {
    const request = await readJson(c, signInRequest);
    if (!request.ok) return refuse(c, 400, request.refusal);
    const { email, password } = request.value;
    const account = makeHashedKey(email);
    // An address that has none left takes none of the account's either: it could lock everybody out.
    const waitMs = byAddress.takeMs(clientKey(c)) || byAccount.takeMs(account);
    if (waitMs > 0) return tooMany(c, waitMs);
    const who = await services.accounts.signIn(c, email, password);
    await auditSignIn(services, email, who === null ? "sign-in-refused" : "signed-in");
    if (who === null) return refuse(c, 401, { code: "wrong-credentials" });
    byAccount.forget(account);
    return c.json({});
  });

  app.post("/api/auth/sign-out", async (c) => {
    const who = await services.accounts.whoAsks(c);
    await services.accounts.signOut(c);
    if (who !== null) await auditUser(services, who.userId, "signed-out");
    return c.json({});
  });

  app.post("/api/owner-link", async (c) => {
    const waitMs = links.takeMs(clientKey(c));
    if (waitMs > 0) return tooMany(c, waitMs);
    const request = await readJson(c, tokenRequest);
    if (!request.ok) return refuse(c, 400, request.refusal);
    const userId = await useOwnerLink(services.db, request.value.token, services.nowMs());
    if (userId === null) return refuse(c, 403, { code: "token-invalid" });
    const sessionId = await services.accounts.signInUser(c, userId);
    await rememberOwnerLinkSignIn(services.db, sessionId, services.nowMs());
    return c.json({});
  });

  app.post("/api/office/password", requireMember(services), async (c) => {
    const request = await readJson(c, changePasswordRequest);
    if (!request.ok) return refuse(c, 400, request.refusal);
    const member = c.get("member");
    // Before the count: choosing a better password is no guess at the old one.
    const weak = await judgeNextPassword(services, member, request.value.next);
    if (weak !== null) return refuse(c, 422, weak);
    const waitMs = changes.takeMs(member.userId);
    if (waitMs > 0) return tooMany(c, waitMs);
    const done = await changePassword(services, member, request.value);
    if (!done.ok) return refuse(c, 403, done.refusal);
    changes.forget(member.userId);
    return c.json({});
  });
}

async function auditSignIn(services: Services, email: string, what: string): Promise<void> {
  const user = await services.db
    .selectFrom("control.users")
    .select("id")
    .where("email", "=", email)
    .executeTakeFirst();
  if (user === undefined) services.log.info("sign-in-refused", { account: "unknown" });
  else await auditUser(services, user.id, what);
}

async function auditUser(services: Services, userId: string, what: string): Promise<void> {
  const member = await services.db
    .selectFrom("control.memberships")
    .select("merchant_id")
    .where("user_id", "=", userId)
    .executeTakeFirst();
  await audit(services.db, {
    merchantId: member?.merchant_id ?? null,
    atMs: services.nowMs(),
    who: userId,
    what,
  });
}
