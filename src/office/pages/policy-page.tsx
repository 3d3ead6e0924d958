import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { CodePolicy, CodePolicyAnswer } from "#protocol/office-api.ts";
import { Button } from "#ui/components/button.tsx";
import { Choice, TextField } from "#ui/components/fields.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useMe, useOffice, useSay } from "../office.ts";
import { Page, Outcome, Section, Shown } from "../parts/page.tsx";
import { StateWord } from "../parts/state-word.tsx";
import { inService, isReachable } from "../reachable.ts";
import { CheckIcon, UploadIcon } from "#ui/icons.tsx";
import { type Act, useAct } from "../use-act.ts";
import { useAnswer, useRefresh } from "../use-answer.ts";
import { MethodList } from "../secrets/method-list.tsx";
import { OutageFields, WorstLoss } from "./outage-fields.tsx";
import {
  countChanges,
  formOf,
  outageOf,
  type PolicyForm,
  policyOf,
  type PolicyRefusal,
} from "./policy-form.ts";

/** Methods: what codes the shop issues and what its tills ask for (G9, G10, G11). */
export function PolicyPage(): JSX.Element {
  const t = officeTexts.now.policy;
  const { api } = useOffice();
  const policy = useAnswer(api.codePolicy, "policy", ["policy", "till"]);
  return (
    <Page title={t.title}>
      <MethodList />
      <Shown asked={policy}>{(answer) => <PolicyEditor answer={answer} onSaved={policy.put} />}</Shown>
    </Page>
  );
}

interface EditorProps {
  readonly answer: CodePolicyAnswer;
  readonly onSaved: (answer: CodePolicyAnswer) => void;
}

function PolicyEditor({ answer, onSaved }: EditorProps): JSX.Element {
  const t = officeTexts.now;
  const { api } = useOffice();
  const { currency } = useMe();
  const say = useSay();
  const saved = formOf(answer.policy, currency);
  // Null: nothing is touched, so the form follows what others save.
  const draft = useSignal<PolicyForm | null>(null);
  const wrong = useSignal<PolicyRefusal | null>(null);
  const isSaved = useSignal(false);
  const save = useAct();
  const form = draft.value ?? saved;
  const changes = countChanges(form, saved);
  const parsed = policyOf(form, currency);
  const outage = outageOf(form, currency);

  function set(change: Partial<PolicyForm>): void {
    draft.value = { ...form, ...change };
    isSaved.value = false;
  }
  function discard(): void {
    draft.value = null;
    wrong.value = null;
    save.forget();
  }
  function send(): void {
    wrong.value = parsed.ok ? null : parsed.refusal;
    if (!parsed.ok) return;
    save.run(
      () => api.saveCodePolicy(parsed.value),
      (next) => {
        draft.value = null;
        isSaved.value = true;
        onSaved(next);
      },
    );
  }
  const error = (field: PolicyRefusal["field"]): string | undefined =>
    wrong.value?.field === field ? wordsFor(wrong.value.code) : undefined;
  const wordsFor = (code: PolicyRefusal["code"]): string =>
    code === "hours" ? t.severalTills.policy.wrongHours : t.policy.wrong[code];

  return (
    <form class="policy" noValidate onSubmit={(event) => (event.preventDefault(), send())}>
      <Section title={t.policy.method}>
        <div class="form">
          <PolicyFields form={form} set={set} error={error} />
        </div>
      </Section>
      <Section title={t.severalTills.policy.section}>
        <OutageFields form={form} set={set} error={error} />
        {/* Figures that cannot stand have no worst loss: what is saved would be told for what is chosen. */}
        {outage.ok && <WorstLoss policy={outage.value} answer={answer} />}
      </Section>
      <Section title={t.policy.preview} class="preview">
        <p>{parsed.ok ? <Preview policy={parsed.value} /> : wordsFor(parsed.refusal.code)}</p>
        <p class="note">{t.policy.previewOld}</p>
      </Section>
      <Section title={t.policy.delivered}>
        <Delivery answer={answer} />
        <p class="note">
          {answer.changedAtMs === null || answer.changedBy === null
            ? t.policy.neverChanged
            : t.policy.history(answer.changedBy, say.moment(answer.changedAtMs))}
        </p>
      </Section>
      {(changes > 0 || isSaved.value || save.problem) && (
        <SaveBar changes={changes} answer={answer} save={save} onDiscard={discard} />
      )}
    </form>
  );
}

