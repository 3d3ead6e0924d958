// The listening socket, and how it lets go: no new connections, the running requests finish, then what is
// left is cut.
import { readFileSync } from "node:fs";
import type { Server } from "node:http";
import { createServer } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { createAdaptorServer } from "@hono/node-server";
import type { Hono } from "hono";
import type { Result } from "#domain/result.ts";
import type { Config } from "../config.ts";
import type { AppEnv } from "./env.ts";

export interface Listening {
  /**
   * Stops accepting and resolves when every request is answered, or after `limitMs` with what is left cut
   * off. True when all were answered.
   */
  close(limitMs: number): Promise<boolean>;
}

export type ListenRefusal =
  | { readonly code: "port-in-use"; readonly port: number; readonly host: string }
  | { readonly code: "address-unusable"; readonly host: string; readonly problem: string }
  | { readonly code: "tls-unusable"; readonly problem: string };

const limits = {
  // A request that trickles in holds a socket; a push of 300 KiB over a poor network still fits.
  requestTimeout: 30_000,
  headersTimeout: 10_000,
  keepAliveTimeout: 65_000,
  connectionsCheckingInterval: 5_000,
  maxHeaderSize: 16 * 1024,
};

/** Listens as the settings say, over HTTPS when there is a certificate. */
export async function listen(app: Hono<AppEnv>, config: Config): Promise<Result<Listening, ListenRefusal>> {
  let server: Server;
  try {
    server = (
      config.tls === null
        ? createAdaptorServer({ fetch: app.fetch, createServer, serverOptions: limits })
        : createAdaptorServer({
            fetch: app.fetch,
            createServer: createSecureServer,
            serverOptions: {
              ...limits,
              cert: readFileSync(config.tls.certFile),
              key: readFileSync(config.tls.keyFile),
              minVersion: "TLSv1.2",
            },
          })
    ) as Server;
  } catch (fault) {
    const problem = (fault as NodeJS.ErrnoException).code ?? "unreadable";
    return { ok: false, refusal: { code: "tls-unusable", problem } };
  }
  server.maxConnections = 10_000;
  const failed = await new Promise<NodeJS.ErrnoException | null>((resolve) => {
    server.once("error", resolve);
    server.listen(config.port, config.host, () => resolve(null));
  });
  if (failed !== null) {
    const { host, port } = config;
    return {
      ok: false,
      refusal:
        failed.code === "EADDRINUSE"
          ? { code: "port-in-use", port, host }
          : { code: "address-unusable", host, problem: failed.code ?? "unknown" },
    };
  }
  return { ok: true, value: { close: (limitMs) => closeServer(server, limitMs) } };
}

function closeServer(server: Server, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const cut = setTimeout(() => {
      server.closeAllConnections();
      resolve(false);
    }, limitMs);
    server.close(() => {
      clearTimeout(cut);
      resolve(true);
    });
    server.closeIdleConnections();
  });
}
