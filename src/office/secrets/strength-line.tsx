import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { guessingTimeS } from "./attack-figures.ts";
import { sayTime } from "./say-time.ts";
import type { StrengthFigure } from "./strength.ts";

type Judge = (text: string, names: readonly string[]) => StrengthFigure;

export interface StrengthLineProps {
  readonly text: string;
  readonly names: readonly string[];
}

/** How strong what is typed is, as a figure, a word and a time. The estimator comes with the first look. */
export function StrengthLine({ text, names }: StrengthLineProps): JSX.Element {
  const t = officeTexts.now.secrets.strength;
  const judge = useSignal<Judge | "failed" | null>(null);
  const figure = useSignal<StrengthFigure | null>(null);

  useEffect(() => {
    let isGone = false;
    import("./strength.ts").then(
      ({ strengthOf }) => {
        if (!isGone) judge.value = strengthOf;
      },
      () => {
        if (!isGone) judge.value = "failed";
      },
    );
    return () => {
      isGone = true;
    };
  }, []);
  const ready = judge.value;
  useEffect(() => {
    figure.value = typeof ready === "function" && text !== "" ? ready(text, names) : null;
  }, [ready, text]);

  if (ready === "failed") return <p class="note">{t.failed}</p>;
  const shown = figure.value;
  return (
    <div class="strength">
      <p class="strength__words">
        <span class="field__label">{t.title}</span>
        <span role="status">{shown === null ? "" : `${t.words[shown.score]} · ${t.outOf(shown.score)}`}</span>
        {ready === null && <span class="note">{t.loading}</span>}
      </p>
      <span class={`strength__bar strength__bar--${shown?.score ?? "none"}`} aria-hidden="true">
        <span />
        <span />
        <span />
        <span />
      </span>
      {shown !== null && <p class="note">{t.time(sayTime(guessingTimeS(shown.guesses)))}</p>}
    </div>
  );
}
