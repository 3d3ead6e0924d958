import { type ReadonlySignal, signal } from "@preact/signals";
import type { CodeRefusal, PinRefusal, TillRefusal } from "#domain/refusal.ts";
import type { PadCount, PadMessage, PadOutcome, PadPurpose, TillEngine } from "#protocol/engine-calls.ts";

export type PadRefusal = PinRefusal | CodeRefusal | TillRefusal;

/** An open pad as the screen sees it: how many characters stand in the worker, never which. */
export interface PadView {
  /**
   * `waiting`: no try is possible before the back-off ends · `shut`: this subject is locked, or the pad was
   * closed.
   */
  readonly state: "opening" | "ready" | "checking" | "waiting" | "shut";
  /** Null until the first pad is open: which keys to show is the policy's, and not known before. */
  readonly kind: "digits" | "letters" | null;
  readonly fixedLength: number | null;
  readonly count: number;
  /** The new secret was read once, and is asked for again. */
  readonly half: boolean;
}

export interface HeldPad {
  readonly view: ReadonlySignal<PadView>;
  /** One key, straight to the worker; does nothing while no pad is ready. */
  readonly send: (message: PadMessage) => void;
  readonly confirm: () => void;
  readonly close: () => void;
}

export interface PadHooks {
  readonly onOutcome: (outcome: PadOutcome) => void;
  /** The pad emptied itself after `idleMs` without a key. */
  readonly onIdleCleared: () => void;
  /** A call to the engine did not come back: the worker is gone. */
  readonly onFault: (cause: unknown) => void;
  readonly idleMs: number;
}

/** A pad that is still opening. */
export const unopenedPad: PadView = {
  state: "opening",
  kind: null,
  fixedLength: null,
  count: 0,
  half: false,
};

/**
 * Opens a pad and keeps one open until it is closed: a pad is thrown away after each wrong try, so the next
 * one is asked for at once, or when the back-off named in the refusal is over. No character is ever kept
 * here.
 */
export function startPad(engine: TillEngine, purpose: PadPurpose, hooks: PadHooks): HeldPad {
  const view = signal<PadView>(unopenedPad);
  let padId: string | null = null;
  let keys: MessagePort | null = null;
  let sent = 0;
  let seen = 0;
  let confirmWanted = false;
  let port: MessagePort | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let closed = false;

  const change = (part: Partial<PadView>): void => {
    view.value = { ...view.value, ...part };
  };
  const letGo = (): void => {
    clearTimeout(timer);
    keys?.close();
    keys = null;
    port?.close();
    port = null;
  };
  const watchIdle = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      const { state, count, half } = view.value;
      if (state !== "ready" || (count === 0 && !half)) return;
      // What was read once cannot be cleared by a key: it goes with its worker.
      if (half) startOver();
      else {
        sent++;
        keys?.postMessage({ type: "clear" } satisfies PadMessage);
      }
      hooks.onIdleCleared();
    }, hooks.idleMs);
  };
  const startOver = (): void => {
    letGo();
    if (padId !== null) engine.closePad(padId).catch(hooks.onFault);
    padId = null;
    open();
  };
  const afterRefusal = (refusal: PadRefusal): void => {
    letGo();
    padId = null;
    if (refusal.code === "password-wait" || refusal.code === "pin-wait") {
      change({ state: "waiting", count: 0 });
      timer = setTimeout(open, refusal.waitMs);
    } else if (mayRetry(refusal)) {
      open();
    } else {
      change({ state: "shut", count: 0 });
    }
  };
  const opened = async (): Promise<void> => {
    // A quick hand types before the worker is up. The keys wait in this line, not in any variable of the
    // page, and go on to the worker in order as soon as it listens.
    const line = new MessageChannel();
    keys = line.port1;
    sent = 0;
    seen = 0;
    confirmWanted = false;
    change({ state: "opening", count: 0, half: false });
    const answer = await engine.openPad(purpose);
    if (closed) {
      if (answer.ok) await engine.closePad(answer.value.padId);
      return;
    }
    if (!answer.ok) {
      hooks.onOutcome({ kind: "refused", refusal: answer.refusal });
      // Opening again at once after a refused opening would be asked without end; only a wait leads on.
      if (answer.refusal.code === "password-wait" || answer.refusal.code === "pin-wait") {
        afterRefusal(answer.refusal);
      } else {
        change({ state: "shut" });
      }
      return;
    }
    const pad = answer.value;
    padId = pad.padId;
    port = pad.port;
    port.addEventListener("message", (event: MessageEvent<PadCount>) => {
      const { count } = event.data;
      seen = event.data.seen;
      change({ count });
      if (seen === sent && (confirmWanted || count === pad.fixedLength)) confirm();
    });
    port.start();
    line.port2.addEventListener("message", (event: MessageEvent<PadMessage>) =>
      pad.port.postMessage(event.data),
    );
    line.port2.start();
    change({ state: "ready", kind: pad.kind, fixedLength: pad.fixedLength, count: 0 });
  };
  function open(): void {
    opened().catch(hooks.onFault);
  }
  const confirmed = async (id: string): Promise<void> => {
    clearTimeout(timer);
    change({ state: "checking" });
    const outcome = await engine.confirmPad(id);
    // The engine's view may have taken the screen away already; what came of the check is told all the same,
    // or a paid sale would stay without its voice and a code that is out of the game without its reason.
    if (closed) hooks.onOutcome(outcome);
    else settle(outcome);
  };
  const settle = (outcome: PadOutcome): void => {
    if (outcome.kind === "again") {
      change({ state: "ready", count: 0, half: true });
      watchIdle();
    } else if (outcome.kind === "refused") afterRefusal(outcome.refusal);
    else {
      letGo();
      change({ state: "shut", count: 0 });
    }
    hooks.onOutcome(outcome);
  };
  function confirm(): void {
    if (padId === null || view.value.state !== "ready") return;
    // The last key may still be on its way while this call takes another one: a check now would count a wrong
    // try.
    confirmWanted = seen !== sent;
    if (!confirmWanted) confirmed(padId).catch(hooks.onFault);
  }
  open();
  return {
    view,
    send(message) {
      if (view.value.state !== "ready" && view.value.state !== "opening") return;
      sent++;
      keys?.postMessage(message);
      watchIdle();
    },
    confirm,
    close() {
      closed = true;
      letGo();
      change({ state: "shut", count: 0 });
      if (padId !== null) engine.closePad(padId).catch(hooks.onFault);
    },
  };
}

// After these another try is possible at once, on a new pad; anything else ends this pad's purpose.
const retried: ReadonlySet<PadRefusal["code"]> = new Set<PadRefusal["code"]>([
  "password-wrong",
  "pin-wrong",
  "pin-too-short",
  "pin-too-weak",
  "pin-differs",
  "passphrase-wrong",
  "passphrase-too-short",
  "not-committed",
]);

function mayRetry(refusal: PadRefusal): boolean {
  return retried.has(refusal.code);
}
