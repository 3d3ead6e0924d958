import type { JSX } from "preact";
import { CheckIcon, StopIcon } from "../icons.tsx";

/**
 * One sentence for the person at the screen. `refused` and `unknown` interrupt a screen reader, the rest
 * wait.
 */
export interface Message {
  readonly tone: "plain" | "paid" | "refused";
  readonly text: string;
}

/**
 * The one place where a screen speaks (UX §10). Both live regions always stand in the page, because a region
 * that comes together with its sentence is not read out; the height is kept while it is silent.
 */
export function MessageLine({ message }: { readonly message: Message | null }): JSX.Element {
  const urgent = message?.tone === "refused";
  return (
    <div class={`message message--${message?.tone ?? "plain"}`}>
      {message?.tone === "refused" && <StopIcon size={20} />}
      {message?.tone === "paid" && <CheckIcon size={20} />}
      <span role="status" aria-live="polite">
        {urgent ? "" : (message?.text ?? "")}
      </span>
      <span role="alert" aria-live="assertive">
        {urgent ? message.text : ""}
      </span>
    </div>
  );
}
