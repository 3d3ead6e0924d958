import type { PinRefusal, TillRefusal } from "#domain/refusal.ts";
import { accepted, refused, type Result } from "#domain/result.ts";
import { fromHex } from "#protocol/bytes.ts";
import type { OperatorView, Pad, PadOutcome, PadPurpose } from "#protocol/engine-calls.ts";
import { Approvals } from "./pads/approvals.ts";
import { codePad } from "./pads/code-pad.ts";
import { approvalPad } from "./pads/approval-pad.ts";
import { newPinPad } from "./pads/new-pin-pad.ts";
import { operatorPad } from "./pads/operator-pad.ts";
import { no, withPin, type PadParts, type PadRefusal, type PadWork } from "./pads/pad-parts.ts";
import { newPassphrasePad, passphrasePad } from "./pads/passphrase-pad.ts";
import { UnlockDesk } from "./pads/unlock-desk.ts";
import { AttemptBook } from "./vault/attempt-book.ts";
import { calibrate } from "./vault/calibration.ts";
import type { HiredPinWorker } from "./vault/open-vault.ts";

interface OpenPad {
  readonly id: string;
  readonly work: PadWork;
  readonly worker: HiredPinWorker;
}

/** What the till's pads are built on; when this window got the till, by the monotonic clock. */
export type PadDeskParts = Omit<PadParts, "book" | "approvals"> & { readonly openedAtMs: number };

/**
 * Pads and what is checked on them (DESIGN §6). One pad at a time; its worker dies with it. Loaded after the
 * keypad, whose first second it would cost; kept with the program, so that an outage has it too.
 */
export class PadDesk {
  readonly #p: PadParts;
  readonly #unlocks: UnlockDesk;
  #open: OpenPad | null = null;
  #opened = 0;
  #checking = false;
  /** The screen went away during a check: the pad goes after it. */
  #left = false;

  constructor({ openedAtMs, ...parts }: PadDeskParts) {
    const { db, ledger, surroundings } = parts;
    this.#p = {
      ...parts,
      book: new AttemptBook(db, ledger, surroundings.monotonicMs, openedAtMs),
      approvals: new Approvals(surroundings.monotonicMs),
    };
    this.#unlocks = new UnlockDesk(this.#p);
  }

  async open(purpose: PadPurpose): Promise<Result<Pad, PadRefusal>> {
    this.close(this.#open?.id ?? "");
    const work = await this.#workFor(purpose);
    if (!work.ok) return work;
    const worker = this.#p.vault.hire();
    const line = new MessageChannel();
    await worker.attach(line.port1);
    const id = `pad-${++this.#opened}`;
    this.#open = { id, work: work.value, worker };
    const { kind, fixedLength } = work.value;
    return accepted({ padId: id, kind, fixedLength, port: line.port2 });
  }

  /** Throws a pad away with what was typed; one whose check runs goes when it has ended. */
  close(padId: string): void {
    if (this.#open?.id !== padId) return;
    // A worker thrown away in the middle of a check never answers, and the till would wait for it for ever.
    if (this.#checking) this.#left = true;
    else this.#end();
  }

  #end(): void {
    this.#open?.worker.dismiss();
    this.#open = null;
  }

  async confirm(padId: string): Promise<PadOutcome> {
    const pad = this.#open;
    // A pad that was closed meanwhile has no secret any more: there is nothing to count and nothing to check.
    if (pad?.id !== padId) return no({ code: "no-sale" });
    this.#checking = true;
    try {
      const outcome = await pad.work.check(pad.worker.calls, () => this.#end());
      const { db, vault, surroundings } = this.#p;
      if (outcome.kind === "operator-in") surroundings.whenIdle?.(() => calibrate(db, vault));
      return outcome;
    } finally {
      this.#checking = false;
      if (this.#left) this.#end();
      this.#left = false;
    }
  }

  /** Whoever is in has gone: what was approved for him is approved no more. */
  operatorLeft(): void {
    this.#p.approvals.end();
  }

  readonly challenge: UnlockDesk["challenge"] = (operatorId) => this.#unlocks.challenge(operatorId);
  readonly answer: UnlockDesk["answer"] = (operatorId, typed) => this.#unlocks.answer(operatorId, typed);

  /** Comes in without a check, where no check is possible: cash has to go on (PROTOCOL §10). */
  async enterUnchecked(operatorId: string): Promise<Result<OperatorView, PinRefusal | TillRefusal>> {
    const { db, ledger, vault, results } = this.#p;
    const operator = await db.operators.get(operatorId);
    if (!operator?.active) return refused({ code: "no-operator" });
    if ((await vault.standing()).open) return refused({ code: "no-operator" });
    const entered = await ledger.append<never>({
      body: () => ({ kind: "operator-in", operator: fromHex(operator.id), how: "unchecked" }),
    });
    if (!entered.ok) return entered;
    results.operatorIn(operator, "unchecked");
    return accepted(withPin(operator));
  }

  #workFor(purpose: PadPurpose): Promise<Result<PadWork, PadRefusal>> {
    switch (purpose.purpose) {
      case "code":
        return codePad(this.#p);
      case "operator":
      case "old-pin":
        return operatorPad(this.#p, purpose.operatorId, purpose.purpose);
      case "new-pin":
        return newPinPad(this.#p, purpose.operatorId);
      case "manager":
        return approvalPad(this.#p, purpose.managerId, purpose.approve);
      case "passphrase":
        return passphrasePad(this.#p);
      case "new-passphrase":
        return newPassphrasePad(this.#p);
    }
  }
}
