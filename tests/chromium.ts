import { existsSync, readdirSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";

/**
 * The Chromium that browser tests, benchmarks and pictures use, or `undefined` when there is none: `CHROMIUM`
 * from the environment, else the system's, else the one Playwright installed. `npm test` installs one when
 * there is none.
 */
export function findChromium(): string | undefined {
  const named = process.env["CHROMIUM"];
  if (named !== undefined && named !== "") return named;
  const programs = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
  const folders = ["/usr/bin", ...(process.env["PATH"] ?? "").split(delimiter)];
  const applications = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
  ];
  const candidates = [
    ...folders.flatMap((folder) => programs.map((name) => join(folder, name))),
    ...applications,
  ];
  return [...candidates, ...playwrightsOwn()].find((path) => existsSync(path));
}

/** The address of Chromium's program. Throws with what to do when there is none. */
export function chromiumPath(): string {
  const path = findChromium();
  if (path === undefined) throw new Error("no Chromium found: run `npm test` once, or name one in CHROMIUM");
  return path;
}

/**
 * What every start of Chromium gets: nothing that reaches for the outside, and no sandbox where root may not
 * have one.
 */
export function chromiumArgs(): string[] {
  const quiet = [
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ];
  return process.getuid?.() === 0 ? ["--no-sandbox", ...quiet] : quiet;
}

function playwrightsOwn(): string[] {
  const cache =
    process.env["PLAYWRIGHT_BROWSERS_PATH"] ??
    join(homedir(), process.platform === "darwin" ? "Library/Caches/ms-playwright" : ".cache/ms-playwright");
  if (!existsSync(cache)) return [];
  const inside = [
    "chrome-linux64/chrome",
    "chrome-linux/chrome",
    "chrome-mac/Chromium.app/Contents/MacOS/Chromium",
  ];
  return readdirSync(cache)
    .filter((name) => /^chromium-\d+$/u.test(name))
    .toSorted()
    .toReversed()
    .flatMap((name) => inside.map((path) => join(cache, name, path)));
}
