import type { CodeRefusal, PinRefusal, TillRefusal } from "#domain/refusal.ts";
import type { MayTry } from "#domain/attempts.ts";
import { PIN_LENGTH } from "#domain/pin.ts";
import { accepted, refused, type Result } from "#domain/result.ts";
import { fromHex, type Bytes } from "#protocol/bytes.ts";
import type { OperatorView, Pad, PadOutcome, PadPurpose } from "#protocol/engine-calls.ts";
import { SECRET_SALT_BYTES } from "#protocol/vault-records.ts";
import type { OperatorRow } from "#storage/schema.ts";
import type { TillDatabase } from "#storage/till-database.ts";
import type { PresentableCode } from "./code-desk.ts";
import type { Ledger } from "./ledger.ts";
import type { SaleDesk, TenderOutcome } from "./sale-desk.ts";
import type { Surroundings } from "./surroundings.ts";
import type { AttemptBook } from "./vault/attempt-book.ts";
import type { HiredPinWorker, OpenVault } from "./vault/open-vault.ts";

type Work =
  | { readonly purpose: "code"; readonly code: PresentableCode }
  | { readonly purpose: "operator"; readonly operator: OperatorRow }
  | { readonly purpose: "new-pin"; readonly operator: OperatorRow };

interface OpenPad {
  readonly id: string;
  readonly work: Work;
  readonly worker: HiredPinWorker;
}

type PadRefusal = PinRefusal | CodeRefusal | TillRefusal;

/** What a right secret leads to, done by the till: an operator comes in, a code is taken. */
export interface PadResults {
  readonly operatorIn: (operator: OperatorRow) => void;
  readonly takeCode: (
    code: PresentableCode,
    inside: () => Promise<void>,
  ) => Promise<Result<TenderOutcome, CodeRefusal | TillRefusal>>;
  readonly refuse: (refusal: CodeRefusal, cti: Bytes) => Promise<void>;
}

/**
 * Pads and what is checked on them. Order is law (DESIGN §6): count the try on disk, then Argon2 in the
 * worker, then the success in one transaction with what it allows. One pad at a time; its worker dies with
 * it.
 */
export class PadDesk {
  readonly #db: TillDatabase;
  readonly #ledger: Ledger;
  readonly #vault: OpenVault;
  readonly #book: AttemptBook;
  readonly #saleDesk: SaleDesk;
  readonly #surroundings: Surroundings;
  readonly #results: PadResults;
  #open: OpenPad | null = null;
  #opened = 0;
  #checking = false;
  /** The screen went away during a check: the pad goes after it. */
  #left = false;

  constructor(
    db: TillDatabase,
    ledger: Ledger,
    vault: OpenVault,
    book: AttemptBook,
    saleDesk: SaleDesk,
    surroundings: Surroundings,
    results: PadResults,
  ) {
    this.#db = db;
    this.#ledger = ledger;
    this.#vault = vault;
    this.#book = book;
    this.#saleDesk = saleDesk;
    this.#surroundings = surroundings;
    this.#results = results;
  }

  async open(purpose: PadPurpose): Promise<Result<Pad, PadRefusal>> {
    this.close(this.#open?.id ?? "");
    const work = await this.#workFor(purpose);
    if (!work.ok) {
      if (purpose.purpose === "code") this.#putAside(work.refusal);
      return work;
    }
    const worker = this.#vault.hire();
    const line = new MessageChannel();
    await worker.attach(line.port1);
    const id = `pad-${++this.#opened}`;
    this.#open = { id, work: work.value, worker };
    const policy = await this.#db.setting("policy");
    const isCode = work.value.purpose === "code";
    const kind = isCode ? (policy?.policy.passwordKind ?? "digits") : "digits";
    return accepted({ padId: id, kind, fixedLength: isCode ? null : PIN_LENGTH, port: line.port2 });
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
      return await this.#check(pad);
    } finally {
      this.#checking = false;
      if (this.#left) this.#end();
      this.#left = false;
    }
  }

  async #check(pad: OpenPad): Promise<PadOutcome> {
    switch (pad.work.purpose) {
      case "code": {
        const outcome = await this.#checkCode(pad, pad.work.code);
        if (outcome.kind === "refused") this.#putAside(outcome.refusal);
        return outcome;
      }
      case "operator":
        return this.#checkOperator(pad, pad.work.operator);
      case "new-pin":
        return this.#setPin(pad, pad.work.operator);
    }
  }

