// A page of its own for a measurement, built as the till is built and served to a real browser.
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join, resolve } from "node:path";
import { build } from "vite";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".wasm": "application/wasm",
};

export interface ServedPage {
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Builds the page that stands in `source` into `folder` and serves it on a free loopback port, isolated from
 * other origins: only then does Chromium tell the time finer than a tenth of a millisecond.
 */
export async function serveMeasuringPage(source: string, folder: string): Promise<ServedPage> {
  await build({
    configFile: false,
    root: source,
    logLevel: "error",
    worker: { format: "es" },
    // As vite.config.ts: what is measured is the program that a shop runs.
    resolve: {
      alias: { dexie: resolve(import.meta.dirname, "../node_modules/dexie/dist/modern/dexie.mjs") },
    },
    build: { outDir: folder, emptyOutDir: true, modulePreload: { polyfill: false } },
  });
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? "/", "http://localhost").pathname;
    const file = join(folder, path === "/" ? "index.html" : path);
    if (!file.startsWith(folder) || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, {
      "content-type": types[extname(file)] ?? "application/octet-stream",
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    });
    createReadStream(file).pipe(response);
  });
  const port = await new Promise<number>((done, failed) => {
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      done(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  return {
    url: `http://localhost:${port}/`,
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}
