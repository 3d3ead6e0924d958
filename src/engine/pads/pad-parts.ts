import type { MayTry } from "#domain/attempts.ts";
import type { CodeRefusal, PinRefusal, TillRefusal } from "#domain/refusal.ts";
import type { Result } from "#domain/result.ts";
import type { Bytes } from "#protocol/bytes.ts";
import type { OperatorView, PadOutcome } from "#protocol/engine-calls.ts";
import type { Keyset } from "#protocol/keyset.ts";
import type { PinWorker } from "#protocol/pin-calls.ts";
import type { IdentityRow, OperatorRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import type { PresentableCode } from "../code-desk.ts";
import type { Ledger } from "../ledger.ts";
import type { SaleDesk, TenderOutcome } from "../sale-desk.ts";
import type { Surroundings } from "../surroundings.ts";
import type { TillTime } from "../till-time.ts";
import type { AttemptBook } from "../vault/attempt-book.ts";
import type { OpenVault } from "../vault/open-vault.ts";
import type { Approvals } from "./approvals.ts";

export type PadRefusal = PinRefusal | CodeRefusal | TillRefusal;

/** What a right secret leads to, done by the till: an operator comes in, a code is taken. */
export interface PadResults {
  readonly operatorIn: (operator: OperatorRow, how: "pin" | "unchecked") => void;
  /** Who is in now. */
  readonly present: () => OperatorRow | null;
  readonly takeCode: (
    code: PresentableCode,
    inside: () => Promise<void>,
  ) => Promise<Result<TenderOutcome, CodeRefusal | TillRefusal>>;
  readonly refuse: (refusal: CodeRefusal, cti: Bytes) => Promise<void>;
}

/** What pads are built on. */
export interface PadParts {
  readonly db: TillDatabase;
  readonly identity: IdentityRow;
  readonly ledger: Ledger;
  readonly time: TillTime;
  readonly vault: OpenVault;
  readonly book: AttemptBook;
  readonly sales: SaleDesk;
  readonly surroundings: Surroundings;
  readonly keyset: () => Keyset;
  readonly results: PadResults;
  readonly approvals: Approvals;
}

/** What one pad is for. */
export interface PadWork {
  readonly kind: "digits" | "letters";
  /** A fixed length submits itself when full. */
  readonly fixedLength: number | null;
  /**
   * What was typed is confirmed. Order is law (DESIGN §6): the try is on disk before the worker looks, and
   * success is one transaction with what it allows. `end` throws the worker away; a pad that is to be typed
   * on once more keeps it.
   */
  readonly check: (worker: PinWorker, end: () => void) => Promise<PadOutcome>;
}

export function no(refusal: PadRefusal): PadOutcome {
  return { kind: "refused", refusal };
}

/** An operator whose PIN was right or set just now. */
export function withPin({ id, name, role }: OperatorRow): OperatorView {
  return { id, name, role, hasPin: true };
}

export function codeTryRefusal(may: MayTry): CodeRefusal {
  switch (may.kind) {
    case "yes":
      return { code: "password-wrong", triesLeft: may.triesLeft };
    case "wait":
      return { code: "password-wait", waitMs: may.waitMs, tries: may.tries };
    case "locked":
      return { code: "password-locked" };
  }
}

export function pinTryRefusal(may: MayTry): PinRefusal {
  switch (may.kind) {
    case "yes":
      return { code: "pin-wrong", triesLeft: may.triesLeft };
    case "wait":
      return { code: "pin-wait", waitMs: may.waitMs, tries: may.tries };
    case "locked":
      return { code: "pin-locked" };
  }
}
