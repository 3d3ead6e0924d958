// Makes a fresh clone ready to run: packages installed, pages built. Plain JavaScript without packages, since
// it runs before there are any, on whatever Node (20 or later) the machine's npm came with.
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { constants, tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/** The checkout that holds package.json. */
export const rootDir = dirname(dirname(fileURLToPath(import.meta.url)));

const modulesDir = join(rootDir, "node_modules");
const lockFile = join(rootDir, "package-lock.json");
const installStamp = join(modulesDir, ".guitai-installed");
const distDir = join(rootDir, "dist");
const nextDir = join(rootDir, "dist.next");
const buildStamp = ".guitai-built";
const builtFrom = [
  "src",
  "public",
  "workers",
  "index.html",
  "office.html",
  "manifest.webmanifest",
  "vite.config.ts",
  "package.json",
  "package-lock.json",
];

/** What is said while getting ready goes to standard error: a benchmark's one line of JSON stands alone. */
const aside = { stdio: ["inherit", 2, "inherit"] };

/** The Node the project pins; the machine's own only has to run npm and this file. */
export const pinnedNode = join(
  modulesDir,
  ...(process.platform === "win32" ? ["node", "bin", "node.exe"] : [".bin", "node"]),
);

/** The environment in which programs of this checkout find the pinned Node and the installed tools first. */
export function projectEnvironment() {
  const separator = process.platform === "win32" ? ";" : ":";
  return { ...process.env, PATH: join(modulesDir, ".bin") + separator + (process.env["PATH"] ?? "") };
}

/**
 * Runs a program to its end and answers its exit code: 128 + n when signal n ended it, 127 when it could not
 * start. Its output goes where ours goes. It never throws for a failing program.
 */
export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      cwd: rootDir,
      env: projectEnvironment(),
      stdio: "inherit",
      ...options,
    });
    child.once("error", (error) => {
      console.error(`${command} could not be started: ${error.message}`);
      resolve(127);
    });
    child.once("exit", (code, signal) => resolve(code ?? 128 + constants.signals[signal]));
  });
}

/** Installs exactly what package-lock.json names, when that is not what is there. Throws when npm fails. */
export async function installDependencies() {
  await oneAtATime("install", async () => {
    const wanted = digestOf(await readFile(lockFile));
    if (existsSync(pinnedNode) && (await isInstalled(wanted))) return;
    console.error("Installing packages (npm ci) …");
    // npm tells its children where it lives; else it is on the PATH (npm.cmd on Windows, found by a shell).
    const npm = process.env["npm_execpath"];
    const args = ["ci", "--include=dev", "--no-audit", "--no-fund"];
    const code =
      npm === undefined || !/\.c?js$/u.test(npm)
        ? await run("npm", args, { ...aside, env: process.env, shell: process.platform === "win32" })
        : await run(process.execPath, [npm, ...args], { ...aside, env: process.env });
    if (code !== 0) throw new Error(`npm ci failed with exit code ${code}: see its message above`);
    await writeFile(installStamp, wanted);
  });
}

/**
 * Builds dist/ when it is not made from what the checkout holds; answers whether it built. Throws on failure.
 */
export async function buildPages() {
  return await oneAtATime("build", async () => {
    const wanted = await digestOfSources();
    const stamp = join(distDir, buildStamp);
    if (existsSync(stamp) && (await readFile(stamp, "utf8")) === wanted) return false;
    console.error("Building the pages …");
    await rm(nextDir, { recursive: true, force: true });
    const vite = join(modulesDir, "vite", "bin", "vite.js");
    const args = [vite, "build", "--outDir", nextDir, "--emptyOutDir", "--logLevel", "warn"];
    const env = { ...projectEnvironment(), NODE_ENV: "production" };
    const code = await run(pinnedNode, args, { ...aside, env });
    if (code !== 0) throw new Error(`the build failed with exit code ${code}: see its message above`);
    await writeFile(join(nextDir, buildStamp), wanted);
    // Built beside and moved at the end: a running server meets the old pages or the new, never half of them.
    await rm(distDir, { recursive: true, force: true });
    await rename(nextDir, distDir);
    return true;
  });
}

/** True when node_modules already holds what the lock file names, whoever installed it. */
async function isInstalled(wanted) {
  if (existsSync(installStamp) && (await readFile(installStamp, "utf8")) === wanted) return true;
  const hidden = join(modulesDir, ".package-lock.json");
  if (!existsSync(hidden)) return false;
  const named = JSON.parse(await readFile(lockFile, "utf8")).packages;
  const there = JSON.parse(await readFile(hidden, "utf8")).packages;
  // A package for another platform is named and rightly absent; any other difference is a reason to install.
  const missing = Object.keys(named).some((path) => path !== "" && !there[path] && !named[path].optional);
  const other = Object.keys(there).some((path) => there[path].version !== named[path]?.version);
  if (missing || other) return false;
  await writeFile(installStamp, wanted);
  return true;
}

async function digestOfSources() {
  const hash = createHash("sha256");
  for (const name of builtFrom) {
    for (const path of await filesUnder(join(rootDir, name))) {
      hash
        .update(relative(rootDir, path).split(sep).join("/"))
        .update("\0")
        .update(await readFile(path))
        .update("\0");
    }
  }
  return hash.digest("hex");
}

async function filesUnder(path) {
  if (!existsSync(path)) return [];
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch((error) => {
    if (error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (entries === undefined) return [path];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
    .toSorted();
}

function digestOf(bytes) {
  return createHash("sha256").update(bytes).update(process.platform).update(process.arch).digest("hex");
}

/**
 * Lets one process of this checkout do `task` at a time: two starts at once would otherwise delete each
 * other's node_modules. The lock stands outside the checkout, because npm ci removes node_modules whole.
 */
async function oneAtATime(name, task) {
  const place = createHash("sha256").update(rootDir).digest("hex").slice(0, 16);
  const lockDir = join(tmpdir(), `guitai-${name}-${place}`);
  const holderFile = join(lockDir, "pid");
  let told = false;
  for (;;) {
    try {
      await mkdir(lockDir);
      break;
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    const holder = existsSync(holderFile) ? Number(readFileSync(holderFile, "utf8")) : undefined;
    if (holder === undefined ? await isOlderThan(lockDir, 10_000) : !isAlive(holder)) {
      await rm(lockDir, { recursive: true, force: true });
      continue;
    }
    if (!told) console.error(`Waiting for process ${holder ?? "(starting)"} to ${name} …`);
    told = true;
    await wait(250);
  }
  try {
    await writeFile(holderFile, String(process.pid));
    return await task();
  } finally {
    await rm(lockDir, { recursive: true, force: true });
  }
}

/** True for a lock whose maker died before it could write its pid. */
async function isOlderThan(path, ageMs) {
  if (!existsSync(path)) return false;
  return Date.now() - (await stat(path)).mtimeMs > ageMs;
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === "EPERM";
  }
}
