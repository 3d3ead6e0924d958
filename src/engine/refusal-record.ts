import type { CodeRefusal, TillRefusal } from "#domain/refusal.ts";
import { toHex, type Bytes } from "#protocol/bytes.ts";
import type { Desks } from "./desks.ts";

/**
 * Refusals of one kind within this time are one entry: a code before the camera must not fill the journal.
 */
const REFUSAL_QUIET_MS = 10_000;

/**
 * A refusal is an entry too, so that «it never worked» can be looked up; it blocks nothing when it cannot be
 * one.
 */
export class RefusalRecord {
  readonly #monotonicMs: () => number;
  #last = { key: "", atMonotonicMs: Number.NEGATIVE_INFINITY };

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  async record(desks: Desks | null, refusal: CodeRefusal | TillRefusal, cti: Bytes | null): Promise<void> {
    const key = `${refusal.code}:${cti ? toHex(cti) : ""}`;
    const now = this.#monotonicMs();
    const quiet = key === this.#last.key && now - this.#last.atMonotonicMs < REFUSAL_QUIET_MS;
    if (!desks || quiet) return;
    this.#last = { key, atMonotonicMs: now };
    const sale = desks.sales.saleId;
    await desks.ledger.append({ body: () => ({ kind: "refusal", code: refusal.code, cti, sale }) });
  }
}
