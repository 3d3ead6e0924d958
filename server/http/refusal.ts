// How the server says no: `{ error: { code, …facts } }`, never a stack, never a message of a library.
import type { Context } from "hono";
import type { ContentfulStatusCode } from "hono/utils/http-status";
import * as v from "valibot";
import type { Result } from "#domain/result.ts";
import { CARD_NUMBER, type OfficeRefusal } from "#protocol/office-api.ts";
import type { AppEnv } from "./env.ts";

/** Answers with a refusal. Its code is in one of the lists of src/domain/refusal.ts and src/protocol/. */
export function refuse<R extends { readonly code: string }>(
  c: Context<AppEnv>,
  status: ContentfulStatusCode,
  refusal: R,
): Response {
  return c.json({ error: refusal }, status, { "cache-control": "no-store" });
}

export type InputRefusal = Extract<OfficeRefusal, { code: "invalid-input" | "card-number" }>;

/** Judges a JSON body by its validator. Names the first field that is wrong, never its value. */
export async function readJson<T>(
  c: Context<AppEnv>,
  schema: v.GenericSchema<unknown, T>,
): Promise<Result<T, InputRefusal>> {
  let body: unknown;
  try {
    body = JSON.parse(await c.req.text());
  } catch (fault) {
    if (!(fault instanceof SyntaxError)) throw fault;
    return { ok: false, refusal: { code: "invalid-input", field: "", problem: "json" } };
  }
  const judged = v.safeParse(schema, body, { abortEarly: true });
  if (judged.success) return { ok: true, value: judged.output };
  const [issue] = judged.issues;
  const field = v.getDotPath(issue) ?? "";
  const isCard = issue.message === CARD_NUMBER;
  return {
    ok: false,
    refusal: isCard ? { code: "card-number", field } : { code: "invalid-input", field, problem: issue.type },
  };
}
