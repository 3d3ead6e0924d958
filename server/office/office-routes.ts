// The office's JSON routes (src/protocol/office-api.ts). Every one asks who is a member of which shop; an id
// of another shop is not found, as if it did not exist.
import type { Context, Hono } from "hono";
import {
  codePolicy,
  compareRequest,
  issueCodeRequest,
  newTillRequest,
  type AuditRow,
  type CodeDetail,
  type CodeState,
  type IssuedCode,
  type Me,
  type OfficeRefusal,
  type Page,
} from "#protocol/office-api.ts";
import { accepted } from "#domain/result.ts";
import { activationRequest, type ActivationRequest } from "#protocol/office-losses-api.ts";
import type { Bytes } from "#protocol/bytes.ts";
import { shortId } from "#protocol/ids.ts";
import { cameByOwnerLink } from "../accounts/owner-links.ts";
import { requireMember } from "../accounts/require-member.ts";
import { allAddresses } from "../addresses.ts";
import { audit } from "../audit.ts";
import { wake, type Books } from "../books.ts";
import { listCodes, readCode } from "../codes/code-rows.ts";
import { issueCode, type IssueFor } from "../codes/issue-code.ts";
import { revokeCode } from "../codes/revoke-code.ts";
import { publishChanges, sequenceFeed } from "../feed/sequencer.ts";
import type { AppEnv } from "../http/env.ts";
import { eventStream, StreamSeats } from "../http/event-stream.ts";
import { readJson, refuse } from "../http/refusal.ts";
import { policyAnswer, savePolicy } from "../merchants/code-policy.ts";
import type { Services } from "../services.ts";
import { lossRoutes } from "./loss-routes.ts";
import { listSales, readSale, readToday } from "./sales.ts";
import { activateTill, addTill, compareTill, findTill, readActivation, revokeTill } from "./till-commands.ts";
import { readTills } from "./till-rows.ts";

const PAGE_ROWS = 50;
const MAX_PAGE_ROWS = 200;
const DAY_MS = 86_400_000;
/** Windows of the office that one person may have open and live at once. */
const STREAMS_OF_A_MEMBER = 10;
const STATES: readonly CodeState[] = ["issued", "not-yet-valid", "spent", "expired", "revoked"];
type Answer = Response | Promise<Response>;
type Handler = (c: Context<AppEnv>, books: Books, by: IssueFor) => Answer;

/** Mounts `/api/office/*`. `books` is opened once, by whoever mounts. */
export function officeRoutes(app: Hono<AppEnv>, services: Services, books: () => Promise<Books>): void {
  const topics = ["sale", "till", "code", "policy"] as const;
  const seats = new StreamSeats(STREAMS_OF_A_MEMBER);
  const anybody = requireMember(services);
  const inCharge = requireMember(services, "owner", "manager");
  const run = (handler: Handler) => async (c: Context<AppEnv>) => {
    const { merchantId, userId } = c.get("member");
    return await handler(c, await books(), { merchant: merchantId, userId });
  };

  app.get("/api/office/me", anybody, run(me));
  app.get("/api/office/today", anybody, run(today));
  app.get("/api/office/code-policy", anybody, run(readPolicy));
  app.put("/api/office/code-policy", inCharge, run(writePolicy));
  app.get("/api/office/codes", anybody, run(codes));
  app.post("/api/office/codes", inCharge, run(issue));
  app.get("/api/office/codes/:id", inCharge, run(code));
  app.post("/api/office/codes/:id/revoke", inCharge, run(revoke));
  app.get("/api/office/tills", anybody, run(tills));
  app.post("/api/office/tills", inCharge, run(newTill));
  app.get("/api/office/tills/:id/activation", inCharge, run(waitingActivation));
  app.post("/api/office/tills/:id/activation", inCharge, run(activation));
  app.post("/api/office/tills/:id/compare", inCharge, run(compare));
  app.post("/api/office/tills/:id/revoke", inCharge, run(revokeOne));
  app.get("/api/office/sales", anybody, run(sales));
  app.get("/api/office/sales/:id", anybody, run(sale));
  app.get("/api/office/audit", inCharge, run(auditPage));
  lossRoutes(app, services, books);
  app.get("/api/office/events", anybody, (c) => {
    const { merchantId, userId } = c.get("member");
    const mayStay = async (): Promise<boolean> => (await services.accounts.whoAsks(c))?.userId === userId;
    return eventStream(c, services, merchantId, topics, seats, userId, mayStay);
  });
}

