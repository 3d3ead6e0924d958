import { useSignal, useSignalEffect } from "@preact/signals";
import type { JSX } from "preact";
import { formatMoney } from "#domain/money.ts";
import type { PaidView } from "#protocol/engine-calls.ts";
import { MessageLine } from "#ui/components/message-line.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { CheckIcon } from "#ui/icons.tsx";
import { language } from "#ui/language.ts";
import { formatMoment } from "#ui/text-format.ts";
import { nowMs } from "../clock-now.ts";
import { AmountDisplay } from "../parts/amount-display.tsx";
import { Facts } from "../parts/facts.tsx";
import { PrimaryButton } from "../parts/primary-button.tsx";
import { DeliveredMark } from "../parts/sale-lines.tsx";
import { ScreenFrame } from "../parts/screen-frame.tsx";
import { screenTexts } from "../screen-texts.ts";
import { useTill, useView } from "../till-context.ts";

/**
 * On disk, therefore paid (I1). Stays, with its change, until the operator calls the next sale (UX §11.10).
 */
export function PaidScreen(): JSX.Element {
  const { flow } = useTill();
  const view = useView();
  const t = screenTexts.now;
  const paid = view.sale?.paid;
  const delivered = useDelivered(paid?.saleId ?? null);
  if (!paid) throw new Error("a paid sale carries what was paid");
  const { currency } = view.settings;
  const sum = formatMoney(paid.amountMinor, currency);
  return (
    <ScreenFrame
      name="paid"
      shape="roomy"
      work={
        <div class="panel result result--paid">
          <span class="result__mark">
            <CheckIcon size={72} />
          </span>
          <ScreenTitle>{t.paid.title}</ScreenTitle>
          <span class="result__sum money">{sum}</span>
          <Change paid={paid} currency={currency} />
          {paid.returnedMinor > 0 && <p>{t.paid.returned(formatMoney(paid.returnedMinor, currency))}</p>}
          <DeliveredMark delivered={delivered} />
        </div>
      }
      amount={<AmountDisplay label={t.paid.method[paid.method]} sum={sum} tone="paid" />}
      message={
        <MessageLine
          message={{ tone: "plain", text: delivered === "server" ? t.paid.onServerNote : t.paid.onTillNote }}
        />
      }
      pad={
        <Facts
          rows={[
            [t.paid.time, formatMoment(paid.atMs, nowMs.value, language.value)],
            [t.paid.number, `${paid.epoch}-${paid.seq}`],
            [t.paid.head, paid.headHex],
          ]}
        />
      }
      primary={
        <PrimaryButton actId="next" onPress={flow.nextSale}>
          {t.paid.next}
        </PrimaryButton>
      }
    />
  );
}

function Change({
  paid,
  currency,
}: {
  readonly paid: PaidView;
  readonly currency: string;
}): JSX.Element | null {
  const t = screenTexts.now.paid;
  if (paid.method === "payment-code") return null;
  if (paid.changeMinor === 0) return <p>{t.noChange}</p>;
  return (
    <dl class="result__change">
      <div>
        <dt>{t.received}</dt>
        <dd class="money">{formatMoney(paid.receivedMinor, currency)}</dd>
      </div>
      <div class="result__due">
        <dt>{t.change}</dt>
        <dd class="money">{formatMoney(paid.changeMinor, currency)}</dd>
      </div>
    </dl>
  );
}

/**
 * «On this till only» turns into «on the server» while the customer still stands there, if the network is up.
 */
function useDelivered(saleId: string | null): "till" | "server" {
  const { engine, view, flow } = useTill();
  const delivered = useSignal<"till" | "server">("till");
  useSignalEffect(() => {
    if (view.value === null || saleId === null) return;
    engine
      .sales({ before: null, limit: 1 })
      .then((rows) => {
        const row = rows.find((candidate) => candidate.id === saleId);
        if (row) delivered.value = row.delivered;
      })
      .catch(flow.fault);
  });
  return delivered.value;
}
