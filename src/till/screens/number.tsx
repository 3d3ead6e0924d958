import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { AmountKey } from "#domain/amount-entry.ts";
import { looksLikeCard } from "#domain/card-number.ts";
import { formatMoney } from "#domain/money.ts";
import { Button } from "#ui/components/button.tsx";
import { MessageLine } from "#ui/components/message-line.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { Groups } from "../parts/groups.tsx";
import { NumberPad } from "../parts/number-pad.tsx";
import { PrimaryButton } from "../parts/primary-button.tsx";
import { ScreenFrame } from "../parts/screen-frame.tsx";
import { screenTexts } from "../screen-texts.ts";
import { useTill, useTypedKeys, useView } from "../till-context.ts";

const numberLength = 16;

/**
 * A payment code's number, typed in four groups where nothing can scan it. The engine checks it, this only
 * counts.
 */
export function NumberScreen(): JSX.Element {
  const { flow } = useTill();
  const view = useView();
  const t = screenTexts.now;
  const digits = useSignal("");
  const isCard = useSignal(false);
  const key = (pressed: AmountKey): void => {
    if (pressed === "clear") digits.value = "";
    else if (pressed === "back") digits.value = digits.value.slice(0, -1);
    else if (pressed !== ".") digits.value = (digits.value + pressed).slice(0, numberLength);
    // Taken off the screen at once, and never given to the engine: nothing here may keep it.
    isCard.value = digits.value.length === numberLength && looksLikeCard(digits.value);
    if (isCard.value) digits.value = "";
  };
  useTypedKeys((pressed) => {
    if (pressed === "Backspace") key("back");
    else if (/^\d$/u.test(pressed)) key(pressed as AmountKey);
  });
  const missing = numberLength - digits.value.length;
  const due = view.sale === null ? null : formatMoney(view.sale.dueMinor, view.settings.currency);
  return (
    <ScreenFrame
      name="number"
      work={
        <div class="panel">
          <h2 class="panel__title">{t.number.title}</h2>
          <p class="panel__empty">{t.number.hint}</p>
          {due !== null && <p class="panel__sum money">{due}</p>}
        </div>
      }
      amount={
        <div class="amount">
          <ScreenTitle hidden>{t.number.title}</ScreenTitle>
          <span class="amount__label">{t.number.label}</span>
          <Groups text={digits.value} groups={4} size={4} />
        </div>
      }
      message={
        <MessageLine
          message={
            isCard.value ? { tone: "refused", text: t.number.card } : { tone: "plain", text: t.number.hint }
          }
        />
      }
      pad={<NumberPad onKey={key} corner="none" />}
      second={
        <Button class="second" onPress={() => flow.go({ at: "counter" })}>
          {t.number.back}
        </Button>
      }
      primary={
        <PrimaryButton
          actId="number"
          unavailable={missing > 0 ? t.number.remaining(missing) : undefined}
          onPress={() => flow.numberTyped(digits.value)}
        >
          {t.number.confirm}
        </PrimaryButton>
      }
    />
  );
}
