import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { TillRow } from "#protocol/office-api.ts";
import type { OperatorRow } from "#protocol/office-secrets-api.ts";
import { Button } from "#ui/components/button.tsx";
import { SelectField, TextField } from "#ui/components/fields.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useOffice } from "../office.ts";
import { Outcome, Page, Section, Shown, submitting } from "../parts/page.tsx";
import { inService } from "../reachable.ts";
import { eightDigits, inTwoFours } from "../secrets/secret-form.ts";
import { useAct } from "../use-act.ts";
import { useAnswer } from "../use-answer.ts";

/** Unlocks somebody at a till without a network: eight digits read in, eight read out (PROTOCOL §10). */
export function UnlockPage(): JSX.Element {
  const t = officeTexts.now.secrets;
  const { api } = useOffice();
  const tills = useAnswer(api.tills, "tills", ["till"]);
  const people = useAnswer(api.secrets.operators, "people", ["policy"]);
  return (
    <Page title={t.unlock.title} back={{ to: { page: "people" }, name: t.people.title }}>
      <p>{t.unlock.why}</p>
      <Shown asked={tills}>
        {(answer) => (
          <Shown asked={people}>
            {({ rows }) => (
              <Unlock tills={inService(answer.rows)} people={rows.filter((person) => person.active)} />
            )}
          </Shown>
        )}
      </Shown>
    </Page>
  );
}

function Unlock(props: {
  readonly tills: readonly TillRow[];
  readonly people: readonly OperatorRow[];
}): JSX.Element {
  const t = officeTexts.now.secrets.unlock;
  const { api } = useOffice();
  const [only] = props.tills.length === 1 ? props.tills : [];
  const form = useSignal({ tillId: only?.id ?? "", operatorId: "", digits: "" });
  const tried = useSignal(false);
  const answered = useSignal<string | null>(null);
  const asking = useAct();
  const { tillId, operatorId } = form.value;
  const digits = eightDigits(form.value.digits);

  function set(change: Partial<typeof form.value>): void {
    form.value = { ...form.value, ...change };
    // An answer belongs to the digits it was worked out for: beside others it would only cost a try.
    answered.value = null;
  }
  function ask(): void {
    tried.value = true;
    if (tillId === "" || operatorId === "" || digits === null) return;
    asking.run(
      () => api.secrets.unlockDigits({ tillId, operatorId, digits }),
      ({ answer }) => {
        answered.value = answer;
        tried.value = false;
      },
    );
  }
  if (props.tills.length === 0) return <p>{t.noTills}</p>;
  const choose = { value: "", label: t.choose };
  return (
    <>
      <form class="form" noValidate onSubmit={submitting(ask)}>
        <SelectField
          label={t.till}
          value={tillId}
          options={[choose, ...props.tills.map((till) => ({ value: till.id, label: till.name }))]}
          error={tried.value && tillId === "" ? t.wrong.till : undefined}
          onChange={(chosen) => set({ tillId: chosen })}
        />
        <SelectField
          label={t.who}
          hint={t.check}
          value={operatorId}
          options={[choose, ...props.people.map((person) => ({ value: person.id, label: person.name }))]}
          error={tried.value && operatorId === "" ? t.wrong.who : undefined}
          onChange={(chosen) => set({ operatorId: chosen })}
        />
        <TextField
          label={t.asked}
          inputMode="numeric"
          maxLength={12}
          placeholder="0000 0000"
          value={form.value.digits}
          error={tried.value && digits === null ? t.wrong.digits : undefined}
          onInput={(typed) => set({ digits: typed })}
        />
        <Outcome act={asking} />
        <div class="row">
          <Button kind="primary" type="submit">
            {t.act}
          </Button>
        </div>
      </form>
      <div role="status">
        {answered.value !== null && (
          <Section title={t.answer} class="secret" note={t.answerWhy}>
            <p class="unlock__digits">{inTwoFours(answered.value)}</p>
          </Section>
        )}
      </div>
    </>
  );
}
