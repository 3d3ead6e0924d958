// Ending programs the hard way, and only those this run has started.
import { type ChildProcess } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** A process as the system tells it. */
interface Row {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** Every process of this machine; those that end while they are read are left out. */
function processes(): readonly Row[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/u.test(name))
    .flatMap((name): Row[] => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, "utf8");
        const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        const command = readFileSync(`/proc/${name}/cmdline`, "utf8").replaceAll("\0", " ");
        return [{ pid: Number(name), parent: Number(fields[1]), command }];
      } catch (cause) {
        if (isGone(cause)) return [];
        throw cause;
      }
    });
}

/** The process and everything it started, parents first. */
export function familyOf(pid: number): readonly Row[] {
  const all = processes();
  const found = all.filter((row) => row.pid === pid);
  for (const row of found) found.push(...all.filter((child) => child.parent === row.pid));
  return found;
}

/** SIGKILL for each of them; how many there were to kill. */
export function killAll(pids: readonly number[]): number {
  return pids.filter((pid) => {
    try {
      process.kill(pid, "SIGKILL");
      return true;
    } catch (cause) {
      if (isGone(cause)) return false;
      throw cause;
    }
  }).length;
}

/** Stops or wakes a whole family; stopped, it writes nothing more by itself. */
export function signalFamily(pid: number, signal: "SIGSTOP" | "SIGCONT"): void {
  for (const row of familyOf(pid)) {
    try {
      process.kill(row.pid, signal);
    } catch (cause) {
      if (!isGone(cause)) throw cause;
    }
  }
}

const undone = new Set<() => void>();

/**
 * Runs when this program ends, however it ends: what it started (programs, disks) must not outlive it. The
 * answer takes the promise back.
 */
export function atTheEnd(undo: () => void): () => void {
  if (undone.size === 0) {
    process.once("exit", () => {
      for (const one of [...undone].toReversed()) one();
    });
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
  }
  undone.add(undo);
  return () => undone.delete(undo);
}

/** Settles when the child has ended. */
export function ended(child: ChildProcess): Promise<void> {
  return child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise((done) => child.once("exit", () => done()));
}

function isGone(cause: unknown): boolean {
  const code = cause instanceof Error && "code" in cause ? cause.code : null;
  return code === "ENOENT" || code === "ESRCH";
}
