import * as v from "valibot";

/**
 * The office's JSON API for what is missing or set apart: loss events, quarantine, findings. As in
 * office-api.ts: short ids, ms, minor units; a refusal is `{ error: { code, …facts } }`.
 */

/**
 * Why an existing till is activated anew: decides what becomes of entries that come late (PROTOCOL §6).
 * `replaced`, `lost` and `data-lost`: booked and flagged. `stolen`: quarantine.
 */
export type RenewalReason = "replaced" | "lost" | "stolen" | "data-lost";

export const activationRequest: v.GenericSchema<ActivationRequest> = v.strictObject({
  reason: v.optional(v.picklist(["replaced", "lost", "stolen", "data-lost"])),
});
export interface ActivationRequest {
  /** Asked when the till was active before; a new till has nothing to replace. */
  readonly reason?: RenewalReason | undefined;
}

/** What a till says of its own unreceipted sales; nobody can check it until they arrive. */
export interface TillWords {
  readonly count: number;
  readonly sumMinor: number;
  /** Age of the oldest one when the till said so; null when none waits. */
  readonly oldestMs: number | null;
  readonly saidAtMs: number;
}

/** How the delivery of one till stands. */
export interface TillHealth {
  /** Last entry number the till has signed for in a hello; more than `seq`: so many are still to come. */
  readonly claimedSeq: number | null;
  readonly unsent: TillWords | null;
  /**
   * Since when the till speaks with the server, says that entries wait, and none arrives; null while there is
   * progress. A till that is merely offline is never stuck.
   */
  readonly stuckSinceMs: number | null;
  readonly quarantined: { readonly count: number; readonly sumMinor: number };
  readonly openLosses: number;
}

/** Entries of one (till, epoch) that never came, as far as anybody knows (PROTOCOL §6). */
export interface LossEvent {
  /** `TILL-EPOCH`: the till's short id and the epoch. */
  readonly id: string;
  readonly tillId: string;
  readonly tillName: string;
  readonly epoch: number;
  /** The first entry that was missing when the loss was recorded. */
  readonly fromSeq: number;
  /** The first that is held nowhere now, neither booked nor set apart. */
  readonly nextSeq: number;
  /** The highest entry number known to exist; null: not known. */
  readonly knownHeadSeq: number | null;
  /** Sales missing and their sum by shift, receipt or the till's own words; null: not known. */
  readonly count: number | null;
  readonly sumMinor: number | null;
  /** Where the figures come from, as the journal records it. */
  readonly source: string;
  readonly reason: string;
  readonly state: "open" | "shrunk" | "closed";
  readonly atMs: number;
  /** What came in late after all. */
  readonly cameLate: { readonly count: number; readonly sumMinor: number };
  readonly receipts: readonly ReceiptEvidence[];
}

/** A paper receipt as evidence of a sale that is missing (B10). */
export interface ReceiptEvidence {
  readonly seq: number;
  /** The eight hex digits on the receipt. */
  readonly headHex: string;
  readonly amountMinor: number;
  readonly enteredAtMs: number;
  /** `missing` no such entry came · `arrived` it came and agrees · `differs` it came and says otherwise. */
  readonly verdict: "missing" | "arrived" | "differs";
}

/** Twelve digits: no till gets there, and no bank card's number passes for the number of a receipt. */
export const MAX_RECEIPT_SEQ = 999_999_999_999;

export const receiptEvidenceRequest: v.GenericSchema<ReceiptEvidenceRequest> = v.strictObject({
  seq: v.pipe(v.number(), v.safeInteger("seq"), v.minValue(1, "seq"), v.maxValue(MAX_RECEIPT_SEQ, "seq")),
  headHex: v.pipe(v.string(), v.trim(), v.toLowerCase(), v.regex(/^[0-9a-f]{8}$/u, "head")),
  amountMinor: v.pipe(
    v.number(),
    v.safeInteger("amount"),
    v.minValue(1, "amount"),
    v.maxValue(99_999_999, "amount"),
  ),
});
export interface ReceiptEvidenceRequest {
  readonly seq: number;
  readonly headHex: string;
  readonly amountMinor: number;
}

export interface LossesAnswer {
  readonly rows: readonly LossEvent[];
  readonly findings: readonly FindingRow[];
}

/** What an automatic check found; the entry is stored all the same. A newer server may send more kinds. */
export interface FindingRow {
  readonly kind: string;
  readonly tillId: string;
  readonly tillName: string;
  readonly epoch: number;
  readonly seq: number;
  readonly atMs: number;
}

/** All quarantined entries of one (till, epoch): stored, and in no sum until the owner decides. */
export interface QuarantineBranch {
  /** `TILL-EPOCH`. */
  readonly id: string;
  readonly tillId: string;
  readonly tillName: string;
  readonly epoch: number;
  readonly fromSeq: number;
  readonly toSeq: number;
  readonly entries: number;
  /** Sales among them and their sum. */
  readonly count: number;
  readonly sumMinor: number;
  /** As the journal records it: `fork`, `damaged`, `stolen`, … */
  readonly reason: string;
  readonly firstAtMs: number;
  readonly lastAtMs: number;
  readonly decision: null | {
    readonly decided: "booked" | "rejected";
    readonly atMs: number;
    readonly by: string;
  };
}

export interface QuarantineAnswer {
  readonly rows: readonly QuarantineBranch[];
}

export const quarantineDecisionRequest: v.GenericSchema<QuarantineDecisionRequest> = v.strictObject({
  decide: v.picklist(["booked", "rejected"]),
  entries: v.pipe(v.number(), v.safeInteger("entries"), v.minValue(1, "entries")),
});
export interface QuarantineDecisionRequest {
  readonly decide: "booked" | "rejected";
  /** How many entries the owner saw: nothing is decided about more than stood on the screen. */
  readonly entries: number;
}

/*
 * Routes
 *   POST /api/office/tills/:id/activation  activationRequest            → ActivationAnswer
 *   GET  /api/office/losses                                             → LossesAnswer
 *   POST /api/office/losses/:id/receipts   receiptEvidenceRequest       → LossEvent
 *   GET  /api/office/quarantine                                         → QuarantineAnswer
 *   POST /api/office/quarantine/:id/decision quarantineDecisionRequest  → QuarantineBranch
 */
