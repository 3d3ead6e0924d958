import { type Signal, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { PadOutcome, PadPurpose } from "#protocol/engine-calls.ts";
import type { Message } from "#ui/components/message-line.tsx";
import { joinSentence, sayRefusal } from "#ui/texts/refusal-texts.ts";
import { nowMs } from "./clock-now.ts";
import { type PadRefusal, type HeldPad, type PadView, startPad, unopenedPad } from "./held-pad.ts";
import { tillTexts } from "./texts.ts";
import { useTill, useTypedKeys } from "./till-context.ts";

/** A secret left on a pad is cleared after this long without a key (UX §6). */
const secretIdleMs = 60_000;

export interface ScreenPad {
  readonly view: PadView;
  readonly message: Message | null;
  /** Why nothing can be typed just now; null while it can. */
  readonly refused: PadRefusal["code"] | null;
  readonly char: (char: string) => void;
  readonly back: () => void;
  readonly clear: () => void;
  readonly confirm: () => void;
}

/**
 * A pad for as long as its screen stands: opened with it, closed with it. `purposeKey` names the purpose;
 * another one closes the pad and opens the next. Characters go to the worker one by one and are kept nowhere
 * on the way.
 */
export function usePad(
  purposeKey: string,
  purpose: PadPurpose,
  onOutcome: (outcome: PadOutcome) => void,
): ScreenPad {
  const till = useTill();
  const held: Signal<HeldPad | null> = useSignal(null);
  const told: Signal<PadRefusal | "cleared" | null> = useSignal(null);
  const toldAtMs = useSignal(0);
  const shownMs = useSignal(0);
  const latest = useRef({ onOutcome, purpose });
  latest.current = { onOutcome, purpose };
  useEffect(() => {
    told.value = null;
    const opened = startPad(till.engine, latest.current.purpose, {
      idleMs: secretIdleMs,
      onFault: till.flow.fault,
      onIdleCleared: () => (told.value = "cleared"),
      onOutcome(outcome) {
        told.value = outcome.kind === "refused" ? outcome.refusal : null;
        toldAtMs.value = performance.now();
        latest.current.onOutcome(outcome);
      },
    });
    held.value = opened;
    return () => opened.close();
  }, [till, purposeKey, held, told]);
  const state = held.value?.view.value.state;
  const waiting = state === "waiting";
  useEffect(() => {
    if (!waiting) return undefined;
    const count = (): void => {
      shownMs.value = performance.now();
    };
    count();
    const timer = setInterval(count, 1000);
    return () => clearInterval(timer);
  }, [waiting, shownMs]);
  const send: HeldPad["send"] = (message) => {
    // What was said of the last try goes when the next one begins; a running wait stays said.
    if (held.value?.view.value.state === "ready") told.value = null;
    held.value?.send(message);
  };
  useTypedKeys((key) => {
    if (key === "Backspace") send({ type: "back" });
    // A letter on a pad without letters is a slip of the hand, not a part of the secret.
    else if (held.value?.view.value.kind !== "digits" || /\d/.test(key)) send({ type: "char", char: key });
  });
  return {
    view: held.value?.view.value ?? unopenedPad,
    message: padMessage(
      told.value,
      till.view.value?.settings.currency ?? "CNY",
      waiting ? Math.max(0, shownMs.value - toldAtMs.value) : null,
    ),
    refused: state !== "ready" && typeof told.value === "object" ? (told.value?.code ?? null) : null,
    char: (char) => send({ type: "char", char }),
    back: () => send({ type: "back" }),
    clear: () => send({ type: "clear" }),
    confirm: () => held.value?.confirm(),
  };
}

/**
 * What a pad says of the last try. A wait counts down for the eye and is said once for the ear; `sinceToldMs`
 * is null when none runs any more.
 */
export function padMessage(
  told: PadRefusal | "cleared" | null,
  currency: string,
  sinceToldMs: number | null,
): Message | null {
  if (told === null) return null;
  if (told === "cleared") return { tone: "plain", text: tillTexts.now.pad.cleared };
  const spoken = joinSentence(sayRefusal(told, currency, nowMs.value));
  if (told.code !== "pin-wait" && told.code !== "password-wait") return { tone: "refused", text: spoken };
  if (sinceToldMs === null || sinceToldMs >= told.waitMs) return null;
  const waitMs = told.waitMs - sinceToldMs;
  return {
    tone: "refused",
    text: joinSentence(sayRefusal({ ...told, waitMs }, currency, nowMs.value)),
    spoken,
  };
}
