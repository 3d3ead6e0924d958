// PostgreSQL refuses to run as root, so a server that was started as root runs it as another user. That user
// must be able to walk to the binaries and the data; in a closed home such as /root it cannot, and then both
// are shown to it at an open place, in a view of the file system that only the database process has.
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { chmodSync, chownSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { binaryPath } from "./binaries.ts";

export type LauncherRefusal =
  /** Started as root, and no unprivileged user is there or could be made. */
  | { readonly code: "no-database-user" }
  /** `directory` is closed to `user`, and this machine allows no private view of the files. */
  | { readonly code: "directory-closed"; readonly directory: string; readonly user: string };

/** Starts database programs as the right user. Paths given to programs come from `pathOf`. */
export interface Launcher {
  /**
   * Starts a program; its own process group, so that a Ctrl-C in the terminal does not reach it before us.
   */
  start(name: "postgres" | "initdb", args: readonly string[]): ChildProcess;
  /** What the database programs call a path under the data directory. */
  pathOf(path: string): string;
  /** Hands a file or folder to the database user. */
  give(path: string): void;
}

interface DatabaseUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
}

const locale = { LC_ALL: "C", LANG: "C" };

/**
 * Finds a way to run the database programs on `dataDir`.
 * @param binariesRoot folder with `bin` and `lib`
 * @param dataDir exists already; the cluster stands in a folder of it
 */
export function findLauncher(
  binariesRoot: string,
  dataDir: string,
):
  | { readonly ok: true; readonly value: Launcher }
  | { readonly ok: false; readonly refusal: LauncherRefusal } {
  const environment = { ...databaseEnvironment(), ...locale };
  if (process.getuid?.() !== 0) {
    return {
      ok: true,
      value: {
        start: (name, args) =>
          spawn(binaryPath(binariesRoot, name), args, { env: environment, detached: true, cwd: dataDir }),
        pathOf: (path) => path,
        give: () => undefined,
      },
    };
  }
  const user = findOrCreateUser(dataDir);
  if (user === null) return { ok: false, refusal: { code: "no-database-user" } };
  const give = (path: string): void => chownSync(path, user.uid, user.gid);
  // The user only walks through; what must not be read there has modes of its own.
  chmodSync(dataDir, 0o711);
  const closed = [binariesRoot, dataDir]
    .map((path) => firstClosedFolder(path, user))
    .find((path) => path !== null);
  if (closed === undefined) {
    return {
      ok: true,
      value: {
        start: (name, args) =>
          spawn(binaryPath(binariesRoot, name), args, {
            env: environment,
            detached: true,
            cwd: "/",
            uid: user.uid,
            gid: user.gid,
          }),
        pathOf: (path) => path,
        give,
      },
    };
  }
  const view = privateView(binariesRoot, dataDir, user);
  if (spawnSync(view.command, [...view.args, "/mnt/binaries/bin/postgres", "--version"]).status !== 0) {
    return { ok: false, refusal: { code: "directory-closed", directory: closed, user: user.name } };
  }
  return {
    ok: true,
    value: {
      start: (name, args) =>
        spawn(view.command, [...view.args, binaryPath("/mnt/binaries", name), ...args], {
          env: environment,
          detached: true,
          cwd: "/",
        }),
      pathOf: (path) => join("/mnt/data", relative(dataDir, path)),
      give,
    },
  };
}

/**
 * A command that shows binaries and data under /mnt to one process only, drops root, and becomes the program.
 */
function privateView(
  binariesRoot: string,
  dataDir: string,
  user: DatabaseUser,
): { readonly command: string; readonly args: readonly string[] } {
  const script = [
    "mount -t tmpfs -o mode=755,size=64k guitai /mnt",
    "mkdir /mnt/binaries /mnt/data",
    'mount --bind "$1" /mnt/binaries',
    'mount --bind "$2" /mnt/data',
    "cd /",
    "shift 2",
    `exec setpriv --reuid=${user.uid} --regid=${user.gid} --clear-groups -- "$@"`,
  ].join(" && ");
  return {
    command: "unshare",
    args: ["--mount", "--propagation", "private", "sh", "-c", script, "sh", binariesRoot, dataDir],
  };
}

/**
 * The environment of a database program: nothing of ours, for it may hold DATABASE_URL and other people's
 * secrets.
 */
function databaseEnvironment(): NodeJS.ProcessEnv {
  const kept: NodeJS.ProcessEnv = {};
  for (const name of ["PATH", "SystemRoot", "TEMP", "TMP", "TZ"]) {
    const value = process.env[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}

/** The user the data already belongs to, else `postgres`, else one made for this. */
function findOrCreateUser(dataDir: string): DatabaseUser | null {
  const cluster = statSync(join(dataDir, "postgres"), { throwIfNoEntry: false });
  if (cluster !== undefined && cluster.uid !== 0) {
    return { name: `user ${cluster.uid}`, uid: cluster.uid, gid: cluster.gid };
  }
  const known = lookUpUser("postgres") ?? lookUpUser("guitai-db");
  if (known !== null) return known;
  const shell = "/usr/sbin/nologin";
  spawnSync("useradd", ["--system", "--user-group", "--no-create-home", "--shell", shell, "guitai-db"]);
  return lookUpUser("guitai-db");
}

function lookUpUser(name: string): DatabaseUser | null {
  const ask = (flag: string): number => {
    const answer = spawnSync("id", [flag, name], { encoding: "utf8" });
    return answer.status === 0 ? Number.parseInt(answer.stdout, 10) : Number.NaN;
  };
  const [uid, gid] = [ask("-u"), ask("-g")];
  return Number.isInteger(uid) && Number.isInteger(gid) && uid !== 0 ? { name, uid, gid } : null;
}

/** The first folder on the way to `path` that `user` cannot walk through; null when the way is open. */
function firstClosedFolder(path: string, user: DatabaseUser): string | null {
  const way = [path];
  for (let at = path; dirname(at) !== at; at = dirname(at)) way.unshift(dirname(at));
  for (const folder of way) {
    const walk = spawnSync("/bin/sh", ["-c", 'cd "$1"', "sh", folder], {
      uid: user.uid,
      gid: user.gid,
      cwd: "/",
    });
    if (walk.status !== 0) return folder;
  }
  return null;
}