function PolicyFields(props: {
  readonly form: PolicyForm;
  readonly set: (change: Partial<PolicyForm>) => void;
  readonly error: (field: PolicyRefusal["field"]) => string | undefined;
}): JSX.Element {
  const t = officeTexts.now.policy;
  const { form, set, error } = props;
  return (
    <>
      <TextField
        label={t.validDays}
        inputMode="numeric"
        maxLength={3}
        value={form.validDays}
        error={error("validDays")}
        onInput={(validDays) => set({ validDays })}
      />
      <TextField
        label={t.latestExpiry}
        type="date"
        hint={t.latestExpiryHint}
        value={form.latestExpiry}
        error={error("latestExpiry")}
        onInput={(latestExpiry) => set({ latestExpiry })}
      />
      <Choice
        label={t.passwordRule}
        value={form.passwordRule}
        options={[
          { value: "always", label: t.always },
          { value: "above", label: t.above },
          { value: "never", label: t.never },
        ]}
        onChange={(passwordRule) => set({ passwordRule })}
      />
      {form.passwordRule === "above" && (
        <TextField
          label={t.aboveAmount}
          inputMode="decimal"
          maxLength={16}
          value={form.passwordAbove}
          error={error("passwordAbove")}
          onInput={(passwordAbove) => set({ passwordAbove })}
        />
      )}
      {form.passwordRule !== "never" && (
        <Choice
          label={t.passwordKind}
          hint={form.passwordKind === "digits" ? t.digitsHint : t.lettersHint}
          value={form.passwordKind}
          options={[
            { value: "digits", label: t.digits },
            { value: "letters", label: t.letters },
          ]}
          onChange={(passwordKind) => set({ passwordKind })}
        />
      )}
      <TextField
        label={t.maxCode}
        inputMode="decimal"
        maxLength={16}
        value={form.maxCode}
        error={error("maxCode")}
        onInput={(maxCode) => set({ maxCode })}
      />
    </>
  );
}

/** What a cashier will meet, as one sentence. */
function Preview({ policy }: { readonly policy: CodePolicy }): JSX.Element {
  const t = officeTexts.now.policy;
  const say = useSay();
  const kind = t.previewKinds[policy.passwordKind];
  const asks = {
    never: t.previewNever,
    always: t.previewAlways(kind),
    above: t.previewAbove(say.money(policy.passwordAboveMinor), kind),
  };
  return (
    <>
      {t.previewValid(policy.validDays)}
      {policy.latestExpiryMs !== null && t.previewLatest(say.day(policy.latestExpiryMs))}
      {asks[policy.passwordRule]}
      {t.previewMax(say.money(policy.maxCodeMinor))}
    </>
  );
}

function Delivery({ answer }: { readonly answer: CodePolicyAnswer }): JSX.Element {
  const t = officeTexts.now.policy;
  if (answer.tills.length === 0) return <p>{t.noTills}</p>;
  return (
    <ul class="delivery">
      {answer.tills.map((till) => (
        <li key={till.name}>
          <span>{till.name}</span>
          {till.hasIt ? (
            <StateWord tone="good" icon={<CheckIcon size={18} />} word={t.has} />
          ) : (
            <StateWord tone="off" icon={<UploadIcon size={18} />} word={t.waiting} />
          )}
        </li>
      ))}
    </ul>
  );
}

interface SaveBarProps {
  readonly changes: number;
  readonly answer: CodePolicyAnswer;
  readonly save: Act;
  readonly onDiscard: () => void;
}

/**
 * «3 changes · 2 of 3 tills reachable»: what is not saved yet and how far a save will get at once; after the
 * save how far it has got. Always in sight, for a refusal must not stand below the fold.
 */
function SaveBar({ changes, answer, save, onDiscard }: SaveBarProps): JSX.Element {
  const t = officeTexts.now;
  const { api } = useOffice();
  const tills = useAnswer(api.tills, "tills", ["till"]);
  useRefresh(tills.reload);
  const working = inService(tills.value?.rows ?? []);
  const online = working.filter((till) => isReachable(till, api.serverNowMs())).length;
  const has = answer.tills.filter((till) => till.hasIt).length;
  const reached =
    changes > 0 ? t.policy.reachable(online, working.length) : t.policy.deliveredTo(has, working.length);
  return (
    <div class="save-bar">
      <p role="status">
        {changes > 0 ? (
          <strong>{t.policy.changes(changes)}</strong>
        ) : (
          <strong class="saved">
            <CheckIcon size={20} />
            {t.policy.saved}
          </strong>
        )}
        {" · "}
        {working.length === 0 ? t.policy.noTills : reached}
      </p>
      <Outcome act={save} />
      {changes > 0 && (
        <>
          <Button kind="quiet" onPress={onDiscard}>
            {t.policy.discard}
          </Button>
          <Button kind="primary" type="submit">
            {t.app.save}
          </Button>
        </>
      )}
    </div>
  );
}
