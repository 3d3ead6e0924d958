import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { isHttps, readConfig } from "../../server/config.ts";
import type { Config } from "../../server/config.ts";

const cwd = mkdtempSync(join(tmpdir(), "guitai-config-"));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

function good(env: Record<string, string>, argv: string[] = []): Config {
  const read = readConfig(env, argv, cwd);
  if (!read.ok) throw new Error(read.problems.join("; "));
  return read.value;
}
function problems(env: Record<string, string>, argv: string[] = []): readonly string[] {
  const read = readConfig(env, argv, cwd);
  return read.ok ? [] : read.problems;
}

describe("settings by environment", () => {
  it("nothing set: port 8080 on every address, data and key beside each other and apart", () => {
    expect(good({})).toEqual({
      port: 8080,
      host: "0.0.0.0",
      dataDir: join(cwd, "data"),
      databaseUrl: null,
      publicUrl: null,
      tls: null,
      keyFile: join(cwd, "keys", "master.key"),
      trustedProxies: [],
      demo: false,
    });
  });

  it.each(["1", "65535"])("PORT %s is taken", (PORT) => {
    expect(good({ PORT }).port).toBe(Number(PORT));
  });

  it.each(["0", "65536", "80.5", "-1", "abc", "8080 "])("PORT %j is refused in one line", (PORT) => {
    expect(problems({ PORT })).toEqual(["PORT must be a whole number from 1 to 65535"]);
  });

  it("every wrong setting is listed, not only the first", () => {
    const wrong = {
      PORT: "x",
      HOST: "a b",
      DATABASE_URL: "mysql://x",
      PUBLIC_URL: "ftp://x",
      TRUSTED_PROXIES: "x",
    };
    expect(problems({ ...wrong, TLS_CERT: "a.pem" }, ["--dmeo"])).toHaveLength(7);
  });

  it("a wrong DATABASE_URL is refused without repeating the password in it", () => {
    expect(problems({ DATABASE_URL: "postgre://guitai:hunter2@db/x" }).join()).not.toContain("hunter2");
    expect(good({ DATABASE_URL: "postgresql://guitai:hunter2@db/x" }).databaseUrl).toContain("@db");
  });

  it("PUBLIC_URL is an origin: a path, a query or a user in it is refused", () => {
    expect(good({ PUBLIC_URL: "https://till.example.com/" }).publicUrl).toBe("https://till.example.com");
    for (const PUBLIC_URL of ["https://a/b", "https://a/?q", "https://u@a", "//a", "javascript:1"]) {
      expect(problems({ PUBLIC_URL })).toHaveLength(1);
    }
  });

  it("TLS_CERT without TLS_KEY, or the other way, is refused; a file that is not there is named", () => {
    const file = join(cwd, "cert.pem");
    writeFileSync(file, "");
    expect(problems({ TLS_CERT: file })).toEqual([
      "TLS_CERT and TLS_KEY belong together: TLS_KEY is missing",
    ]);
    expect(problems({ TLS_KEY: file })).toEqual([
      "TLS_CERT and TLS_KEY belong together: TLS_CERT is missing",
    ]);
    expect(problems({ TLS_CERT: file, TLS_KEY: "absent.pem" })).toEqual([
      `TLS_KEY names no file: ${join(cwd, "absent.pem")}`,
    ]);
    expect(isHttps(good({ TLS_CERT: file, TLS_KEY: file }))).toBe(true);
  });

  it("KEY_FILE under DATA_DIR is refused, also when a link leads there", () => {
    expect(problems({ KEY_FILE: "data/master.key" })).toHaveLength(1);
    expect(problems({ KEY_FILE: "data-other/master.key" })).toEqual([]);
    mkdirSync(join(cwd, "data", "deep"), { recursive: true });
    symlinkSync(join(cwd, "data", "deep"), join(cwd, "link"));
    expect(problems({ KEY_FILE: "link/master.key" })).toHaveLength(1);
  });

  it("--demo has data and a key of its own, and no DATABASE_URL", () => {
    const demo = good({ DATA_DIR: "shop" }, ["--demo"]);
    expect(demo.dataDir).toBe(join(cwd, "shop-demo"));
    expect(demo.keyFile).toBe(join(cwd, "keys", "master.key-demo"));
    expect(problems({ DATABASE_URL: "postgres://a/b" }, ["--demo"])).toHaveLength(1);
  });
});
