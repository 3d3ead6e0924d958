import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { SecretRules } from "#protocol/office-secrets-api.ts";
import { Button } from "#ui/components/button.tsx";
import { Choice } from "#ui/components/fields.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useOffice } from "../office.ts";
import { Outcome, Shown, submitting } from "../parts/page.tsx";
import { useAct } from "../use-act.ts";
import { useAnswer } from "../use-answer.ts";

const REMIND_DAYS = [null, 30, 90, 180, 365] as const;

/** When renewal is reminded of, and how passwords of office accounts are judged (G21, G22). */
export function SecretRulesForm({ onOutcome }: { readonly onOutcome: () => void }): JSX.Element {
  const { api } = useOffice();
  const rules = useAnswer(api.secrets.rules, "secret rules", ["policy"]);
  function saved(next: SecretRules): void {
    rules.put(next);
    onOutcome();
  }
  return <Shown asked={rules}>{(value) => <RulesForm saved={value} onSaved={saved} />}</Shown>;
}

function RulesForm(props: {
  readonly saved: SecretRules;
  readonly onSaved: (rules: SecretRules) => void;
}): JSX.Element {
  const t = officeTexts.now.secrets.settings;
  const { api } = useOffice();
  const draft = useSignal<Partial<SecretRules>>({});
  const isSaved = useSignal(false);
  const saving = useAct();
  const form: SecretRules = { ...props.saved, ...draft.value };
  function set(change: Partial<SecretRules>): void {
    draft.value = { ...draft.value, ...change };
    isSaved.value = false;
  }
  function save(): void {
    saving.run(
      () => api.secrets.saveRules(form),
      (next) => {
        draft.value = {};
        isSaved.value = true;
        props.onSaved(next);
      },
    );
  }
  return (
    <form class="form" noValidate onSubmit={submitting(save)}>
      <Choice
        label={t.remind}
        value={String(form.remindDays ?? "never")}
        options={REMIND_DAYS.map((days) => ({
          value: String(days ?? "never"),
          label: t.remindDays[days ?? "never"],
        }))}
        onChange={(chosen) =>
          set({ remindDays: REMIND_DAYS.find((days) => String(days ?? "never") === chosen) ?? null })
        }
      />
      <Choice
        label={t.accounts}
        hint={t.accountHints[form.accountRules]}
        value={form.accountRules}
        options={(["nist", "guide"] as const).map((value) => ({ value, label: t.accountRules[value] }))}
        onChange={(accountRules) => set({ accountRules })}
      />
      <Outcome act={saving} />
      <p role="status" class="saved">
        {isSaved.value ? t.saved : ""}
      </p>
      <div class="row">
        <Button type="submit">{officeTexts.now.app.save}</Button>
      </div>
    </form>
  );
}
