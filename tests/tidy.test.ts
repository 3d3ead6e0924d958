import { existsSync, readFileSync, readdirSync } from "node:fs";
import { basename, join, matchesGlob } from "node:path";
import { describe, expect, it } from "vitest";

// The house rules that no compiler and no linter checks. Each answers with the places that break it, so that
// a red line says where to go.

const root = join(import.meta.dirname, "..");
const notOurs = new Set([".git", "node_modules", "dist", "dist.next", "data", "keys"]);
const thisFile = "tests/tidy.test.ts";

/** Every file of the checkout, as paths from its root with forward slashes. */
function filesUnder(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (entry.isDirectory()) return notOurs.has(entry.name) ? [] : filesUnder(path);
    return [path];
  });
}

const files = filesUnder("");
const code = files.filter((path) => /\.(?:ts|tsx|mjs|mts)$/u.test(path));
const text = files.filter((path) =>
  /\.(?:ts|tsx|mjs|mts|css|html|json|md|yml|sh|sql|webmanifest)$/u.test(path),
);

function read(path: string): string {
  return readFileSync(join(root, path), "utf8");
}

/** «path:line: the line» for every line of `paths` that `breaks` the rule. */
function linesThat(paths: readonly string[], breaks: (line: string) => boolean): string[] {
  return paths.flatMap((path) =>
    read(path)
      .split("\n")
      .flatMap((line, index) => (breaks(line) ? [`${path}:${index + 1}: ${line.trim()}`] : [])),
  );
}

