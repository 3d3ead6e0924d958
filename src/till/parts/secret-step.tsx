import type { ComponentChildren, JSX } from "preact";
import type { PadOutcome, PadPurpose } from "#protocol/engine-calls.ts";
import { Button } from "#ui/components/button.tsx";
import { MessageLine } from "#ui/components/message-line.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { sayVault } from "#ui/texts/vault-texts.ts";
import type { PadView } from "../held-pad.ts";
import { screenTexts } from "../screen-texts.ts";
import { usePad } from "../use-pad.ts";
import { Dots } from "./dots.tsx";
import { PrimaryButton } from "./primary-button.tsx";
import { ScreenFrame } from "./screen-frame.tsx";
import { SecretPad } from "./secret-pad.tsx";

export interface SecretStepProps {
  /** Names the screen for tests. */
  readonly name: string;
  readonly title: string;
  /** Whose secret, above the dots. */
  readonly label: string;
  /** What to enter; `again` once it was read and is wanted a second time. */
  readonly prompt: string;
  readonly again?: string;
  /** What it is for, in the work area; a wide pad of letters leaves no room for it. */
  readonly lines: readonly ComponentChildren[];
  readonly purposeKey: string;
  readonly purpose: PadPurpose;
  readonly onOutcome: (outcome: PadOutcome) => void;
  /** Absent where there is no way but on. */
  readonly onBack?: (() => void) | undefined;
  readonly second?: ComponentChildren;
}

/** One secret on one pad: what it is for, how far it is typed, and the way back. */
export function SecretStep(props: SecretStepProps): JSX.Element {
  const t = sayVault();
  const pad = usePad(props.purposeKey, props.purpose, props.onOutcome);
  const { kind, fixedLength, count, half, state } = pad.view;
  const asked = half ? (props.again ?? props.prompt) : props.prompt;
  const message = state === "checking" ? ({ tone: "plain", text: t.checking } as const) : pad.message;
  return (
    <ScreenFrame
      name={props.name}
      shape={kind === "letters" ? "letters" : "pad"}
      work={
        <div class="panel">
          <h2 class="panel__title">{props.title}</h2>
          {props.lines.map((line, at) => (
            <p class="panel__empty" key={at}>
              {line}
            </p>
          ))}
        </div>
      }
      amount={
        <div class="amount amount--secret">
          <ScreenTitle hidden>{props.title}</ScreenTitle>
          <span class="amount__row">
            <span class="amount__label">{props.label}</span>
          </span>
          <Dots count={count} of={fixedLength} />
        </div>
      }
      message={<MessageLine message={message ?? { tone: "plain", text: asked }} />}
      pad={<SecretPad pad={pad} />}
      second={
        <>
          {props.onBack !== undefined && (
            <Button class="second" onPress={props.onBack}>
              {t.back}
            </Button>
          )}
          {props.second}
          {kind === "letters" && count > 0 && (
            <Button class="second" onPress={pad.clear}>
              {screenTexts.now.pad.clear}
            </Button>
          )}
        </>
      }
      primary={
        kind !== null && fixedLength === null ? (
          <PrimaryButton
            actId={`${props.name}-${half ? "again" : "first"}`}
            unavailable={whyNotYet(pad.view)}
            onPress={pad.confirm}
          >
            {props.again !== undefined && !half ? t.next : t.confirm}
          </PrimaryButton>
        ) : undefined
      }
    />
  );
}

/** Why a pad of any length cannot be confirmed just now; undefined when it can. */
export function whyNotYet({ state, count }: PadView): string | undefined {
  const t = sayVault();
  switch (state) {
    case "opening":
      return undefined;
    case "ready":
      return count === 0 ? t.empty : undefined;
    case "checking":
      return t.checking;
    case "waiting":
    case "shut":
      return t.notNow;
  }
}
