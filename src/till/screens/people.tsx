import type { JSX } from "preact";
import type { OperatorView } from "#protocol/engine-calls.ts";
import { Button } from "#ui/components/button.tsx";
import { type Message, MessageLine } from "#ui/components/message-line.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { PersonIcon } from "#ui/icons.tsx";
import { sayVault } from "#ui/texts/vault-texts.ts";
import { PrimaryButton } from "../parts/primary-button.tsx";
import { ScreenFrame } from "../parts/screen-frame.tsx";
import { screenTexts } from "../screen-texts.ts";
import { useTill, useView } from "../till-context.ts";

/** Who may sell at this till, and what can be done about each one's PIN. */
export function PeopleScreen({ said }: { readonly said: Message | null }): JSX.Element {
  const { flow } = useTill();
  const { operators } = useView();
  const t = sayVault();
  return (
    <ScreenFrame
      name="people"
      shape="roomy"
      work={
        <div class="panel panel--list">
          <ScreenTitle>{t.people.title}</ScreenTitle>
          <div class="panel__scroll panel__scroll--form" tabIndex={0}>
            <ul class="people">
              {operators.map((operator) => (
                <Person key={operator.id} operator={operator} />
              ))}
            </ul>
            <p class="panel__empty">{t.people.note}</p>
          </div>
        </div>
      }
      message={<MessageLine message={said} />}
      second={
        <Button class="second" onPress={() => flow.go({ at: "more" })}>
          {t.levels.more}
        </Button>
      }
      primary={
        <PrimaryButton actId="to-sell" onPress={() => flow.go({ at: "counter" })}>
          {screenTexts.now.more.back}
        </PrimaryButton>
      }
    />
  );
}

function Person({ operator }: { readonly operator: OperatorView }): JSX.Element {
  const { flow } = useTill();
  const here = useView().operator?.id === operator.id;
  const t = sayVault();
  const operatorId = operator.id;
  const facts = [
    screenTexts.now.lock.roles[operator.role],
    operator.hasPin ? t.people.has : t.people.none,
    ...(here ? [t.people.you] : []),
  ];
  return (
    <li class="person">
      <PersonIcon size={30} />
      <span class="method__words">
        <span class="method__name">{operator.name}</span>
        <span class="method__hint">{facts.join(" · ")}</span>
      </span>
      <span class="person__acts">
        {here && operator.hasPin ? (
          <Button class="card__act" onPress={() => flow.go({ at: "vault", task: "change-pin" })}>
            {t.more.change}
          </Button>
        ) : (
          <Button class="card__act" onPress={() => flow.go({ at: "vault", task: "set-pin", operatorId })}>
            {operator.hasPin ? t.people.reset : t.people.set}
          </Button>
        )}
        {!here && operator.hasPin && (
          <Button class="card__act" onPress={() => flow.go({ at: "vault", task: "unlock", operatorId })}>
            {t.people.unlock}
          </Button>
        )}
      </span>
    </li>
  );
}
