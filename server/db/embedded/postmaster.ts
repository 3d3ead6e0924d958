// The running database process: is one left over from a server that was killed, and is it ours?
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, readlinkSync, rmSync, statSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const pollMs = 20;
/** A fast shutdown ends open statements and writes a checkpoint; longer than this means the disk hangs. */
const stopLimitMs = 30_000;

/** The pid of a database process that runs on `clusterDir`; null when there is none. */
export function findPostmaster(clusterDir: string): number | null {
  const pidFile = join(clusterDir, "postmaster.pid");
  if (!existsSync(pidFile)) return null;
  const pid = Number.parseInt(readFileSync(pidFile, "utf8").split("\n")[0] ?? "", 10);
  return Number.isInteger(pid) && pid > 1 && runsOn(pid, clusterDir) ? pid : null;
}

/**
 * Removes a pid file whose process is gone or is something else; else PostgreSQL would wait for a stranger.
 */
export function forgetDeadPostmaster(clusterDir: string): void {
  if (findPostmaster(clusterDir) === null) rmSync(join(clusterDir, "postmaster.pid"), { force: true });
}

/** Stops the database process by a fast shutdown. Resolves when it is gone; throws when it will not go. */
export async function stopPostmaster(pid: number, clusterDir: string): Promise<void> {
  for (const signal of ["SIGINT", "SIGQUIT"] as const) {
    if (!signalPostmaster(pid, clusterDir, signal)) return;
    const deadlineMs = performance.now() + stopLimitMs;
    while (performance.now() < deadlineMs) {
      if (!runsOn(pid, clusterDir)) return;
      await delay(pollMs);
    }
  }
  throw new Error(`database process ${pid} does not stop`);
}

function signalPostmaster(pid: number, clusterDir: string, signal: NodeJS.Signals): boolean {
  if (!runsOn(pid, clusterDir)) return false;
  try {
    process.kill(pid, signal);
    return true;
  } catch (fault) {
    if ((fault as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw fault;
  }
}

/**
 * True when `pid` is a PostgreSQL that works in `clusterDir`: a pid alone may have passed on to another
 * program.
 */
function runsOn(pid: number, clusterDir: string): boolean {
  if (process.platform !== "linux") {
    const answer = spawnSync("ps", ["-o", "command=", "-p", String(pid)], { encoding: "utf8" });
    return answer.status === 0 && answer.stdout.includes("postgres") && answer.stdout.includes(clusterDir);
  }
  try {
    // Compared by device and inode: in a private view the same folder has another name.
    const [here, there] = [statSync(clusterDir), statSync(`/proc/${pid}/cwd`)];
    const program = basename(readlinkSync(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/u, "");
    return program === "postgres" && here.dev === there.dev && here.ino === there.ino;
  } catch (fault) {
    const { code } = fault as NodeJS.ErrnoException;
    // EACCES: a process of someone else, so not ours.
    if (code === "ENOENT" || code === "ESRCH" || code === "EACCES") return false;
    throw fault;
  }
}
