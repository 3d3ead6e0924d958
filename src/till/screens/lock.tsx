import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { formatMoney } from "#domain/money.ts";
import type { OperatorView } from "#protocol/engine-calls.ts";
import { Button } from "#ui/components/button.tsx";
import { MessageLine } from "#ui/components/message-line.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { LockIcon, PersonIcon } from "#ui/icons.tsx";
import { language } from "#ui/language.ts";
import { formatClock, formatDay } from "#ui/text-format.ts";
import { nowMs } from "../clock-now.ts";
import { late } from "../late.ts";
import { DigitPad } from "../parts/digit-pad.tsx";
import { Dots } from "../parts/dots.tsx";
import { ExportEntry } from "../parts/export-entry.tsx";
import { PrimaryButton } from "../parts/primary-button.tsx";
import { ScreenFrame } from "../parts/screen-frame.tsx";
import { tillTexts } from "../texts.ts";
import { useTill, useView } from "../till-context.ts";
import { usePad } from "../use-pad.ts";

/** Shop, clock, who is there; no takings stand here, because anyone may look. The sale in hand is kept. */
export function LockScreen(): JSX.Element {
  const { operators, vault } = useView();
  return vault.open || late.value === null ? <Door operators={operators} /> : <late.value.ClosedDoor />;
}

function Door({ operators }: { readonly operators: readonly OperatorView[] }): JSX.Element {
  const { flow } = useTill();
  const chosenId = useSignal<string | null>(null);
  const only = operators.length === 1 ? operators[0] : undefined;
  const chosen = only ?? operators.find((operator) => operator.id === chosenId.value);
  const choose = ({ id, hasPin }: OperatorView): void => {
    if (hasPin) chosenId.value = id;
    else flow.go({ at: "vault", task: "set-pin", operatorId: id });
  };
  if (chosen === undefined) return <Choose onChoose={choose} />;
  return (
    <Enter
      key={chosen.id}
      operator={chosen}
      onOther={operators.length > 1 ? () => (chosenId.value = null) : undefined}
    />
  );
}

/** No PIN is needed to bring what is not delivered to safety: the file says nothing to who holds it. */
function SaveUnsent(): JSX.Element | null {
  const { stop, link } = useView();
  return stop === null && link.unsentCount > 0 ? <ExportEntry /> : null;
}

/** A stop may have taken the keys that check a PIN: the way out of it must not lead through one. */
export function WhyStopped(): JSX.Element | null {
  const { flow } = useTill();
  if (useView().stop === null) return null;
  return (
    <Button class="second" onPress={() => flow.go({ at: "renew" })}>
      {tillTexts.now.lock.stopped}
    </Button>
  );
}

function Choose({ onChoose }: { readonly onChoose: (operator: OperatorView) => void }): JSX.Element {
  const view = useView();
  const t = tillTexts.now.lock;
  return (
    <ScreenFrame
      name="lock"
      work={<Clock />}
      amount={
        <div class="amount amount--secret">
          <ScreenTitle hidden>{t.title}</ScreenTitle>
          <span class="amount__words">
            <LockIcon />
            {t.choose}
          </span>
        </div>
      }
      pad={
        <ul class="operators">
          {view.operators.map((operator) => (
            <li key={operator.id}>
              <button type="button" class="method" onClick={() => onChoose(operator)}>
                <PersonIcon size={30} />
                <span class="method__words">
                  <span class="method__name">{operator.name}</span>
                  <span class="method__hint">
                    {operator.hasPin ? t.roles[operator.role] : `${t.roles[operator.role]} · ${t.noPin}`}
                  </span>
                </span>
              </button>
            </li>
          ))}
        </ul>
      }
      second={
        <>
          <WhyStopped />
          <SaveUnsent />
        </>
      }
    />
  );
}

interface EnterProps {
  readonly operator: OperatorView;
  readonly onOther: (() => void) | undefined;
}

function Enter({ operator, onOther }: EnterProps): JSX.Element {
  const { flow } = useTill();
  const view = useView();
  const t = tillTexts.now.lock;
  const operatorId = operator.id;
  const pad = usePad(operatorId, { purpose: "operator", operatorId }, () => undefined);
  const prompt =
    view.sale === null ? t.enter : t.kept(formatMoney(view.sale.dueMinor, view.settings.currency));
  const slowed = pad.refused === "pin-wait" || pad.refused === "pin-locked";
  return (
    <ScreenFrame
      name="lock"
      work={<Clock />}
      amount={
        <div class="amount amount--secret">
          <ScreenTitle hidden>{t.title}</ScreenTitle>
          <span class="amount__label">{t.pin(operator.name)}</span>
          <Dots count={pad.view.count} of={pad.view.fixedLength} />
        </div>
      }
      message={<MessageLine message={pad.message ?? { tone: "plain", text: prompt }} />}
      pad={<DigitPad pad={pad} />}
      second={
        <>
          {onOther !== undefined && (
            <Button class="second" onPress={onOther}>
              {t.other}
            </Button>
          )}
          <WhyStopped />
          {onOther === undefined && <SaveUnsent />}
        </>
      }
      primary={
        slowed ? (
          <PrimaryButton actId="unlock" onPress={() => flow.go({ at: "vault", task: "unlock", operatorId })}>
            {t.unlock}
          </PrimaryButton>
        ) : pad.view.fixedLength === null && pad.view.count > 0 ? (
          <PrimaryButton actId="enter" onPress={pad.confirm}>
            {t.confirm}
          </PrimaryButton>
        ) : undefined
      }
    />
  );
}

/** Shop, till and time of day. */
export function Clock(): JSX.Element {
  const view = useView();
  const clock = nowMs.value;
  return (
    <div class="door">
      <span class="door__clock">{formatClock(clock, language.value)}</span>
      <span class="door__day">{formatDay(clock, clock, language.value)}</span>
      <span class="door__shop">{view.shopName}</span>
      <span class="door__till">{view.tillName}</span>
    </div>
  );
}
