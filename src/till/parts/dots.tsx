import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import { tillTexts } from "../texts.ts";

/** How much of a secret stands in the worker: dots only, and for a screen reader the count only (UX §10). */
export function Dots(props: { readonly count: number; readonly of: number | null }): JSX.Element {
  // Nothing is said of a pad nobody has touched; of one that was emptied, that it is empty.
  const touched = useRef(false);
  touched.current ||= props.count > 0;
  const shown = Math.max(props.of ?? 0, Math.min(props.count, 24));
  return (
    <div class="dots">
      {Array.from({ length: shown }, (_, index) => (
        <span key={index} class={`dot ${index < props.count ? "dot--full" : ""}`} />
      ))}
      <span class="visually-hidden" role="status" aria-live="polite">
        {touched.current && tillTexts.now.pad.counted(props.count)}
      </span>
    </div>
  );
}
