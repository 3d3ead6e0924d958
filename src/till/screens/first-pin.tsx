import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { MessageLine } from "#ui/components/message-line.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { Dots } from "../parts/dots.tsx";
import { PrimaryButton } from "../parts/primary-button.tsx";
import { ScreenFrame } from "../parts/screen-frame.tsx";
import { SecretPad } from "../parts/secret-pad.tsx";
import { screenTexts } from "../screen-texts.ts";
import { useView } from "../till-context.ts";
import { usePad } from "../use-pad.ts";

/** The first operator sets a PIN: twice, on one pad. A weak one is refused with its reason (G21). */
export function FirstPinScreen(): JSX.Element {
  const view = useView();
  const t = screenTexts.now;
  const again = useSignal(false);
  const operator = view.operators.find((candidate) => !candidate.hasPin) ?? view.operators[0];
  const operatorId = operator?.id ?? "";
  const pad = usePad(operatorId, { purpose: "new-pin", operatorId }, (outcome) => {
    again.value = outcome.kind === "again";
  });
  const prompt = again.value ? t.firstPin.again : t.firstPin.first;
  return (
    <ScreenFrame
      name="first-pin"
      work={
        <div class="panel">
          <h2 class="panel__title">{t.firstPin.title}</h2>
          <p class="panel__empty">{t.firstPin.intro(operator?.name ?? "")}</p>
          <p class="panel__empty">{t.firstPin.rule}</p>
        </div>
      }
      amount={
        <div class="amount amount--secret">
          <ScreenTitle hidden>{t.firstPin.title}</ScreenTitle>
          <span class="amount__label">{prompt}</span>
          <Dots count={pad.view.count} of={pad.view.fixedLength} />
        </div>
      }
      message={
        <MessageLine
          message={pad.message ?? { tone: "plain", text: again.value ? t.firstPin.again : t.firstPin.rule }}
        />
      }
      pad={<SecretPad pad={pad} />}
      primary={
        pad.view.fixedLength === null ? (
          <PrimaryButton
            actId={again.value ? "pin-again" : "pin-first"}
            unavailable={pad.view.count === 0 ? prompt : undefined}
            onPress={pad.confirm}
          >
            {again.value ? t.firstPin.confirmAgain : t.firstPin.confirm}
          </PrimaryButton>
        ) : undefined
      }
    />
  );
}
