// Settings come from the environment and are judged once, at start: a wrong one is said in one line, all of
// them at once, and nothing is started. A setting that is quietly replaced by a default would put a shop's
// money elsewhere.
import { existsSync, realpathSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import * as v from "valibot";

/**
 * What the server runs with. Paths are absolute; `publicUrl` is an origin without a path or trailing slash.
 */
export interface Config {
  readonly port: number;
  readonly host: string;
  readonly dataDir: string;
  /** A PostgreSQL of one's own, or null for the embedded one under `dataDir`. */
  readonly databaseUrl: string | null;
  readonly publicUrl: string | null;
  readonly tls: { readonly certFile: string; readonly keyFile: string } | null;
  /** Where the master key lies. Never under `dataDir`: a copied data directory must not carry its own key. */
  readonly keyFile: string;
  /**
   * Addresses of reverse proxies whose X-Forwarded-For is believed. Loopback counts when PUBLIC_URL is set.
   */
  readonly trustedProxies: readonly string[];
  /** A shop to look around in, in data of its own. */
  readonly demo: boolean;
}

/** The settings, or every line that says what is wrong with them. */
export type ConfigResult =
  | { readonly ok: true; readonly value: Config }
  | { readonly ok: false; readonly problems: readonly string[] };

const wholePort = "PORT must be a whole number from 1 to 65535";
const port = v.pipe(
  v.string(),
  v.regex(/^[0-9]{1,5}$/u, wholePort),
  v.transform(Number),
  v.minValue(1, wholePort),
  v.maxValue(65_535, wholePort),
);
const hostNeeded = "HOST must be an address or a name without spaces, for example 0.0.0.0";
const host = v.pipe(v.string(), v.regex(/^[A-Za-z0-9.:_-]{1,253}$/u, hostNeeded));
const pathText = (name: string): v.GenericSchema<string> =>
  v.pipe(
    v.string(),
    v.minLength(1, `${name} must not be empty`),
    v.maxLength(1024, `${name} is longer than 1024 characters`),
    v.check((text) => !text.includes("\0"), `${name} must not hold a zero byte`),
  );
// The text of DATABASE_URL is never repeated in a message: it holds a password.
const databaseUrl = v.pipe(
  v.string(),
  v.check(
    (text) => URL.canParse(text) && /^postgres(ql)?:$/u.test(new URL(text).protocol),
    "DATABASE_URL must be a URL that begins with postgres:// or postgresql://",
  ),
);
const publicUrl = v.pipe(
  v.string(),
  v.check((text) => {
    if (!URL.canParse(text)) return false;
    const url = new URL(text);
    const bare = url.pathname === "/" && url.search === "" && url.hash === "" && url.username === "";
    return (url.protocol === "https:" || url.protocol === "http:") && bare;
  }, "PUBLIC_URL must be http:// or https:// with a host and no path, for example https://till.example.com"),
  v.transform((text) => new URL(text).origin),
);
const proxies = v.pipe(
  v.string(),
  v.regex(
    /^[0-9A-Fa-f.:]+(,[0-9A-Fa-f.:]+){0,15}$/u,
    "TRUSTED_PROXIES must be up to 16 addresses with commas between",
  ),
  v.transform((text) => text.split(",")),
);

/**
 * Judges the environment and the command line.
 * @param env the environment; an empty text counts as not set
 * @param argv arguments after the script's name; only `--demo` is known
 * @param cwd what relative paths start from
 */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  argv: readonly string[],
  cwd: string,
): ConfigResult {
  const problems: string[] = [];
  const read = <T>(name: string, schema: v.GenericSchema<string, T>, otherwise: T): T => {
    const text = env[name];
    if (text === undefined || text === "") return otherwise;
    const judged = v.safeParse(schema, text, { abortEarly: true });
    if (judged.success) return judged.output;
    problems.push(judged.issues[0].message);
    return otherwise;
  };
  const demo = argv.includes("--demo");
  for (const argument of argv) {
    if (argument !== "--demo") problems.push(`${argument} is not known; the only argument is --demo`);
  }
  const readPath = (name: string, otherwise: string): string =>
    resolve(cwd, read(name, pathText(name), otherwise));
  const suffix = demo ? "-demo" : "";
  const config: Config = {
    port: read("PORT", port, 8080),
    host: read("HOST", host, "0.0.0.0"),
    dataDir: readPath("DATA_DIR", "data") + suffix,
    databaseUrl: read<string | null>("DATABASE_URL", databaseUrl, null),
    publicUrl: read<string | null>("PUBLIC_URL", publicUrl, null),
    tls: readTls(env, cwd, problems),
    keyFile: readPath("KEY_FILE", join("keys", "master.key")) + suffix,
    trustedProxies: read<string[]>("TRUSTED_PROXIES", proxies, []),
    demo,
  };
  if (isInside(config.keyFile, config.dataDir)) {
    problems.push(
      "KEY_FILE must not lie under DATA_DIR: a copy of the data would carry the key that opens it",
    );
  }
  if (demo && config.databaseUrl !== null) {
    problems.push("--demo keeps to its own embedded database: unset DATABASE_URL");
  }
  return problems.length > 0 ? { ok: false, problems } : { ok: true, value: config };
}

function readTls(
  env: Readonly<Record<string, string | undefined>>,
  cwd: string,
  problems: string[],
): Config["tls"] {
  const cert = env["TLS_CERT"] ?? "";
  const key = env["TLS_KEY"] ?? "";
  if (cert === "" && key === "") return null;
  if (cert === "" || key === "") {
    problems.push(`TLS_CERT and TLS_KEY belong together: ${cert === "" ? "TLS_CERT" : "TLS_KEY"} is missing`);
    return null;
  }
  const tls = { certFile: resolve(cwd, cert), keyFile: resolve(cwd, key) };
  for (const [name, path] of [
    ["TLS_CERT", tls.certFile],
    ["TLS_KEY", tls.keyFile],
  ] as const) {
    if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) {
      problems.push(`${name} names no file: ${path}`);
    }
  }
  return tls;
}

/** Follows links as far as the path exists, so that a link cannot carry the key into the data. */
function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const parent = dirname(path);
  return parent === path ? path : join(realPath(parent), path.slice(parent.length).replace(/^[/\\]/u, ""));
}

function isInside(path: string, directory: string): boolean {
  const way = relative(realPath(directory), realPath(path));
  return way === "" || !(way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way));
}

/** True when browsers reach this server over HTTPS: by its own certificate or a proxy's. */
export function isHttps(config: Config): boolean {
  return config.tls !== null || (config.publicUrl?.startsWith("https://") ?? false);
}
