import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useRef } from "preact/hooks";
import type { CodePolicy, TillRow } from "#protocol/office-api.ts";
import { Button } from "#ui/components/button.tsx";
import { CheckField, Choice, SelectField, TextField } from "#ui/components/fields.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { isUnanswered } from "../answer.ts";
import { createRequestIds, randomRequestId } from "../issue-request.ts";
import { useMe, useOffice, useSay } from "../office.ts";
import { Page, Outcome, Shown } from "../parts/page.tsx";
import { knownOfShop } from "../secrets/known-of-shop.ts";
import { RuleList } from "../secrets/rule-list.tsx";
import { useAct } from "../use-act.ts";
import { useAnswer } from "../use-answer.ts";
import {
  emptyIssueForm,
  formAmount,
  type FormRefusal,
  type IssueForm,
  passwordChoices,
  passwordInForce,
  wishOf,
} from "./issue-form.ts";

/**
 * `first`: the first run's form, an amount and nothing more; the policy a shop starts with generates the
 * password.
 */
export function IssuePage({
  first = false,
  title,
}: {
  readonly first?: boolean;
  readonly title?: string;
}): JSX.Element {
  const t = officeTexts.now;
  const { api, router, issued } = useOffice();
  const me = useMe();
  const { currency } = me;
  const say = useSay();
  const form = useSignal<IssueForm>(emptyIssueForm);
  const wrong = useSignal<FormRefusal | null>(null);
  const requestIds = useRef(createRequestIds(randomRequestId)).current;
  const policy = useAnswer(api.codePolicy, "policy", ["policy"]);
  const tills = useAnswer(api.tills, "tills", ["till"]);
  const issue = useAct();

  function send(): void {
    if (!policy.value) return;
    const wish = wishOf(form.value, policy.value.policy, currency, knownOfShop(me));
    wrong.value = wish.ok ? null : wish.refusal;
    if (!wish.ok) return;
    issue.run(
      () => api.issueCode({ requestId: requestIds.idFor(wish.value), ...wish.value }),
      (code) => {
        requestIds.done();
        issued.value = code;
        router.replace({ page: "code", id: code.id });
      },
    );
  }

  const sum = formAmount(form.value, currency);
  return (
    <Page
      title={title ?? t.issue.title}
      {...(!first && { back: { to: { page: "codes" }, name: t.codes.title } })}
      onSubmit={send}
      primary={
        <Button kind="primary" type="submit">
          {sum === null ? t.issue.act : t.issue.actFor(say.money(sum))}
        </Button>
      }
    >
      <Shown asked={policy}>
        {(answer) => (
          <div class="form">
            <AmountField form={form} wrong={wrong.value} policy={answer.policy} />
            {!first && <PasswordFields form={form} wrong={wrong.value} policy={answer.policy} />}
            {!first && (
              <MoreFields
                form={form}
                wrong={wrong.value}
                policy={answer.policy}
                tills={tills.value?.rows ?? []}
              />
            )}
            <Outcome act={issue} />
            {issue.problem && isUnanswered(issue.problem) && <p>{t.issue.again}</p>}
          </div>
        )}
      </Shown>
    </Page>
  );
}

interface FieldsProps {
  readonly form: Signal<IssueForm>;
  readonly wrong: FormRefusal | null;
  readonly policy: CodePolicy;
}

function useErrors(
  wrong: FormRefusal | null,
  policy: CodePolicy,
): (field: FormRefusal["field"]) => string | undefined {
  const t = officeTexts.now.issue;
  const limit = useSay().money(policy.maxCodeMinor);
  return (field) => (wrong?.field === field ? t.wrong[wrong.code](limit) : undefined);
}

function AmountField({ form, wrong, policy }: FieldsProps): JSX.Element {
  const t = officeTexts.now.issue;
  const say = useSay();
  const error = useErrors(wrong, policy);
  return (
    <TextField
      label={t.amount}
      name="amount"
      inputMode="decimal"
      maxLength={16}
      hint={t.limit(say.money(policy.maxCodeMinor))}
      error={error("amount")}
      value={form.value.amount}
      onInput={(amount) => (form.value = { ...form.value, amount })}
    />
  );
}

