import type { GenericSchema } from "valibot";
import { getDotPath, safeParse } from "valibot";
import {
  codePolicy,
  compareRequest,
  type CodeState,
  issueCodeRequest,
  newTillRequest,
  type OfficeEvent,
  type OfficeRefusal,
  type Page,
  setupRequest,
  type TodayAnswer,
} from "#protocol/office-api.ts";
import {
  activationRequest,
  quarantineDecisionRequest,
  receiptEvidenceRequest,
} from "#protocol/office-losses-api.ts";
import { answerSecrets } from "./fake-secret-routes.ts";
import { fakeCode, fakeMe, type FakeShop, fakeTill } from "./fake-shop.ts";

/** Answers the office's routes out of a `FakeShop`, judging requests by the real validators. */
export interface FakeServer {
  readonly fetch: (request: Request) => Promise<Response>;
  /** Sends a server-sent event to all who listen. */
  readonly tell: (type: OfficeEvent["type"]) => void;
  readonly requests: string[];
}

const json = (value: unknown, status = 200): Response => Response.json(value, { status });
const no = (refusal: OfficeRefusal, status = 409): Response => json({ error: refusal }, status);
const shortId = (count: number): string => `C0DE${String(count).padStart(8, "0")}`;

export function createFakeServer(shop: FakeShop): FakeServer {
  const listeners = new Set<(event: OfficeEvent) => void>();
  const requests: string[] = [];
  const tell = (type: OfficeEvent["type"]): void => {
    for (const listener of listeners) listener({ type });
  };

  async function answer(request: Request): Promise<Response> {
    const url = new URL(request.url);
    const route = `${request.method} ${url.pathname}`;
    requests.push(route);
    const text = await request.text();
    const body: unknown = text === "" ? {} : JSON.parse(text);
    const open = entrance(shop, route, body);
    if (open) return open;
    if (!shop.me) return no({ code: "not-signed-in" }, 401);
    if (route === "GET /api/office/events") return events(listeners);
    return office(shop, { route, url, body, tell });
  }

  return { fetch: answer, tell, requests };
}

function entrance(shop: FakeShop, route: string, body: unknown): Response | null {
  switch (route) {
    case "GET /api/setup/state":
      return json({ open: !shop.isSetUp });
    case "POST /api/setup":
      return judged(setupRequest, body, (request) => {
        if (shop.isSetUp) return no({ code: "setup-closed" });
        if (request.password.length < 12) return no({ code: "password-too-short", min: 12 }, 422);
        shop.isSetUp = true;
        shop.me = { ...fakeMe, email: request.email, shopName: request.shopName };
        shop.tills.push(fakeTill("T0000000000A", request.language === "en" ? "Till 1" : "1号机"));
        return json({ recoveryKey, tillId: "T0000000000A", activation: activation(shop) }, 201);
      });
    case "POST /api/auth/sign-in/email":
      if ((body as { password: string }).password !== "correct horse battery") {
        return no({ code: "wrong-credentials" }, 401);
      }
      shop.me = fakeMe;
      return json({});
    case "POST /api/owner-link":
      shop.me = { ...fakeMe, passwordForgotten: true };
      return json({});
    case "POST /api/auth/sign-out":
      shop.me = null;
      return json({});
    default:
      return null;
  }
}

interface Asked {
  readonly route: string;
  readonly url: URL;
  readonly body: unknown;
  readonly tell: (type: OfficeEvent["type"]) => void;
}

