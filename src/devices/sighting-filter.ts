import type { Symbology } from "#domain/scanned-code.ts";

/** A code in view is one scan until it has been out of view this long. */
export const sameCodeMs = 2_000;
/** Two readings further apart than this do not confirm each other. */
const agreementMs = 1_000;
/** More different codes than this are never in view at once; the oldest are forgotten. */
const maxRemembered = 32;

export interface Sighting {
  readonly text: string;
  readonly symbology: Symbology;
}

export interface SightingFilter {
  /** Whether this reading is a new scan. `nowMs`: any clock that does not run backwards. */
  isNewScan(sighting: Sighting, nowMs: number): boolean;
  forget(): void;
}

/**
 * EAN and UPC have one check digit and no error correction: one wrong reading in ten passes it, so two frames
 * must agree (`field/scanning.md`: wrong texts on bar codes). QR and Code 128 carry check sums of their own.
 */
const needsAgreement: ReadonlySet<Symbology> = new Set(["ean-13", "ean-8", "upc-a", "upc-e", "other"]);

/**
 * Decides which readings of a running camera become scans: agreed where needed, and each code once while in
 * view.
 */
export function createSightingFilter(): SightingFilter {
  const lastSeenMs = new Map<string, number>();
  const reportedMs = new Map<string, number>();
  return {
    isNewScan({ text, symbology }, nowMs) {
      const key = `${symbology} ${text}`;
      const before = lastSeenMs.get(key);
      remember(lastSeenMs, key, nowMs);
      const reported = reportedMs.get(key);
      if (reported !== undefined && nowMs - reported < sameCodeMs) {
        remember(reportedMs, key, nowMs);
        return false;
      }
      if (needsAgreement.has(symbology) && (before === undefined || nowMs - before > agreementMs))
        return false;
      remember(reportedMs, key, nowMs);
      return true;
    },
    forget() {
      lastSeenMs.clear();
      reportedMs.clear();
    },
  };
}

function remember(map: Map<string, number>, key: string, nowMs: number): void {
  map.delete(key);
  map.set(key, nowMs);
  if (map.size <= maxRemembered) return;
  const [oldest] = map.keys();
  if (oldest !== undefined) map.delete(oldest);
}
