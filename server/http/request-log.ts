// One line a request: which route, what came of it, how long it took. Never an address with its values, a
// query, a header or a body: those hold tokens and codes.
import { randomBytes } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { matchedRoutes } from "hono/route";
import type { Services } from "../services.ts";
import { clientAddress } from "./client-address.ts";
import type { AppEnv } from "./env.ts";

/** Names each request and logs its end. */
export function requestLog(services: Pick<Services, "log" | "config">): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const beganMs = performance.now();
    c.set("requestId", randomBytes(8).toString("hex"));
    c.set("clientAddress", clientAddress(c, services.config));
    await next();
    const route = matchedRoutes(c).find((match) => match.method !== "ALL")?.path ?? "none";
    services.log.info("request", {
      id: c.get("requestId"),
      method: c.req.method,
      route,
      status: c.res.status,
      ms: Math.round(performance.now() - beganMs),
    });
  };
}
