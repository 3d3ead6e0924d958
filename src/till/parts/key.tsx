import type { ComponentChildren, JSX } from "preact";

export interface KeyProps {
  readonly children: ComponentChildren;
  /** Said by a screen reader where the face is a picture or a mark. */
  readonly label?: string;
  readonly class?: string;
  readonly onPress: () => void;
  readonly pressed?: boolean;
}

/**
 * One key of a pad. It acts when the finger comes down, so that two thumbs overlap and every repeat counts
 * (UX §6); a click only acts when no pointer came before it (a keyboard, a screen reader), or one press would
 * count twice.
 */
export function Key(props: KeyProps): JSX.Element {
  return (
    <button
      type="button"
      class={`key ${props.class ?? ""}`}
      aria-label={props.label}
      aria-pressed={props.pressed}
      onPointerDown={(event) => {
        // Keeps focus where it is: a pad must not take it from the title or the field it fills.
        event.preventDefault();
        if (event.button === 0) props.onPress();
      }}
      onKeyDown={(event) => {
        if (event.key === "Enter") event.preventDefault();
      }}
      onClick={(event) => {
        if (event.detail === 0) props.onPress();
      }}
    >
      {props.children}
    </button>
  );
}
