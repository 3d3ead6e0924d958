import { useSignal, type Signal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { AmountKey } from "#domain/amount-entry.ts";
import type { PinRefusal, TillRefusal } from "#domain/refusal.ts";
import type { UnlockChallenge } from "#protocol/engine-calls.ts";
import { Button } from "#ui/components/button.tsx";
import { type Message, MessageLine } from "#ui/components/message-line.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { language } from "#ui/language.ts";
import { formatWait } from "#ui/text-format.ts";
import { joinSentence, sayRefusal } from "#ui/texts/refusal-texts.ts";
import { sayVault } from "#ui/texts/vault-texts.ts";
import { nowMs } from "../clock-now.ts";
import { Groups } from "../parts/groups.tsx";
import { NumberPad } from "../parts/number-pad.tsx";
import { PrimaryButton } from "../parts/primary-button.tsx";
import { ScreenFrame } from "../parts/screen-frame.tsx";
import { useTill, useTypedKeys } from "../till-context.ts";

const answerLength = 8;

export interface UnlockDigitsProps {
  readonly operatorId: string;
  readonly name: string;
  readonly onDone: () => void;
  readonly onBack: () => void;
}

/** «12345678» as it is read out and typed: two groups of four. */
export function inTwoGroups(digits: string): string {
  return `${digits.slice(0, 4)} ${digits.slice(4)}`;
}

/**
 * Without a network: eight digits of this till are read to the office, eight come back (PROTOCOL §10). They
 * are good for one use and are no secret of anybody's, so they may be seen.
 */
export function UnlockDigits({ operatorId, name, onDone, onBack }: UnlockDigitsProps): JSX.Element {
  const { engine, flow } = useTill();
  const t = sayVault().unlock;
  const shown: Signal<UnlockChallenge | null> = useSignal(null);
  const said: Signal<PinRefusal | TillRefusal | null> = useSignal(null);
  const leftMs = useSignal(0);
  const typed = useSignal("");
  const busy = useSignal(false);

  const ask = async (): Promise<void> => {
    const answer = await engine.unlockChallenge(operatorId);
    typed.value = "";
    if (answer.ok) {
      shown.value = answer.value;
      leftMs.value = answer.value.leftMs;
    } else {
      shown.value = null;
      said.value = answer.refusal;
    }
  };
  const begin = (): void => {
    said.value = null;
    ask().catch(flow.fault);
  };
  useEffect(begin, [engine, operatorId]);
  const digits = shown.value?.digits ?? null;
  useEffect(() => {
    if (digits === null) return undefined;
    const startedMs = performance.now();
    const had = leftMs.peek();
    const timer = setInterval(
      () => (leftMs.value = Math.max(0, had - (performance.now() - startedMs))),
      1000,
    );
    return () => clearInterval(timer);
  }, [digits, leftMs]);

  const key = (pressed: AmountKey): void => {
    if (busy.value) return;
    said.value = null;
    if (pressed === "clear") typed.value = "";
    else if (pressed === "back") typed.value = typed.value.slice(0, -1);
    else if (pressed !== ".") typed.value = (typed.value + pressed).slice(0, answerLength);
  };
  useTypedKeys((pressed) => {
    if (pressed === "Backspace") key("back");
    else if (/^\d$/u.test(pressed)) key(pressed as AmountKey);
  });
  const answer = async (): Promise<void> => {
    busy.value = true;
    const outcome = await engine.answerUnlock({ operatorId, digits: typed.value });
    busy.value = false;
    if (outcome.ok) {
      onDone();
      return;
    }
    said.value = outcome.refusal;
    typed.value = "";
    // Used up: the digits on the screen would only be read out in vain.
    if (outcome.refusal.code === "unlock-over") shown.value = null;
  };
  const over = shown.value === null || leftMs.value === 0;
  const missing = answerLength - typed.value.length;
  const wait = formatWait(leftMs.value, language.value);
  const refusal: Message | null = said.value && {
    tone: "refused",
    text: joinSentence(sayRefusal(said.value, "CNY", nowMs.value)),
  };
  const plain: Message = over
    ? { tone: "plain", text: shown.value === null ? "" : t.digits.gone }
    : // Said once for the ear: a countdown that is read out each second drowns all else.
      { tone: "plain", text: t.digits.left(wait), spoken: t.digits.ours };
  return (
    <ScreenFrame
      name="unlock-digits"
      work={
        <div class="panel unlock">
          <h2 class="panel__title">{t.title(name)}</h2>
          <p class="unlock__label">{t.digits.ours}</p>
          <Challenge digits={over ? null : digits} />
          <ol class="steps unlock__steps">
            {t.digits.steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        </div>
      }
      amount={
        <div class="amount">
          <ScreenTitle hidden>{t.digits.title}</ScreenTitle>
          <span class="amount__label">{t.digits.theirs}</span>
          <Groups text={typed.value} groups={2} size={4} />
        </div>
      }
      message={<MessageLine message={refusal ?? plain} />}
      pad={<NumberPad corner="none" onKey={key} />}
      second={
        <>
          <Button class="second" onPress={onBack}>
            {sayVault().back}
          </Button>
          {over && (
            <Button class="second" onPress={begin}>
              {t.digits.again}
            </Button>
          )}
        </>
      }
      primary={
        <PrimaryButton
          actId="unlock-answer"
          unavailable={over ? t.digits.gone : missing > 0 ? t.digits.missing(missing) : undefined}
          onPress={() => {
            if (!busy.value) answer().catch(flow.fault);
          }}
        >
          {t.digits.confirm}
        </PrimaryButton>
      }
    />
  );
}

/** Large enough to be read over a telephone; one digit after the other for a screen reader. */
function Challenge({ digits }: { readonly digits: string | null }): JSX.Element {
  return (
    <output class="unlock__digits">
      <span aria-hidden="true">{digits === null ? "···· ····" : inTwoGroups(digits)}</span>
      <span class="visually-hidden">{digits?.split("").join(" ")}</span>
    </output>
  );
}
