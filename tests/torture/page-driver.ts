// Runs inside the till's page, before its scripts: the whole of it is handed to the browser as text, so
// nothing outside this function may be named in it.
import type { PadOutcome, PaidView, PresentOutcome } from "../../src/protocol/engine-calls.ts";

/** A code to be presented, with what its pad is told. */
export interface CodeInHand {
  readonly qrText: string;
  readonly amountMinor: number;
  readonly kind: "exact" | "up-to";
  readonly password: string;
}

/** One customer: what is owed, and how it is paid. */
export interface Customer {
  readonly amountMinor: number;
  readonly code: CodeInHand | null;
  readonly thinksMs: number;
}

/** Whose secret is typed, and what. */
export type AskedCheck =
  | { readonly operatorId: string; readonly typed: string }
  | { readonly code: CodeInHand; readonly typed: string };

/** What the page tells, the moment it happens: the note leaves before anything can be killed for it. */
export type Note =
  | { readonly kind: "paid"; readonly paid: PaidView }
  | { readonly kind: "refused"; readonly code: string }
  | { readonly kind: "fault"; readonly message: string };

/** What the driver adds to the page. */
export interface TortureWindow {
  tortureNote(note: Note): Promise<void>;
  torture: {
    /** True once the engine's worker was started. */
    readonly ready: () => boolean;
    /** Serves the customers in turn until they are all served or `stop` was called. */
    readonly serve: (customers: readonly Customer[]) => Promise<number>;
    readonly stop: () => void;
    /** Types a PIN or a code's password and confirms; answers the kind of what came of it. */
    readonly check: (asked: AskedCheck) => Promise<string>;
    /**
     * Types this PIN on a pad of its own, again and again while other hands take the pad away; answers the
     * name of the refusal, or `operator-in`.
     */
    readonly checkAmongOthers: (operatorId: string, typed: string) => Promise<string>;
    /** One call of the engine, over the very link the screens use. */
    readonly call: (name: string, ...args: readonly unknown[]) => Promise<unknown>;
  };
}

/**
 * Takes hold of the engine's worker as the page starts it, and speaks to it over the same port in the same
 * words (comlink's messages) as the screens do. Every answer that says «paid», whoever asked, is noted: that
 * is the message on which the screen shows it.
 */
