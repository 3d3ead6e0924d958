import { accepted, refused } from "#domain/result.ts";
import type { OfficeRefusal } from "#protocol/office-api.ts";
import type { OfficeProblem } from "#ui/texts/office-problem.ts";
import type { Answer } from "./answer.ts";

/** After this long without an answer the server counts as not answering. */
export const ANSWER_TIMEOUT_MS = 15_000;

export interface HttpTools {
  readonly fetch: (path: string, init: RequestInit) => Promise<Response>;
  /** False only when the device itself knows that it has no network. */
  readonly isOnline: () => boolean;
  readonly nowMs: () => number;
  /** Told when the server no longer knows who asks. */
  readonly onSignedOut: () => void;
}

export interface Http {
  readonly get: <T>(path: string, query?: Query) => Promise<Answer<T>>;
  readonly send: <T>(method: "POST" | "PUT", path: string, body?: object) => Promise<Answer<T>>;
  /** How far the server's clock is ahead of this device's, by its last answer; 0 before the first. */
  readonly serverAheadMs: () => number;
}

export type Query = Readonly<Record<string, string | number | null>>;

/**
 * Speaks JSON with the office's server. Every outcome is a value: an answer, the server's refusal, or that no
 * answer came. Never throws. What is not JSON of ours (a proxy's error page, a sign-in page of the network)
 * is no answer.
 */
export function createHttp(tools: HttpTools): Http {
  let aheadMs = 0;

  async function request<T>(method: string, path: string, body?: object): Promise<Answer<T>> {
    let response: Response;
    let answer: unknown;
    try {
      response = await tools.fetch(path, {
        method,
        credentials: "same-origin",
        cache: "no-store",
        headers: { accept: "application/json", ...(body && { "content-type": "application/json" }) },
        ...(body && { body: JSON.stringify(body) }),
        signal: AbortSignal.timeout(ANSWER_TIMEOUT_MS),
      });
      const text = await response.text();
      answer = text === "" ? {} : JSON.parse(text);
    } catch {
      // Network, timeout or not JSON: for the person at the desk all three are «the server did not answer».
      return refused(silence(tools));
    }
    const serverMs = Date.parse(response.headers.get("date") ?? "");
    if (Number.isFinite(serverMs)) aheadMs = serverMs - tools.nowMs();
    if (response.ok) return accepted(answer as T);
    const problem = problemOf(response, answer);
    if (problem.code === "not-signed-in") tools.onSignedOut();
    return refused(problem);
  }

  return {
    get: (path, query) => request("GET", withQuery(path, query)),
    send: (method, path, body) => request(method, path, body ?? {}),
    serverAheadMs: () => aheadMs,
  };
}

function silence(tools: HttpTools): OfficeProblem {
  return { code: tools.isOnline() ? "no-answer" : "no-network" };
}

function withQuery(path: string, query: Query = {}): string {
  const filled = Object.entries(query).flatMap(([key, value]) =>
    value === null ? [] : [[key, String(value)]],
  );
  return filled.length === 0 ? path : `${path}?${new URLSearchParams(filled).toString()}`;
}

function problemOf(response: Response, answer: unknown): OfficeProblem {
  const error = field(answer, "error");
  const code = field(error, "code");
  // The server names its refusals by one shape; its texts live in the office by that name.
  if (typeof code === "string") return error as OfficeRefusal;
  if (response.status === 429) return { code: "too-many-tries", waitMs: retryAfterMs(response) };
  // The sign-in library answers in a shape of its own; 400 is an address that is no address.
  if (response.url.includes("/api/auth/sign-in") || typeof field(answer, "code") === "string") {
    if (response.status === 400 || response.status === 401) return { code: "wrong-credentials" };
  }
  if (response.status === 401) return { code: "not-signed-in" };
  if (response.status === 403) return { code: "not-allowed" };
  if (response.status === 404) return { code: "not-found" };
  return { code: "no-answer" };
}

function retryAfterMs(response: Response): number {
  const header = response.headers.get("x-retry-after") ?? response.headers.get("retry-after") ?? "";
  const seconds = Number(header);
  return header !== "" && Number.isFinite(seconds) ? seconds * 1000 : 60_000;
}

function field(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null) return undefined;
  return (value as Record<string, unknown>)[key];
}
