// One server a data directory. Two embedded databases on the same files would each believe they own them.
import { linkSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { execFileSync } from "node:child_process";
import * as v from "valibot";

const holderSchema = v.object({
  pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /**
   * When the process began, as the system tells it: a number that a later process with the same pid cannot
   * share.
   */
  began: v.string(),
  host: v.string(),
});
type Holder = v.InferOutput<typeof holderSchema>;

/** `data-in-use`: a live server holds the directory. `host` is the machine (or container) it runs on. */
export type DataLockResult =
  | { readonly ok: true; readonly value: DataLock }
  | {
      readonly ok: false;
      readonly refusal: { readonly code: "data-in-use"; readonly pid: number; readonly host: string };
    };

export interface DataLock {
  /** Gives the directory up. Safe to call twice. */
  release(): void;
}

const heartbeatMs = 10_000;
/**
 * A holder on another host cannot be asked whether it lives; without a beat for this long it is taken for
 * dead.
 */
const silentMs = 35_000;

/**
 * Takes `dataDir` for this process, or names the process that holds it. A dead process's lock is taken over.
 */
export function takeDataLock(dataDir: string): DataLockResult {
  const path = join(dataDir, "server.lock");
  const own: Holder = { pid: process.pid, began: processBegan(process.pid) ?? "", host: hostname() };
  const text = JSON.stringify(own);
  for (let round = 0; round < 5; round += 1) {
    if (create(path, text)) return { ok: true, value: held(path, text) };
    const found = readLock(path);
    if (found === null) continue;
    const holder = parseHolder(found.text);
    if (holder !== null && isAlive(holder, found.beatMs)) return refused(holder);
    const usurper = removeStale(path, found.text);
    if (usurper !== null) return refused(usurper);
  }
  return refused(parseHolder(readLock(path)?.text ?? "") ?? own);
}

function refused(holder: Holder): DataLockResult {
  return { ok: false, refusal: { code: "data-in-use", pid: holder.pid, host: holder.host } };
}

function held(path: string, text: string): DataLock {
  const beat = setInterval(() => {
    const now = new Date();
    utimesSync(path, now, now);
  }, heartbeatMs);
  beat.unref();
  return {
    release: () => {
      clearInterval(beat);
      if (readLock(path)?.text === text) rmSync(path, { force: true });
    },
  };
}

function create(path: string, text: string): boolean {
  // Written whole beside it and then linked: a lock that can be seen is never half a lock.
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, text, { mode: 0o600 });
  try {
    linkSync(draft, path);
    return true;
  } catch (fault) {
    if (errorCode(fault) === "EEXIST") return false;
    throw fault;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * Removes exactly the stale lock that was read. When another start was quicker, puts its lock back and names
 * it.
 */
function removeStale(path: string, staleText: string): Holder | null {
  const aside = `${path}.stale.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (fault) {
    if (errorCode(fault) === "ENOENT") return null;
    throw fault;
  }
  const moved = readFileSync(aside, "utf8");
  const usurper = moved === staleText ? null : parseHolder(moved);
  try {
    if (usurper !== null) linkSync(aside, path);
  } catch (fault) {
    if (errorCode(fault) !== "EEXIST") throw fault;
  } finally {
    rmSync(aside, { force: true });
  }
  return usurper;
}

function readLock(path: string): { text: string; beatMs: number } | null {
  try {
    return { text: readFileSync(path, "utf8"), beatMs: statSync(path).mtimeMs };
  } catch (fault) {
    if (errorCode(fault) === "ENOENT") return null;
    throw fault;
  }
}

function parseHolder(text: string): Holder | null {
  try {
    const judged = v.safeParse(holderSchema, JSON.parse(text));
    return judged.success ? judged.output : null;
  } catch (fault) {
    if (fault instanceof SyntaxError) return null;
    throw fault;
  }
}

function isAlive(holder: Holder, beatMs: number): boolean {
  if (holder.host !== hostname()) return Date.now() - beatMs < silentMs;
  const began = processBegan(holder.pid);
  return began !== null && began === holder.began;
}

/** When the process with this pid began, as text to compare; null when there is none. */
export function processBegan(pid: number): string | null {
  if (process.platform === "linux") {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      // The second field is the name in brackets and may hold spaces; the 22nd is the start, in ticks since
      // boot.
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (fields[0] === "Z") return null;
      const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
      return `${boot}:${fields[19] ?? ""}`;
    } catch (fault) {
      if (errorCode(fault) === "ENOENT" || errorCode(fault) === "ESRCH") return null;
      throw fault;
    }
  }
  try {
    return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim() || null;
  } catch (fault) {
    // `ps` answers with status 1 when there is no such process.
    if ((fault as { status?: unknown }).status === 1) return null;
    throw fault;
  }
}

function errorCode(fault: unknown): string | undefined {
  return fault instanceof Error ? (fault as NodeJS.ErrnoException).code : undefined;
}
