import { useEffect, useRef } from "preact/hooks";
import type { ScreenPad } from "./use-pad.ts";

/**
 * So long after the last character an Enter is a person's. Scanners end every code with one, and slow ones
 * take some 80 ms a key (UX §6: a scanner's Enter presses nothing).
 */
const humanPauseMs = 150;

/** Whether an Enter at `nowMs` may confirm what a person typed, the last key of it at `typedMs`. */
export function enterConfirms(typedMs: number, nowMs: number): boolean {
  return nowMs - typedMs >= humanPauseMs;
}

/**
 * What a real keyboard has beside characters, for a pad that takes any length: the space bar types a blank
 * and Enter confirms. Neither does anything where a button or field has the focus: there they are its own.
 */
export function useWholeKeyboard(pad: ScreenPad): void {
  const latest = useRef(pad);
  latest.current = pad;
  const { count, fixedLength } = pad.view;
  const typedMs = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    typedMs.current = performance.now();
  }, [count]);
  useEffect(() => {
    if (fixedLength !== null) return undefined;
    const listen = (event: KeyboardEvent): void => {
      const { target } = event;
      const focused = target instanceof Element && target.closest("button, a, input, select, textarea");
      if (event.defaultPrevented || event.repeat || focused) return;
      const held = latest.current;
      if (event.key === " " && held.view.kind === "letters") {
        // Else the page would scroll; and like every other key of a secret it goes no further.
        event.preventDefault();
        event.stopImmediatePropagation();
        held.char(" ");
      } else if (event.key === "Enter" && held.view.count > 0) {
        if (enterConfirms(typedMs.current, performance.now())) held.confirm();
      }
    };
    addEventListener("keydown", listen, { capture: true });
    return () => removeEventListener("keydown", listen, { capture: true });
  }, [fixedLength]);
}