function PasswordFields({ form, wrong, policy }: FieldsProps): JSX.Element {
  const t = officeTexts.now.issue;
  const me = useMe();
  const { currency } = me;
  const error = useErrors(wrong, policy);
  const amountMinor = formAmount(form.value, currency);
  const allowed = passwordChoices(policy, amountMinor);
  const mode = passwordInForce(form.value.password, allowed);
  const set = (change: Partial<IssueForm>): void => {
    form.value = { ...form.value, ...change };
  };
  return (
    <>
      <Choice
        label={t.kind}
        hint={form.value.kind === "exact" ? t.exactHint : t.upToHint}
        value={form.value.kind}
        options={[
          { value: "exact", label: t.exact },
          { value: "up-to", label: t.upTo },
        ]}
        onChange={(kind) => set({ kind })}
      />
      <Choice
        label={t.password}
        hint={allowed.length === 1 ? t.noneBecause : allowed.includes("none") ? undefined : t.mustBecause}
        value={mode}
        options={allowed.map((value) => ({ value, label: t[value] }))}
        onChange={(password) => set({ password })}
      />
      {mode === "typed" && (
        <>
          <TextField
            label={t.typedPassword}
            type="password"
            autocomplete="off"
            maxLength={128}
            inputMode={policy.passwordKind === "digits" ? "numeric" : "text"}
            hint={policy.passwordKind === "digits" ? t.digitsHint : t.lettersHint}
            error={error("typed")}
            value={form.value.typed}
            onInput={(typed) => set({ typed })}
          />
          <TextField
            label={t.typedAgain}
            type="password"
            autocomplete="off"
            maxLength={128}
            inputMode={policy.passwordKind === "digits" ? "numeric" : "text"}
            error={error("again")}
            value={form.value.again}
            onInput={(again) => set({ again })}
          />
          <RuleList
            text={form.value.typed}
            kind={policy.passwordKind}
            known={knownOfShop(me)}
            tried={error("typed") !== undefined}
          />
        </>
      )}
    </>
  );
}

function MoreFields(props: FieldsProps & { readonly tills: readonly TillRow[] }): JSX.Element {
  const { form, policy, tills } = props;
  const t = officeTexts.now.issue;
  const error = useErrors(props.wrong, policy);
  const set = (change: Partial<IssueForm>): void => {
    form.value = { ...form.value, ...change };
  };
  const usable = tills.filter((till) => till.state !== "revoked");
  const [only] = usable.length === 1 ? usable : [];
  const unset = only && policy.codeWay === "leased" ? t.tillOnly(only.name) : t.tillNone;
  // Where every till asks the server, nobody holds a code: choosing a till makes it that till's for good.
  const forGood = policy.codeWay === "online-only";
  const active = usable.filter((till) => till.state === "active");
  return (
    <details class="more-fields" open={error("validDays") !== undefined || error("from") !== undefined}>
      <summary>{t.more}</summary>
      <div class="form">
        <TextField
          label={t.validDays}
          inputMode="numeric"
          maxLength={3}
          hint={t.validDaysHint(policy.validDays)}
          error={error("validDays")}
          value={form.value.validDays}
          onInput={(validDays) => set({ validDays })}
        />
        <TextField
          label={t.from}
          type="datetime-local"
          hint={t.fromHint}
          error={error("from")}
          value={form.value.from}
          onInput={(from) => set({ from })}
        />
        <SelectField
          label={t.till}
          hint={forGood ? t.onlyThisTill : t.tillHint}
          value={form.value.tillId}
          options={[
            { value: "", label: unset },
            ...active.map((till) => ({ value: till.id, label: till.name })),
          ]}
          onChange={(tillId) =>
            set({ tillId, onlyThisTill: tillId !== "" && (forGood || form.value.onlyThisTill) })
          }
        />
        {form.value.tillId !== "" && !forGood && (
          <CheckField
            label={t.onlyThisTill}
            checked={form.value.onlyThisTill}
            onChange={(onlyThisTill) => set({ onlyThisTill })}
          />
        )}
      </div>
    </details>
  );
}
