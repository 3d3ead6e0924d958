// The office's JSON routes for people, PINs, passwords of methods, unlocking and vaults
// (src/protocol/office-secrets-api.ts). An id of another shop is not found, as if it did not exist.
import type { Context, Hono } from "hono";
import * as v from "valibot";
import type { PasswordMethod } from "#protocol/feed-secrets.ts";
import { shortId } from "#protocol/ids.ts";
import {
  changeOperatorRequest,
  methodPolicyRequest,
  METHODS,
  newOperatorRequest,
  secretRules,
  setMethodPasswordRequest,
  setPinRequest,
  unlockDigitsRequest,
  vaultLeaseRequest,
  vaultLevelRequest,
  vaultRenewalRequest,
  type MethodRow,
  type OperatorRow,
} from "#protocol/office-secrets-api.ts";
import type { OfficeRefusal } from "#protocol/office-api.ts";
import { requireMember } from "../accounts/require-member.ts";
import type { Books } from "../books.ts";
import { wake } from "../books.ts";
import { readCode } from "../codes/code-rows.ts";
import { publishChanges } from "../feed/sequencer.ts";
import type { AppEnv } from "../http/env.ts";
import { rateLimit, type RateLimit } from "../http/rate-limits.ts";
import { readJson, refuse } from "../http/refusal.ts";
import type { Services } from "../services.ts";
import { readMethods, saveMethodPolicy, setMethodPassword, withdrawMethodPassword } from "./methods.ts";
import { readOperators } from "./operator-rows.ts";
import { addOperator, changeOperator, setPin, withdrawPin, type OfficeMember } from "./operators.ts";
import { readSecretRules, saveSecretRules } from "./secret-rules.ts";
import { answerDigits, unlockCode, unlockOperator } from "./unlocking.ts";
import { chooseLease, chooseLevel, decideRenewal, readVaults } from "./vaults.ts";

type Handler = (c: Context<AppEnv>, books: Books, by: OfficeMember) => Promise<Response>;

const AT = "/api/office/secrets";
/** Each costs an Argon2 and a word to every till: all people of a shop in one go, and no script. */
export const SETS_OF_A_MEMBER = { burst: 30, everyMs: 4000, mostKeys: 10_000 } as const;
/** Answers to a till's eight digits: a person reads them out on the telephone. */
export const ANSWERS_OF_A_MEMBER = { burst: 10, everyMs: 30_000, mostKeys: 10_000 } as const;
/** Everything else that changes something. */
export const CHANGES_OF_A_MEMBER = { burst: 120, everyMs: 500, mostKeys: 10_000 } as const;

/** Mounts `/api/office/secrets/*`. */
export function secretRoutes(app: Hono<AppEnv>, services: Services, books: () => Promise<Books>): void {
  const inCharge = requireMember(services, "owner", "manager");
  const owner = requireMember(services, "owner");
  // Not the wall clock: set back, it would keep everybody waiting for as long as it was wrong.
  const steadyMs = (): number => performance.now();
  const sets = rateLimit(SETS_OF_A_MEMBER, steadyMs);
  const answers = rateLimit(ANSWERS_OF_A_MEMBER, steadyMs);
  const changes = rateLimit(CHANGES_OF_A_MEMBER, steadyMs);
  const run = (handler: Handler, limit?: RateLimit) => async (c: Context<AppEnv>) => {
    const { merchantId, userId, role } = c.get("member");
    const waitMs = limit?.takeMs(userId) ?? 0;
    if (waitMs > 0) {
      c.header("retry-after", String(Math.ceil(waitMs / 1000)));
      return refuse(c, 429, { code: "too-many-tries", waitMs });
    }
    return await handler(c, await books(), { merchant: merchantId, userId, role });
  };

  app.get(`${AT}/operators`, inCharge, run(operators));
  app.post(`${AT}/operators`, inCharge, run(newOperator, changes));
  app.post(`${AT}/operators/:id`, inCharge, run(changeOne, changes));
  app.post(`${AT}/operators/:id/pin`, inCharge, run(pin, sets));
  app.post(`${AT}/operators/:id/pin/withdraw`, inCharge, run(pinAway, changes));
  app.post(`${AT}/operators/:id/unlock`, inCharge, run(unlockOne, changes));
  app.post(`${AT}/codes/:id/unlock`, inCharge, run(unlockOfCode, changes));
  app.post(`${AT}/unlock-digits`, inCharge, run(digits, answers));
  app.get(`${AT}/methods`, inCharge, run(methods));
  app.put(`${AT}/methods/:method/policy`, owner, run(policy, changes));
  app.post(`${AT}/methods/:method/password`, owner, run(password, sets));
  app.post(`${AT}/methods/:method/password/withdraw`, owner, run(passwordAway, changes));
  app.get(`${AT}/vaults`, inCharge, run(vaults));
  app.put(`${AT}/vaults/:id/level`, owner, run(level, changes));
  app.put(`${AT}/vaults/:id/lease`, owner, run(lease, changes));
  app.post(`${AT}/vaults/:id/renewal`, owner, run(renewal, changes));
  app.get(`${AT}/rules`, inCharge, run(rules));
  app.put(`${AT}/rules`, owner, run(newRules, changes));
}

