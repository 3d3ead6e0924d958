// The office's routes for codes at several tills: leases, codes in hand, codes used twice.
import type { Context, Hono } from "hono";
import { moveLeaseRequest } from "#protocol/office-api.ts";
import { requireMember } from "../accounts/require-member.ts";
import type { Books } from "../books.ts";
import type { AppEnv } from "../http/env.ts";
import { readJson, refuse } from "../http/refusal.ts";
import type { Services } from "../services.ts";
import { readCode } from "./code-rows.ts";
import { readDoubleSpends } from "./double-spends.ts";
import type { IssueFor } from "./issue-code.ts";
import { moveLease, releaseClaim } from "./move-lease.ts";

/** Mounts `/api/office/codes/:id/lease`, `/release-claim` and `/api/office/double-spends`. */
export function codeRoutes(app: Hono<AppEnv>, services: Services, books: () => Promise<Books>): void {
  const anybody = requireMember(services);
  const inCharge = requireMember(services, "owner", "manager");
  const by = (c: Context<AppEnv>): IssueFor => {
    const { merchantId, userId } = c.get("member");
    return { merchant: merchantId, userId };
  };

  app.post("/api/office/codes/:id/lease", inCharge, async (c) => {
    const body = await readJson(c, moveLeaseRequest);
    if (!body.ok) return refuse(c, 400, body.refusal);
    // That nobody waits for a tablet which may still be selling is the owner's risk, and nobody else's to
    // take.
    if (body.value.withoutHolder && c.get("member").role !== "owner") {
      return refuse(c, 403, { code: "not-allowed" });
    }
    const opened = await books();
    const code = await codeAt(c, opened, by(c));
    if (code === null) return refuse(c, 404, { code: "not-found" });
    const done = await moveLease(opened, by(c), code.cti, body.value);
    if (!done.ok) return refuse(c, done.refusal.code === "not-found" ? 404 : 409, done.refusal);
    return await answer(c, opened, by(c));
  });

  app.post("/api/office/codes/:id/release-claim", inCharge, async (c) => {
    const opened = await books();
    const code = await codeAt(c, opened, by(c));
    if (code === null) return refuse(c, 404, { code: "not-found" });
    await releaseClaim(opened, by(c), code.cti);
    return await answer(c, opened, by(c));
  });

  app.get("/api/office/double-spends", anybody, async (c) => {
    return c.json(await readDoubleSpends(await books(), by(c).merchant));
  });
}

async function codeAt(c: Context<AppEnv>, books: Books, by: IssueFor): ReturnType<typeof readCode> {
  const id = c.req.param("id") ?? "";
  return /^[0-9A-Z]{12}$/u.test(id) ? await readCode(books, by.merchant, { shortId: id }) : null;
}

async function answer(c: Context<AppEnv>, books: Books, by: IssueFor): Promise<Response> {
  const row = await codeAt(c, books, by);
  if (row === null) return refuse(c, 404, { code: "not-found" });
  const { cti: _own, ...detail } = row;
  return c.json(detail);
}
