// Who is asking, by address; and by which way. What a proxy says is believed only from a proxy we were told
// of: otherwise anybody could put a made-up address into a header and have tries without end.
import type { Context } from "hono";
import type { Config } from "../config.ts";
import type { AppEnv } from "./env.ts";
import { addressKey } from "./rate-limits.ts";

const loopback = /^(127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/u;

/** The other end of the socket; unknown when the app is called without one. */
function peerAddress(c: Context<AppEnv>): string | undefined {
  const bindings: AppEnv["Bindings"] | undefined = c.env;
  return bindings?.incoming?.socket.remoteAddress;
}

function isProxied(c: Context<AppEnv>, config: Config): boolean {
  const peer = peerAddress(c) ?? "";
  const bare = peer.replace(/^::ffff:/u, "");
  return config.trustedProxies.includes(bare) || (config.publicUrl !== null && loopback.test(peer));
}

/** The address of the browser or till that asks. */
export function clientAddress(c: Context<AppEnv>, config: Config): string {
  const peer = peerAddress(c) ?? "unknown";
  if (!isProxied(c, config)) return peer;
  const forwarded = c.req.header("x-forwarded-for")?.split(",").at(-1)?.trim();
  return forwarded !== undefined && /^[0-9A-Fa-f.:]{2,45}$/u.test(forwarded) ? forwarded : peer;
}

/** What tries are counted by: the address, IPv6 by its /64. */
export function clientKey(c: Context<AppEnv>): string {
  return addressKey(c.get("clientAddress"));
}

/** True when the browser asked over HTTPS, here or at the proxy. */
export function isHttpsRequest(c: Context<AppEnv>, config: Config): boolean {
  if (config.tls !== null) return true;
  if (!isProxied(c, config)) return false;
  const said = c.req.header("x-forwarded-proto");
  return said === undefined ? (config.publicUrl?.startsWith("https://") ?? false) : said === "https";
}

/** True when the page stands on this machine's own name, which browsers trust as they trust HTTPS. */
export function isLoopbackRequest(c: Context<AppEnv>): boolean {
  const { hostname } = new URL(c.req.url);
  return hostname === "localhost" || hostname === "[::1]" || loopback.test(hostname);
}