const operators: Handler = async (c, books, by) =>
  c.json({ rows: await readOperators(books.db, by.merchant, books.nowMs()) });

const newOperator: Handler = async (c, books, by) => {
  const body = await readJson(c, newOperatorRequest);
  if (!body.ok) return no(c, body.refusal);
  const done = await addOperator(books, by, body.value);
  return done.ok ? await operatorAnswer(c, books, by, done.value) : no(c, done.refusal);
};

const changeOne: Handler = async (c, books, by) => {
  const body = await readJson(c, changeOperatorRequest);
  if (!body.ok) return no(c, body.refusal);
  const done = await changeOperator(books, by, idOf(c), body.value);
  return done.ok ? await operatorAnswer(c, books, by, done.value) : no(c, done.refusal);
};

const pin: Handler = async (c, books, by) => {
  const body = await readJson(c, setPinRequest);
  if (!body.ok) return no(c, body.refusal);
  const done = await setPin(books, by, idOf(c), body.value);
  if (!done.ok) return no(c, done.refusal);
  const operator = await told(books, by, done.value.operator);
  return answer(c, { operator, generatedPin: done.value.generated });
};

const pinAway: Handler = async (c, books, by) => {
  const done = await withdrawPin(books, by, idOf(c));
  return done.ok ? await operatorAnswer(c, books, by, done.value) : no(c, done.refusal);
};

const unlockOne: Handler = async (c, books, by) => {
  const done = await unlockOperator(books, by, idOf(c));
  return done.ok ? await operatorAnswer(c, books, by, done.value) : no(c, done.refusal);
};

const unlockOfCode: Handler = async (c, books, by) => {
  const code = await readCode(books, by.merchant, { shortId: idOf(c) });
  if (code === null) return no(c, { code: "not-found" });
  await unlockCode(books, by, code.cti);
  await publishChanges(books, by.merchant);
  return answer(c, {});
};

const digits: Handler = async (c, books, by) => {
  const body = await readJson(c, unlockDigitsRequest);
  if (!body.ok) return no(c, body.refusal);
  const done = await answerDigits(books, by, body.value);
  return done.ok ? answer(c, { answer: done.value }) : no(c, done.refusal);
};

const methods: Handler = async (c, books, by) =>
  c.json({ rows: await readMethods(books.db, by.merchant, books.nowMs()) });

const policy: Handler = async (c, books, by) => {
  const method = methodOf(c);
  if (method === null) return no(c, { code: "not-found" });
  const body = await readJson(c, methodPolicyRequest);
  if (!body.ok) return no(c, body.refusal);
  const done = await saveMethodPolicy(books, by, method, body.value);
  return done.ok ? answer(c, await methodTold(books, by, method)) : no(c, done.refusal);
};

const password: Handler = async (c, books, by) => {
  const method = methodOf(c);
  if (method === null) return no(c, { code: "not-found" });
  const body = await readJson(c, setMethodPasswordRequest);
  if (!body.ok) return no(c, body.refusal);
  const done = await setMethodPassword(books, by, method, body.value);
  if (!done.ok) return no(c, done.refusal);
  const row = await methodTold(books, by, method);
  return answer(c, { method: row, generatedPassword: done.value.generated });
};

