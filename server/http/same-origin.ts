// Requests that change something must come from our own pages. A cookie alone does not show that: any page
// can make a browser send one.
import type { Context, MiddlewareHandler } from "hono";
import type { Config } from "../config.ts";
import type { AppEnv } from "./env.ts";
import { OFFICE_IMPORT_PATH } from "./large-bodies.ts";
import { refuse } from "./refusal.ts";

const safe = new Set(["GET", "HEAD", "OPTIONS"]);

/** Refuses unsafe requests from elsewhere (403 `cross-origin`) and bodies of another kind (415). */
export function sameOriginOnly(config: Config): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    if (safe.has(c.req.method)) return await next();
    // Tills prove themselves by signatures and carry no cookie; a relay may bring their entries without a
    // browser.
    const isTill = c.req.path.startsWith("/api/till/");
    if (!isSameOrigin(c, config, isTill)) return refuse(c, 403, { code: "cross-origin" });
    if (!hasRightKind(c, isTill)) {
      const refusal = { code: "invalid-input", field: "content-type", problem: "content-type" };
      return refuse(c, 415, refusal);
    }
    return await next();
  };
}

function isSameOrigin(c: Context<AppEnv>, config: Config, isTill: boolean): boolean {
  const site = c.req.header("sec-fetch-site");
  if (site !== undefined && site !== "same-origin") return false;
  const origin = c.req.header("origin");
  // Every browser names the origin of an unsafe request. Without one it is no browser, or one that hides it.
  if (origin === undefined) return isTill || site === "same-origin";
  if (origin === config.publicUrl) return true;
  const host = c.req.header("host");
  return host !== undefined && URL.canParse(origin) && new URL(origin).host === host;
}

/**
 * JSON for the office, files as bytes, CBOR for tills: kinds no plain form can send. An empty body needs
 * none.
 */
function hasRightKind(c: Context<AppEnv>, isTill: boolean): boolean {
  const kind = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
  if (kind === undefined) {
    const length = c.req.header("content-length");
    return (length === undefined || length === "0") && c.req.header("transfer-encoding") === undefined;
  }
  if (c.req.path === OFFICE_IMPORT_PATH) return kind === "application/octet-stream";
  return kind === (isTill ? "application/cbor" : "application/json");
}
