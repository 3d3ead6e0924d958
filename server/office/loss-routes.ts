// The office's JSON routes for what is missing or set apart (src/protocol/office-losses-api.ts).
import type { Context, Hono } from "hono";
import {
  quarantineDecisionRequest,
  receiptEvidenceRequest,
  type LossesAnswer,
  type QuarantineAnswer,
} from "#protocol/office-losses-api.ts";
import { requireMember } from "../accounts/require-member.ts";
import type { Books } from "../books.ts";
import { wake } from "../books.ts";
import type { IssueFor } from "../codes/issue-code.ts";
import type { AppEnv } from "../http/env.ts";
import { readJson, refuse } from "../http/refusal.ts";
import { decideQuarantine } from "../journal/quarantine.ts";
import type { Services } from "../services.ts";
import { enterReceipt } from "./loss-commands.ts";
import { epochNameOf, readFindings, readLosses } from "./loss-rows.ts";
import { readQuarantine } from "./quarantine-rows.ts";
import { findTill } from "./till-commands.ts";

type Handler = (c: Context<AppEnv>, books: Books, by: IssueFor) => Promise<Response>;

/** Mounts `/api/office/losses` and `/api/office/quarantine`. */
export function lossRoutes(app: Hono<AppEnv>, services: Services, books: () => Promise<Books>): void {
  const inCharge = requireMember(services, "owner", "manager");
  const run = (handler: Handler) => async (c: Context<AppEnv>) => {
    const { merchantId, userId } = c.get("member");
    return await handler(c, await books(), { merchant: merchantId, userId });
  };
  app.get("/api/office/losses", inCharge, run(losses));
  app.post("/api/office/losses/:id/receipts", inCharge, run(receipt));
  app.get("/api/office/quarantine", inCharge, run(quarantine));
  app.post("/api/office/quarantine/:id/decision", inCharge, run(decide));
}

const losses: Handler = async (c, books, by) => {
  const answer: LossesAnswer = {
    rows: await readLosses(books.db, by.merchant),
    findings: await readFindings(books.db, by.merchant),
  };
  return c.json(answer);
};

const receipt: Handler = async (c, books, by) => {
  const name = epochNameOf(c.req.param("id") ?? "");
  if (name === null) return refuse(c, 404, { code: "not-found" });
  const body = await readJson(c, receiptEvidenceRequest);
  if (!body.ok) return refuse(c, 400, body.refusal);
  const done = await enterReceipt(books, by, name, body.value);
  if (!done.ok) return refuse(c, 404, done.refusal);
  await wake(books, by.merchant, "till");
  const [row] = await readLosses(books.db, by.merchant, name);
  return row === undefined ? refuse(c, 404, { code: "not-found" }) : c.json(row);
};

const decide: Handler = async (c, books, by) => {
  const name = epochNameOf(c.req.param("id") ?? "");
  const till = name && (await findTill(books.db, by.merchant, name.tillShortId));
  if (name === null || till === null) return refuse(c, 404, { code: "not-found" });
  const body = await readJson(c, quarantineDecisionRequest);
  if (!body.ok) return refuse(c, 400, body.refusal);
  const key = { till: new Uint8Array(till.till_id), epoch: name.epoch };
  const done = await decideQuarantine(books, { ...by, ...key, ...body.value });
  if (!done.ok) return refuse(c, done.refusal.code === "not-found" ? 404 : 409, done.refusal);
  const rows = await readQuarantine(books.db, by.merchant, name);
  const row = rows.find(({ decision }) => decision?.decided === body.value.decide);
  return row === undefined ? refuse(c, 404, { code: "not-found" }) : c.json(row);
};

const quarantine: Handler = async (c, books, by) => {
  const answer: QuarantineAnswer = { rows: await readQuarantine(books.db, by.merchant) };
  return c.json(answer);
};
