import type { ComponentChildren, JSX } from "preact";

export interface ScreenFrameProps {
  /** Names the screen for tests and for what must restart on a change of screen. */
  readonly name: string;
  /**
   * `letters`: the pad takes the whole width. `roomy`: in portrait the work takes the room of amount and pad.
   */
  readonly shape?: "pad" | "letters" | "roomy";
  readonly work?: ComponentChildren;
  readonly amount?: ComponentChildren;
  readonly message?: ComponentChildren;
  readonly pad?: ComponentChildren;
  readonly second?: ComponentChildren;
  readonly primary?: ComponentChildren;
}

/**
 * Work beside (portrait: above) the action column, whose five rectangles stay the same on every screen (UX
 * §2).
 */
export function ScreenFrame(props: ScreenFrameProps): JSX.Element {
  return (
    <main class={`screen screen--${props.shape ?? "pad"} screen-${props.name}`} data-screen={props.name}>
      <section class="work">{props.work}</section>
      <section class="column">
        <div class="column__amount">{props.amount}</div>
        <div class="column__message">{props.message}</div>
        <div class="column__pad">{props.pad}</div>
        <div class="column__second">{props.second}</div>
        <div class="column__primary">{props.primary}</div>
      </section>
    </main>
  );
}
