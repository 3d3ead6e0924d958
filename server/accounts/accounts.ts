// Sign-in, over better-auth's core. Its own routes are not mounted: what an office needs is called from ours,
// so the surface is what stands in routes.ts and nothing else.
import { randomUUID } from "node:crypto";
import { APIError, createAuthEndpoint } from "better-auth/api";
import { setSessionCookie } from "better-auth/cookies";
import { betterAuth } from "better-auth";
import type { Context } from "hono";
import * as v from "valibot";
import type { AppEnv } from "../http/env.ts";
import type { Config } from "../config.ts";
import type { Database } from "../db/tables.ts";
import { isHttpsRequest, isLoopbackRequest } from "../http/client-address.ts";
import type { Log } from "../log.ts";
import { MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH, hashPassword, verifyPassword } from "./password.ts";

export interface SignedIn {
  readonly userId: string;
  readonly email: string;
  readonly sessionId: string;
}

export interface Accounts {
  /** Checks mail address and password; the user when they are right, null when not. Sets the cookie. */
  signIn(c: Context<AppEnv>, email: string, password: string): Promise<SignedIn | null>;
  /** Signs in a user who has shown a one-use token. Sets the cookie. Answers the sign-in's id. */
  signInUser(c: Context<AppEnv>, userId: string): Promise<string>;
  /** Who this request's cookie belongs to. Renews the cookie while it is in use. */
  whoAsks(c: Context<AppEnv>): Promise<SignedIn | null>;
  /** Ends the sign-in and clears the cookie. */
  signOut(c: Context<AppEnv>): Promise<void>;
}

/** A sign-in ends when the office has not been used for this long. */
const idleSeconds = 12 * 3600;
const renewSeconds = 300;

/**
 * The cookie's name on HTTPS and on the machine's own name; `__Host-` binds it to this host and to Secure.
 */
export const HOST_COOKIE = "__Host-guitai";
/**
 * The cookie's name on plain HTTP over a network, where browsers take no Secure cookie. Less safe, as that
 * address is: who reads the traffic reads the cookie. A different name, so that one can never stand in for
 * the other.
 */
export const PLAIN_COOKIE = "guitai-plain";

export function createAccounts(db: Database, config: Config, log: Log, cookieSecret: Uint8Array): Accounts {
  const secret = Buffer.from(cookieSecret).toString("base64url");
  const auths = { host: open(db, config, log, secret, true), plain: open(db, config, log, secret, false) };
  const authFor = (c: Context<AppEnv>): Auth =>
    isHttpsRequest(c, config) || isLoopbackRequest(c) ? auths.host : auths.plain;
  return {
    signIn: async (c, email, password) => {
      const answer = await authFor(c).api.signInEmail({
        body: { email, password },
        headers: cookieOnly(c),
        asResponse: true,
      });
      if (!answer.ok) {
        if (answer.status >= 500) throw new Error(`sign-in failed with ${answer.status}`);
        return null;
      }
      passCookies(c, answer.headers);
      const { user } = (await answer.json()) as { user: { id: string; email: string } };
      return { userId: user.id, email: user.email, sessionId: "" };
    },
    signInUser: async (c, userId) => {
      const answer = await authFor(c).api.signInUser({
        body: { userId },
        headers: cookieOnly(c),
        asResponse: true,
      });
      if (!answer.ok) throw new Error(`sign-in by token failed with ${answer.status}`);
      passCookies(c, answer.headers);
      return ((await answer.json()) as { sessionId: string }).sessionId;
    },
    whoAsks: async (c) => {
      const { headers, response } = await authFor(c).api.getSession({
        headers: cookieOnly(c),
        returnHeaders: true,
      });
      if (response === null) return null;
      passCookies(c, headers);
      return { userId: response.user.id, email: response.user.email, sessionId: response.session.id };
    },
    signOut: async (c) => {
      const answer = await authFor(c).api.signOut({ headers: cookieOnly(c), asResponse: true });
      passCookies(c, answer.headers);
    },
  };
}

type Auth = ReturnType<typeof open>;

/** Signs in a user who proved himself by a one-use token. It has no address: only this file can call it. */
const signInUser = createAuthEndpoint(
  { method: "POST", body: v.object({ userId: v.string() }), metadata: { SERVER_ONLY: true } },
  async (ctx) => {
    const user = await ctx.context.internalAdapter.findUserById(ctx.body.userId);
    if (user === null) throw new APIError("UNAUTHORIZED");
    const session = await ctx.context.internalAdapter.createSession(user.id);
    await setSessionCookie(ctx, { session, user });
    return ctx.json({ sessionId: session.id });
  },
);

function open(db: Database, config: Config, log: Log, secret: string, host: boolean) {
  const dates = { createdAt: "created_at", updatedAt: "updated_at" };
  return betterAuth({
    appName: "Guitai",
    baseURL: config.publicUrl ?? `http://localhost:${config.port}`,
    basePath: "/api/auth",
    secret,
    database: { db, type: "postgres", schemaName: "control" },
    emailAndPassword: {
      enabled: true,
      disableSignUp: true,
      minPasswordLength: MIN_PASSWORD_LENGTH,
      maxPasswordLength: MAX_PASSWORD_LENGTH,
      password: { hash: hashPassword, verify: ({ hash, password }) => verifyPassword(hash, password) },
    },
    session: {
      modelName: "sessions",
      expiresIn: idleSeconds,
      updateAge: renewSeconds,
      fields: {
        userId: "user_id",
        expiresAt: "expires_at",
        ipAddress: "ip_address",
        userAgent: "user_agent",
        ...dates,
      },
    },
    user: { modelName: "users", fields: { emailVerified: "email_verified", ...dates } },
    account: {
      modelName: "accounts",
      fields: {
        accountId: "account_id",
        providerId: "provider_id",
        userId: "user_id",
        accessToken: "access_token",
        refreshToken: "refresh_token",
        idToken: "id_token",
        accessTokenExpiresAt: "access_token_expires_at",
        refreshTokenExpiresAt: "refresh_token_expires_at",
        ...dates,
      },
    },
    verification: { modelName: "verifications", fields: { expiresAt: "expires_at", ...dates } },
    // Tries and origins are judged by our own door, before a request comes here.
    rateLimit: { enabled: false },
    telemetry: { enabled: false },
    advanced: {
      database: { generateId: () => randomUUID() },
      disableCSRFCheck: true,
      disableOriginCheck: true,
      ipAddress: { disableIpTracking: true },
      useSecureCookies: false,
      cookies: { session_token: { name: host ? HOST_COOKIE : PLAIN_COOKIE } },
      defaultCookieAttributes: { httpOnly: true, sameSite: "strict", path: "/", secure: host },
    },
    // Its messages name mail addresses; that something was said is enough to look here.
    logger: { level: "error", log: (level) => log.warn("accounts-library", { said: level }) },
    plugins: [{ id: "guitai-sign-in-user", endpoints: { signInUser } }],
  });
}

/** The request's cookie and nothing else: no address, no user agent is kept with a sign-in. */
function cookieOnly(c: Context<AppEnv>): Headers {
  const cookie = c.req.header("cookie");
  return new Headers(cookie === undefined ? {} : { cookie });
}

function passCookies(c: Context<AppEnv>, headers: Headers): void {
  for (const cookie of headers.getSetCookie()) c.header("set-cookie", cookie, { append: true });
}