  /** A code that no further password can save makes room: the sale stays, for another means of payment. */
  #putAside(refusal: PadRefusal): void {
    if (refusal.code !== "password-wrong" && refusal.code !== "password-wait") this.#saleDesk.takeCodeBack();
  }

  async #workFor(purpose: PadPurpose): Promise<Result<Work, PadRefusal>> {
    if (purpose.purpose === "code") {
      const code = this.#saleDesk.code;
      if (!code) return refused({ code: "no-sale" });
      const may = await this.#book.mayTry("code", fromHex(code.payload.cti));
      if (may.kind !== "yes") return refused(codeTryRefusal(may));
      return accepted({ purpose: "code", code });
    }
    if (purpose.purpose !== "operator" && purpose.purpose !== "new-pin")
      return refused({ code: "pin-needs-manager" });
    const operator = await this.#db.operators.get(purpose.operatorId);
    if (!operator?.active) return refused({ code: "no-operator" });
    const record = await this.#db.secrets.get(operator.id);
    if (purpose.purpose === "new-pin") {
      // A PIN that is there is changed by who knows it, after signing in; anybody may set a first one.
      return record ? refused({ code: "no-operator" }) : accepted({ purpose: "new-pin", operator });
    }
    if (!record) return refused({ code: "no-operator" });
    const may = await this.#book.mayTry("operator", fromHex(operator.id));
    return may.kind === "yes" ? accepted({ purpose: "operator", operator }) : refused(pinTryRefusal(may));
  }

  async #checkCode(pad: OpenPad, code: PresentableCode): Promise<PadOutcome> {
    const cti = fromHex(code.payload.cti);
    if (!code.siteKey) return no({ code: "key-epoch-absent" });
    const counted = await this.#book.count("code", cti);
    if (!counted.ok) {
      this.#end();
      return no("kind" in counted.refusal ? codeTryRefusal(counted.refusal) : counted.refusal);
    }
    const right = await pad.worker.calls.checkCode(await this.#vault.material(), code.siteKey, code.payload);
    this.#end();
    if (!right) {
      const refusal = codeTryRefusal(await this.#book.mayTry("code", cti));
      await this.#results.refuse(refusal, cti);
      return no(refusal);
    }
    const taken = await this.#results.takeCode(code, () => this.#book.forgive("code", cti));
    return taken.ok ? taken.value : no(taken.refusal);
  }

  async #checkOperator(pad: OpenPad, operator: OperatorRow): Promise<PadOutcome> {
    const subject = fromHex(operator.id);
    const record = await this.#db.secrets.get(operator.id);
    if (!record) return no({ code: "no-operator" });
    const counted = await this.#book.count("operator", subject);
    if (!counted.ok) {
      this.#end();
      return no("kind" in counted.refusal ? pinTryRefusal(counted.refusal) : counted.refusal);
    }
    const right = await pad.worker.calls.checkPin(await this.#vault.material(), subject, record);
    this.#end();
    if (!right) return no(pinTryRefusal(await this.#book.mayTry("operator", subject)));
    const entered = await this.#ledger.append<never>({
      body: () => ({ kind: "operator-in", operator: subject }),
      inside: async () => {
        await this.#book.forgive("operator", subject);
        return null;
      },
    });
    if (!entered.ok) return no(entered.refusal);
    this.#results.operatorIn(operator);
    return { kind: "operator-in", operator: { ...viewOf(operator), hasPin: true } };
  }

  async #setPin(pad: OpenPad, operator: OperatorRow): Promise<PadOutcome> {
    const subject = fromHex(operator.id);
    const salt = this.#surroundings.randomBytes(SECRET_SALT_BYTES);
    const made = await pad.worker.calls.newRecord(await this.#vault.material(), subject, 1, salt);
    if (made.kind === "again") return { kind: "again" };
    if (made.kind === "refused") return no(made.refusal);
    this.#end();
    const set = await this.#ledger.append<never>({
      body: () => ({ kind: "pin-set", operator: subject, version: made.record.version }),
      inside: async () => {
        await this.#db.secrets.add({ subject: operator.id, ...made.record });
        return null;
      },
    });
    if (!set.ok) return no(set.refusal);
    this.#results.operatorIn(operator);
    return { kind: "pin-set", operator: { ...viewOf(operator), hasPin: true } };
  }
}

export function viewOf(operator: OperatorRow): Omit<OperatorView, "hasPin"> {
  return { id: operator.id, name: operator.name, role: operator.role };
}

function no(refusal: PadRefusal): PadOutcome {
  return { kind: "refused", refusal };
}

function codeTryRefusal(may: MayTry): CodeRefusal {
  switch (may.kind) {
    case "yes":
      return { code: "password-wrong", triesLeft: may.triesLeft };
    case "wait":
      return { code: "password-wait", waitMs: may.waitMs, tries: may.tries };
    case "locked":
      return { code: "password-locked" };
  }
}

function pinTryRefusal(may: MayTry): PinRefusal {
  switch (may.kind) {
    case "yes":
      return { code: "pin-wrong", triesLeft: may.triesLeft };
    case "wait":
      return { code: "pin-wait", waitMs: may.waitMs, tries: may.tries };
    case "locked":
      return { code: "pin-locked" };
  }
}
