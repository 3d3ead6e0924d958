import type { JSX } from "preact";
import { formatMoney } from "#domain/money.ts";
import { Button } from "#ui/components/button.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { StopIcon } from "#ui/icons.tsx";
import { sayRefusal } from "#ui/texts/refusal-texts.ts";
import { nowMs } from "../clock-now.ts";
import type { Flow } from "../flow.ts";
import { AmountDisplay } from "../parts/amount-display.tsx";
import { PrimaryButton } from "../parts/primary-button.tsx";
import { ScreenFrame } from "../parts/screen-frame.tsx";
import { screenTexts } from "../screen-texts.ts";
import { useTill, useView } from "../till-context.ts";
import { type WayOut, waysOut } from "../ways-out.ts";

/** Why, where the money is, what to do; the best way out is the primary, the next ones stand above it. */
export function RefusedScreen(): JSX.Element {
  const { flow } = useTill();
  const view = useView();
  const place = flow.place.value;
  if (place.at !== "refused") throw new Error("the Refused screen is drawn for a refusal");
  const said = sayRefusal(place.refusal, view.settings.currency, nowMs.value);
  const sale = view.sale;
  const [best = "sell", ...others] = waysOut(place.refusal, sale !== null);
  return (
    <ScreenFrame
      name="refused"
      shape="roomy"
      work={
        <div class="panel result result--refused" role="alert" data-refusal={place.refusal.code}>
          <span class="result__mark">
            <StopIcon size={64} />
          </span>
          <ScreenTitle>{said.fact}</ScreenTitle>
          {said.money !== "" && <p class="result__money">{said.money}</p>}
          <p class="result__todo">{said.todo}</p>
        </div>
      }
      amount={
        sale !== null && (
          <AmountDisplay
            label={screenTexts.now.tender.due}
            sum={formatMoney(sale.dueMinor, view.settings.currency)}
          />
        )
      }
      second={others.slice(0, 2).map((way) => (
        <Button class="second" key={way} onPress={() => take(way, flow)}>
          {wordsFor(way)}
        </Button>
      ))}
      primary={
        <PrimaryButton actId={`way-${best}`} onPress={() => take(best, flow)}>
          {wordsFor(best)}
        </PrimaryButton>
      }
    />
  );
}

function take(way: WayOut, flow: Flow): void {
  switch (way) {
    case "cash":
    case "number":
      flow.go({ at: way });
      return;
    case "scan":
      flow.go({ at: "counter" });
      flow.cameraOn.value = true;
      return;
    case "methods":
    case "sell":
    case "retry-password":
      flow.go({ at: "counter" });
  }
}

function wordsFor(way: WayOut): string {
  const t = screenTexts.now.refused;
  const words: Readonly<Record<WayOut, string>> = {
    cash: t.takeCash,
    scan: t.scanAgain,
    number: t.typeNumber,
    methods: t.otherMethod,
    "retry-password": t.tryAgain,
    sell: t.back,
  };
  return words[way];
}