describe("the house", () => {
  it("keeps every line of code within 110 characters", () => {
    // A sentence for a person, a test's name and a drawing's path are one word to the formatter: what is in
    // quotes does not count. Comments and code do.
    const unquoted = (line: string): string => line.replaceAll(/(["`])(?:\\.|(?!\1).)*\1/gu, '""');
    const prose = code.filter((path) => !path.startsWith("src/ui/texts/"));
    expect(linesThat(prose, (line) => line.length > 110 && unquoted(line).length > 100)).toEqual([]);
  });

  it("keeps every file of code within 450 lines", () => {
    expect(code.filter((path) => read(path).split("\n").length > 451)).toEqual([]);
  });

  it("names files in kebab-case, and none of them after nothing in particular", () => {
    const named = files.filter((path) => /^(?:src|server|workers|bench|tests)\//u.test(path));
    const kebab = /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z0-9-]+)*$/u;
    expect(named.filter((path) => !kebab.test(basename(path)))).toEqual([]);
    const empty = /(?:^|[/.-])(?:utils?|helpers?|common|misc|managers?|shared|stuff)(?=[/.-]|$)/u;
    expect(named.filter((path) => empty.test(path))).toEqual([]);
  });

  it("says who a deferred piece of work belongs to", () => {
    const orphan = /\b(?:TODO|FIXME|HACK)\b(?!\()/u;
    expect(
      linesThat(
        code.filter((path) => path !== thisFile),
        (line) => orphan.test(line),
      ),
    ).toEqual([]);
  });

  it("makes no exception from a lint rule without saying why", () => {
    const exception = /(?:oxlint|eslint)-disable(?!.* -- \S+ \S+)/u;
    expect(
      linesThat(
        code.filter((path) => path !== thisFile),
        (line) => exception.test(line),
      ),
    ).toEqual([]);
  });

  it("names no machine's own folders", () => {
    const places = /(?:^|[\s"'`(=])\/(?:home|root|work|Users)\/\w/u;
    expect(
      linesThat(
        text.filter((path) => path !== thisFile),
        (line) => places.test(line),
      ),
    ).toEqual([]);
  });
});

describe("words", () => {
  /** What a word means is set by the names in code; a comment may speak of a shell's terminal. */
  const comment = /^\s*(?:\/\/|\/?\*)/u;
  const says = (paths: readonly string[], word: RegExp): string[] =>
    linesThat(paths, (line) => !comment.test(line) && word.test(line));

  it("says session for sign-in only", () => {
    const signIn = /(?:^|\/)(?:accounts|auth|sign-in|migrations)(?:[/.-]|$)/u;
    // The tables of sign-in, who is signed in as a request passes through, and what a debugger joins by.
    const debuggers = ["bench/devtools.ts", "tests/torture/searched-places.ts"];
    const signInToo = ["server/db/control-tables.ts", "server/http/env.ts", ...debuggers];
    const ours = code.filter((path) => path !== thisFile && !signIn.test(path));
    const elsewhere = ours.filter((path) => !signInToo.includes(path));
    // Names that the browser, its debugger and PostgreSQL gave.
    const given = /sessionStorage|CDPSession|idle_in_transaction_session_timeout|session_replication_role/u;
    const word = new RegExp(`^(?!.*(?:${given.source})).*(?:(?<![a-z])session|Session)`, "u");
    expect(says(elsewhere, word)).toEqual([]);
    expect(elsewhere.filter((path) => path.includes("session"))).toEqual([]);
  });

  it("says transaction for the database only", () => {
    const counter = code.filter((path) => /^src\/(?:domain|devices|till|office|ui)\//u.test(path));
    expect(says(counter, /transaction/iu)).toEqual([]);
  });

  it("says terminal inside channel adapters only", () => {
    const ours = code.filter((path) => /^(?:src|server|workers)\//u.test(path));
    const outside = ours.filter((path) => !path.startsWith("server/channels/"));
    expect(says(outside, /(?<![a-z])terminal|Terminal/u)).toEqual([]);
  });
});

describe("texts", () => {
  const folder = "src/ui/texts";
  const chinese = files.filter((path) => path.startsWith(`${folder}/`) && path.endsWith("zh-cn.ts"));
  const english = (path: string): string => path.replace(/zh-cn\.ts$/u, "en.ts");

  it("has an English file for every Chinese one, and the other way round", () => {
    expect(chinese.length).toBeGreaterThan(0);
    const twins = chinese.map(english);
    const there = files.filter((path) => path.startsWith(`${folder}/`) && /(?:^|[/-])en\.ts$/u.test(path));
    expect(there.toSorted()).toEqual(twins.toSorted());
  });

  it.each(chinese)("%s says the same things as its English twin", async (path) => {
    const zh = await saidIn(path);
    const en = await saidIn(english(path));
    expect([...en.keys()].toSorted()).toEqual([...zh.keys()].toSorted());
    expect([...zh, ...en].filter(([, words]) => words.trim() === "").map(([key]) => key)).toEqual([]);
  });

  it.each(chinese)("%s and its twin do not shout", async (path) => {
    const said = [...(await saidIn(path)), ...(await saidIn(english(path)))];
    const shouts = said.filter(([, words]) => /[!！]/u.test(words.replaceAll(/!=|![\w(]/gu, "")));
    expect(shouts).toEqual([]);
  });
});

/** Every text a module exports, by its path of keys: a sentence as it is, a function of one by its source. */
async function saidIn(path: string): Promise<Map<string, string>> {
  const module: unknown = await import(/* @vite-ignore */ join(root, path));
  const said = new Map<string, string>();
  const visit = (value: unknown, key: string): void => {
    if (typeof value === "string") said.set(key, value);
    else if (typeof value === "function") said.set(key, String(value));
    else if (typeof value === "object" && value !== null) {
      for (const [name, inner] of Object.entries(value)) visit(inner, key === "" ? name : `${key}.${name}`);
    }
  };
  // The name a file exports its texts by says the language; what must agree is what stands inside.
  if (typeof module === "object" && module !== null)
    for (const texts of Object.values(module)) visit(texts, "");
  return said;
}

describe("screens", () => {
  it("takes every colour from src/ui/tokens.css", () => {
    const styles = files.filter((path) => /^src\/.*\.css$/u.test(path) && path !== "src/ui/tokens.css");
    const screens = code.filter((path) => path.startsWith("src/"));
    expect(linesThat(styles, (line) => /#[\da-f]{3,8}\b|\b(?:rgb|hsl|oklch)a?\(/iu.test(line))).toEqual([]);
    expect(
      linesThat(screens, (line) => /["'`]#(?:[\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})["'`]/iu.test(line)),
    ).toEqual([]);
  });

  it("sets no style in markup, which the content security policy would drop without a word", () => {
    const markup = files.filter((path) => /\.(?:tsx|html)$/u.test(path) && !path.startsWith("tests/"));
    expect(linesThat(markup, (line) => /\sstyle=|<style|\son[a-z]+="/u.test(line))).toEqual([]);
  });
});

describe("the manifest", () => {
  const manifest = JSON.parse(read("manifest.webmanifest")) as Record<"icons" | "screenshots", Picture[]>;
  interface Picture {
    readonly src: string;
    readonly sizes: string;
    readonly type: string;
  }

  it("names only pictures that exist in the size it says", () => {
    const pictures = [...manifest.icons, ...manifest.screenshots].filter(({ type }) => type === "image/png");
    expect(pictures.map(({ src }) => `${src} ${sizeOf(`public${src}`)}`)).toEqual(
      pictures.map(({ src, sizes }) => `${src} ${sizes}`),
    );
  });

  function sizeOf(path: string): string {
    if (!existsSync(join(root, path))) return "is missing";
    // A PNG says its width and height at the 16th and 20th byte.
    const bytes = readFileSync(join(root, path));
    return `${bytes.readUInt32BE(16)}x${bytes.readUInt32BE(20)}`;
  }
});

describe("tests", () => {
  const tests = code.filter((path) => path.startsWith("tests/") && path !== thisFile);

  it("has none that is left out", () => {
    const left = /\b(?:it|test|describe)(?:\.\w+)*\.(?:skip|only|todo|skipIf|runIf|fails)\b/u;
    expect(linesThat(tests, (line) => left.test(line))).toEqual([]);
  });

  it("has none in a folder that no stage of `npm test` looks into", () => {
    const patterns = [...read("vitest.config.ts").matchAll(/"(tests\/[^"]*\*[^"]*)"/gu)].map(
      ([, one]) => one ?? "",
    );
    const written = files.filter((path) => /\.(?:test|spec)\.\w+$/u.test(path));
    expect(patterns.length).toBeGreaterThan(0);
    expect(written.filter((path) => !patterns.some((one) => matchesGlob(path, one)))).toEqual([]);
  });

  it("has none that sleeps", () => {
    const sleep = /waitForTimeout|timers\/promises|setTimeout\(\s*(?:resolve|done|r)\b/u;
    expect(linesThat(tests, (line) => sleep.test(line))).toEqual([]);
  });
});

describe("packages", () => {
  interface Manifest {
    readonly dependencies: Record<string, string>;
    readonly devDependencies: Record<string, string>;
  }
  const manifest = JSON.parse(read("package.json")) as Manifest;
  const wanted = { ...manifest.dependencies, ...manifest.devDependencies };

  it("are pinned to one version each", () => {
    expect(
      Object.entries(wanted).filter(([, version]) => !/^\d+\.\d+\.\d+(?:-[\w.]+)?$/u.test(version)),
    ).toEqual([]);
  });

  it("have a row each in docs/dependencies.md, and no row is left over", () => {
    const rows = [...read("docs/dependencies.md").matchAll(/^\| `([^`]+)` \|/gmu)].map(
      ([, name]) => name ?? "",
    );
    expect(rows.toSorted()).toEqual(Object.keys(wanted).toSorted());
  });

  it("are locked without the address of anybody's registry", () => {
    expect(linesThat(["package-lock.json"], (line) => line.includes('"resolved"'))).toEqual([]);
  });

  it("are locked for every platform they are made for", () => {
    interface Locked {
      readonly optionalDependencies?: Record<string, string>;
    }
    const lock = JSON.parse(read("package-lock.json")) as { readonly packages: Record<string, Locked> };
    const paths = Object.keys(lock.packages);
    const optional = Object.values(lock.packages).flatMap((one) =>
      Object.keys(one.optionalDependencies ?? {}),
    );
    const missing = optional.filter((name) => !paths.some((path) => path.endsWith(`node_modules/${name}`)));
    expect([...new Set(missing)]).toEqual([]);
  });
});

describe("README.md and ARCHITECTURE.md", () => {
  const ours =
    /^(?:src|public|workers|tests|server|bench|deploy|docs|\.ci)(?:\/|$)|^[\w.-]+\.(?:md|html|json|ts)$/u;

  it.each(["README.md", "ARCHITECTURE.md"])("%s names only paths that exist", (page) => {
    const words = read(page);
    const spans = [...words.matchAll(/`([^`\s]+)`/gu)].map(([, span]) => span ?? "");
    const links = [...words.matchAll(/\]\((?!https?:|#)([^)\s#]+)[^)]*\)/gu)].map(([, link]) => link ?? "");
    const paths = [...spans.filter((span) => ours.test(span)), ...links].filter(
      (path) => !/[*{<…]/u.test(path),
    );
    expect(paths.length).toBeGreaterThan(0);
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });
});
