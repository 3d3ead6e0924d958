import type { TillRow } from "#protocol/office-api.ts";

/**
 * A till that spoke with the server this lately counts as reachable: it speaks more often than that while it
 * can.
 */
export const REACHABLE_WITHIN_MS = 300_000;

/** Whether `till` spoke with the server of late, by the server's clock. */
export function isReachable(till: Pick<TillRow, "lastSeenMs">, serverNowMs: number): boolean {
  return till.lastSeenMs !== null && serverNowMs - till.lastSeenMs <= REACHABLE_WITHIN_MS;
}

/** Tills that take settings: neither new nor revoked. */
export function inService(tills: readonly TillRow[]): readonly TillRow[] {
  return tills.filter((till) => till.state === "active" || till.state === "stopped");
}
