import type { PinRefusal, TillRefusal } from "#domain/refusal.ts";
import { accepted, refused, type Result } from "#domain/result.ts";
import { unlockKeyAad } from "#protocol/aads.ts";
import { fromHex } from "#protocol/bytes.ts";
import { digitsOf } from "#protocol/crypto.ts";
import type { OperatorView, UnlockChallenge } from "#protocol/engine-calls.ts";
import { UNLOCK_DIGITS } from "#protocol/unlock.ts";
import { restartTries } from "../vault/attempt-book.ts";
import { withPin, type PadParts } from "./pad-parts.ts";

const GOOD_FOR_MS = 600_000;
const TRIES = 3;

interface Question {
  readonly operatorId: string;
  readonly digits: string;
  readonly untilMs: number;
  triesLeft: number;
}

type UnlockRefusal = PinRefusal | TillRefusal;

/**
 * The office unlocks an operator without a network: eight digits there, eight digits back (PROTOCOL §10). A
 * question lives in memory alone: a restart ends it, and its answer opens nothing afterwards.
 */
export class UnlockDesk {
  readonly #p: PadParts;
  #open: Question | null = null;

  constructor(parts: PadParts) {
    this.#p = parts;
  }

  /** The question for this operator: the one that is under way, or a fresh one. */
  async challenge(operatorId: string): Promise<Result<UnlockChallenge, UnlockRefusal>> {
    const { db, vault, surroundings } = this.#p;
    if (!(await db.operators.get(operatorId))?.active) return refused({ code: "no-operator" });
    const stop = await db.setting("stop");
    if (stop) return refused({ code: "till-stopped", stop: stop.reason });
    if (!(await vault.standing()).open) return refused({ code: "vault-closed" });
    if (!(await db.setting("unlock-key"))) return refused({ code: "unlock-unready" });
    const nowMs = surroundings.monotonicMs();
    const present = this.#open;
    if (present?.operatorId !== operatorId || present.untilMs <= nowMs) {
      const digits = digitsOf(surroundings.randomBytes(8), UNLOCK_DIGITS);
      this.#open = { operatorId, digits, untilMs: nowMs + GOOD_FOR_MS, triesLeft: TRIES };
    }
    const { digits, untilMs, triesLeft } = this.#open ?? NONE;
    return accepted({ operatorId, digits, triesLeft, leftMs: untilMs - nowMs });
  }

  /** One answer of at most three. Right: the operator's tries start anew, and the question is used up. */
  async answer(operatorId: string, typed: string): Promise<Result<OperatorView, UnlockRefusal>> {
    const { db, identity, ledger, vault, surroundings } = this.#p;
    const question = this.#open;
    const key = await db.setting("unlock-key");
    const operator = await db.operators.get(operatorId);
    if (!key || !operator?.active || question?.operatorId !== operatorId)
      return refused({ code: "unlock-over" });
    if (question.untilMs <= surroundings.monotonicMs() || question.triesLeft < 1) {
      this.#open = null;
      return refused({ code: "unlock-over" });
    }
    // Before the answer is looked at: whatever comes of it, this try is gone.
    question.triesLeft--;
    const { till, epoch } = identity;
    const subject = fromHex(operatorId);
    const asked = { till, epoch, subject, digits: question.digits, answer: typed.trim() };
    const sealed = { sealed: key.sealed, aad: unlockKeyAad(till, epoch) };
    const right = await vault.withWorker((calls, material) => calls.checkUnlock(material, sealed, asked));
    if (!right) {
      const { triesLeft } = question;
      if (triesLeft < 1) this.#open = null;
      return refused(triesLeft < 1 ? { code: "unlock-over" } : { code: "unlock-wrong", triesLeft });
    }
    this.#open = null;
    const done = await ledger.append<never>({
      body: () => ({ kind: "unlocked", subjectClass: "operator", subject, how: "office-digits", by: null }),
      inside: async () => {
        await restartTries(db, "operator", subject);
        return null;
      },
    });
    return done.ok ? accepted(withPin(operator)) : done;
  }
}

const NONE: Question = { operatorId: "", digits: "", untilMs: 0, triesLeft: 0 };
