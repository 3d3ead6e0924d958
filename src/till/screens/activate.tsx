import { type Signal, useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import type { EnrolRefusal } from "#domain/refusal.ts";
import type { ActivationPreview } from "#protocol/engine-calls.ts";
import { Button } from "#ui/components/button.tsx";
import { type Message, MessageLine } from "#ui/components/message-line.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { joinSentence, sayRefusal } from "#ui/texts/refusal-texts.ts";
import { sayHealth } from "#ui/texts/health-texts.ts";
import { unsentSales } from "../at-stake.ts";
import { nowMs } from "../clock-now.ts";
import { CameraView } from "../parts/camera-view.tsx";
import { Facts } from "../parts/facts.tsx";
import { Groups } from "../parts/groups.tsx";
import { CrockfordPad } from "../parts/letter-pad.tsx";
import { PrimaryButton } from "../parts/primary-button.tsx";
import { ScreenFrame } from "../parts/screen-frame.tsx";
import { screenTexts } from "../screen-texts.ts";
import { useTill, useTypedKeys, useView } from "../till-context.ts";

const codeLength = 12;
const alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
// As people misread them from a screen across the counter; Crockford's alphabet has none of these on purpose.
const misread: Readonly<Record<string, string>> = { O: "0", I: "1", L: "1" };

/** The character of an activation code that this key means, or null. */
export function activationChar(key: string): string | null {
  if (key.length !== 1) return null;
  const upper = key.toUpperCase();
  const char = misread[upper] ?? upper;
  return alphabet.includes(char) ? char : null;
}

/** A tablet becomes a till: by scanning the office's QR code, or by typing its 12 characters. */
export function ActivateScreen(): JSX.Element {
  const till = useTill();
  const t = screenTexts.now;
  const typed = useSignal("");
  const preview = useSignal<ActivationPreview | null>(null);
  const refusal = useSignal<EnrolRefusal | null>(null);
  const working = useSignal(false);
  const cameraOff = useSignal(!("mediaDevices" in navigator));
  const scanned = till.activation;

  useEffect(() => {
    const text = scanned.value;
    if (text === "") return;
    till.engine
      .previewActivation({ text })
      .then((answer) => {
        preview.value = answer.ok ? answer.value : null;
        refusal.value = answer.ok ? null : answer.refusal;
        if (!answer.ok) scanned.value = "";
      })
      .catch(till.flow.fault);
  }, [till, scanned.value, preview, refusal, scanned]);

  const add = (key: string): void => {
    const char = activationChar(key);
    if (char === null || typed.value.length >= codeLength) return;
    refusal.value = null;
    typed.value += char;
  };
  const back = (): void => {
    refusal.value = null;
    typed.value = typed.value.slice(0, -1);
  };
  useTypedKeys((key) => (key === "Backspace" ? back() : add(key)));

  const text = scanned.value === "" ? typed.value : scanned.value;
  const missing = scanned.value === "" ? codeLength - typed.value.length : 0;
  const activate = (): void => {
    if (working.value) return;
    working.value = true;
    refusal.value = null;
    till.engine
      // From within, somebody wants just that; a till in good order refuses it otherwise.
      .enrol({ text, deliberate: anew })
      .then((answer) => {
        if (answer.ok) {
          // Activated anew from within: what comes next is the engine's to say.
          till.flow.go({ at: "counter" });
          scanned.value = "";
          return;
        }
        // The code stays: a camera that still sees it would bring it back and wipe these words away.
        refusal.value = answer.refusal;
      })
      .catch(till.flow.fault)
      .finally(() => (working.value = false));
  };
  // Activated before: what is still undelivered is said while nothing else is, and there is a way back.
  const anew = till.flow.place.value.at === "activate";
  const sales = anew && till.view.value !== null ? unsentSales(till.view.value) : null;
  const stake: Message | null =
    sales === null ? null : { tone: "plain", text: sayHealth().activateAnew(sales) };
  const showsPreview = scanned.value !== "" && preview.value !== null;
  return (
    <ScreenFrame
      name="activate"
      shape="letters"
      amount={
        <div class="activate__top">
          <div class={`activate__words ${anew ? "activate__words--anew" : ""}`}>
            <ScreenTitle>{t.activate.title}</ScreenTitle>
            <p class="activate__how">{t.activate.how}</p>
            {anew && (
              <Button class="activate__back" onPress={() => till.flow.go({ at: "renew" })}>
                {sayHealth().renew.back}
              </Button>
            )}
          </div>
          {!cameraOff.value && !showsPreview && (
            <CameraView
              aim={t.camera.aimActivation}
              onText={(found) => (scanned.value = found)}
              onTrouble={() => (cameraOff.value = true)}
            />
          )}
        </div>
      }
      message={<MessageLine message={messageOf(refusal, working) ?? stake} />}
      pad={
        showsPreview ? (
          <Scanned preview={preview.value} onOther={() => forget(scanned, preview)} />
        ) : (
          <div class="activate__pad">
            <span class="activate__label">{t.activate.typed}</span>
            <Groups text={typed.value} groups={3} size={4} />
            <CrockfordPad onChar={add} onBack={back} onClear={() => (typed.value = "")} />
          </div>
        )
      }
      primary={
        <PrimaryButton
          actId={showsPreview ? "activate-scanned" : "activate"}
          unavailable={
            working.value ? t.activate.working : missing > 0 ? t.activate.remaining(missing) : undefined
          }
          onPress={activate}
        >
          {t.activate.activate}
        </PrimaryButton>
      }
    />
  );
}

function forget(scanned: Signal<string>, preview: Signal<ActivationPreview | null>): void {
  scanned.value = "";
  preview.value = null;
}

function messageOf(refusal: Signal<EnrolRefusal | null>, working: Signal<boolean>): Message | null {
  if (working.value) return { tone: "plain", text: screenTexts.now.activate.working };
  if (refusal.value === null) return null;
  return { tone: "refused", text: joinSentence(sayRefusal(refusal.value, "CNY", nowMs.value)) };
}

function Scanned(props: {
  readonly preview: ActivationPreview | null;
  readonly onOther: () => void;
}): JSX.Element {
  const t = screenTexts.now.activate;
  return (
    <div class="panel activate__scanned">
      <h2 class="panel__title">{t.scanned}</h2>
      <Facts
        rows={[
          [t.shop, props.preview?.shopName ?? ""],
          [t.till, props.preview?.tillName ?? ""],
        ]}
      />
      <Button class="second" onPress={props.onOther}>
        {t.again}
      </Button>
    </div>
  );
}

/**
 * Six digits on both screens: the same means that nobody stood between this tablet and the server (PROTOCOL
 * §3).
 */
export function CompareScreen(): JSX.Element {
  const view = useView();
  const t = screenTexts.now.activate;
  const digits = view.compareDigits;
  // Nothing to compare: enrolled by a scanned code, and only the first settings are still on their way.
  if (digits === null) {
    return (
      <ScreenFrame
        name="compare"
        shape="roomy"
        work={
          <div class="panel result">
            <ScreenTitle>{t.settingsTitle}</ScreenTitle>
            <p>{t.settings}</p>
          </div>
        }
      />
    );
  }
  return (
    <ScreenFrame
      name="compare"
      shape="roomy"
      work={
        <div class="panel result">
          <ScreenTitle>{t.compareTitle}</ScreenTitle>
          <output class="compare__digits">
            {digits.slice(0, 3)} {digits.slice(3)}
          </output>
          <p>{t.compare}</p>
          <p class="note">{t.compareDiffers}</p>
        </div>
      }
    />
  );
}
