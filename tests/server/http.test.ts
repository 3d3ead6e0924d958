import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliDecompressSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { MAX_BODY_BYTES, MAX_TILL_BODY_BYTES, createApp } from "../../server/http/app.ts";
import { openPages } from "../../server/http/pages.ts";
import { addressKey, rateLimit } from "../../server/http/rate-limits.ts";
import { ORIGIN, OWNER, signedInOwner, testServer } from "./services.ts";
import type { TestServer } from "./services.ts";

let server: TestServer;
beforeAll(async () => {
  server = await testServer();
});
afterAll(() => server.close());

async function codeOf(response: Response): Promise<string> {
  return ((await response.json()) as { error: { code: string } }).error.code;
}

describe("headers stand on every answer", () => {
  it.each(["/", "/office", "/healthz", "/api/none", "/assets/none.js", "/api/setup/state"])(
    "%s",
    async (path) => {
      const { headers } = await server.send("GET", path);
      const policy = headers.get("content-security-policy") ?? "";
      for (const part of [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'",
        "require-trusted-types-for 'script'",
        "trusted-types app-worker",
        "frame-ancestors 'none'",
        `form-action ${path === "/office" ? "'self'" : "'none'"}`,
      ]) {
        expect(policy.split("; ")).toContain(part);
      }
      expect(policy).not.toMatch(/'unsafe-|data:|https?:/u);
      expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
      expect(headers.get("cross-origin-embedder-policy")).toBe("require-corp");
      expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBe("no-referrer");
      expect(headers.get("permissions-policy")).toContain("camera=(self)");
      expect(headers.get("permissions-policy")).toContain("geolocation=()");
      expect(headers.get("strict-transport-security")).toBeNull();
    },
  );

  it("HSTS only where HTTPS is", async () => {
    const secure = await testServer({ publicUrl: "https://till.example.com" });
    const answer = await secure.send("GET", "/healthz");
    expect(answer.headers.get("strict-transport-security")).toBe("max-age=31536000");
    await secure.close();
  });
});

describe("requests that change something come from our own pages", () => {
  const path = "/api/auth/sign-out";
  const ask = async (headers: Record<string, string>): Promise<Response> =>
    await server.app.request(`${ORIGIN}${path}`, {
      method: "POST",
      headers: { host: "localhost:8080", ...headers },
    });

  it("the same origin is let through", async () => {
    expect((await ask({ origin: ORIGIN, "sec-fetch-site": "same-origin" })).status).toBe(200);
  });

  it.each([
    ["another site", { origin: "https://evil.example" }],
    ["another port of this host", { origin: "http://localhost:9999" }],
    ["a sandboxed page", { origin: "null" }],
    ["no origin at all", {}],
    ["a link from another site", { "sec-fetch-site": "cross-site" }],
    ["another host of our domain", { origin: ORIGIN, "sec-fetch-site": "same-site" }],
  ])("%s is refused", async (_who, headers) => {
    const answer = await ask(headers as Record<string, string>);
    expect([answer.status, await codeOf(answer)]).toEqual([403, "cross-origin"]);
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])(
    "a body a plain form can send is refused: %s",
    async (kind) => {
      const answer = await server.app.request(`${ORIGIN}/api/auth/sign-in/email`, {
        method: "POST",
        headers: { host: "localhost:8080", origin: ORIGIN, "content-type": kind },
        body: "{}",
      });
      expect(answer.status).toBe(415);
    },
  );

  it("behind a proxy the public origin counts, whatever host the proxy asks for", async () => {
    const behind = await testServer({ publicUrl: "https://till.example.com" });
    const status = async (origin: string): Promise<number> => {
      const headers = { host: "127.0.0.1:8080", origin };
      return (await behind.app.request(`${ORIGIN}${path}`, { method: "POST", headers })).status;
    };
    expect(await status("https://till.example.com")).toBe(200);
    expect(await status("https://till.example.com.evil.example")).toBe(403);
    await behind.close();
  });
});

describe("bodies are bounded", () => {
  const post = async (path: string, kind: string, bytes: number): Promise<number> => {
    const headers = {
      host: "localhost:8080",
      origin: ORIGIN,
      "content-type": kind,
      "content-length": String(bytes),
    };
    const body = new Uint8Array(bytes);
    return (await server.app.request(`${ORIGIN}${path}`, { method: "POST", headers, body })).status;
  };

  it("the office's at 64 KiB, a till's at 300 KiB: one byte more is refused as too large", async () => {
    expect(await post("/api/auth/sign-in/email", "application/json", MAX_BODY_BYTES)).toBe(400);
    expect(await post("/api/auth/sign-in/email", "application/json", MAX_BODY_BYTES + 1)).toBe(413);
    expect(await post("/api/till/none", "application/cbor", MAX_TILL_BODY_BYTES)).toBe(404);
    expect(await post("/api/till/none", "application/cbor", MAX_TILL_BODY_BYTES + 1)).toBe(413);
  });
});

describe("answers", () => {
  it("an unknown API is a refusal in JSON", async () => {
    const answer = await server.send("GET", "/api/none");
    expect([answer.status, await codeOf(answer)]).toEqual([404, "not-found"]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  it("a body that is no JSON, or of another shape, is refused with the field and never its value", async () => {
    const refused = await server.send("POST", "/api/auth/sign-in/email", { email: "a@b.cn", password: 7 });
    expect(await refused.json()).toEqual({
      error: { code: "invalid-input", field: "password", problem: "string" },
    });
  });

  it("a fault is a plain «internal»: no stack, no message; the log names it", async () => {
    const broken = await testServer();
    await broken.services.db.destroy();
    const answer = await broken.send("GET", "/api/setup/state");
    expect([answer.status, await answer.text()]).toEqual([500, '{"error":{"code":"internal"}}']);
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(broken.logged.join("")).toContain('"request-failed"');
    expect((await broken.send("GET", "/healthz")).status).toBe(200);
    expect((await broken.send("GET", "/readyz")).status).toBe(503);
  });

  it("ready until it begins to stop", async () => {
    const stopping = await testServer();
    expect((await stopping.send("GET", "/readyz")).status).toBe(200);
    stopping.stop.abort();
    const answer = await stopping.send("GET", "/readyz");
    expect([answer.status, await codeOf(answer)]).toEqual([503, "server-stopping"]);
    await stopping.close();
  });
});

describe("pages", () => {
  const folder = mkdtempSync(join(tmpdir(), "guitai-pages-"));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const script = `export const x = ${JSON.stringify("till ".repeat(1000))};`;
  const get = async (path: string, headers: Record<string, string> = {}): Promise<Response> =>
    await createApp(server.services, openPages(folder)).request(`${ORIGIN}${path}`, { headers });

  it("not built yet: said in words, not an error page", async () => {
    const answer = await get("/");
    expect([answer.status, answer.headers.get("content-type")]).toEqual([503, "text/plain; charset=UTF-8"]);
  });

  it("till, office and its inner addresses; assets are kept for ever, pages are asked for again", async () => {
    mkdirSync(join(folder, "assets"));
    writeFileSync(join(folder, "index.html"), "<title>till</title>");
    writeFileSync(join(folder, "office.html"), "<title>office</title>");
    writeFileSync(join(folder, "service-worker.js"), "//");
    writeFileSync(join(folder, "assets", "till-abc.js"), script);
    writeFileSync(join(folder, "assets", "till-abc.js.map"), "{}");
    expect(await (await get("/")).text()).toContain("till");
    expect(await (await get("/office")).text()).toContain("office");
    expect(await (await get("/office/codes/7")).text()).toContain("office");
    expect((await get("/")).headers.get("cache-control")).toBe("no-cache");
    expect((await get("/service-worker.js")).headers.get("service-worker-allowed")).toBe("/");
    expect((await get("/assets/till-abc.js")).headers.get("cache-control")).toContain("immutable");
    expect((await get("/assets/till-abc.js.map")).status).toBe(404);
    expect((await get("/../package.json")).status).toBe(404);
    expect((await get("/%2e%2e/package.json")).status).toBe(404);
  });

  it("compressed where the browser takes it, and not sent again when it has it", async () => {
    const answer = await get("/assets/till-abc.js", { "accept-encoding": "gzip, br" });
    expect(answer.headers.get("content-encoding")).toBe("br");
    expect(brotliDecompressSync(new Uint8Array(await answer.arrayBuffer())).toString()).toBe(script);
    const tag = answer.headers.get("etag") ?? "";
    expect((await get("/assets/till-abc.js", { "if-none-match": tag })).status).toBe(304);
  });
});

describe("the log", () => {
  it("holds no token, password, mail address, cookie, query or recovery key", async () => {
    const fresh = await testServer();
    const owner = await signedInOwner(fresh);
    const secret = "Sup3rSecretInTheQuery";
    await fresh.send("GET", `/api/setup/state?token=${secret}`, undefined, { cookie: owner.cookie });
    await fresh.send("POST", "/api/owner-link", { token: `${secret}${secret}` });
    await fresh.send("POST", "/api/auth/sign-in/email", { email: OWNER.email, password: `${secret}!` });
    const log = fresh.logged.join("");
    expect(log).toContain('"route":"/api/setup/state"');
    const value = owner.cookie.split("=")[1] ?? "";
    const withheld = [secret, OWNER.email, OWNER.password, OWNER.shopName, owner.answer.recoveryKey, value];
    for (const text of withheld) expect(log).not.toContain(text);
    await fresh.close();
  });
});

describe("rate limits", () => {
  it("so many at once, then one each time the while is over, to the ms", () => {
    let now = 0;
    const limit = rateLimit({ burst: 3, everyMs: 1000, mostKeys: 10 }, () => now);
    expect([1, 2, 3, 4].map(() => limit.takeMs("a"))).toEqual([0, 0, 0, 1000]);
    expect(limit.takeMs("b")).toBe(0);
    now = 999;
    expect(limit.takeMs("a")).toBe(1);
    now = 1000;
    expect([limit.takeMs("a"), limit.takeMs("a")]).toEqual([0, 1000]);
    limit.forget("a");
    expect(limit.takeMs("a")).toBe(0);
  });

  it("keeps a bounded number of keys, and forgets the one used longest ago", () => {
    const limit = rateLimit({ burst: 1, everyMs: 1000, mostKeys: 2 }, () => 0);
    limit.takeMs("a");
    limit.takeMs("b");
    limit.takeMs("a");
    limit.takeMs("c");
    expect([limit.takeMs("a") > 0, limit.takeMs("b")]).toEqual([true, 0]);
  });

  it("counts IPv6 by its /64, IPv4 whole, however they are written", () => {
    expect(addressKey("2001:db8:1:2:aaaa::1")).toBe(addressKey("2001:0DB8:0001:0002:bbbb:0:0:2"));
    expect(addressKey("2001:db8:1:2::1")).not.toBe(addressKey("2001:db8:1:3::1"));
    expect(addressKey("::ffff:10.0.0.1")).toBe("10.0.0.1");
    expect(addressKey("fe80::1%eth0")).toBe("fe80:0:0:0");
  });
});