function office(shop: FakeShop, asked: Asked): Response {
  const { route, url, body } = asked;
  const notFound = (): Response => no({ code: "not-found" }, 404);
  const ofSecrets = answerSecrets(shop.secrets, { route, body, nowMs: shop.nowMs, judged, notFound });
  if (ofSecrets) return ofSecrets;
  switch (route) {
    case "GET /api/office/me":
      return json(shop.me);
    case "GET /api/office/today":
      return json(today(shop));
    case "GET /api/office/double-spends":
      return json({ rows: [], count: 0, totalMinor: 0 });
    case "GET /api/office/code-policy":
      return json(shop.policy);
    case "PUT /api/office/code-policy":
      return judged(codePolicy, body, (policy) => {
        const tills = shop.tills.filter((till) => till.state === "active");
        shop.policy = {
          policy,
          feedVersion: (shop.policy.feedVersion ?? 0) + 1,
          changedAtMs: shop.nowMs,
          changedBy: shop.me?.email ?? null,
          tills: tills.map((till, index) => ({ name: till.name, hasIt: index === 0 })),
          tillsInService: shop.tills.filter((till) => till.state !== "revoked").length,
          away: shop.policy.away,
        };
        return json(shop.policy);
      });
    case "GET /api/office/codes": {
      const state = url.searchParams.get("state") as CodeState | null;
      return json(page(shop.codes.filter((code) => state === null || code.state === state)));
    }
    case "POST /api/office/codes":
      return issue(shop, asked);
    case "GET /api/office/tills":
      return json({ rows: shop.tills });
    case "POST /api/office/tills":
      return judged(newTillRequest, body, ({ name: tillName }) => {
        const till = fakeTill(`T000000000${String(shop.tills.length).padStart(2, "0")}`, tillName);
        shop.tills.push(till);
        return json(till, 201);
      });
    case "GET /api/office/sales":
      return json(page(shop.sales));
    case "GET /api/office/losses":
      return json({ rows: shop.losses, findings: shop.findings });
    case "GET /api/office/quarantine":
      return json({ rows: shop.quarantine });
    case "GET /api/office/audit":
      return json(page(shop.audit));
    default:
      return detail(shop, asked);
  }
}

function detail(shop: FakeShop, { route, body, tell }: Asked): Response {
  const [, method, list, id, act] =
    /^(GET|POST) \/api\/office\/(\w+)\/([\w-]+)(?:\/(\w+))?$/u.exec(route) ?? [];
  if (list === "losses" && act === "receipts") return receipt(shop, id, body);
  if (list === "quarantine" && act === "decision") return decision(shop, id, body);
  const code = shop.codes.find((row) => row.id === id);
  const till = shop.tills.findIndex((row) => row.id === id);
  const row = shop.tills[till];
  if (list === "sales") {
    const sale = shop.sales.find((each) => each.id === id);
    return sale ? json(sale) : no({ code: "not-found" }, 404);
  }
  if (list === "codes" && code) {
    if (method === "POST" && act === "revoke") {
      Object.assign(code, { state: "revoked", qrText: null, number: null, returnedMinor: code.amountMinor });
      tell("code");
    }
    return json({ ...code, generatedPassword: undefined });
  }
  if (list === "tills" && row) {
    if (act === "activation") return activate(shop, row.id, method, body);
    if (act === "revoke") shop.tills[till] = { ...row, state: "revoked" };
    if (act === "compare") {
      return judged(compareRequest, body, ({ same }) => {
        shop.tills[till] = { ...row, state: same ? "active" : "new", compareDigits: null };
        tell("till");
        return json(shop.tills[till]);
      });
    }
    return json(shop.tills[till]);
  }
  return no({ code: "not-found" }, 404);
}

function receipt(shop: FakeShop, id: string | undefined, body: unknown): Response {
  const at = shop.losses.findIndex((row) => row.id === id);
  const loss = shop.losses[at];
  if (!loss) return no({ code: "not-found" }, 404);
  return judged(receiptEvidenceRequest, body, (request) => {
    const entered = { ...request, enteredAtMs: shop.nowMs, verdict: "missing" } as const;
    shop.losses[at] = { ...loss, receipts: [...loss.receipts, entered] };
    return json(shop.losses[at]);
  });
}

