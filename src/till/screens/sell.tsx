import { useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { type AmountKey, type AmountRules, emptyEntry, entryMinor, press } from "#domain/amount-entry.ts";
import { formatMoney, fractionDigitsOf } from "#domain/money.ts";
import type { SaleRow } from "#protocol/engine-calls.ts";
import { type Message, MessageLine } from "#ui/components/message-line.tsx";
import { Button } from "#ui/components/button.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { ScanIcon } from "#ui/icons.tsx";
import { AmountDisplay } from "../parts/amount-display.tsx";
import type { CameraViewProps } from "../parts/camera-view.tsx";
import { ClosedCard } from "../parts/closed-card.tsx";
import { NumberPad } from "../parts/number-pad.tsx";
import { PrimaryButton } from "../parts/primary-button.tsx";
import { SaleLines } from "../parts/sale-lines.tsx";
import { ScreenFrame } from "../parts/screen-frame.tsx";
import { late } from "../late.ts";
import { sayCodesStop } from "../codes-stopped.ts";
import { noticeMessage } from "../notice.ts";
import { screenTexts } from "../screen-texts.ts";
import { useTill, useTypedKeys, useView } from "../till-context.ts";

const shownRows = 12;
const typedKeys: ReadonlySet<string> = new Set("0123456789.");

/** The amount first. Nothing typed: the primary scans, and the code brings its own sum (UX §9). */
export function SellScreen(): JSX.Element {
  const { flow, engine } = useTill();
  const view = useView();
  const t = screenTexts.now;
  const { currency, maxSaleMinor } = view.settings;
  const rules: AmountRules = { currency, fractionDigits: fractionDigitsOf(currency), maxMinor: maxSaleMinor };
  const entry = useSignal(emptyEntry);
  const rows = useSignal<readonly SaleRow[]>([]);
  const till = useTill();
  useSignalEffect(() => {
    // Every view may mean that a sale became receipted: the marks beside the last sales follow it.
    if (till.view.value === null) return;
    engine
      .sales({ before: null, limit: shownRows })
      .then((found) => (rows.value = found))
      .catch(flow.fault);
  });
  const key = (pressed: AmountKey): void => {
    flow.notice.value = null;
    entry.value = press(entry.value, pressed, rules);
  };
  useTypedKeys((pressed) => {
    if (pressed === "Backspace") key("back");
    else if (typedKeys.has(pressed)) key(pressed as AmountKey);
  });
  const sumMinor = entryMinor(entry.value, rules);
  const sum = formatMoney(sumMinor, currency);
  const camera = flow.cameraOn.value;
  const stopped = sayCodesStop(view);
  const message: Message | null = entry.value.overLimit
    ? { tone: "refused", text: t.sell.overLimit(formatMoney(maxSaleMinor, currency)) }
    : (noticeMessage(flow, currency) ?? {
        tone: "plain",
        text: stopped ?? t.sell.ready,
      });
  return (
    <ScreenFrame
      name="sell"
      shape={camera ? "roomy" : "pad"}
      work={
        camera ? (
          <LateCamera onText={flow.scanned} aim={t.camera.aim} sum={sumMinor > 0 ? sum : undefined} />
        ) : (
          <LastSales rows={rows.value} />
        )
      }
      amount={
        <>
          <ScreenTitle hidden>{t.sell.title}</ScreenTitle>
          <AmountDisplay label={t.sell.amount} sum={sum} />
        </>
      }
      message={<MessageLine message={message} />}
      pad={<NumberPad onKey={key} corner={rules.fractionDigits === 0 ? "00" : "."} />}
      second={
        <>
          {sumMinor > 0 ? (
            <Button class="second" onPress={() => key("clear")}>
              {t.pad.clear}
            </Button>
          ) : (
            <Button
              class="second"
              unavailable={stopped ?? undefined}
              onPress={() => flow.go({ at: "number" })}
            >
              {t.sell.typeNumber}
            </Button>
          )}
        </>
      }
      primary={primary()}
    />
  );

  function primary(): JSX.Element {
    if (sumMinor > 0) {
      return (
        <PrimaryButton actId="charge" onPress={() => flow.charge(sumMinor)}>
          {t.sell.charge(sum)}
        </PrimaryButton>
      );
    }
    if (stopped !== null) {
      // Nothing that is scanned can be taken: said on the button, which keeps its place.
      return (
        <PrimaryButton actId="scan" unavailable={stopped} onPress={() => undefined}>
          {t.sell.scan}
        </PrimaryButton>
      );
    }
    return camera ? (
      <PrimaryButton actId="camera-off" onPress={() => (flow.cameraOn.value = false)}>
        {t.camera.stop}
      </PrimaryButton>
    ) : (
      <PrimaryButton actId="scan" icon={<ScanIcon size={32} />} onPress={() => (flow.cameraOn.value = true)}>
        {t.sell.scan}
      </PrimaryButton>
    );
  }
}

/** The camera's picture comes with the late screens; the keypad does not wait for it. */
function LateCamera(props: CameraViewProps): JSX.Element {
  const screens = late.value;
  return screens === null ? <div class="camera" /> : <screens.CameraView {...props} />;
}

function LastSales({ rows }: { readonly rows: readonly SaleRow[] }): JSX.Element {
  const { flow } = useTill();
  const { settings } = useView();
  const t = screenTexts.now.sell;
  return (
    <div class="panel last-sales">
      <ClosedCard />
      <h2 class="panel__title">{t.recent}</h2>
      {rows.length === 0 ? (
        <p class="panel__empty">{t.noneYet}</p>
      ) : (
        <SaleLines
          rows={rows}
          currency={settings.currency}
          onChoose={(row) => flow.go({ at: "sales", open: row })}
        />
      )}
    </div>
  );
}
