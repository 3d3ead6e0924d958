import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { formatMoney } from "#domain/money.ts";
import { Button } from "#ui/components/button.tsx";
import { MessageLine } from "#ui/components/message-line.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { Dots } from "../parts/dots.tsx";
import { PrimaryButton } from "../parts/primary-button.tsx";
import { ScreenFrame } from "../parts/screen-frame.tsx";
import { whyNotYet } from "../parts/secret-step.tsx";
import { SecretPad } from "../parts/secret-pad.tsx";
import { screenTexts } from "../screen-texts.ts";
import { useTill, useView } from "../till-context.ts";
import { usePad } from "../use-pad.ts";

/**
 * The customer's turn: sum, pad, hand back. Nothing else can be reached from here; the way back to the
 * methods asks for the cashier's PIN, or a customer without the password could walk the till to «cash» (UX
 * §11.9).
 */
export function PasswordScreen(): JSX.Element {
  const handingBack = useSignal(false);
  return handingBack.value ? (
    <HandBack onStay={() => (handingBack.value = false)} />
  ) : (
    <CustomerTurn onHandBack={() => (handingBack.value = true)} />
  );
}

function CustomerTurn({ onHandBack }: { readonly onHandBack: () => void }): JSX.Element {
  const { flow } = useTill();
  const view = useView();
  const t = screenTexts.now.password;
  const pad = usePad("code", { purpose: "code" }, flow.padAnswered);
  const due = formatMoney(view.sale?.dueMinor ?? 0, view.settings.currency);
  const checking = pad.view.state === "checking";
  // A customer who holds a code with a password of its own is not to type the shop's.
  const turn = view.sale?.code?.password === "method" ? t.turnMethod : t.turn;
  return (
    <ScreenFrame
      name="password"
      shape={pad.view.kind === "letters" ? "letters" : "pad"}
      work={
        <div class="panel due-card">
          <span class="due-card__label">{turn}</span>
          <span class="due-card__sum money">{due}</span>
        </div>
      }
      amount={
        <div class="amount amount--secret">
          <ScreenTitle hidden>{t.title}</ScreenTitle>
          <span class="amount__row">
            <span class="amount__label">{turn}</span>
            <strong class="money">{due}</strong>
          </span>
          <Dots count={pad.view.count} of={pad.view.fixedLength} />
        </div>
      }
      message={<MessageLine message={checking ? { tone: "plain", text: t.checking } : pad.message} />}
      pad={<SecretPad pad={pad} />}
      second={
        <>
          <Button class="second" onPress={onHandBack}>
            {t.handBack}
          </Button>
          {pad.view.kind === "letters" && pad.view.count > 0 && (
            <Button class="second" onPress={pad.clear}>
              {screenTexts.now.pad.clear}
            </Button>
          )}
        </>
      }
      primary={
        <PrimaryButton actId="confirm-password" unavailable={whyNotYet(pad.view)} onPress={pad.confirm}>
          {t.confirm}
        </PrimaryButton>
      }
    />
  );
}

function HandBack({ onStay }: { readonly onStay: () => void }): JSX.Element {
  const { flow } = useTill();
  const view = useView();
  const t = screenTexts.now;
  const operatorId = view.operator?.id ?? "";
  const pad = usePad(`operator ${operatorId}`, { purpose: "operator", operatorId }, (outcome) => {
    if (outcome.kind === "operator-in") flow.withdrawCode();
  });
  return (
    <ScreenFrame
      name="hand-back"
      work={
        <div class="panel">
          <h2 class="panel__title">{t.password.operatorTitle}</h2>
          <p class="panel__empty">{t.password.operatorNeeded}</p>
        </div>
      }
      amount={
        <div class="amount amount--secret">
          <ScreenTitle hidden>{t.password.operatorTitle}</ScreenTitle>
          <span class="amount__label">{t.lock.pin(view.operator?.name ?? "")}</span>
          <Dots count={pad.view.count} of={pad.view.fixedLength} />
        </div>
      }
      message={<MessageLine message={pad.message ?? { tone: "plain", text: t.password.operatorNeeded }} />}
      pad={<SecretPad pad={pad} />}
      second={
        <>
          <Button class="second" onPress={onStay}>
            {t.password.keepAsking}
          </Button>
          {view.operators.length > 1 && (
            // Through the lock: a PIN that a prankster has blocked must not keep the manager from cash.
            <Button class="second" onPress={flow.lock}>
              {t.lock.other}
            </Button>
          )}
        </>
      }
      primary={
        pad.view.fixedLength === null ? (
          <PrimaryButton actId="confirm-operator" onPress={pad.confirm}>
            {t.password.confirm}
          </PrimaryButton>
        ) : undefined
      }
    />
  );
}
