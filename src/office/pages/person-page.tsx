import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { accepted } from "#domain/result.ts";
import { PIN_LENGTH } from "#domain/pin.ts";
import type { ChangeOperatorRequest, OperatorRow } from "#protocol/office-secrets-api.ts";
import { Button } from "#ui/components/button.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import type { Answer } from "../answer.ts";
import { useMe, useOffice, useSay } from "../office.ts";
import { Link } from "../parts/link.tsx";
import { Outcome, Page, Problem, Section, Shown, submitting } from "../parts/page.tsx";
import { Facts } from "../parts/table.tsx";
import { TwoStep } from "../parts/two-step.tsx";
import { guessingTimeS, PIN_GUESSES } from "../secrets/attack-figures.ts";
import { knownOfShop } from "../secrets/known-of-shop.ts";
import { NewSecret, type SecretMade } from "../secrets/new-secret.tsx";
import { sayTime } from "../secrets/say-time.ts";
import { SecretStanding } from "../secrets/secret-age.tsx";
import type { SecretWish } from "../secrets/secret-form.ts";
import { useAct } from "../use-act.ts";
import { useAnswer } from "../use-answer.ts";
import { PersonFields, PersonStateWord } from "./people-page.tsx";

/** One person: PIN, wrong tries, name and role, and the end of it all. */
export function PersonPage({ id }: { readonly id: string }): JSX.Element {
  const { people: t } = officeTexts.now.secrets;
  const { api } = useOffice();
  const people = useAnswer(api.secrets.operators, "people", ["policy", "till"]);
  const person = people.value?.rows.find((row) => row.id === id);
  return (
    <Page title={person?.name ?? t.title} back={{ to: { page: "people" }, name: t.title }}>
      <Shown asked={people}>
        {() =>
          person ? (
            <Person person={person} onChanged={people.reload} />
          ) : (
            <Problem problem={{ code: "not-found" }} />
          )
        }
      </Shown>
    </Page>
  );
}

interface PersonProps {
  readonly person: OperatorRow;
  readonly onChanged: () => void;
}

function Person({ person, onChanged }: PersonProps): JSX.Element {
  const { people, person: t } = officeTexts.now.secrets;
  const isMine = useMe().role === "owner" || person.role === "cashier";
  const facts = (
    <Facts
      facts={[
        [people.role, people.roles[person.role]],
        [people.state, <PersonStateWord person={person} />],
      ]}
    />
  );
  if (!isMine) {
    return (
      <Section title={t.about} note={people.ownRules}>
        {facts}
      </Section>
    );
  }
  return (
    <>
      {!person.active && <PersonStateWord person={person} />}
      {person.active && <Pin person={person} onChanged={onChanged} />}
      {person.active && <Tries person={person} onChanged={onChanged} />}
      {person.active && <About person={person} onChanged={onChanged} />}
      <Leaving person={person} onChanged={onChanged} />
    </>
  );
}

function Pin({ person, onChanged }: PersonProps): JSX.Element {
  const { person: t } = officeTexts.now.secrets;
  const { api } = useOffice();
  const me = useMe();
  const withdrawal = useAct();
  async function send(wish: SecretWish): Promise<Answer<SecretMade>> {
    const answer = await api.secrets.setPin(person.id, { pin: wish.source, overlapDays: wish.overlapDays });
    return answer.ok ? accepted({ generated: answer.value.generatedPin, done: onChanged }) : answer;
  }
  return (
    <Section title={t.pin} note={t.pinWhy}>
      <SecretStanding name={t.pin} secret={person.pin} />
      <NewSecret
        kind="digits"
        known={knownOfShop(me, [person.name])}
        exactLength={PIN_LENGTH}
        label={t.newPin}
        act={person.pin === null ? t.setFirst : t.setNext}
        hasOld={person.pin !== null}
        usualOverlap={0}
        withStrength={false}
        send={send}
      />
      <p class="note">{t.figure(sayTime(guessingTimeS(PIN_GUESSES)))}</p>
      {person.pin !== null && (
        <TwoStep
          act={t.withdraw}
          ask={t.withdrawAsk(person.name)}
          yes={t.withdrawYes}
          no={t.keep}
          onYes={() => withdrawal.run(() => api.secrets.withdrawPin(person.id), onChanged)}
        />
      )}
      <Outcome act={withdrawal} />
    </Section>
  );
}

