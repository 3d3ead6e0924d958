import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Button } from "#ui/components/button.tsx";
import { TextField } from "#ui/components/fields.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useOffice } from "../office.ts";
import { Outcome, submitting } from "../parts/page.tsx";
import { useAct } from "../use-act.ts";
import { Door } from "./door.tsx";

export interface SignInProps {
  /**
   * Known when a sign-in ran out: the same person comes back, or a page filled in by one would go out as
   * another.
   */
  readonly endedFor: string | null;
  readonly onDone: () => void;
}

/** Email and password. Says when the shop has not been created at all. */
export function SignInPage({ endedFor, onDone }: SignInProps): JSX.Element {
  const t = officeTexts.now;
  const { api } = useOffice();
  const email = useSignal(endedFor ?? "");
  const password = useSignal("");
  const isUncreated = useSignal(false);
  const signIn = useAct();

  useEffect(() => {
    void api.setupState().then((answer) => {
      isUncreated.value = answer.ok && answer.value.open;
    });
  }, []);

  if (isUncreated.value && endedFor === null) {
    return (
      <Door title={t.setup.title} intro={t.setup.needLink}>
        {null}
      </Door>
    );
  }
  const enter = (): void =>
    signIn.run(
      () => api.signIn(email.value.trim(), password.value),
      () => {
        password.value = "";
        onDone();
      },
    );
  const title = endedFor === null ? t.signIn.title : t.signIn.again;
  return (
    <Door title={title} {...(endedFor !== null && { intro: t.signIn.againWhy })}>
      <form class="form" noValidate onSubmit={submitting(enter)}>
        <TextField
          label={t.signIn.email}
          type="email"
          inputMode="email"
          name="email"
          autocomplete="username"
          maxLength={254}
          value={email.value}
          onInput={(text) => (email.value = text)}
        />
        <TextField
          label={t.signIn.password}
          type="password"
          name="password"
          autocomplete="current-password"
          maxLength={128}
          value={password.value}
          onInput={(text) => (password.value = text)}
        />
        <Outcome act={signIn} />
        <Button kind="primary" type="submit" class="button--wide">
          {t.signIn.act}
        </Button>
        <p class="note">{t.signIn.forgot}</p>
      </form>
    </Door>
  );
}

/**
 * A one-use link made on the server. A press and not the mere opening uses it up: link previews open links
 * too.
 */
export function OwnerLinkPage(props: {
  readonly token: string;
  readonly onDone: () => void;
  readonly onSignIn: () => void;
}): JSX.Element {
  const t = officeTexts.now.signIn;
  const { api } = useOffice();
  const signIn = useAct();
  return (
    <Door title={t.title} intro={t.ownerLinkWhy}>
      <Button
        kind="primary"
        class="button--wide"
        onPress={() => signIn.run(() => api.signInByOwnerLink(props.token), props.onDone)}
      >
        {t.ownerLink}
      </Button>
      <Outcome act={signIn} />
      {signIn.problem?.code === "token-invalid" && <Button onPress={props.onSignIn}>{t.go}</Button>}
    </Door>
  );
}
