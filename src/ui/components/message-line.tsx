import type { JSX } from "preact";
import { CheckIcon, StopIcon } from "../icons.tsx";

/**
 * One sentence for the person at the screen. `refused` and `unknown` interrupt a screen reader, the rest
 * wait.
 */
export interface Message {
  readonly tone: "plain" | "paid" | "refused";
  readonly text: string;
  /** What a screen reader says instead, where `text` changes by the second. */
  readonly spoken?: string;
}

/**
 * The one place where a screen speaks (UX §10). Both live regions always stand in the page, because a region
 * that comes together with its sentence is not read out; the height is kept while it is silent.
 */
export function MessageLine({ message }: { readonly message: Message | null }): JSX.Element {
  const urgent = message?.tone === "refused";
  const said = message?.spoken ?? message?.text ?? "";
  const heard = message?.spoken === undefined ? undefined : "visually-hidden";
  return (
    <div class={`message message--${message?.tone ?? "plain"}`}>
      {message?.tone === "refused" && <StopIcon size={20} />}
      {message?.tone === "paid" && <CheckIcon size={20} />}
      {heard && <span aria-hidden="true">{message?.text}</span>}
      <span role="status" aria-live="polite" class={heard}>
        {urgent ? "" : said}
      </span>
      <span role="alert" aria-live="assertive" class={heard}>
        {urgent ? said : ""}
      </span>
    </div>
  );
}