const me: Handler = async (c, books, by) => {
  const member = c.get("member");
  const shop = await books.db
    .selectFrom("control.merchants")
    .select(["name", "language", "currency"])
    .where("merchant_id", "=", by.merchant)
    .executeTakeFirstOrThrow();
  const answer: Me = {
    email: member.email,
    role: member.role,
    shopName: shop.name,
    merchantId: shortId(by.merchant),
    language: shop.language,
    currency: shop.currency,
    demo: books.config.demo,
    addresses: allAddresses(books.config),
    passwordForgotten: await cameByOwnerLink(books.db, member, books.nowMs()),
  };
  return c.json(answer);
};

const today: Handler = async (c, books, by) => c.json(await readToday(books, by.merchant, sinceMs(c, books)));

const readPolicy: Handler = async (c, books, by) => {
  await sequenceFeed(books.db, by.merchant);
  return c.json(await policyAnswer(books.db, by.merchant, books.nowMs()));
};

const writePolicy: Handler = async (c, books, by) => {
  const body = await readJson(c, codePolicy);
  if (!body.ok) return no(c, 400, body.refusal);
  const nowMs = books.nowMs();
  const { merchant, userId } = by;
  const policy = body.value;
  await books.db.transaction().execute(async (tx) => {
    await savePolicy(tx, { merchant, policy, who: userId, nowMs });
    await audit(tx, {
      merchantId: merchant,
      atMs: nowMs,
      who: userId,
      what: "code-policy-saved",
      detail: { ...policy },
    });
  });
  await publishChanges(books, merchant);
  await wake(books, merchant, "policy");
  return c.json(await policyAnswer(books.db, merchant, books.nowMs()));
};

const codes: Handler = async (c, books, by) => {
  const asked = c.req.query("state") ?? "";
  const state = STATES.find((known) => known === asked) ?? null;
  if (asked !== "" && state === null)
    return no(c, 400, { code: "invalid-input", field: "state", problem: "picklist" });
  return c.json(await listCodes(books, by.merchant, { state, ...pageOf(c) }));
};

const issue: Handler = async (c, books, by) => {
  const body = await readJson(c, issueCodeRequest);
  if (!body.ok) return no(c, 400, body.refusal);
  const done = await issueCode(books, by, body.value);
  if (!done.ok) return no(c, statusOf(done.refusal), done.refusal);
  const row = await readCode(books, by.merchant, { cti: done.value.cti });
  if (row === null) throw new Error("office: the code just issued is not there");
  const answer: IssuedCode = { ...shown(row), generatedPassword: done.value.generatedPassword };
  return c.json(answer);
};

const code: Handler = async (c, books, by) => {
  const row = await readCode(books, by.merchant, { shortId: idOf(c) });
  return row === null ? no(c, 404, { code: "not-found" }) : c.json(shown(row));
};

const revoke: Handler = async (c, books, by) => {
  const row = await readCode(books, by.merchant, { shortId: idOf(c) });
  if (row === null) return no(c, 404, { code: "not-found" });
  const done = await revokeCode(books, by, row.cti);
  if (!done.ok) return no(c, statusOf(done.refusal), done.refusal);
  const after = await readCode(books, by.merchant, { cti: row.cti });
  return after === null ? no(c, 404, { code: "not-found" }) : c.json(shown(after));
};

const tills: Handler = async (c, books, by) =>
  c.json({ rows: await readTills(books.db, by.merchant, sinceMs(c, books)) });

const newTill: Handler = async (c, books, by) => {
  const body = await readJson(c, newTillRequest);
  if (!body.ok) return no(c, 400, body.refusal);
  const done = await addTill(books, by, body.value.name);
  if (!done.ok) return no(c, statusOf(done.refusal), done.refusal);
  await publishChanges(books, by.merchant);
  await wake(books, by.merchant, "till");
  return await oneTill(c, books, by, done.value);
};

const waitingActivation: Handler = async (c, books, { merchant }) => {
  const read = await readActivation(books, merchant, idOf(c));
  // It lets a tablet in: no copy of it stays in a browser's or a proxy's cache.
  c.header("cache-control", "no-store");
  return read.ok ? c.json({ open: read.value }) : no(c, 404, read.refusal);
};