function Tries({ person, onChanged }: PersonProps): JSX.Element | null {
  const { people, person: t } = officeTexts.now.secrets;
  const { api } = useOffice();
  const say = useSay();
  const isDone = useSignal(false);
  const unlocking = useAct();
  const wrong = person.tries.filter((tries) => tries.count > 0);
  if (wrong.length === 0 && !isDone.value) return null;
  return (
    <Section title={t.tries} note={t.triesWhy}>
      <Facts
        facts={wrong.map((tries) => [
          say.moment(tries.atMs),
          tries.locked ? people.locked(tries.tillName) : people.slowed(tries.tillName, tries.count),
        ])}
      />
      <div class="row">
        {wrong.length > 0 && (
          <Button
            onPress={() =>
              unlocking.run(
                () => api.secrets.unlockOperator(person.id),
                () => {
                  isDone.value = true;
                  onChanged();
                },
              )
            }
          >
            {t.unlock}
          </Button>
        )}
        <Link to={{ page: "unlock" }} class="loss-link">
          {people.unlockLink}
        </Link>
      </div>
      <p role="status" class="saved">
        {isDone.value ? t.unlocked : ""}
      </p>
      <Outcome act={unlocking} />
    </Section>
  );
}

function About({ person, onChanged }: PersonProps): JSX.Element {
  const { person: t } = officeTexts.now.secrets;
  const { api } = useOffice();
  const draft = useSignal<ChangeOperatorRequest>({});
  const tried = useSignal(false);
  const isSaved = useSignal(false);
  const saving = useAct();
  const name = draft.value.name ?? person.name;
  const role = draft.value.role ?? person.role;
  function set(change: ChangeOperatorRequest): void {
    draft.value = { ...draft.value, ...change };
    isSaved.value = false;
  }
  function save(): void {
    tried.value = true;
    if (name.trim() === "") return;
    saving.run(
      () => api.secrets.changeOperator(person.id, { name: name.trim(), role }),
      () => {
        draft.value = {};
        isSaved.value = true;
        onChanged();
      },
    );
  }
  return (
    <Section title={t.about}>
      <form class="form" noValidate onSubmit={submitting(save)}>
        <PersonFields
          name={name}
          role={role}
          tried={tried.value}
          onName={(typed) => set({ name: typed })}
          onRole={(chosen) => set({ role: chosen })}
        />
        <Outcome act={saving} />
        <p role="status" class="saved">
          {isSaved.value ? t.saved : ""}
        </p>
        <div class="row">
          <Button type="submit">{officeTexts.now.app.save}</Button>
        </div>
      </form>
    </Section>
  );
}

function Leaving({ person, onChanged }: PersonProps): JSX.Element {
  const { person: t } = officeTexts.now.secrets;
  const { api } = useOffice();
  const change = useAct();
  const setActive = (active: boolean): void =>
    change.run(() => api.secrets.changeOperator(person.id, { active }), onChanged);
  return (
    <Section title={person.active ? t.leave : t.back} note={person.active ? t.leaveWhy : t.backWhy}>
      {person.active ? (
        <TwoStep
          act={t.leaveAct}
          ask={t.leaveAsk(person.name)}
          yes={t.leaveYes}
          no={t.keep}
          onYes={() => setActive(false)}
        />
      ) : (
        <Button onPress={() => setActive(true)}>{t.back}</Button>
      )}
      <Outcome act={change} />
    </Section>
  );
}
