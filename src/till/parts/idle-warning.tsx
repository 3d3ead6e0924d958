import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { screenTexts } from "../screen-texts.ts";
import { useTill } from "../till-context.ts";

/** A till left alone locks; long enough for a customer to look for a coin. */
const idleLockMs = 5 * 60_000;
const warnMs = 10_000;
const everyMs = 1_000;

/** What is left before the lock, in whole seconds, or null while there is no need to warn (UX §10: 10 s). */
export function secondsToLock(idleMs: number): number | null {
  const leftMs = idleLockMs - idleMs;
  return leftMs > warnMs ? null : Math.max(0, Math.ceil(leftMs / 1000));
}

/**
 * Locks an idle till and says so ten seconds before. Any touch or key starts anew; the sale in hand is kept.
 */
export function IdleWarning(): JSX.Element | null {
  const { flow } = useTill();
  const left = useSignal<number | null>(null);
  useEffect(() => {
    let touchedMs = performance.now();
    const touched = (): void => {
      touchedMs = performance.now();
      left.value = null;
    };
    const timer = setInterval(() => {
      left.value = secondsToLock(performance.now() - touchedMs);
      if (left.value === 0) flow.lock();
    }, everyMs);
    const how = { capture: true, passive: true };
    addEventListener("pointerdown", touched, how);
    addEventListener("keydown", touched, how);
    return () => {
      clearInterval(timer);
      removeEventListener("pointerdown", touched, how);
      removeEventListener("keydown", touched, how);
    };
  }, [flow, left]);
  if (left.value === null) return null;
  return (
    <p class="idle" role="alert">
      {screenTexts.now.idle.warn(left.value)}
    </p>
  );
}
