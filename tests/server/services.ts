import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import type { Hono } from "hono";
import { openSetUp } from "../../server/accounts/set-up.ts";
import type { Config } from "../../server/config.ts";
import { createApp } from "../../server/http/app.ts";
import type { AppEnv } from "../../server/http/env.ts";
import { openPages } from "../../server/http/pages.ts";
import { createLog } from "../../server/log.ts";
import { openServices } from "../../server/open-services.ts";
import type { Services } from "../../server/services.ts";
import { freshDatabase } from "./database.ts";

export const ORIGIN = "http://localhost:8080";
export const OWNER = { email: "lin@example.com", password: "correct-horse-73-battery", shopName: "林记杂货" };

export interface TestServer {
  readonly services: Services;
  readonly app: Hono<AppEnv>;
  /** Set `clock.ms` to move the server's wall clock. */
  readonly clock: { ms: number };
  /** Every line the server logged. */
  readonly logged: string[];
  readonly stop: AbortController;
  readonly databaseUrl: string;
  /** Sends JSON as the office's own page would. */
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  close: () => Promise<void>;
}

/** A whole server over a database of its own, without a socket. */
export async function testServer(overrides: Partial<Config> = {}): Promise<TestServer> {
  const database = await freshDatabase();
  const folder = mkdtempSync(join(tmpdir(), "guitai-server-"));
  const logged: string[] = [];
  const stream = new Writable({
    write: (chunk, _encoding, done) => {
      logged.push(String(chunk));
      done();
    },
  });
  const clock = { ms: Date.now() };
  const config: Config = {
    port: 8080,
    host: "127.0.0.1",
    dataDir: join(folder, "data"),
    databaseUrl: database.url,
    publicUrl: null,
    tls: null,
    keyFile: join(folder, "keys", "master.key"),
    trustedProxies: [],
    demo: false,
    ...overrides,
  };
  const stop = new AbortController();
  const nowMs = (): number => clock.ms;
  const opened = await openServices({
    config,
    log: createLog(stream, nowMs),
    nowMs,
    databaseUrl: database.url,
    stopping: stop.signal,
  });
  if (!opened.ok) throw new Error(`test server refused: ${JSON.stringify(opened.refusal)}`);
  const { services } = opened.value;
  const app = createApp(services, openPages(join(folder, "dist")));
  const server: TestServer = {
    services,
    app,
    clock,
    logged,
    stop,
    databaseUrl: database.url,
    send: async (method, path, body, headers = {}) =>
      await server.app.request(`${ORIGIN}${path}`, {
        method,
        headers: {
          host: "localhost:8080",
          origin: ORIGIN,
          ...(body === undefined ? {} : { "content-type": "application/json" }),
          ...headers,
        },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
    close: async () => {
      stop.abort();
      await opened.value.close();
      await database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return server;
}

export interface SignedInOwner {
  /** For the `cookie` header. */
  readonly cookie: string;
  readonly userId: string;
  readonly merchantId: Uint8Array<ArrayBuffer>;
  /** The answer of set-up. */
  readonly answer: { readonly recoveryKey: string; readonly tillId: string };
}

/** Does the set-up through the front door and answers who may come in now. */
export async function signedInOwner(server: TestServer): Promise<SignedInOwner> {
  const token = await openSetUp(server.services.db);
  const done = await server.send("POST", "/api/setup", { token, ...OWNER, language: "zh-CN" });
  if (done.status !== 201) throw new Error(`set-up refused: ${await done.text()}`);
  const answer = (await done.json()) as SignedInOwner["answer"];
  const row = await server.services.db
    .selectFrom("control.memberships")
    .selectAll()
    .executeTakeFirstOrThrow();
  return {
    cookie: cookieOf(done),
    userId: row.user_id,
    merchantId: new Uint8Array(row.merchant_id),
    answer,
  };
}

/** The `cookie` header a browser would send after this answer. */
export function cookieOf(response: Response): string {
  return response.headers
    .getSetCookie()
    .map((line) => line.split(";")[0] ?? "")
    .join("; ");
}
