import { useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { formatMoney } from "#domain/money.ts";
import type { RefusalRow, SaleRow } from "#protocol/engine-calls.ts";
import { Button } from "#ui/components/button.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { StopIcon } from "#ui/icons.tsx";
import { language } from "#ui/language.ts";
import { formatMoment } from "#ui/text-format.ts";
import { nameRefusal } from "#ui/texts/refusal-texts.ts";
import { nowMs } from "../clock-now.ts";
import { AmountDisplay } from "../parts/amount-display.tsx";
import { Facts } from "../parts/facts.tsx";
import { PrimaryButton } from "../parts/primary-button.tsx";
import { DeliveredMark, SaleLines } from "../parts/sale-lines.tsx";
import { ScreenFrame } from "../parts/screen-frame.tsx";
import { screenTexts } from "../screen-texts.ts";
import { useTill, useView } from "../till-context.ts";

const pageRows = 50;
const refusalRows = 100;

/** Every sale of this till with where it stands, and the codes that were refused. */
export function SalesScreen(): JSX.Element {
  const { engine, flow, view: seen } = useTill();
  const view = useView();
  const t = screenTexts.now.sales;
  const { currency } = view.settings;
  const rows = useSignal<readonly SaleRow[] | null>(null);
  const refusals = useSignal<readonly RefusalRow[] | null>(null);
  const shown = useSignal(pageRows);
  const showing = useSignal<"sales" | "refusals">("sales");
  useSignalEffect(() => {
    if (seen.value === null) return;
    engine
      .sales({ before: null, limit: shown.value })
      .then((found) => (rows.value = found))
      .catch(flow.fault);
    engine
      .refusals(refusalRows)
      .then((found) => (refusals.value = found))
      .catch(flow.fault);
  });
  const place = flow.place.value;
  const chosenId = place.at === "sales" ? (place.open?.id ?? null) : null;
  // The list may hold a newer state of the chosen sale (its receipt came in the meantime).
  const listed = rows.value?.find((row) => row.id === chosenId);
  const chosen = listed ?? (place.at === "sales" ? place.open : null);
  const choose = (row: SaleRow | null): void => flow.go({ at: "sales", open: row });
  return (
    <ScreenFrame
      name="sales"
      shape="roomy"
      work={
        <div class={`panel panel--list ${chosen === null ? "" : "panel--chosen"}`}>
          <div class="panel__head">
            <ScreenTitle>{t.title}</ScreenTitle>
            <div class="tabs">
              <Button
                pressed={showing.value === "sales"}
                class="tab"
                onPress={() => (showing.value = "sales")}
              >
                {t.list}
              </Button>
              <Button
                pressed={showing.value === "refusals"}
                class="tab"
                onPress={() => (showing.value = "refusals")}
              >
                {t.refusals}
              </Button>
            </div>
          </div>
          <div class="panel__scroll" tabIndex={0}>
            {showing.value === "sales" ? salesList() : <RefusalLines rows={refusals.value} />}
          </div>
          {chosen !== null && (
            <div class="panel__detail">
              <AmountDisplay
                label={screenTexts.now.paid.method[chosen.method]}
                sum={formatMoney(chosen.amountMinor, currency)}
              />
              <SaleFacts row={chosen} currency={currency} />
            </div>
          )}
        </div>
      }
      amount={
        chosen !== null && (
          <AmountDisplay
            label={screenTexts.now.paid.method[chosen.method]}
            sum={formatMoney(chosen.amountMinor, currency)}
          />
        )
      }
      pad={
        chosen === null ? (
          <p class="panel__empty">{t.choose}</p>
        ) : (
          <SaleFacts row={chosen} currency={currency} />
        )
      }
      second={
        chosen !== null && (
          <Button class="second" onPress={() => choose(null)}>
            {t.close}
          </Button>
        )
      }
      primary={
        <PrimaryButton actId="to-sell" onPress={() => flow.go({ at: "counter" })}>
          {t.back}
        </PrimaryButton>
      }
    />
  );

  function salesList(): JSX.Element {
    if (rows.value === null) return <p class="panel__empty" />;
    if (rows.value.length === 0) return <p class="panel__empty">{t.empty}</p>;
    return (
      <>
        <SaleLines rows={rows.value} currency={currency} chosenId={chosenId} onChoose={choose} />
        {rows.value.length >= shown.value && (
          <Button class="second" onPress={() => (shown.value += pageRows)}>
            {t.more}
          </Button>
        )}
      </>
    );
  }
}

function SaleFacts({ row, currency }: { readonly row: SaleRow; readonly currency: string }): JSX.Element {
  const t = screenTexts.now.sales;
  return (
    <div class="sale-facts">
      <Facts
        rows={[
          [t.state, <DeliveredMark delivered={row.delivered} />],
          [t.time, formatMoment(row.atMs, nowMs.value, language.value)],
          [t.method, screenTexts.now.paid.method[row.method]],
          [t.operator, row.operatorName],
          [t.number, `${row.epoch}-${row.seq}`],
          [t.head, row.headHex],
        ]}
      />
      {row.lossMinor !== null && (
        <p class="mark mark--loss">
          <StopIcon size={18} />
          {t.lossNote(formatMoney(row.lossMinor, currency), lostTo(row))}
        </p>
      )}
    </div>
  );
}

/** «till 2, today 14:07»: at whose counter the code was used first; null where nobody has said so. */
function lostTo(row: SaleRow): string | null {
  if (row.lostTo === null) return null;
  const { tillName, atMs } = row.lostTo;
  return screenTexts.now.sales.lostTo(tillName, formatMoment(atMs, nowMs.value, language.value));
}

function RefusalLines({ rows }: { readonly rows: readonly RefusalRow[] | null }): JSX.Element {
  if (rows === null) return <p class="panel__empty" />;
  if (rows.length === 0) return <p class="panel__empty">{screenTexts.now.sales.noRefusals}</p>;
  return (
    <ul class="lines">
      {rows.map((row) => (
        <li class="line line--still" key={row.seq} data-refused={row.code}>
          <span class="line__when">{formatMoment(row.atMs, nowMs.value, language.value)}</span>
          <span class="line__how">{nameRefusal(row.code)}</span>
        </li>
      ))}
    </ul>
  );
}
