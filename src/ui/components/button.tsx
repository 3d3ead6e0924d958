import type { ComponentChildren, JSX } from "preact";
import { useId } from "preact/hooks";

export type ButtonKind = "primary" | "secondary" | "quiet" | "danger";

export interface ButtonProps {
  readonly kind?: ButtonKind;
  readonly onPress?: () => void;
  readonly children: ComponentChildren;
  readonly icon?: ComponentChildren;
  /**
   * Why it cannot be pressed just now. The button stays readable, outlined, with this reason on it, and a
   * press does nothing: a faded button leaves people guessing (UX §4, §11.12).
   */
  readonly unavailable?: string | undefined;
  /** Takes part in a form: `submit`. Everything else is a plain button. */
  readonly type?: "button" | "submit";
  readonly class?: string;
  /** For a toggle: whether it is on. */
  readonly pressed?: boolean;
  readonly label?: string;
}

/** One act, named by a verb. */
export function Button(props: ButtonProps): JSX.Element {
  const { kind = "secondary", unavailable, onPress } = props;
  const reasonId = useId();
  const off = unavailable !== undefined;
  const classes = ["button", `button--${kind}`, off ? "button--unavailable" : "", props.class ?? ""];
  return (
    <button
      type={off ? "button" : (props.type ?? "button")}
      class={classes.filter(Boolean).join(" ")}
      aria-disabled={off ? "true" : undefined}
      aria-describedby={off ? reasonId : undefined}
      aria-pressed={props.pressed}
      aria-label={props.label}
      onClick={off ? undefined : onPress}
    >
      {props.icon}
      <span class="button__words">
        <span>{props.children}</span>
        {off && (
          <span class="button__reason" id={reasonId}>
            {unavailable}
          </span>
        )}
      </span>
    </button>
  );
}
