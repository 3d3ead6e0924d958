import type { Hono } from "hono";
import { openBooks, type Books } from "./books.ts";
import { journalRoutes } from "./exports/journal-routes.ts";
import { parcelRoutes } from "./exports/parcel-routes.ts";
import type { AppEnv } from "./http/env.ts";
import { codeRoutes } from "./codes/code-routes.ts";
import { officeRoutes } from "./office/office-routes.ts";
import { secretRoutes } from "./secrets/secret-routes.ts";
import type { Services } from "./services.ts";
import { tillRoutes } from "./tills/till-routes.ts";

/** Mounts `/api/till/*` and `/api/office/*`. */
export function mountRoutes(app: Hono<AppEnv>, services: Services): void {
  // Opened by the first request: mounting is done before the server may wait for anything.
  let opened: Promise<Books> | null = null;
  const books = (): Promise<Books> => (opened ??= openBooks(services));
  tillRoutes(app, services, books);
  officeRoutes(app, services, books);
  codeRoutes(app, services, books);
  secretRoutes(app, services, books);
  parcelRoutes(app, services, books);
  journalRoutes(app, services, books);
}
