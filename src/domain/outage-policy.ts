import { SAFE_CODE_WAY, type CodeWay } from "./code-way.ts";
import type { CodeRefusal } from "./refusal.ts";
import { accepted, refused, type Result } from "./result.ts";

/**
 * What happens to one payment code at several tills while they cannot ask each other (PROTOCOL §11). The
 * owner chooses one way for the shop; pure rules, clock and sums are brought by the caller.
 */

export interface OutagePolicy {
  readonly codeWay: CodeWay;
  /** Floor: the most that is taken of one code without asking. */
  readonly floorPerCodeMinor: number;
  /** Floor: the most that a till may hold in codes without the server's receipt. */
  readonly exposureMinor: number;
  /** Floor: so many hours after the server last confirmed the rules, codes need the server again. */
  readonly staleHours: number;
}

/** What a shop starts with: nothing can be lost. The floor's figures count only when the owner chooses it. */
export const SAFE_OUTAGE_POLICY: OutagePolicy = {
  codeWay: SAFE_CODE_WAY,
  floorPerCodeMinor: 5_000,
  exposureMinor: 50_000,
  staleHours: 24,
};

/** 30 days: a till that heard nothing for longer should not decide alone. */
export const MAX_STALE_HOURS: number = 30 * 24;
const HOUR_MS = 3_600_000;

/** What a till knows when it would take a code without asking. */
export interface FloorFacts {
  /** What this code would pay. */
  readonly amountMinor: number;
  /** Codes taken on this till that no receipt of the server covers yet. */
  readonly openMinor: number;
  /** When the server last confirmed the rules, by the till's own time; null: never. */
  readonly heardAtMs: number | null;
  readonly nowMs: number;
  /** The clock was set back: nobody knows how old the rules are. */
  readonly clockBack: boolean;
}

/**
 * May a till take this code without asking anybody? The rules' age first, then the code, then the till: each
 * limit itself is still within. Refused as `floor-not-chosen` where the owner chose another way.
 */
export function mayTakeByFloor(
  policy: OutagePolicy,
  facts: FloorFacts,
): Result<null, Extract<CodeRefusal, { code: `floor-${string}` }> | { readonly code: "floor-not-chosen" }> {
  if (policy.codeWay !== "floor-limited") return refused({ code: "floor-not-chosen" });
  const { amountMinor, openMinor, heardAtMs, nowMs } = facts;
  const { staleHours, floorPerCodeMinor, exposureMinor } = policy;
  const stale = heardAtMs === null || facts.clockBack || nowMs - heardAtMs > staleHours * HOUR_MS;
  if (stale) return refused({ code: "floor-stale", hours: staleHours });
  if (amountMinor > floorPerCodeMinor) {
    return refused({ code: "floor-code", maxMinor: floorPerCodeMinor, amountMinor });
  }
  if (openMinor + amountMinor > exposureMinor) {
    return refused({ code: "floor-till", maxMinor: exposureMinor, openMinor, amountMinor });
  }
  return accepted(null);
}

/**
 * Tablets that were stopped or replaced and have not heard of it: they go on as they last knew, whatever is
 * chosen now.
 */
export interface TabletsAway {
  /** Those that may still take codes alone, within the limit that was saved for them. */
  readonly tablets: number;
  readonly perTabletMinor: number;
  /** Open codes leased to such a tablet, which the till's next tablet can take as well. */
  readonly leasedMinor: number;
}

export const NOBODY_AWAY: TabletsAway = { tablets: 0, perTabletMinor: 0, leasedMinor: 0 };

/** The most the shop can lose by codes used twice during one outage of all its tills (UX: shown plainly). */
export function worstLossMinor(policy: OutagePolicy, tills: number, away: TabletsAway = NOBODY_AWAY): number {
  const inService = policy.codeWay === "floor-limited" ? tills * policy.exposureMinor : 0;
  return inService + awayLossMinor(away);
}

/** What of it lies with tablets that were stopped or replaced. */
export function awayLossMinor({ tablets, perTabletMinor, leasedMinor }: TabletsAway): number {
  return tablets * perTabletMinor + leasedMinor;
}
