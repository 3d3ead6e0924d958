import type { JSX } from "preact";
import { formatMoney } from "#domain/money.ts";
import type { SaleRow } from "#protocol/engine-calls.ts";
import { CheckIcon, StopIcon, UploadIcon } from "#ui/icons.tsx";
import { language } from "#ui/language.ts";
import { formatMoment } from "#ui/text-format.ts";
import { nowMs } from "../clock-now.ts";
import { screenTexts } from "../screen-texts.ts";

/**
 * Where a sale stands: on this till only, or receipted by the server; a loss by name. Word, mark and colour.
 */
export function DeliveredMark({ delivered }: Pick<SaleRow, "delivered">): JSX.Element {
  const t = screenTexts.now.sales;
  return delivered === "server" ? (
    <span class="mark mark--server">
      <CheckIcon size={18} />
      {t.onServer}
    </span>
  ) : (
    <span class="mark">
      <UploadIcon size={18} />
      {t.onTill}
    </span>
  );
}

export interface SaleLinesProps {
  readonly rows: readonly SaleRow[];
  readonly currency: string;
  readonly chosenId?: string | null;
  readonly onChoose: (row: SaleRow) => void;
}

/** A list of sales, newest first. */
export function SaleLines({ rows, currency, chosenId, onChoose }: SaleLinesProps): JSX.Element {
  const t = screenTexts.now;
  return (
    <ul class="lines">
      {rows.map((row) => (
        <li key={row.id}>
          <button
            type="button"
            class="line"
            aria-current={row.id === chosenId ? "true" : undefined}
            data-seq={row.seq}
            onClick={() => onChoose(row)}
          >
            <span class="line__when">{formatMoment(row.atMs, nowMs.value, language.value)}</span>
            <span class="line__how">{t.paid.method[row.method]}</span>
            <span class="line__sum money">{formatMoney(row.amountMinor, currency)}</span>
            {row.lossMinor === null ? (
              <DeliveredMark delivered={row.delivered} />
            ) : (
              <span class="mark mark--loss">
                <StopIcon size={18} />
                {t.sales.loss(formatMoney(row.lossMinor, currency))}
              </span>
            )}
          </button>
        </li>
      ))}
    </ul>
  );
}
