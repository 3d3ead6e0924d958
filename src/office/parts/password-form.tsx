import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Button } from "#ui/components/button.tsx";
import { TextField } from "#ui/components/fields.tsx";
import { StopIcon } from "#ui/icons.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useMe, useOffice } from "../office.ts";
import { AccountRules } from "../secrets/account-rules.tsx";
import { useAct } from "../use-act.ts";
import { Link } from "./link.tsx";
import { Outcome, submitting } from "./page.tsx";
import {
  changeRefusalOf,
  emptyPasswordForm,
  missingLetters,
  OWNER_PASSWORD_MIN,
  passwordRequestOf,
  type PasswordForm as Typed,
} from "./password-rules.ts";

/**
 * Sets a new password for whoever is signed in. The current one is not asked of an owner who came in by an
 * owner link a moment ago. `onOutcome`: something new stands in the audit log.
 */
export function PasswordForm({ onOutcome }: { readonly onOutcome: () => void }): JSX.Element {
  const t = officeTexts.now.password;
  const rules = officeTexts.now.setup;
  const { api, account } = useOffice();
  const me = useMe();
  const form = useSignal<Typed>(emptyPasswordForm);
  const tried = useSignal(false);
  const isChanged = useSignal(false);
  // The link's time may pass, and so the field come, while its refusal still stands below.
  const sentForgotten = useSignal(false);
  const change = useAct();
  const isForgotten = me.passwordForgotten;

  const request = passwordRequestOf(form.value, isForgotten);
  const missing = missingLetters(form.value.next);
  const wrong = (field: keyof Typed): string | undefined =>
    tried.value && !request.ok && request.refusal.field === field
      ? t.wrong[request.refusal.code](missing)
      : undefined;

  function type(part: Partial<Typed>): void {
    form.value = { ...form.value, ...part };
    isChanged.value = false;
  }

  function save(): void {
    tried.value = true;
    isChanged.value = false;
    if (!request.ok) return;
    sentForgotten.value = isForgotten;
    change.run(
      async () => {
        const answer = await api.changePassword(request.value);
        // Whether the old one is needed may have changed meanwhile: only the server knows.
        if (!answer.ok && answer.refusal.code === "wrong-credentials") await askAnew();
        onOutcome();
        return answer;
      },
      () => {
        form.value = emptyPasswordForm;
        tried.value = false;
        isChanged.value = true;
        account.value = { state: "signed-in", me: { ...me, passwordForgotten: false } };
      },
    );
  }

  async function askAnew(): Promise<void> {
    const now = await api.me();
    if (now.ok && account.value.state === "signed-in") account.value = { state: "signed-in", me: now.value };
  }

  const refusal = change.problem && changeRefusalOf(change.problem, sentForgotten.value);
  const rule = rules.passwordRule(OWNER_PASSWORD_MIN);
  const length = missing > 0 ? rules.passwordMissing(missing) : rules.passwordLongEnough;
  return (
    <form class="form" noValidate onSubmit={submitting(save)}>
      {/* Tells a password store whose password changes. */}
      <input type="email" name="email" autocomplete="username" value={me.email} readOnly hidden />
      {isForgotten ? (
        <p class="note">{t.forgotten}</p>
      ) : (
        <TextField
          label={t.current}
          type="password"
          name="current-password"
          autocomplete="current-password"
          maxLength={128}
          value={form.value.current}
          error={wrong("current")}
          onInput={(current) => type({ current })}
        />
      )}
      {(["next", "again"] as const).map((field) => (
        <TextField
          key={field}
          label={t[field]}
          type="password"
          name={field === "next" ? "new-password" : "new-password-again"}
          autocomplete="new-password"
          maxLength={128}
          value={form.value[field]}
          hint={
            field === "next"
              ? form.value.next === "" || wrong("next") !== undefined
                ? rule
                : length
              : undefined
          }
          error={wrong(field)}
          onInput={(typed) => type({ [field]: typed })}
        />
      ))}
      <AccountRules text={form.value.next} tried={tried.value} />
      {refusal === null ? (
        <Outcome act={change} />
      ) : (
        <div role="alert" class="problem-region">
          <p class="problem">
            <StopIcon size={20} />
            <span>{t.refused[refusal]}</span>
          </p>
        </div>
      )}
      <p role="status" class="saved">
        {isChanged.value ? t.changed : ""}
      </p>
      <div class="row">
        <Button type="submit">{t.act}</Button>
      </div>
    </form>
  );
}

/** After an owner link: leads to where the forgotten password is replaced, while that is allowed. */
export function PasswordHint(): JSX.Element | null {
  const t = officeTexts.now.password;
  const { router } = useOffice();
  if (!useMe().passwordForgotten || router.route.value.page === "settings") return null;
  return (
    <div class="row">
      <span>{t.hint}</span>
      <Link to={{ page: "settings" }} class="button">
        {t.hintGo}
      </Link>
    </div>
  );
}
