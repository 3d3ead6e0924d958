// What a till's entries say of codes besides selling them: claims, their ends, leases given back.
import { toHex, type Bytes } from "#protocol/bytes.ts";
import type { TillBody } from "#protocol/entry-bodies.ts";
import type { DatabaseTransaction } from "../db/tables.ts";
import { decideClaim, endClaim } from "./claims.ts";
import { leaseReleased } from "./leases.ts";
import type { LockedCode } from "./locked-code.ts";

/** One thing an entry says of one code. */
export interface CodeStep {
  readonly cti: Bytes;
  readonly seq: number;
  readonly entryHash: Bytes;
  readonly body: Extract<TillBody, { kind: "claim" | "claim-dropped" | "lease-released" }>;
}

/** The steps of an entry, one for each code it speaks of. */
export function codeSteps(body: TillBody, seq: number, entryHash: Bytes): readonly CodeStep[] {
  switch (body.kind) {
    case "claim":
    case "claim-dropped":
      return [{ cti: body.cti, seq, entryHash, body }];
    case "lease-released":
      return body.ctis.map((cti) => ({ cti, seq, entryHash, body }));
    case "approved":
    case "attempt":
    case "clock-jump":
    case "genesis":
    case "operator-in":
    case "operator-out":
    case "pin-set":
    case "refusal":
    case "sale":
    case "stopped":
    case "unlocked":
    case "vault-level":
    case "vault-renewed":
      return [];
  }
}

/** Whose entries they are; `late`: the epoch was closed when they came. */
export interface StepSource {
  readonly merchant: Bytes;
  readonly till: Bytes;
  readonly epoch: number;
  readonly nowMs: number;
  readonly late: boolean;
}

/**
 * Does what the entry says. Nothing here is refused: a claim that comes too late is recorded as refused, a
 * lease that is not the till's stays where it is. The caller holds the code's lock.
 */
export async function applyCodeStep(
  tx: DatabaseTransaction,
  source: StepSource,
  step: CodeStep,
  code: LockedCode | undefined,
): Promise<void> {
  const { merchant, till, epoch, nowMs, late } = source;
  const { body, cti, seq, entryHash } = step;
  switch (body.kind) {
    case "claim":
      // Asked for before, it is decided already; else the entry itself asks, so that a server that lost its
      // last hours learns again what its tills have in hand.
      await decideClaim(tx, { merchant, till, epoch, seq, cti, entryHash }, code, nowMs);
      return;
    case "claim-dropped":
      await endClaim(tx, { merchant, till, epoch: body.epoch, seq: body.seq }, "dropped", nowMs);
      return;
    case "lease-released":
      // The till's next tablet has taken over by now; the old one's word does not bind it.
      if (code !== undefined && !late) await leaseReleased(tx, merchant, till, code, nowMs);
  }
}

/** By code, then in the till's own order: the order in which locks are taken and entries count. */
export function inLockOrder<T extends { readonly cti: Bytes; readonly seq: number }>(
  steps: readonly T[],
): readonly T[] {
  const keyed = steps.map((step) => ({ step, key: toHex(step.cti) }));
  keyed.sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : a.step.seq - b.step.seq));
  return keyed.map(({ step }) => step);
}
