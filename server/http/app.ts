// The whole HTTP surface, in the order a request passes it.
import { Hono } from "hono";
import { bodyLimit } from "hono/body-limit";
import { sql } from "kysely";
import { accountRoutes } from "../accounts/routes.ts";
import { faultFields } from "../log.ts";
import { mountRoutes } from "../routes.ts";
import type { Services } from "../services.ts";
import type { AppEnv } from "./env.ts";
import { OFFICE_IMPORT_PATH } from "./large-bodies.ts";
import type { Pages } from "./pages.ts";
import { refuse } from "./refusal.ts";
import { requestLog } from "./request-log.ts";
import { sameOriginOnly } from "./same-origin.ts";
import { securityHeaders } from "./security-headers.ts";

/** A push is at most 256 KiB (PROTOCOL §5), and a little more for what is around it. */
export const MAX_TILL_BODY_BYTES: number = 300 * 1024;
export const MAX_BODY_BYTES: number = 64 * 1024;

/** The application: routes over `services`, pages from `pages`. */
export function createApp(services: Services, pages: Pages): Hono<AppEnv> {
  const app = new Hono<AppEnv>();
  app.use(requestLog(services));
  app.use(securityHeaders(services.config));
  app.use(async (c, next) => {
    await next();
    // Kept-alive connections would hold the stopping server open.
    if (services.stopping.aborted) c.res.headers.set("connection", "close");
  });
  app.use(sameOriginOnly(services.config));
  const tooLarge = { onError: (c: Parameters<typeof refuse>[0]) => refuse(c, 413, { code: "too-large" }) };
  const tillLimit = bodyLimit({ maxSize: MAX_TILL_BODY_BYTES, ...tooLarge });
  const limit = bodyLimit({ maxSize: MAX_BODY_BYTES, ...tooLarge });
  app.use((c, next) => {
    if (c.req.path === OFFICE_IMPORT_PATH) return next();
    return c.req.path.startsWith("/api/till/") ? tillLimit(c, next) : limit(c, next);
  });
  app.onError((fault, c) => {
    services.log.error("request-failed", { id: c.get("requestId"), ...faultFields(fault) });
    return refuse(c, 500, { code: "internal" });
  });

  app.get("/healthz", (c) => c.json({ ok: true }));
  app.get("/readyz", async (c) => {
    if (services.stopping.aborted) return refuse(c, 503, { code: "server-stopping" });
    try {
      await sql`select 1`.execute(services.db);
      return c.json({ ok: true });
    } catch (fault) {
      services.log.warn("database-not-answering", faultFields(fault));
      return refuse(c, 503, { code: "internal" });
    }
  });
  accountRoutes(app, services);
  mountRoutes(app, services);
  app.all("/api/*", (c) => refuse(c, 404, { code: "not-found" }));

  const page = (name: string) => async (c: Parameters<typeof refuse>[0]) =>
    (await pages.answer(c, name)) ?? refuse(c, 404, { code: "not-found" });
  app.get("/", page("/index.html"));
  app.get("/office", page("/office.html"));
  app.get("/office/*", page("/office.html"));
  app.get("/*", async (c) => (await pages.answer(c, c.req.path)) ?? refuse(c, 404, { code: "not-found" }));
  app.notFound((c) => refuse(c, 404, { code: "not-found" }));
  return app;
}
