import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import { useEffect } from "preact/hooks";
import { formatMoney } from "#domain/money.ts";
import { Button } from "#ui/components/button.tsx";
import { MessageLine } from "#ui/components/message-line.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { CashIcon, NumberIcon, ScanIcon } from "#ui/icons.tsx";
import { AmountDisplay } from "../parts/amount-display.tsx";
import { CameraView } from "../parts/camera-view.tsx";
import { PrimaryButton } from "../parts/primary-button.tsx";
import { ScreenFrame } from "../parts/screen-frame.tsx";
import { sayCodesStop } from "../codes-stopped.ts";
import { noticeMessage } from "../notice.ts";
import { screenTexts } from "../screen-texts.ts";
import { useTill, useView } from "../till-context.ts";

/** The sum stands; how it is paid is chosen here, always in the same order. A code classifies itself. */
export function TenderScreen(): JSX.Element {
  const till = useTill();
  const { flow } = till;
  const view = useView();
  const t = screenTexts.now;
  const { currency } = view.settings;
  const dueMinor = view.sale?.dueMinor ?? 0;
  const coveredMinor = view.sale?.coveredMinor ?? 0;
  const due = formatMoney(dueMinor, currency);
  const cameraFails = useSignal(false);
  const stopped = sayCodesStop(view);
  const codesStopped = stopped !== null;
  useEffect(() => {
    // Allowed once, the camera is simply on: one press less for every customer. Not after a code was taken
    // back, refused or spent in part: still lying there, it would pull the cashier away from cash.
    if (till.cameraAllowed.peek() && !codesStopped && !flow.codeSeen.peek()) flow.cameraOn.value = true;
  }, [till, flow, codesStopped]);
  const camera = flow.cameraOn.value;
  const cash = (): void => flow.go({ at: "cash" });
  const scan = (): void => {
    cameraFails.value = false;
    flow.cameraOn.value = true;
  };
  const hint = stopped ?? (coveredMinor > 0 ? t.tender.rest(due) : t.tender.choose);
  return (
    <ScreenFrame
      name="tender"
      shape={camera ? "roomy" : "pad"}
      work={
        camera ? (
          <CameraView
            onText={flow.scanned}
            aim={t.camera.aim}
            sum={due}
            onTrouble={() => (cameraFails.value = true)}
          />
        ) : (
          <DueCard due={due} />
        )
      }
      amount={
        <>
          <ScreenTitle hidden>{t.tender.title}</ScreenTitle>
          <AmountDisplay
            label={t.tender.due}
            sum={due}
            note={coveredMinor > 0 ? t.tender.covered(formatMoney(coveredMinor, currency)) : undefined}
          />
        </>
      }
      message={<MessageLine message={noticeMessage(flow, currency) ?? { tone: "plain", text: hint }} />}
      pad={
        <div class="methods">
          <Method
            icon={<ScanIcon size={32} />}
            words={t.tender.scan}
            hint={t.tender.scanHint}
            onPress={scan}
            unavailable={stopped ?? undefined}
          />
          <Method
            icon={<NumberIcon size={32} />}
            words={t.tender.number}
            hint={t.tender.numberHint}
            onPress={() => flow.go({ at: "number" })}
            unavailable={stopped ?? undefined}
          />
          <Method
            icon={<CashIcon size={32} />}
            words={t.tender.cash}
            hint={t.tender.cashHint}
            onPress={cash}
          />
        </div>
      }
      second={
        <>
          <Button class="second" onPress={flow.cancelSale}>
            {t.tender.cancel}
          </Button>
          {camera && (
            <Button class="second second--portrait" onPress={() => (flow.cameraOn.value = false)}>
              {t.camera.stop}
            </Button>
          )}
        </>
      }
      primary={
        camera || codesStopped || cameraFails.value ? (
          <PrimaryButton actId="cash" icon={<CashIcon size={32} />} onPress={cash}>
            {t.tender.takeCash(due)}
          </PrimaryButton>
        ) : (
          <PrimaryButton actId="scan" icon={<ScanIcon size={32} />} onPress={scan}>
            {t.tender.scan}
          </PrimaryButton>
        )
      }
    />
  );
}

interface MethodProps {
  readonly icon: ComponentChildren;
  readonly words: string;
  readonly hint: string;
  readonly onPress: () => void;
  readonly unavailable?: string | undefined;
}

function Method({ icon, words, hint, onPress, unavailable }: MethodProps): JSX.Element {
  const off = unavailable !== undefined;
  return (
    <button
      type="button"
      class={`method ${off ? "method--unavailable" : ""}`}
      aria-disabled={off ? "true" : undefined}
      onClick={off ? undefined : onPress}
    >
      {icon}
      <span class="method__words">
        <span class="method__name">{words}</span>
        <span class="method__hint">{unavailable ?? hint}</span>
      </span>
    </button>
  );
}

function DueCard({ due }: { readonly due: string }): JSX.Element {
  const t = screenTexts.now.tender;
  return (
    <div class="panel due-card">
      <span class="due-card__label">{t.due}</span>
      <span class="due-card__sum money">{due}</span>
    </div>
  );
}
