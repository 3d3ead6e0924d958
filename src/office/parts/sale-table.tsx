import type { JSX } from "preact";
import type { SaleListRow } from "#protocol/office-api.ts";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useSay } from "../office.ts";
import { type Column, Table } from "./table.tsx";

/** Sales in the order they reached the server. */
export function SaleTable({ rows }: { readonly rows: readonly SaleListRow[] }): JSX.Element {
  const t = officeTexts.now.sales;
  const say = useSay();
  const columns: readonly Column<SaleListRow>[] = [
    { head: t.time, keep: true, cell: (row) => say.moment(row.atMs) },
    { head: t.till, cell: (row) => row.tillName },
    { head: t.operator, cell: (row) => row.operatorName },
    { head: t.method, cell: (row) => t.methods[row.method] },
    {
      head: t.amount,
      sum: true,
      cell: (row) => (
        <>
          <span class="money">{say.money(row.amountMinor)}</span>
          {row.lossMinor > 0 && <span class="loss">{t.loss(say.money(row.lossMinor))}</span>}
        </>
      ),
    },
  ];
  return (
    <Table
      caption={t.title}
      columns={columns}
      rows={rows}
      rowKey={(row) => row.id}
      to={(row) => ({ page: "sale", id: row.id })}
    />
  );
}
