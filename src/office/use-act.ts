import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { OfficeProblem } from "#ui/texts/office-problem.ts";
import type { Answer } from "./answer.ts";

/** One button's errand to the server. */
export interface Act {
  /** Under way for longer than a moment: worth a word (UX §7 allows none before). */
  readonly isSlow: boolean;
  readonly problem: OfficeProblem | null;
  /** Sends unless the one before is still under way: a double press never becomes two requests. */
  readonly run: <T>(send: () => Promise<Answer<T>>, done: (value: T) => void) => void;
  readonly forget: () => void;
}

/** A wait shorter than this shows nothing. */
const SLOW_AFTER_MS = 300;

/** One errand at a time, its refusal kept beside the button until the next try. */
export function useAct(): Act {
  const isSlow = useSignal(false);
  const problem = useSignal<OfficeProblem | null>(null);
  // A ref and not the signal: two presses in one frame both still see the old signal's drawing.
  const underWay = useRef(false);

  async function send<T>(request: () => Promise<Answer<T>>, done: (value: T) => void): Promise<void> {
    underWay.current = true;
    const timer = setTimeout(() => (isSlow.value = true), SLOW_AFTER_MS);
    const answer = await request();
    clearTimeout(timer);
    underWay.current = false;
    isSlow.value = false;
    problem.value = answer.ok ? null : answer.refusal;
    if (answer.ok) done(answer.value);
  }

  return {
    isSlow: isSlow.value,
    problem: problem.value,
    run: (request, done) => {
      if (!underWay.current) void send(request, done);
    },
    forget: () => {
      problem.value = null;
    },
  };
}