const passwordAway: Handler = async (c, books, by) => {
  const method = methodOf(c);
  if (method === null) return no(c, { code: "not-found" });
  await withdrawMethodPassword(books, by, method);
  return answer(c, await methodTold(books, by, method));
};

const vaults: Handler = async (c, books, by) => c.json({ rows: await readVaults(books.db, by.merchant) });

const level: Handler = async (c, books, by) => {
  const body = await readJson(c, vaultLevelRequest);
  if (!body.ok) return no(c, body.refusal);
  const done = await chooseLevel(books, by, idOf(c), body.value.level);
  return done.ok ? await vaultAnswer(c, books, by) : no(c, done.refusal);
};

const lease: Handler = async (c, books, by) => {
  const body = await readJson(c, vaultLeaseRequest);
  if (!body.ok) return no(c, body.refusal);
  const done = await chooseLease(books, by, idOf(c), body.value.hours);
  return done.ok ? await vaultAnswer(c, books, by) : no(c, done.refusal);
};

const renewal: Handler = async (c, books, by) => {
  const body = await readJson(c, vaultRenewalRequest);
  if (!body.ok) return no(c, body.refusal);
  const done = await decideRenewal(books, by, idOf(c), body.value);
  return done.ok ? await vaultAnswer(c, books, by) : no(c, done.refusal);
};

const rules: Handler = async (c, books, by) => c.json(await readSecretRules(books.db, by.merchant));

const newRules: Handler = async (c, books, by) => {
  const body = await readJson(c, secretRules);
  if (!body.ok) return no(c, body.refusal);
  await saveSecretRules(books, by, body.value);
  return answer(c, body.value);
};

/** Publishes what was done; answers the operator's row. */
async function told(books: Books, by: OfficeMember, operator: Uint8Array): Promise<OperatorRow> {
  await publishChanges(books, by.merchant);
  await wake(books, by.merchant, "policy");
  const id = shortId(operator);
  const row = (await readOperators(books.db, by.merchant, books.nowMs())).find((one) => one.id === id);
  if (row === undefined) throw new Error("secrets: the operator just changed is not there");
  return row;
}

async function operatorAnswer(
  c: Context<AppEnv>,
  books: Books,
  by: OfficeMember,
  operator: Uint8Array,
): Promise<Response> {
  return answer(c, await told(books, by, operator));
}

async function methodTold(books: Books, by: OfficeMember, method: PasswordMethod): Promise<MethodRow> {
  await publishChanges(books, by.merchant);
  await wake(books, by.merchant, "policy");
  const [row] = await readMethods(books.db, by.merchant, books.nowMs(), [method]);
  if (row === undefined) throw new Error("secrets: a method has no row");
  return row;
}

async function vaultAnswer(c: Context<AppEnv>, books: Books, by: OfficeMember): Promise<Response> {
  await publishChanges(books, by.merchant);
  await wake(books, by.merchant, "till");
  const [row] = await readVaults(books.db, by.merchant, idOf(c));
  return row === undefined ? no(c, { code: "not-found" }) : answer(c, row);
}

/** Some of these hold a secret that is shown this once: no cache between here and the screen keeps it. */
function answer(c: Context<AppEnv>, body: object): Response {
  c.header("cache-control", "no-store");
  return c.json(body);
}

/** The short id in the address; whatever cannot be one is as good as none. */
function idOf(c: Context<AppEnv>): string {
  const id = c.req.param("id") ?? "";
  return /^[0-9A-Z]{12}$/u.test(id) ? id : "";
}

function methodOf(c: Context<AppEnv>): PasswordMethod | null {
  const read = v.safeParse(METHODS, c.req.param("method"));
  return read.success ? read.output : null;
}

/** 422 for what the rules refuse. */
const STATUS: Partial<Record<OfficeRefusal["code"], 400 | 403 | 404 | 409>> = {
  "invalid-input": 400,
  "not-allowed": 403,
  "not-found": 404,
  "last-owner": 409,
  "operator-retired": 409,
  "password-cannot-be-typed": 409,
  "renewal-changed": 409,
  "till-not-in-service": 409,
  "till-revoked": 409,
  "too-many-operators": 409,
};

function no(c: Context<AppEnv>, refusal: OfficeRefusal): Response {
  return refuse(c, STATUS[refusal.code] ?? 422, refusal);
}
