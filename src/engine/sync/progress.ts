import type { DeliveryRow } from "#storage/schema.ts";
import type { RoundReport } from "./carrier.ts";

export type ProgressRow = Extract<DeliveryRow, { key: "progress" }>;

/** So long, or so many rounds, without a receipt that moves, and it is an alarm. */
const STUCK_MS = 600_000;
const STUCK_ROUNDS = 20;
/** Fewer rounds say nothing, however far they lie apart: the tablet may have slept between them. */
const LEAST_ROUNDS = 3;

/**
 * The row after a round; null when nothing of it changes. A round in which nobody answered anything is no
 * sign: being offline is not being stuck.
 */
export function nextProgress(
  before: ProgressRow | null,
  report: Pick<RoundReport, "heard" | "reached" | "waiting">,
  clockMs: number,
): ProgressRow | null {
  const { heard, reached, waiting } = report;
  const moved = before === null || before.reached !== reached;
  if (moved || !waiting) {
    const same = before !== null && !moved && before.rounds === 0;
    return same ? null : { key: "progress", reached, sinceMs: null, rounds: 0 };
  }
  if (!heard) return null;
  return { ...before, sinceMs: before.sinceMs ?? clockMs, rounds: before.rounds + 1 };
}

/** Since when rounds run and nothing moves; null while that is no alarm yet. */
export function stuckSince(row: ProgressRow | null, clockMs: number): number | null {
  if (!row || row.sinceMs === null || row.rounds < LEAST_ROUNDS) return null;
  return row.rounds >= STUCK_ROUNDS || Math.abs(clockMs - row.sinceMs) >= STUCK_MS ? row.sinceMs : null;
}
