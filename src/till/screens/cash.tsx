import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import {
  type AmountKey,
  type AmountRules,
  emptyEntry,
  entryMinor,
  entryOf,
  press,
} from "#domain/amount-entry.ts";
import { changeFor, likelyCash } from "#domain/cash-tender.ts";
import { formatMoney, formatMoneyShort, fractionDigitsOf } from "#domain/money.ts";
import { Button } from "#ui/components/button.tsx";
import { type Message, MessageLine } from "#ui/components/message-line.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { BackIcon, CashIcon } from "#ui/icons.tsx";
import { AmountDisplay } from "../parts/amount-display.tsx";
import { NumberPad } from "../parts/number-pad.tsx";
import { PrimaryButton } from "../parts/primary-button.tsx";
import { ScreenFrame } from "../parts/screen-frame.tsx";
import { noticeMessage } from "../notice.ts";
import { screenTexts } from "../screen-texts.ts";
import { useTill, useTypedKeys, useView } from "../till-context.ts";

/** Ten times the largest sale: a slip of the finger at most, never a limit on a real note. */
const receivedLimitFactor = 10;

/**
 * What the customer put down, by pad or by one key for the likely notes; nothing typed means the exact sum. A
 * key only fills the sum in: a tap that ended the sale would take money nobody has counted (UX §11.5).
 */
export function CashScreen(): JSX.Element {
  const { flow } = useTill();
  const view = useView();
  const t = screenTexts.now;
  const { currency, maxSaleMinor } = view.settings;
  const dueMinor = view.sale?.dueMinor ?? 0;
  const due = formatMoney(dueMinor, currency);
  const fractionDigits = fractionDigitsOf(currency);
  const rules: AmountRules = { currency, fractionDigits, maxMinor: maxSaleMinor * receivedLimitFactor };
  const entry = useSignal(emptyEntry);
  const key = (pressed: AmountKey): void => {
    flow.notice.value = null;
    entry.value = press(entry.value, pressed, rules);
  };
  useTypedKeys((pressed) => {
    if (pressed === "Backspace") key("back");
    else if (/^[\d.]$/u.test(pressed)) key(pressed as AmountKey);
  });
  const receivedMinor = entry.value.text === "" ? dueMinor : entryMinor(entry.value, rules);
  const changeMinor = changeFor(receivedMinor, dueMinor);
  const change =
    changeMinor < 0
      ? t.cash.short(formatMoney(-changeMinor, currency))
      : t.cash.change(formatMoney(changeMinor, currency));
  const message: Message = noticeMessage(flow, currency) ?? {
    tone: changeMinor < 0 ? "refused" : "plain",
    text: change,
  };
  return (
    <ScreenFrame
      name="cash"
      work={
        <div class="panel due-card">
          <span class="due-card__label">{t.tender.due}</span>
          <span class="due-card__sum money">{due}</span>
          <span class="due-card__change money">{change}</span>
        </div>
      }
      amount={
        <>
          <ScreenTitle hidden>{t.cash.title}</ScreenTitle>
          <AmountDisplay
            label={`${t.cash.due(due)} · ${t.cash.received}`}
            sum={formatMoney(receivedMinor, currency)}
          />
        </>
      }
      message={<MessageLine message={message} />}
      pad={<NumberPad onKey={key} corner={fractionDigits === 0 ? "00" : "."} />}
      second={
        <>
          <Button class="second" label={t.cash.back} onPress={() => flow.go({ at: "counter" })}>
            <BackIcon />
          </Button>
          {likelyCash(dueMinor, 10 ** fractionDigits).map((sum) => (
            <Button class="second second--sum" key={sum} onPress={() => (entry.value = entryOf(sum, rules))}>
              {formatMoneyShort(sum, currency)}
            </Button>
          ))}
        </>
      }
      primary={
        <PrimaryButton
          actId="take-cash"
          icon={<CashIcon size={32} />}
          unavailable={changeMinor < 0 ? change : undefined}
          onPress={() => flow.takeCash(receivedMinor)}
        >
          {t.cash.take(due)}
        </PrimaryButton>
      }
    />
  );
}
