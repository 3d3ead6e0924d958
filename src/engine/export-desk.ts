import { accepted, refused, type Result } from "#domain/result.ts";
import { concat, type Bytes } from "#protocol/bytes.ts";
import type { ExportedFile, ExportOverview, ExportTillRefusal } from "#protocol/engine-calls.ts";
import { shortId } from "#protocol/ids.ts";
import type { Keyset } from "#protocol/keyset.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import { gatherUnreceipted, type ExportRun, type Gathered } from "./export-gather.ts";
import { exportKeyOf, ExportKeysFile, keysetOf, type KnownKeys } from "./export-keys.ts";
import type { MirrorFile } from "./mirror.ts";

export interface ExportDeskParts {
  readonly db: TillDatabase;
  readonly mirrorFile: () => MirrorFile | null;
  /**
   * Where the server's public keys lie outside the database; absent or null where the browser has no place.
   */
  readonly keysFile: (() => Promise<MirrorFile | null>) | undefined;
}

/**
 * Saves what has no receipt to files that only the server opens (PROTOCOL §12). It changes nothing: exported
 * is not receipted. Loaded when somebody asks for it.
 */
export class ExportDesk {
  readonly #parts: ExportDeskParts;
  /** As the person saw it: the files are those of the list that was shown. */
  #gathered: Gathered | null = null;

  constructor(parts: ExportDeskParts) {
    this.#parts = parts;
  }

  /** What would be saved, looked at anew. */
  async overview(): Promise<Result<ExportOverview, ExportTillRefusal>> {
    const gathered = await gatherUnreceipted(this.#parts.db, this.#parts.mirrorFile());
    this.#gathered = gathered;
    if (gathered.runs.length === 0) return refused({ code: "nothing-unsent" });
    if ((await this.#sealTo()) === null) return refused({ code: "export-no-key" });
    const sales = gathered.runs.map((run) => run.sales);
    const times = sales.flatMap((run) => (run.oldestMs === null ? [] : [run.oldestMs]));
    return accepted({
      files: gathered.runs.map((run) => ({
        name: nameOf(run),
        epoch: run.epoch,
        first: run.first,
        last: run.last,
        sales: run.sales.count,
        sumMinor: run.sales.sumMinor,
      })),
      entries: gathered.runs.reduce((sum, run) => sum + run.entries.length, 0),
      sales: sales.reduce((sum, run) => sum + run.count, 0),
      sumMinor: sales.reduce((sum, run) => sum + run.sumMinor, 0),
      oldestMs: times.length === 0 ? null : Math.min(...times),
      fromCopy: gathered.fromCopy,
    });
  }

  /** The n-th file of the list that `overview` gave last. */
  async file(index: number): Promise<Result<ExportedFile, ExportTillRefusal>> {
    if (this.#gathered === null) await this.overview();
    const run = this.#gathered?.runs[index];
    const key = await this.#sealTo();
    if (run === undefined) return refused({ code: "nothing-unsent" });
    if (key === null) return refused({ code: "export-no-key" });
    // Heavy, and wanted only now: sealing is no part of selling.
    const [{ writeExport }, { exportSealer }] = await Promise.all([
      import("#protocol/export-file.ts"),
      import("#protocol/export-seal.ts"),
    ]);
    const { merchant, till, epoch, first, last } = run;
    const facts = { lineage: key.lineage, merchant, till, epoch, first, last, kid: key.kid };
    const pieces: Bytes[] = [];
    for await (const piece of writeExport(facts, await exportSealer(key.point), run.entries))
      pieces.push(piece);
    return accepted({ name: nameOf(run), bytes: concat(...pieces) });
  }

  /**
   * Keeps the server's keys where they outlive the database; a full disk or a held file is no fault of it.
   */
  async keepKeys(): Promise<void> {
    try {
      const keys = await this.#databaseKeys();
      const file = (await this.#parts.keysFile?.()) ?? null;
      if (keys !== null && file !== null) await new ExportKeysFile(file).keep(keys);
    } catch (cause) {
      // The database has them too. What is missing then is the way out of a lost database, and the next start
      // tries again.
      if (!(cause instanceof Error)) throw cause;
    }
  }

  async #sealTo(): Promise<{ kid: Bytes; point: Bytes; lineage: Bytes } | null> {
    const keyset = await this.#keyset();
    const key = keyset && exportKeyOf(keyset);
    return key ? { kid: key.kid, point: key.key, lineage: keyset.lineage } : null;
  }

  /** The database's own, else those that lie beside it. */
  async #keyset(): Promise<Keyset | null> {
    const known = await this.#databaseKeys();
    const own = known && (await keysetOf(known));
    if (own) return own;
    const kept = await this.#keptKeys();
    return kept && (await keysetOf(kept));
  }

  async #databaseKeys(): Promise<KnownKeys | null> {
    try {
      const { db } = this.#parts;
      const [identity, row] = [await db.enrolled(), await db.setting("keyset")];
      return identity && row
        ? { rootKey: identity.rootKey, keyset: row.bytes, signature: row.signature }
        : null;
    } catch (cause) {
      // A database that cannot be read: the keys outside of it are for this very case.
      if (cause instanceof Error) return null;
      throw cause;
    }
  }

  async #keptKeys(): Promise<KnownKeys | null> {
    try {
      const file = (await this.#parts.keysFile?.()) ?? null;
      return file && (await new ExportKeysFile(file).read());
    } catch (cause) {
      // A file system that gives nothing leaves the refusal by name, which says what is missing.
      if (cause instanceof Error) return null;
      throw cause;
    }
  }
}

/** Says whose and which entries, and nothing about money or people. */
function nameOf(run: ExportRun): string {
  return `guitai-${shortId(run.till)}-${run.epoch}-${run.first}-${run.last}.gtx`;
}
