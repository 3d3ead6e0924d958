import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { CodeRefusal, TillRefusal } from "#domain/refusal.ts";
import type { PadOutcome, PaidView, PresentOutcome, TillEngine, TillView } from "#protocol/engine-calls.ts";
import type { PadRefusal } from "./held-pad.ts";
import { type Place, type ScreenName, screenFor } from "./place.ts";

/**
 * What a screen hears beside what it sees; after the commit only, so that the voice never runs ahead of the
 * disk.
 */
export interface FlowSounds {
  paid(paid: PaidView): void;
  refused(): void;
}

export interface Flow {
  readonly place: Signal<Place>;
  /** A command is with the engine: a second press does nothing until it has answered (UX §11.7). */
  readonly busy: ReadonlySignal<boolean>;
  /** Refused where no screen of its own is worth it: stands in the message line of the screen that asked. */
  readonly notice: Signal<CodeRefusal | TillRefusal | null>;
  /** The engine is gone; only opening the page again helps. What is recorded is on disk. */
  readonly broken: ReadonlySignal<boolean>;
  readonly cameraOn: Signal<boolean>;
  /** This sale has seen a code, and it may still lie before the camera: only a press turns the camera on. */
  readonly codeSeen: ReadonlySignal<boolean>;
  readonly screen: () => ScreenName;
  readonly go: (place: Place) => void;
  readonly charge: (amountMinor: number) => void;
  readonly scanned: (text: string) => void;
  readonly numberTyped: (digits: string) => void;
  readonly takeCash: (receivedMinor: number) => void;
  readonly cancelSale: () => void;
  readonly nextSale: () => void;
  readonly withdrawCode: () => void;
  readonly lock: () => void;
  readonly padAnswered: (outcome: PadOutcome) => void;
  readonly fault: (cause: unknown) => void;
}

const counter: Place = { at: "counter" };

/**
 * The steps of the counter: which command a press sends, and where its answer leads. No sum is computed here.
 */
export function createFlow(
  engine: TillEngine,
  view: ReadonlySignal<TillView | null>,
  sounds: FlowSounds,
): Flow {
  const place = signal<Place>(counter);
  const busy = signal(false);
  const broken = signal(false);
  const cameraOn = signal(false);
  const codeSeen = signal(false);
  const notice = signal<CodeRefusal | TillRefusal | null>(null);

  const go = (next: Place): void => {
    notice.value = null;
    if (next.at !== "counter") cameraOn.value = false;
    place.value = next;
  };
  const fault = (cause: unknown): void => {
    // For whoever looks at the tablet's console afterwards; it holds no secret, those never reach this
    // thread.
    reportError(cause);
    broken.value = true;
  };
  const run = (command: () => Promise<void>): void => {
    if (busy.value) return;
    busy.value = true;
    notice.value = null;
    command()
      .catch(fault)
      .finally(() => (busy.value = false));
  };
  const refuse = (refusal: CodeRefusal | TillRefusal): void => {
    sounds.refused();
    go({ at: "refused", refusal });
  };
  const presented = (outcome: PresentOutcome): void => {
    cameraOn.value = false;
    codeSeen.value = true;
    switch (outcome.kind) {
      case "paid":
        go(counter);
        sounds.paid(outcome.paid);
        return;
      case "password":
      case "part-paid":
        go(counter);
        return;
      case "refused":
        refuse(outcome.refusal);
    }
  };
  const screen = (): ScreenName => screenFor(view.value, place.value);

  return {
    place,
    busy,
    notice,
    broken,
    cameraOn,
    codeSeen,
    screen,
    go,
    fault,
    charge: (amountMinor) =>
      run(async () => {
        codeSeen.value = false;
        const answer = await engine.charge(amountMinor);
        if (answer.ok) go(counter);
        // The engine's view shows the full disk in the place of the counter, with what to do.
        else if (answer.refusal.code === "storage-full") go(counter);
        else notice.value = answer.refusal;
      }),
    scanned(text) {
      // A code counts where a payment is being taken and nowhere else: not over a password, a list or a paid
      // sale.
      if (!takesCodes(screen())) return;
      run(async () => presented(await engine.presentScan(text)));
    },
    numberTyped: (digits) => run(async () => presented(await engine.presentNumber(digits))),
    takeCash: (receivedMinor) =>
      run(async () => {
        const answer = await engine.takeCash(receivedMinor);
        if (!answer.ok) {
          notice.value = answer.refusal;
          return;
        }
        go(counter);
        sounds.paid(answer.value);
      }),
    cancelSale: () =>
      run(async () => {
        const answer = await engine.cancelSale();
        cameraOn.value = false;
        if (answer.ok) go(counter);
        else notice.value = answer.refusal;
      }),
    nextSale: () =>
      run(async () => {
        const before = place.value;
        await engine.nextSale();
        // A hand that went on to the list meanwhile is not pulled back.
        if (place.value === before) go(counter);
      }),
    withdrawCode: () =>
      run(async () => {
        // The code still lies before the camera: left on, it would bring the pad straight back.
        cameraOn.value = false;
        await engine.withdrawCode();
        go(counter);
      }),
    lock: () =>
      run(async () => {
        cameraOn.value = false;
        await engine.lock();
        go(counter);
      }),
    padAnswered(outcome) {
      if (outcome.kind === "paid") {
        go(counter);
        sounds.paid(outcome.paid);
      } else if (outcome.kind === "part-paid") {
        go(counter);
      } else if (outcome.kind === "refused") {
        sounds.refused();
        if (endsTheCode(outcome.refusal)) go({ at: "refused", refusal: outcome.refusal });
      }
    },
  };
}

/** Where a scanned text is a payment; on Activate it is an activation code and goes another way. */
export function takesCodes(screen: ScreenName): boolean {
  return ["sell", "tender", "number", "cash", "refused"].includes(screen);
}

// A wrong password or a wait leaves the customer at the pad; nothing of a PIN concerns the code. After all
// else the code is out of the game, and the Refused screen says what works instead.
const staysAtThePad: ReadonlySet<string> = new Set([
  "password-wrong",
  "password-wait",
  "pin-wrong",
  "pin-wait",
  "pin-locked",
  "pin-too-short",
  "pin-too-weak",
  "pin-differs",
]);

function endsTheCode(refusal: PadRefusal): refusal is CodeRefusal | TillRefusal {
  return !staysAtThePad.has(refusal.code);
}
