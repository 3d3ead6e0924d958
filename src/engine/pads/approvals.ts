import type { Approval } from "#protocol/engine-calls.ts";

/** So long a manager's word is good: what it was asked for is done at once, at the same pad. */
const GOOD_FOR_MS = 120_000;

/** What `new-pin` and `new-passphrase` need; in memory only, so that none outlives its moment. */
export type Approved = Exclude<Approval, { what: "unlock" }>;

/** The managers' words of the last two minutes. */
export class Approvals {
  readonly #monotonicMs: () => number;
  #given: { readonly what: Approved; readonly untilMs: number } | null = null;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  /** A later word takes the place of the one before it. */
  give(what: Approved): void {
    this.#given = { what, untilMs: this.#monotonicMs() + GOOD_FOR_MS };
  }

  /** Is this approved at this moment? */
  holds(asked: Approved): boolean {
    const given = this.#given;
    if (!given || this.#monotonicMs() >= given.untilMs) return false;
    return subjectOf(given.what) === subjectOf(asked);
  }

  /** Used up, or whoever gave it has left. */
  end(): void {
    this.#given = null;
  }
}

function subjectOf(approved: Approved): string {
  return approved.what === "new-pin" ? approved.operatorId : "";
}