const activation: Handler = async (c, books, by) => {
  // A new till has nothing to say: its request may come without a body.
  const body =
    (await c.req.text()) === "" ? accepted<ActivationRequest>({}) : await readJson(c, activationRequest);
  if (!body.ok) return no(c, 400, body.refusal);
  const done = await activateTill(books, by, idOf(c), body.value.reason ?? null);
  return done.ok ? c.json(done.value) : no(c, statusOf(done.refusal), done.refusal);
};

const compare: Handler = async (c, books, by) => {
  const body = await readJson(c, compareRequest);
  if (!body.ok) return no(c, 400, body.refusal);
  const done = await compareTill(books, by, idOf(c), body.value);
  return done.ok ? await oneTill(c, books, by, done.value) : no(c, statusOf(done.refusal), done.refusal);
};

const revokeOne: Handler = async (c, books, by) => {
  const known = await findTill(books.db, by.merchant, idOf(c));
  if (known === null) return no(c, 404, { code: "not-found" });
  const done = await revokeTill(books, by, known.short_id);
  return done.ok ? await oneTill(c, books, by, done.value) : no(c, statusOf(done.refusal), done.refusal);
};

const sales: Handler = async (c, books, by) => c.json(await listSales(books, by.merchant, pageOf(c)));

const sale: Handler = async (c, books, by) => {
  const row = await readSale(books, by.merchant, idOf(c));
  return row === null ? no(c, 404, { code: "not-found" }) : c.json(row);
};

const auditPage: Handler = async (c, books, by) => {
  const { before, limit } = pageOf(c);
  let query = books.db
    .selectFrom("control.audit_log as a")
    .leftJoin("control.users as u", "u.id", "a.who")
    .select(["a.id", "a.at_ms", "a.who", "a.what", "a.detail", "u.email"])
    .where("a.merchant_id", "=", by.merchant)
    .orderBy("a.id", "desc")
    .limit(limit + 1);
  if (before !== null) query = query.where("a.id", "<", before);
  const rows = await query.execute();
  const page = rows.slice(0, limit);
  const answer: Page<AuditRow> = {
    rows: page.map((row) => ({
      atMs: row.at_ms,
      who: row.email ?? row.who,
      what: row.what,
      detail: row.detail,
    })),
    next: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
  };
  return c.json(answer);
};

async function oneTill(c: Context<AppEnv>, books: Books, by: IssueFor, till: Uint8Array): Promise<Response> {
  const [row] = await readTills(books.db, by.merchant, sinceMs(c, books), till);
  return row === undefined ? no(c, 404, { code: "not-found" }) : c.json(row);
}

/** The short id in the address; whatever cannot be one is as good as none. */
function idOf(c: Context<AppEnv>): string {
  const id = c.req.param("id") ?? "";
  return /^[0-9A-Z]{12}$/u.test(id) ? id : "";
}

function shown(row: CodeDetail & { readonly cti: Bytes }): CodeDetail {
  const { cti: _own, ...detail } = row;
  return detail;
}

/** Where the shop's day begins, as the asker's clock says; a day back when it says nothing sensible. */
function sinceMs(c: Context<AppEnv>, books: Books): number {
  const since = Number(c.req.query("sinceMs") ?? "");
  return Number.isSafeInteger(since) && since > 0 ? since : books.nowMs() - DAY_MS;
}

function pageOf(c: Context<AppEnv>): { readonly before: number | null; readonly limit: number } {
  const before = Number(c.req.query("before") ?? "");
  const limit = Number(c.req.query("limit") ?? "");
  return {
    before: Number.isSafeInteger(before) && before > 0 ? before : null,
    limit: Number.isSafeInteger(limit) && limit > 0 ? Math.min(limit, MAX_PAGE_ROWS) : PAGE_ROWS,
  };
}

function no(c: Context<AppEnv>, status: 400 | 404 | 409 | 422, refusal: OfficeRefusal): Response {
  return refuse(c, status, refusal);
}

/** 422 for what the owner's rules refuse. */
const STATUS: Partial<Record<OfficeRefusal["code"], 400 | 404 | 409>> = {
  "not-found": 404,
  "code-not-open": 409,
  "till-revoked": 409,
  "quarantine-changed": 409,
  "till-not-ready": 409,
  "too-many-tills": 409,
  "invalid-input": 400,
};

function statusOf(refusal: OfficeRefusal): 400 | 404 | 409 | 422 {
  return STATUS[refusal.code] ?? 422;
}
