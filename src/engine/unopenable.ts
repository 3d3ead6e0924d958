import { SAFE_OUTAGE_POLICY } from "#domain/outage-policy.ts";
import type { TillView } from "#protocol/engine-calls.ts";
import { Dexie, type TillDatabase } from "#storage/till-database.ts";
import { MAX_SALE_MINOR } from "./sale-desk.ts";
import type { ViewParts } from "./till-view.ts";

/** A database may be held for a moment by a process that is just ending. */
const OPEN_TRIES = 3;

/**
 * Tries again to open the database; false when it is spoiled for good. Throws where the program is the fault:
 * an older one must not take a newer one's books for broken.
 */
export async function opensAtLast(db: TillDatabase): Promise<boolean> {
  for (let tries = 1; ; tries++) {
    try {
      db.close();
      await db.open();
      return true;
    } catch (cause) {
      if (!(cause instanceof Dexie.DexieError) || cause.name === "VersionError") throw cause;
      if (tries >= OPEN_TRIES) return false;
    }
  }
}

/** Puts an empty database in place of one that cannot be opened: for an activation, and nothing else. */
export async function makeAnew(db: TillDatabase): Promise<void> {
  await db.delete({ disableAutoOpen: false });
  await db.open();
}

/** What the screen shows where no database can be asked: the stop, and what the second copy holds. */
export function viewWithoutBooks(parts: ViewParts): TillView {
  const { facts, lost } = parts;
  const oldestMs = lost?.oldestMs ?? null;
  return {
    phase: parts.phase ?? "unenrolled",
    shopName: "",
    tillName: "",
    compareDigits: null,
    operators: [],
    operator: null,
    link: {
      state: facts.onLine ? "silent" : "offline",
      sinceMs: null,
      unsentCount: lost?.count ?? 0,
      unsentMinor: lost?.sumMinor ?? 0,
      withOwner: null,
      oldestUnsentMs: oldestMs === null ? null : Math.max(0, parts.clockMs - oldestMs),
      stuckSinceMs: null,
      lastAnswerMs: null,
      progress: null,
    },
    // Not before the start has tried all there is to try.
    stop: parts.phase === null ? "damaged" : null,
    sale: null,
    settings: {
      feedVersion: 0,
      appliedAtMs: null,
      currency: "CNY",
      maxSaleMinor: MAX_SALE_MINOR,
      passwordRule: "always",
      passwordAboveMinor: 0,
      codeWay: SAFE_OUTAGE_POLICY.codeWay,
    },
    clock: parts.clock,
    storage: {
      persisted: facts.persisted,
      freeBytes: facts.freeBytes,
      copyFailed: parts.copyFailed,
      full: parts.full,
      low: parts.full,
    },
    vault: { level: "basic", open: false, wanted: null, lease: null },
    build: parts.build,
  };
}