export function driver(): void {
  type Answer = { readonly type: string; readonly name?: string; readonly value?: unknown };
  type Said = { readonly id?: string } & Answer;
  type OpenPad = { readonly padId: string; readonly port: MessagePort };
  const limitMs = 30_000;
  const window = globalThis as unknown as TortureWindow & { Worker: typeof Worker };
  const Native = window.Worker;
  let engine: Worker | null = null;
  let calls = 0;
  let stopped = false;
  // The pad the screen opens: two pads at once would take each other's place.
  let pad = Promise.withResolvers<OpenPad>();
  const waiting = new Map<string, (answer: Answer) => void>();

  const paidIn = (value: unknown): PaidView | null => {
    if (typeof value !== "object" || value === null) return null;
    const said = value as { ok?: boolean; value?: PaidView; kind?: string; paid?: PaidView };
    if (said.kind === "paid" && said.paid) return said.paid;
    return said.ok === true && said.value?.headHex !== undefined ? said.value : null;
  };
  const hear = (event: MessageEvent<Said>): void => {
    const { id } = event.data;
    if (id === undefined) return;
    const paid = paidIn(event.data.value);
    if (paid) void window.tortureNote({ kind: "paid", paid });
    const opened = (event.data.value as { readonly value?: Partial<OpenPad> } | null | undefined)?.value;
    if (opened?.padId && opened.port) pad.resolve({ padId: opened.padId, port: opened.port });
    waiting.get(id)?.(event.data);
    waiting.delete(id);
  };
  window.Worker = new Proxy(Native, {
    construct(Wanted, given: [string | URL, WorkerOptions?]) {
      const worker = new Wanted(...given);
      if (given[1]?.name === "engine") {
        engine = worker;
        worker.addEventListener("message", hear);
      }
      return worker;
    },
  });

  /** An engine that never answers is a finding, and no reason to wait for ever. */
  const within = <T>(what: string, answer: Promise<T>): Promise<T> => {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error(`torture: no answer: ${what}`)), limitMs);
    return Promise.race([answer, late.promise]).finally(() => clearTimeout(timer));
  };
  const call = async (name: string, ...args: readonly unknown[]): Promise<unknown> => {
    const worker = engine;
    if (!worker) throw new Error("torture: no engine");
    const id = `torture-${(calls += 1)}`;
    const answered = new Promise<Answer>((done) => waiting.set(id, done));
    const argumentList = args.map((value) => ({ type: "RAW", value }));
    worker.postMessage({ id, type: "APPLY", path: [name], argumentList });
    const answer = await within(name, answered);
    if (answer.type === "HANDLER") throw new Error(`torture: ${name} threw ${JSON.stringify(answer.value)}`);
    return answer.value;
  };
  const refused = (outcome: unknown): void => {
    const { refusal } = outcome as { refusal?: { code?: string } };
    void window.tortureNote({ kind: "refused", code: refusal?.code ?? JSON.stringify(outcome) });
  };

  /** Types the password on the pad that the screen has opened for the code on the counter. */
  const typePassword = async (password: string): Promise<PadOutcome> => {
    const { padId, port } = await within("the pad", pad.promise);
    const counted = new Promise<void>((done) => {
      port.addEventListener("message", (event: MessageEvent<{ count: number }>) => {
        if (event.data.count === password.length) done();
      });
    });
    // A pad that no screen listens to.
    port.start();
    for (const char of password) port.postMessage({ type: "char", char });
    await within("the pad's count", counted);
    return (await call("confirmPad", padId)) as PadOutcome;
  };

  const check = async (asked: AskedCheck): Promise<string> => {
    pad = Promise.withResolvers();
    if ("code" in asked) {
      await call("charge", asked.code.amountMinor);
      const presented = (await call("presentScan", asked.code.qrText)) as PresentOutcome;
      if (presented.kind !== "password") return JSON.stringify(presented);
    } else {
      await call("openPad", { purpose: "operator", operatorId: asked.operatorId });
    }
    const { kind } = await typePassword(asked.typed);
    return kind;
  };

  const checkAmongOthers = async (operatorId: string, typed: string): Promise<string> => {
    for (let tries = 0; tries < 200; tries += 1) {
      const opened = (await call("openPad", { purpose: "operator", operatorId })) as
        | { readonly ok: true; readonly value: OpenPad }
        | { readonly ok: false; readonly refusal: { readonly code: string } };
      if (!opened.ok) return opened.refusal.code;
      for (const char of typed) opened.value.port.postMessage({ type: "char", char });
      const outcome = (await call("confirmPad", opened.value.padId)) as PadOutcome;
      if (outcome.kind !== "refused") return outcome.kind;
      // Another hand has opened a pad meanwhile: this one is gone, and nothing was looked at.
      if (outcome.refusal.code !== "no-sale") return outcome.refusal.code;
    }
    return "never had the pad";
  };

  const serveOne = async (customer: Customer): Promise<void> => {
    const charged = (await call("charge", customer.amountMinor)) as { ok: boolean };
    if (!charged.ok) {
      refused(charged);
      return;
    }
    let outcome: PresentOutcome | PadOutcome | null = null;
    if (customer.code) {
      pad = Promise.withResolvers();
      outcome = (await call("presentScan", customer.code.qrText)) as PresentOutcome;
      if (outcome.kind === "password") outcome = await typePassword(customer.code.password);
      if (outcome?.kind === "refused") refused(outcome);
    }
    if (outcome?.kind === "paid") return;
    if (outcome?.kind === "refused") await call("withdrawCode");
    const due = outcome?.kind === "part-paid" ? outcome.dueMinor : customer.amountMinor;
    const taken = (await call("takeCash", due + (due % 3) * 100)) as { ok: boolean };
    if (!taken.ok) refused(taken);
  };

  window.torture = {
    ready: () => engine !== null,
    call,
    check,
    checkAmongOthers,
    stop: () => {
      stopped = true;
    },
    async serve(customers) {
      stopped = false;
      let served = 0;
      for (const customer of customers) {
        if (stopped) break;
        try {
          await serveOne(customer);
          await call("nextSale");
        } catch (cause) {
          const message = cause instanceof Error ? cause.message : String(cause);
          void window.tortureNote({ kind: "fault", message });
        }
        served += 1;
        await new Promise((next) => setTimeout(next, customer.thinksMs));
      }
      return served;
    },
  };
}
