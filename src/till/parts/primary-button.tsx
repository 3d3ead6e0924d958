import type { ComponentChildren, JSX } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { deafMs } from "./deaf-time.ts";

/** Whether a press that began at `startedMs` counts on a button shown since `shownMs`. Both by one clock. */
export function hearsPress(shownMs: number, startedMs: number): boolean {
  return startedMs - shownMs >= deafMs;
}

export interface PrimaryButtonProps {
  readonly children: ComponentChildren;
  readonly onPress: () => void;
  /** Deafness starts anew when this changes: the name of the screen, or of the act. */
  readonly actId: string;
  readonly unavailable?: string | undefined;
  readonly icon?: ComponentChildren;
}

/**
 * The one act of a screen, always in the same rectangle. Deaf for 350 ms after it comes or changes its act; a
 * press counts only when it begins and ends on it, and Enter never presses it, because scanners end every
 * code with Enter.
 */
export function PrimaryButton(props: PrimaryButtonProps): JSX.Element {
  const { actId, unavailable } = props;
  const shownMs = useRef(performance.now());
  const pressStartedMs = useRef<number | null>(null);
  const reasonId = useId();
  useEffect(() => {
    shownMs.current = performance.now();
    pressStartedMs.current = null;
  }, [actId]);
  const press = (event: MouseEvent): void => {
    // A click without a pointer (Space, a screen reader) has no beginning of its own: it counts from now.
    const startedMs = event.detail === 0 ? performance.now() : pressStartedMs.current;
    pressStartedMs.current = null;
    if (unavailable !== undefined || startedMs === null || !hearsPress(shownMs.current, startedMs)) return;
    props.onPress();
  };
  return (
    <button
      type="button"
      class={`button primary ${unavailable === undefined ? "button--primary" : "button--unavailable"}`}
      aria-disabled={unavailable === undefined ? undefined : "true"}
      aria-describedby={unavailable === undefined ? undefined : reasonId}
      data-act={actId}
      onPointerDown={() => (pressStartedMs.current = performance.now())}
      onPointerCancel={() => (pressStartedMs.current = null)}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.preventDefault();
      }}
      onClick={press}
    >
      {props.icon}
      <span class="button__words">
        <span>{props.children}</span>
        {unavailable !== undefined && (
          <span class="button__reason" id={reasonId}>
            {unavailable}
          </span>
        )}
      </span>
    </button>
  );
}
