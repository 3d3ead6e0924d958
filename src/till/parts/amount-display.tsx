import type { ComponentChildren, JSX } from "preact";

/** UX §3: 64 px to 9 characters, 52 to 11, then 40; the sum never breaks and never widens its column. */
export function amountSize(text: string): "normal" | "long" | "longest" {
  if (text.length <= 9) return "normal";
  return text.length <= 11 ? "long" : "longest";
}

export interface AmountDisplayProps {
  readonly label: string;
  readonly sum: string;
  readonly note?: ComponentChildren;
  readonly tone?: "plain" | "paid";
}

/** The one sum of a screen, legible at arm's length. */
export function AmountDisplay({ label, sum, note, tone = "plain" }: AmountDisplayProps): JSX.Element {
  return (
    <div class="amount">
      <span class="amount__head">
        <span>{label}</span>
        {note !== undefined && <span>{note}</span>}
      </span>
      <output class={`amount__sum amount__sum--${amountSize(sum)} amount__sum--${tone}`}>{sum}</output>
    </div>
  );
}
