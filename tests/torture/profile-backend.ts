// Chromium keeps IndexedDB in LevelDB or, behind a feature, in SQLite. Which one a profile really has is read
// off its files: a feature whose name changed would otherwise test the same backend twice.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

export type Backend = "leveldb" | "sqlite";

/** What Chromium is told. Measured with 156: turning the feature on DELETES what stands in LevelDB. */
export function backendFeatures(backend: Backend): readonly string[] {
  return backend === "sqlite"
    ? ["--enable-features=IdbSqliteBackingStore"]
    : ["--disable-features=IdbSqliteBackingStore,IdbSqliteOnDiskRollout"];
}

/** The backends that the profile's IndexedDB of `origin` stands in now; normally one. */
export function backendsOf(profileDir: string, address: string): readonly Backend[] {
  const { protocol, hostname, port } = new URL(address);
  const origin = `${protocol.slice(0, -1)}_${hostname}_${port}`;
  const folder = join(profileDir, "Default", "IndexedDB");
  const holds = (name: string): boolean =>
    existsSync(join(folder, name)) && readdirSync(join(folder, name)).length > 0;
  const found: Backend[] = [];
  if (holds(`${origin}.indexeddb.leveldb`)) found.push("leveldb");
  if (holds(origin)) found.push("sqlite");
  return found;
}