function decision(shop: FakeShop, id: string | undefined, body: unknown): Response {
  const at = shop.quarantine.findIndex((row) => row.id === id && row.decision === null);
  const branch = shop.quarantine[at];
  if (!branch) return no({ code: "not-found" }, 404);
  return judged(quarantineDecisionRequest, body, ({ decide, entries }) => {
    if (entries !== branch.entries) return no({ code: "quarantine-changed" });
    const decided = { decided: decide, atMs: shop.nowMs, by: shop.me?.email ?? "" };
    shop.quarantine[at] = { ...branch, decision: decided };
    return json(shop.quarantine[at]);
  });
}

function issue(shop: FakeShop, { body, tell }: Asked): Response {
  return judged(issueCodeRequest, body, (request) => {
    const known = shop.codes.find((code) => code.id === shop.issuedBy.get(request.requestId));
    if (known) return json(known);
    const max = shop.policy.policy.maxCodeMinor;
    if (request.amountMinor > max) return no({ code: "amount-over-policy", maxMinor: max }, 422);
    const code = fakeCode(shortId(shop.codes.length + 1), shop.nowMs, {
      amountMinor: request.amountMinor,
      kind: request.kind,
      hasPassword: request.password.mode !== "none",
      generatedPassword: request.password.mode === "generate" ? "402917" : null,
    });
    shop.codes.unshift(code);
    shop.issuedBy.set(request.requestId, code.id);
    tell("code");
    return json(code, 201);
  });
}

function today(shop: FakeShop): TodayAnswer {
  const sum = (rows: readonly { amountMinor: number }[]): number =>
    rows.reduce((total, row) => total + row.amountMinor, 0);
  const open = shop.codes.filter((code) => code.state === "issued" || code.state === "not-yet-valid");
  return {
    count: shop.sales.length,
    totalMinor: sum(shop.sales),
    cashMinor: sum(shop.sales.filter((sale) => sale.method === "cash")),
    codeMinor: sum(shop.sales.filter((sale) => sale.method === "payment-code")),
    lossMinor: shop.sales.reduce((total, sale) => total + sale.lossMinor, 0),
    openCodes: open.length,
    openCodesMinor: sum(open),
    tills: shop.tills,
    latest: shop.sales.slice(0, 8),
  };
}

const recoveryKey = "7K2M9-QXR4T-B3HWD-5NVJC-08FZP-6YAES-1GKTQ-M4R8X-DV2NH-93WBZ-4C5TA";

function activate(shop: FakeShop, id: string, method: string | undefined, body: unknown): Response {
  if (method === "GET") return json({ open: shop.activations.get(id) ?? null });
  return judged(activationRequest, body, ({ reason = null }) => {
    const answer = activation(shop);
    shop.activations.set(id, { ...answer, reason });
    return json(answer);
  });
}

function activation(shop: FakeShop): { typedCode: string; qrText: string; expiresAtMs: number } {
  return {
    typedCode: "AB12-CD34-EF56",
    qrText: "GTE1AB12QZ7M3K8W5R2T9V4X6C1D0F",
    expiresAtMs: shop.nowMs + 600_000,
  };
}

function page<Row>(rows: readonly Row[]): Page<Row> {
  return { rows, next: null };
}

function judged<T>(schema: GenericSchema<T>, body: unknown, then: (request: T) => Response): Response {
  const parsed = safeParse(schema, body);
  if (parsed.success) return then(parsed.output);
  const field = getDotPath(parsed.issues[0]) ?? "";
  return no({ code: "invalid-input", field, problem: parsed.issues[0].type }, 400);
}

function events(listeners: Set<(event: OfficeEvent) => void>): Response {
  const encoder = new TextEncoder();
  let listener: (event: OfficeEvent) => void = () => undefined;
  const stream = new ReadableStream<Uint8Array>({
    start(controller) {
      controller.enqueue(encoder.encode("retry: 1000\n\n"));
      listener = (event) => controller.enqueue(encoder.encode(`data: ${JSON.stringify(event)}\n\n`));
      listeners.add(listener);
    },
    cancel() {
      listeners.delete(listener);
    },
  });
  return new Response(stream, { headers: { "content-type": "text/event-stream" } });
}
