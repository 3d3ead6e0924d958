import { useSignal, type Signal } from "@preact/signals";
import type { JSX } from "preact";
import type { Refusal } from "#domain/refusal.ts";
import type { OperatorView } from "#protocol/engine-calls.ts";
import { Button } from "#ui/components/button.tsx";
import { type Message, MessageLine } from "#ui/components/message-line.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { LockIcon } from "#ui/icons.tsx";
import { joinSentence, sayRefusal } from "#ui/texts/refusal-texts.ts";
import { sayVault } from "#ui/texts/vault-texts.ts";
import { nowMs } from "../clock-now.ts";
import { useOpenKeys } from "../open-keys.ts";
import { PeopleKeys } from "../parts/approval.tsx";
import { ClosedCard } from "../parts/closed-card.tsx";
import { RenewalCard } from "../parts/renewal-card.tsx";
import { PrimaryButton } from "../parts/primary-button.tsx";
import { ScreenFrame } from "../parts/screen-frame.tsx";
import { useTill, useView } from "../till-context.ts";
import { Clock, WhyStopped } from "./lock.tsx";

/**
 * The lock while the keys are locked: no PIN can be checked, so whoever says who they are comes in, for cash
 * only, and the books say that nobody checked (PROTOCOL §10). Opening the keys stands first.
 */
export function ClosedDoor(): JSX.Element {
  const { engine, flow } = useTill();
  const { operators, stop } = useView();
  const t = sayVault();
  const open = useOpenKeys();
  const chosenId = useSignal<string | null>(null);
  const refused: Signal<Refusal | null> = useSignal(null);
  const busy = useSignal(false);
  const only = operators.length === 1 ? operators[0] : undefined;
  const chosen = only ?? operators.find(({ id }) => id === chosenId.value);
  const enter = ({ id }: OperatorView): void => {
    if (busy.value) return;
    busy.value = true;
    engine
      .enterUnchecked(id)
      .then((answer) => {
        refused.value = answer.ok ? null : answer.refusal;
      })
      .catch(flow.fault)
      .finally(() => (busy.value = false));
  };
  const message: Message =
    refused.value !== null
      ? { tone: "refused", text: joinSentence(sayRefusal(refused.value, "CNY", nowMs.value)) }
      : open.unheard
        ? { tone: "refused", text: t.closed.unheard }
        : { tone: "plain", text: t.closed.unchecked };
  return (
    <ScreenFrame
      name="lock-closed"
      work={
        <div class="closed-door">
          <Clock />
          <ClosedCard act={false} />
          <RenewalCard />
        </div>
      }
      amount={
        <div class="amount amount--secret">
          <ScreenTitle hidden>{t.closed.title.keys}</ScreenTitle>
          <span class="amount__words">
            <LockIcon />
            {chosen === undefined ? t.closed.who : t.closed.title.keys}
          </span>
        </div>
      }
      message={<MessageLine message={message} />}
      pad={
        only === undefined && (
          <PeopleKeys people={operators} onChoose={({ id }) => (chosenId.value = id)} chosen={chosen?.id} />
        )
      }
      second={
        stop === null ? (
          <Button class="second" onPress={open.press}>
            {open.words}
          </Button>
        ) : (
          <WhyStopped />
        )
      }
      primary={
        chosen !== undefined && (
          <PrimaryButton actId={`enter-${chosen.id}`} onPress={() => enter(chosen)}>
            {t.closed.enter(chosen.name)}
          </PrimaryButton>
        )
      }
    />
  );
}
