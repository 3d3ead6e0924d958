// The built pages, read once: a file that is replaced under a running server cannot mix two builds.
import { createHash } from "node:crypto";
import { readFile, readdir } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Context } from "hono";
import type { AppEnv } from "./env.ts";

const kinds: Readonly<Record<string, string>> = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  mjs: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  json: "application/json; charset=utf-8",
  webmanifest: "application/manifest+json; charset=utf-8",
  svg: "image/svg+xml",
  png: "image/png",
  ico: "image/x-icon",
  webp: "image/webp",
  wasm: "application/wasm",
  woff2: "font/woff2",
  mp3: "audio/mpeg",
  ogg: "audio/ogg",
  wav: "audio/wav",
  txt: "text/plain; charset=utf-8",
};
const squeezed = /^(text\/|application\/(json|manifest\+json|wasm)|image\/svg)/u;
const smallestSqueezed = 1024;
const brotli = promisify(brotliCompress);
const gzipped = promisify(gzip);

interface Page {
  readonly kind: string;
  readonly tag: string;
  readonly plain: Uint8Array<ArrayBuffer>;
  /** Made when first asked for. */
  readonly squeezed: Map<"br" | "gzip", Promise<Uint8Array<ArrayBuffer>>>;
}

export interface Pages {
  /** The file at a path such as `/assets/x.js`, or null. */
  answer(c: Context<AppEnv>, path: string): Promise<Response | null>;
}

/** Reads every file under `distDir`, source maps apart. An absent folder is read again at each request. */
export function openPages(distDir: string): Pages {
  let reading: Promise<ReadonlyMap<string, Page>> | null = null;
  const load = async (): Promise<ReadonlyMap<string, Page>> => {
    reading ??= readPages(distDir);
    const pages = await reading;
    if (pages.size === 0) reading = null;
    return pages;
  };
  return {
    answer: async (c, path) => {
      const pages = await load();
      const page = pages.get(path);
      if (page !== undefined) return await send(c, path, page);
      if (pages.size > 0 || !path.endsWith(".html")) return null;
      const text =
        "The pages are not built yet: run «npm run build». 页面还没有生成，请运行 npm run build。\n";
      return c.text(text, 503, { "cache-control": "no-store" });
    },
  };
}

async function readPages(distDir: string): Promise<ReadonlyMap<string, Page>> {
  const pages = new Map<string, Page>();
  const entries = await readdir(distDir, { withFileTypes: true, recursive: true }).catch((fault: unknown) => {
    if ((fault as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw fault;
  });
  for (const entry of entries) {
    if (!entry.isFile() || entry.name.startsWith(".") || entry.name.endsWith(".map")) continue;
    const file = join(entry.parentPath, entry.name);
    const plain = new Uint8Array(await readFile(file));
    const tag = `"${createHash("sha256").update(plain).digest("base64url").slice(0, 22)}"`;
    const kind = kinds[entry.name.slice(entry.name.lastIndexOf(".") + 1)] ?? "application/octet-stream";
    const path = `/${relative(distDir, file).split(sep).join("/")}`;
    pages.set(path, { kind, tag, plain, squeezed: new Map() });
  }
  return pages;
}

async function send(c: Context<AppEnv>, path: string, page: Page): Promise<Response> {
  const headers: Record<string, string> = {
    "content-type": page.kind,
    // Names under /assets carry a hash of their content; everything else is asked for again each time.
    "cache-control": path.startsWith("/assets/") ? "public, max-age=31536000, immutable" : "no-cache",
    etag: page.tag,
    vary: "accept-encoding",
  };
  if (path === "/service-worker.js") headers["service-worker-allowed"] = "/";
  if (c.req.header("if-none-match") === page.tag) return c.body(null, 304, headers);
  const encoding = encodingFor(c, page);
  if (encoding === null) return c.body(page.plain, 200, headers);
  headers["content-encoding"] = encoding;
  return c.body(await squeeze(page, encoding), 200, headers);
}

function encodingFor(c: Context<AppEnv>, page: Page): "br" | "gzip" | null {
  if (page.plain.length < smallestSqueezed || !squeezed.test(page.kind)) return null;
  const accepted = c.req.header("accept-encoding") ?? "";
  if (/\bbr\b/u.test(accepted)) return "br";
  return /\bgzip\b/u.test(accepted) ? "gzip" : null;
}

function squeeze(page: Page, encoding: "br" | "gzip"): Promise<Uint8Array<ArrayBuffer>> {
  const made = page.squeezed.get(encoding);
  if (made !== undefined) return made;
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 6 } };
  const making = (encoding === "br" ? brotli(page.plain, quality) : gzipped(page.plain)).then(
    (bytes) => new Uint8Array(bytes),
  );
  page.squeezed.set(encoding, making);
  return making;
}
