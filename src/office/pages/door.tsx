import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { LanguageChoice } from "../parts/language-choice.tsx";

/** The frame of all that stands before the office: set-up, sign-in, an address that cannot work. */
export function Door(props: {
  readonly title: string;
  readonly intro?: string;
  readonly children: ComponentChildren;
}): JSX.Element {
  const t = officeTexts.now.app;
  useEffect(() => {
    document.title = `${props.title} · ${t.name}`;
  }, [props.title, t.name]);
  return (
    <main class="door">
      <div class="door__card">
        <p class="door__name">{t.name}</p>
        <ScreenTitle>{props.title}</ScreenTitle>
        {props.intro !== undefined && <p class="door__intro">{props.intro}</p>}
        {props.children}
      </div>
      <LanguageChoice />
    </main>
  );
}

/**
 * On plain http the browser drops the sign-in cookie, so a form here would only take a password for nothing.
 */
export function InsecureDoor(): JSX.Element {
  const t = officeTexts.now.insecure;
  const port = location.port === "" ? "" : `:${location.port}`;
  return (
    <Door title={t.title} intro={t.why}>
      <p>{t.onServer}</p>
      <p class="address">{`http://localhost${port}/office`}</p>
      <p>{t.elsewhere}</p>
    </Door>
  );
}
