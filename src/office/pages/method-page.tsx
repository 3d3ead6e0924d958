import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { formatAmount, parseMoney } from "#domain/money.ts";
import { accepted } from "#domain/result.ts";
import { PASSWORD_METHODS } from "#protocol/feed-secrets.ts";
import { MAX_AMOUNT_MINOR } from "#protocol/office-api.ts";
import type { MethodRow } from "#protocol/office-secrets-api.ts";
import { Button } from "#ui/components/button.tsx";
import { Choice, TextField } from "#ui/components/fields.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import type { Answer } from "../answer.ts";
import { useMe, useOffice, useSay } from "../office.ts";
import { Outcome, Page, Problem, Section, Shown, submitting } from "../parts/page.tsx";
import { TwoStep } from "../parts/two-step.tsx";
import { knownOfShop } from "../secrets/known-of-shop.ts";
import { NewSecret, type SecretMade } from "../secrets/new-secret.tsx";
import { SecretStanding } from "../secrets/secret-age.tsx";
import type { SecretWish } from "../secrets/secret-form.ts";
import { useAct } from "../use-act.ts";
import { useAnswer } from "../use-answer.ts";

/** One payment method's password: when it is asked for, and what it is (G9, G10). */
export function MethodPage({ id }: { readonly id: string }): JSX.Element {
  const { policy, secrets } = officeTexts.now;
  const { api } = useOffice();
  const methods = useAnswer(api.secrets.methods, "methods", ["policy", "till"]);
  const method = PASSWORD_METHODS.find((each) => each === id);
  const row = methods.value?.rows.find((each) => each.policy.method === method);
  const title = method === undefined ? policy.title : secrets.methods.title(secrets.methods.names[method]);
  return (
    <Page title={title} back={{ to: { page: "methods" }, name: policy.title }}>
      <Shown asked={methods}>
        {() =>
          row ? <Method row={row} onChanged={methods.reload} /> : <Problem problem={{ code: "not-found" }} />
        }
      </Shown>
    </Page>
  );
}

interface MethodProps {
  readonly row: MethodRow;
  readonly onChanged: () => void;
}

function Method({ row, onChanged }: MethodProps): JSX.Element {
  const { methods: t } = officeTexts.now.secrets;
  const say = useSay();
  const isOwner = useMe().role === "owner";
  return (
    <>
      {row.policy.method === "wallet-code" && <p class="reminder">{t.walletLater}</p>}
      {row.policy.ask !== "never" && row.password === null && <p class="reminder">{t.absent}</p>}
      {!isOwner && <p class="note">{t.ownerOnly}</p>}
      <Section title={t.rule}>
        {isOwner ? <Rule row={row} onChanged={onChanged} /> : <p>{t.asks[row.policy.ask]}</p>}
        {row.changedAtMs !== null && row.changedBy !== null && (
          <p class="note">{t.changed(row.changedBy, say.moment(row.changedAtMs))}</p>
        )}
      </Section>
      <Section title={t.password}>
        <SecretStanding name={t.password} secret={row.password} />
        {isOwner && <Password row={row} onChanged={onChanged} />}
      </Section>
    </>
  );
}

function Rule({ row, onChanged }: MethodProps): JSX.Element {
  const t = officeTexts.now.secrets.methods;
  const { api } = useOffice();
  const { currency } = useMe();
  const saved = {
    ask: row.policy.ask,
    above: row.policy.aboveMinor === 0 ? "" : formatAmount(row.policy.aboveMinor, currency),
    kind: row.policy.kind,
  };
  const draft = useSignal<Partial<typeof saved>>({});
  const tried = useSignal(false);
  const isSaved = useSignal(false);
  const saving = useAct();
  const form = { ...saved, ...draft.value };
  const amount = parseMoney(form.above, currency);
  const isAmount = amount.ok && amount.value > 0 && amount.value <= MAX_AMOUNT_MINOR;

  function set(change: Partial<typeof saved>): void {
    draft.value = { ...draft.value, ...change };
    isSaved.value = false;
  }
  function save(): void {
    tried.value = true;
    if (form.ask === "above" && !isAmount) return;
    const aboveMinor = form.ask === "above" && amount.ok ? amount.value : 0;
    saving.run(
      () => api.secrets.saveMethodPolicy(row.policy.method, { ask: form.ask, aboveMinor, kind: form.kind }),
      () => {
        draft.value = {};
        tried.value = false;
        isSaved.value = true;
        onChanged();
      },
    );
  }
  return (
    <form class="form" noValidate onSubmit={submitting(save)}>
      <Choice
        label={t.ask}
        value={form.ask}
        options={(["never", "always", "above"] as const).map((value) => ({ value, label: t.asks[value] }))}
        onChange={(ask) => set({ ask })}
      />
      {form.ask === "above" && (
        <TextField
          label={t.aboveAmount}
          inputMode="decimal"
          maxLength={16}
          value={form.above}
          error={tried.value && !isAmount ? t.wrongAmount : undefined}
          onInput={(above) => set({ above })}
        />
      )}
      {form.ask !== "never" && (
        <Choice
          label={t.kind}
          hint={t.kindHints[form.kind]}
          value={form.kind}
          options={(["digits", "letters"] as const).map((value) => ({ value, label: t.kinds[value] }))}
          onChange={(kind) => set({ kind })}
        />
      )}
      {row.policy.kind === "letters" && form.kind === "digits" && row.password !== null && (
        <p class="reminder">{t.kindWarning}</p>
      )}
      <Outcome act={saving} />
      <p role="status" class="saved">
        {isSaved.value ? t.saved : ""}
      </p>
      <div class="row">
        <Button type="submit">{t.saveRule}</Button>
      </div>
    </form>
  );
}

function Password({ row, onChanged }: MethodProps): JSX.Element {
  const t = officeTexts.now.secrets;
  const { api } = useOffice();
  const me = useMe();
  const withdrawal = useAct();
  const { method, kind } = row.policy;
  async function send(wish: SecretWish): Promise<Answer<SecretMade>> {
    const request = { password: wish.source, overlapDays: wish.overlapDays };
    const answer = await api.secrets.setMethodPassword(method, request);
    return answer.ok ? accepted({ generated: answer.value.generatedPassword, done: onChanged }) : answer;
  }
  return (
    <>
      <NewSecret
        key={kind}
        kind={kind}
        known={knownOfShop(me)}
        label={t.methods.newPassword}
        act={row.password === null ? t.methods.setFirst : t.methods.setNext}
        hasOld={row.password !== null}
        usualOverlap={7}
        withStrength
        send={send}
      />
      {row.password !== null && (
        <TwoStep
          act={t.methods.withdraw}
          ask={t.methods.withdrawAsk}
          yes={t.methods.withdrawYes}
          no={t.person.keep}
          onYes={() => withdrawal.run(() => api.secrets.withdrawMethodPassword(method), onChanged)}
        />
      )}
      <Outcome act={withdrawal} />
    </>
  );
}
