import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { BackIcon, StopIcon } from "#ui/icons.tsx";
import type { OfficeProblem } from "#ui/texts/office-problem.ts";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { Button } from "#ui/components/button.tsx";
import { useSay } from "../office.ts";
import type { Route } from "../router.ts";
import type { Act } from "../use-act.ts";
import type { Asked } from "../use-answer.ts";
import { Link } from "./link.tsx";

export interface PageProps {
  readonly title: string;
  /** Where a detail belongs. */
  readonly back?: { readonly to: Route; readonly name: string };
  /** The page's one primary act: header's right end, on a phone the bar at the bottom. */
  readonly primary?: ComponentChildren;
  /** Given for a form: Enter in a field and the primary button both do this. */
  readonly onSubmit?: () => void;
  readonly children: ComponentChildren;
}

/** Title, primary act and content of one page. */
export function Page(props: PageProps): JSX.Element {
  const shopPages = officeTexts.now.app.name;
  useEffect(() => {
    document.title = `${props.title} · ${shopPages}`;
  }, [props.title, shopPages]);
  const inside = (
    <>
      <header class="page__head">
        {props.back && (
          <Link to={props.back.to} class="page__back">
            <BackIcon size={20} />
            {props.back.name}
          </Link>
        )}
        <ScreenTitle>{props.title}</ScreenTitle>
        {props.primary && <div class="page__primary">{props.primary}</div>}
      </header>
      <div class="page__body">{props.children}</div>
    </>
  );
  const classes = `page ${props.primary ? "page--acts" : ""}`;
  if (!props.onSubmit) return <div class={classes}>{inside}</div>;
  return (
    <form class={classes} noValidate onSubmit={submitting(props.onSubmit)}>
      {inside}
    </form>
  );
}

/** Takes a form's submission out of the browser's hands; with a bank card's number in it nothing is sent. */
export function submitting(act: () => void): (event: SubmitEvent) => void {
  return (event) => {
    event.preventDefault();
    const card = (event.currentTarget as HTMLElement).querySelector<HTMLElement>("[data-card-number]");
    if (card) card.focus();
    else act();
  };
}

/** A block of a page with its own heading. */
export function Section(props: {
  readonly title: string;
  readonly note?: string | undefined;
  readonly class?: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <section class={`section ${props.class ?? ""}`}>
      <h2>{props.title}</h2>
      {props.note !== undefined && <p class="note">{props.note}</p>}
      {props.children}
    </section>
  );
}

/**
 * A refusal beside what was refused. The region always stands, or a screen reader would not speak its
 * sentence.
 */
export function Problem({ problem }: { readonly problem: OfficeProblem | null }): JSX.Element {
  const say = useSay();
  return (
    <div role="alert" class="problem-region">
      {problem && (
        <p class="problem">
          <StopIcon size={20} />
          <span>{say.problem(problem)}</span>
        </p>
      )}
    </div>
  );
}

/** How a button's errand goes: a word when it takes long, the refusal when it was refused. */
export function Outcome({ act }: { readonly act: Act }): JSX.Element {
  return (
    <>
      <p role="status" class="waiting note">
        {act.isSlow ? officeTexts.now.app.waiting : ""}
      </p>
      <Problem problem={act.problem} />
    </>
  );
}

/** What was asked for, or why it is not there. An older answer stays on screen under the problem. */
export function Shown<T>(props: {
  readonly asked: Pick<Asked<T>, "problem" | "reload"> & { readonly value: T | null };
  readonly children: (value: T) => ComponentChildren;
}): JSX.Element {
  const t = officeTexts.now.app;
  const { value, problem, reload } = props.asked;
  return (
    <>
      <Problem problem={problem} />
      {problem && (
        <div class="row">
          <Button onPress={reload}>{t.tryAgain}</Button>
          {value !== null && <span class="note">{t.stale}</span>}
        </div>
      )}
      {value === null && problem === null && <p class="loading note">{t.loading}</p>}
      {value !== null && props.children(value)}
    </>
  );
}

/** Nothing there yet: one sentence, one button (UX §8). */
export function Empty(props: { readonly text: string; readonly children?: ComponentChildren }): JSX.Element {
  return (
    <div class="empty">
      <p>{props.text}</p>
      {props.children}
    </div>
  );
}
