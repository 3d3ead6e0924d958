import { useSignal, type Signal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Button } from "#ui/components/button.tsx";
import { type Message, MessageLine } from "#ui/components/message-line.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { CheckIcon, LinkIcon, NumberIcon, PersonIcon } from "#ui/icons.tsx";
import { sayVault } from "#ui/texts/vault-texts.ts";
import { ApprovalStep } from "../parts/approval.tsx";
import { PrimaryButton } from "../parts/primary-button.tsx";
import { ScreenFrame } from "../parts/screen-frame.tsx";
import { screenTexts } from "../screen-texts.ts";
import { useTill, useView } from "../till-context.ts";
import { UnlockDigits } from "./unlock-digits.tsx";

type Way = "manager" | "server" | "digits";

export interface UnlockProps {
  readonly operatorId: string;
  readonly onEnd: (done?: string) => void;
}

/** An operator whose PIN is locked, or made to wait: the three ways to let them try again (PROTOCOL §10). */
export function UnlockScreen({ operatorId, onEnd }: UnlockProps): JSX.Element {
  const way: Signal<Way | "choose" | "done"> = useSignal("choose");
  const name = useView().operators.find(({ id }) => id === operatorId)?.name ?? "";
  const back = (): void => {
    way.value = "choose";
  };
  const done = (): void => {
    way.value = "done";
  };
  switch (way.value) {
    case "choose":
      return <ChooseWay name={name} onChoose={(chosen) => (way.value = chosen)} onBack={() => onEnd()} />;
    case "manager":
      return (
        <ApprovalStep
          approve={{ what: "unlock", operatorId }}
          why={sayVault().approve.why.unlock(name)}
          onOutcome={done}
          onBack={back}
        />
      );
    case "server":
      return <UnlockByServer operatorId={operatorId} name={name} onDone={done} onBack={back} />;
    case "digits":
      return <UnlockDigits operatorId={operatorId} name={name} onDone={done} onBack={back} />;
    case "done":
      return <Unlocked name={name} onEnd={onEnd} />;
  }
}

interface ChooseProps {
  readonly name: string;
  readonly onChoose: (way: Way) => void;
  readonly onBack: () => void;
}

function ChooseWay({ name, onChoose, onBack }: ChooseProps): JSX.Element {
  const t = sayVault().unlock;
  const icons: Readonly<Record<Way, ComponentChildren>> = {
    manager: <PersonIcon size={32} />,
    server: <LinkIcon size={32} />,
    digits: <NumberIcon size={32} />,
  };
  return (
    <ScreenFrame
      name="unlock"
      work={
        <div class="panel">
          <h2 class="panel__title">{t.title(name)}</h2>
          <p class="panel__empty">{t.why}</p>
        </div>
      }
      amount={
        <div class="amount amount--secret">
          <ScreenTitle hidden>{t.title(name)}</ScreenTitle>
          <span class="amount__words">{t.title(name)}</span>
        </div>
      }
      message={<MessageLine message={{ tone: "plain", text: t.choose }} />}
      pad={
        <div class="methods">
          {(["manager", "server", "digits"] as const).map((way) => (
            <button type="button" class="method" key={way} data-way={way} onClick={() => onChoose(way)}>
              {icons[way]}
              <span class="method__words">
                <span class="method__name">{t.ways[way].name}</span>
                <span class="method__hint">{t.ways[way].hint}</span>
              </span>
            </button>
          ))}
        </div>
      }
      second={
        <Button class="second" onPress={onBack}>
          {sayVault().back}
        </Button>
      }
    />
  );
}

interface WayProps {
  readonly operatorId: string;
  readonly name: string;
  readonly onDone: () => void;
  readonly onBack: () => void;
}

/** The owner unlocks in the office; here it is looked for with each page of settings that comes. */
function UnlockByServer({ operatorId, name, onDone, onBack }: WayProps): JSX.Element {
  const { engine, flow } = useTill();
  const { link, settings } = useView();
  const t = sayVault().unlock;
  const said = useSignal<Message | null>(null);
  const { feedVersion } = settings;
  useEffect(() => {
    let gone = false;
    // The view does not say whose PIN is locked; a pad that opens does. Nothing is typed on it.
    const look = async (): Promise<void> => {
      const answer = await engine.openPad({ purpose: "operator", operatorId });
      if (answer.ok) await engine.closePad(answer.value.padId);
      if (answer.ok && !gone) onDone();
    };
    look().catch(flow.fault);
    return () => {
      gone = true;
    };
  }, [engine, flow, operatorId, feedVersion]);
  const ask = (): void => {
    said.value = { tone: "plain", text: sayVault().closed.asking };
    engine.syncNow().catch(flow.fault);
  };
  const state = screenTexts.now.strip[link.state];
  return (
    <ScreenFrame
      name="unlock-server"
      shape="roomy"
      work={
        <div class="panel panel--list standing">
          <div class="panel__scroll" tabIndex={0}>
            <ScreenTitle>{t.title(name)}</ScreenTitle>
            <p class="standing__money">{t.server.wait}</p>
            <ol class="steps">
              {t.server.steps.map((step) => (
                <li key={step}>{step}</li>
              ))}
            </ol>
          </div>
        </div>
      }
      message={<MessageLine message={said.value ?? { tone: "plain", text: state }} />}
      second={
        <Button class="second" onPress={onBack}>
          {sayVault().back}
        </Button>
      }
      primary={
        <PrimaryButton actId="unlock-ask" onPress={ask}>
          {t.server.ask}
        </PrimaryButton>
      }
    />
  );
}

function Unlocked({ name, onEnd }: { readonly name: string } & Pick<UnlockProps, "onEnd">): JSX.Element {
  const t = sayVault().unlock;
  const here = useView().phase === "open";
  return (
    <ScreenFrame
      name="unlocked"
      shape="roomy"
      work={
        <div class="panel result result--paid" role="status">
          <span class="result__mark">
            <CheckIcon size={64} />
          </span>
          <ScreenTitle>{t.done(name)}</ScreenTitle>
        </div>
      }
      primary={
        <PrimaryButton actId="unlocked" onPress={() => onEnd(t.done(name))}>
          {here ? sayVault().back : t.go}
        </PrimaryButton>
      }
    />
  );
}
