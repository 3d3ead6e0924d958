// The bare Preact page on a server of its own, built like the till and kept by a service worker like it.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { build } from "vite";

const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
};

export interface Site {
  readonly url: string;
  stop(): Promise<void>;
}

/** Keeps these addresses when it is installed, and answers from there. */
function serviceWorker(kept: readonly string[]): string {
  return `
self.addEventListener("install", (event) => {
  event.waitUntil(caches.open("kept").then((cache) => cache.addAll(${JSON.stringify(kept)})));
});
self.addEventListener("fetch", (event) => {
  event.respondWith(caches.match(event.request).then((found) => found ?? fetch(event.request)));
});
`;
}

/** Builds the page into `folder` and serves it on a free loopback port. */
export async function serveBarePage(folder: string): Promise<Site> {
  const source = join(import.meta.dirname, "..", "bare-preact");
  await build({
    configFile: false,
    root: source,
    logLevel: "error",
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
    build: { outDir: folder, emptyOutDir: true, modulePreload: { polyfill: false } },
  });
  const files = (await readdir(folder, { withFileTypes: true, recursive: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length).replaceAll("\\", "/"));
  const kept = ["/", ...files.filter((path) => path !== "/index.html")];
  await writeFile(join(folder, "service-worker.js"), serviceWorker(kept));

  const server = createServer((request, response) => {
    const path = request.url === "/" ? "/index.html" : (request.url ?? "");
    if (path !== "/service-worker.js" && path !== "/index.html" && !files.includes(path)) {
      response.writeHead(404).end();
      return;
    }
    readFile(join(folder, path)).then(
      (bytes) => response.writeHead(200, { "content-type": types[extname(path)] ?? "" }).end(bytes),
      () => response.writeHead(500).end(),
    );
  });
  const port = await new Promise<number>((done, failed) => {
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      done(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  return {
    url: `http://localhost:${port}`,
    stop: async () => {
      server.closeAllConnections();
      await new Promise<void>((done) => server.close(() => done()));
    },
  };
}
