import type { TillDatabase } from "#storage/till-database.ts";
import type { SaleFigures } from "./carried.ts";
import { Mirror, type CopyCertificate, type CopyContents, type MirrorFile } from "./mirror.ts";

/** Can the database be opened? False when it is spoiled for good. */
export async function opensBooks(db: TillDatabase): Promise<boolean> {
  try {
    await db.open();
    return true;
  } catch {
    // Once more, and then loaded: what looks at why is needed on no other start.
    return (await import("./unopenable.ts")).opensAtLast(db);
  }
}

/** An empty database beside a written second copy is no first run: the browser lost what this till had. */
export async function figuresOfCopy(file: MirrorFile | null): Promise<SaleFigures | null> {
  const copy = await readCopy(file);
  if (copy.entries.length === 0) return null;
  const { saleFigures, verifiedSet } = await import("./carried.ts");
  return saleFigures((await verifiedSet(copy)).rows);
}

export async function readCopy(file: MirrorFile | null): Promise<CopyContents> {
  return file === null ? { certificates: [], entries: [] } : new Mirror(file).read();
}

/** The copy of the epoch before has done its work: from here on it is the new one's, and of what waits. */
export async function beginCopy(
  db: TillDatabase,
  file: MirrorFile | null,
  whose: CopyCertificate,
): Promise<void> {
  if (file === null) return;
  const { carriedWaiting } = await import("./carried.ts");
  await new Mirror(file).beginAnew(whose, [], await carriedWaiting(db));
}
