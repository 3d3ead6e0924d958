// What a tablet must fetch and run before the keypad can be used: the page's own scripts and the workers it
// starts, without what is loaded later on purpose (the scanner, hashing, encryption).
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const dist = fileURLToPath(new URL("dist", import.meta.url));

/** The given scripts and all that they import at once; an `import()` is later, and does not count. */
function withImports(names) {
  const found = new Set();
  const waiting = [...names];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (found.has(name)) continue;
    found.add(name);
    const code = readFileSync(join(dist, name), "utf8");
    for (const [, file] of code.matchAll(/(?:\bfrom|\bimport)\s*["'`]\.\/([^"'`]+\.js)["'`]/gu)) {
      waiting.push(`assets/${file}`);
    }
  }
  return [...found].map((name) => `dist/${name}`);
}

if (!existsSync(join(dist, "index.html"))) throw new Error("dist/ is missing: run `npm run build` first");
const page = readFileSync(join(dist, "index.html"), "utf8");
const scripts = [...page.matchAll(/<script[^>]*\ssrc="\/([^"]+)"/gu)].map(([, name]) => name);
const assets = readdirSync(join(dist, "assets"));
const workers = assets.filter((name) => /^(?!scan\.).*worker.*\.js$/u.test(name));
// Loaded by `import()` and yet before the keypad: the screens, behind the engine's start, and the words of
// one language.
const soon = assets.filter((name) => /^(?:start|till-first-zh-cn)-.*\.js$/u.test(name));

export default [
  {
    name: "till, first screen",
    path: withImports([
      ...scripts,
      ...[...workers, ...soon].map((name) => `assets/${name}`),
      "service-worker.js",
    ]),
    limit: "90 kB",
    gzip: true,
  },
];
