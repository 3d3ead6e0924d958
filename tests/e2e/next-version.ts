// The version after this one: the same program built once more under another number, as a shopkeeper's
// upgrade brings it.
import { cp, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { build } from "vite";

const root = resolve(import.meta.dirname, "../..");

export interface NextVersion {
  /** Where its server is started (`ServerProcess.start`). */
  readonly folder: string;
  /** What the till calls it. */
  readonly number: string;
  remove(): Promise<void>;
}

export async function buildNextVersion(): Promise<NextVersion> {
  const folder = await mkdtemp(join(tmpdir(), "guitai-next-version-"));
  const number = "99.0.0";
  for (const part of ["server", "src", "package.json"])
    await cp(join(root, part), join(folder, part), { recursive: true });
  await symlink(join(root, "node_modules"), join(folder, "node_modules"));
  await build({
    root,
    configFile: join(root, "vite.config.ts"),
    logLevel: "error",
    define: { "import.meta.env.VITE_BUILD": JSON.stringify(number) },
    build: { outDir: join(folder, "dist"), emptyOutDir: true },
  });
  return { folder, number, remove: () => rm(folder, { recursive: true, force: true }) };
}
