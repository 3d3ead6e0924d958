import type { ComponentChildren, JSX } from "preact";
import { useEffect, useRef } from "preact/hooks";

/**
 * The first heading of a screen. It takes focus when the screen comes, so that a screen reader begins there
 * and no button is left focused for a scanner's Enter to press (UX §6, §10).
 */
export function ScreenTitle(props: {
  readonly children: ComponentChildren;
  readonly hidden?: boolean;
}): JSX.Element {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus({ preventScroll: true }), []);
  return (
    <h1 ref={heading} tabIndex={-1} class={props.hidden ? "visually-hidden" : "screen-title"}>
      {props.children}
    </h1>
  );
}
