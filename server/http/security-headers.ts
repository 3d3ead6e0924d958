// The headers that stand on every answer. What they stop and what they do not: docs/threats.md.
import type { MiddlewareHandler } from "hono";
import type { Config } from "../config.ts";
import { isHttps } from "../config.ts";
import type { AppEnv } from "./env.ts";

/** The content security policy. Only the office has forms that are sent, and those to ourselves. */
export function contentSecurityPolicy(page: "till" | "office"): string {
  return [
    "default-src 'none'",
    "script-src 'self' 'wasm-unsafe-eval'",
    "worker-src 'self'",
    "connect-src 'self'",
    "style-src 'self'",
    "img-src 'self' blob:",
    "manifest-src 'self'",
    "base-uri 'none'",
    `form-action ${page === "office" ? "'self'" : "'none'"}`,
    "frame-ancestors 'none'",
    "object-src 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types app-worker",
  ].join("; ");
}

const own = ["camera", "publickey-credentials-get", "usb", "serial"];
const none = [
  "accelerometer",
  "browsing-topics",
  "display-capture",
  "encrypted-media",
  "geolocation",
  "gyroscope",
  "hid",
  "idle-detection",
  "local-fonts",
  "magnetometer",
  "microphone",
  "midi",
  "payment",
  "picture-in-picture",
  "publickey-credentials-create",
  "storage-access",
  "xr-spatial-tracking",
];
const permissions = [...own.map((name) => `${name}=(self)`), ...none.map((name) => `${name}=()`)].join(", ");

/** Sets the headers on whatever the handlers answer, refusals and faults included. */
export function securityHeaders(config: Config): MiddlewareHandler<AppEnv> {
  const strict = isHttps(config);
  return async (c, next) => {
    await next();
    const { headers } = c.res;
    const page = c.req.path === "/office" || c.req.path.startsWith("/office/") ? "office" : "till";
    headers.set("content-security-policy", contentSecurityPolicy(page));
    headers.set("cross-origin-opener-policy", "same-origin");
    headers.set("cross-origin-embedder-policy", "require-corp");
    headers.set("cross-origin-resource-policy", "same-origin");
    headers.set("permissions-policy", permissions);
    headers.set("referrer-policy", "no-referrer");
    headers.set("x-content-type-options", "nosniff");
    headers.set("x-frame-options", "DENY");
    headers.set("x-request-id", c.get("requestId"));
    if (strict) headers.set("strict-transport-security", "max-age=31536000");
    if (!headers.has("cache-control")) headers.set("cache-control", "no-store");
  };
}
