import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { MAX_NAME_LENGTH } from "#protocol/office-api.ts";
import { Button } from "#ui/components/button.tsx";
import { TextField } from "#ui/components/fields.tsx";
import { language } from "#ui/language.ts";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useOffice } from "../office.ts";
import { Outcome, submitting } from "../parts/page.tsx";
import { OWNER_PASSWORD_MIN } from "../parts/password-rules.ts";
import { useAct } from "../use-act.ts";
import { Door } from "./door.tsx";

/** First run: email, password, shop name, Create (UX §9, 2 to 5). `onDone` finds the owner signed in. */
export function SetupPage(props: {
  readonly token: string;
  readonly onDone: () => void;
  readonly onSignIn: () => void;
}): JSX.Element {
  const t = officeTexts.now.setup;
  const { api, firstRun } = useOffice();
  const email = useSignal("");
  const password = useSignal("");
  const shopName = useSignal("");
  const tried = useSignal(false);
  const creation = useAct();

  const letters = Array.from(password.value).length;
  const missing = Math.max(0, OWNER_PASSWORD_MIN - letters);
  const isFilled = email.value.trim() !== "" && missing === 0 && shopName.value.trim() !== "";

  function create(): void {
    tried.value = true;
    if (!isFilled) return;
    const request = {
      token: props.token,
      email: email.value.trim(),
      password: password.value,
      shopName: shopName.value.trim(),
      language: language.value,
    };
    creation.run(
      () => api.setUp(request),
      (answer) => {
        firstRun.value = answer;
        props.onDone();
      },
    );
  }

  const needed = (value: string): string | undefined =>
    tried.value && value.trim() === "" ? t.fillIn : undefined;
  return (
    <Door title={t.title} intro={t.intro}>
      <form class="form" noValidate onSubmit={submitting(create)}>
        <TextField
          label={t.email}
          type="email"
          inputMode="email"
          name="email"
          autocomplete="username"
          maxLength={254}
          value={email.value}
          error={needed(email.value)}
          onInput={(text) => (email.value = text)}
        />
        <TextField
          label={t.password}
          type="password"
          name="new-password"
          autocomplete="new-password"
          maxLength={128}
          value={password.value}
          hint={letters === 0 || tried.value ? t.passwordRule(OWNER_PASSWORD_MIN) : lengthWords(missing)}
          error={tried.value && missing > 0 ? t.passwordMissing(missing) : undefined}
          onInput={(text) => (password.value = text)}
        />
        <TextField
          label={t.shopName}
          name="organization"
          autocomplete="organization"
          maxLength={MAX_NAME_LENGTH}
          value={shopName.value}
          error={needed(shopName.value)}
          onInput={(text) => (shopName.value = text)}
        />
        <Outcome act={creation} />
        {creation.problem?.code === "setup-closed" && (
          <Button onPress={props.onSignIn}>{officeTexts.now.signIn.go}</Button>
        )}
        <Button kind="primary" type="submit" class="button--wide">
          {t.create}
        </Button>
      </form>
    </Door>
  );
}

function lengthWords(missing: number): string {
  const t = officeTexts.now.setup;
  return missing > 0 ? t.passwordMissing(missing) : t.passwordLongEnough;
}
