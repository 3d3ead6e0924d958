import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";

export interface KeyProps {
  readonly children: ComponentChildren;
  /** Said by a screen reader where the face is a picture or a mark. */
  readonly label?: string;
  readonly class?: string;
  readonly onPress: () => void;
  readonly pressed?: boolean;
  /** One of a secret's keys: nothing on the page tells afterwards that it was the one. */
  readonly secret?: boolean | undefined;
}

/**
 * One key of a pad. It acts when the finger comes down, so that two thumbs overlap and every repeat counts
 * (UX §6); a click only acts when no pointer came before it (a keyboard, a screen reader), or one press would
 * count twice.
 */
export function Key(props: KeyProps): JSX.Element {
  // The browser keeps a list of late and first events with the element each one met, for any script to read,
  // and a finger leaves «hover» behind: a secret's key is a new element after each press, and both name none.
  const [turn, setTurn] = useState(0);
  const renew = props.secret ? (): void => setTurn(turn + 1) : undefined;
  return (
    <button
      key={turn}
      type="button"
      class={`key ${props.class ?? ""}`}
      aria-label={props.label}
      aria-pressed={props.pressed}
      onPointerDown={(event) => {
        // Keeps focus where it is: a pad must not take it from the title or the field it fills.
        event.preventDefault();
        if (event.button === 0) props.onPress();
      }}
      onPointerLeave={renew}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.preventDefault();
      }}
      onClick={(event) => {
        if (event.detail === 0) props.onPress();
        else renew?.();
      }}
    >
      {props.children}
    </button>
  );
}
