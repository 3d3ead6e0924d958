import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { SaleListRow } from "#protocol/office-api.ts";
import { Button } from "#ui/components/button.tsx";
import { CheckField } from "#ui/components/fields.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useOffice, useSay } from "../office.ts";
import { Link } from "../parts/link.tsx";
import { Empty, Page, Shown } from "../parts/page.tsx";
import { SaleTable } from "../parts/sale-table.tsx";
import { useRows } from "../use-answer.ts";

/** All sales as they arrive; losses stand on top by name (PROTOCOL §11), never merged away. */
export function SalesPage(): JSX.Element {
  const t = officeTexts.now;
  const { api } = useOffice();
  const onlyLosses = useSignal(false);
  const sales = useRows(api.sales, "sales", ["sale"]);
  return (
    <Page title={t.sales.title}>
      <Shown asked={{ ...sales, value: sales.rows }}>
        {(all) => {
          const losses = all.filter((row) => row.lossMinor > 0);
          const rows = onlyLosses.value ? losses : all;
          if (all.length === 0) return <Empty text={t.sales.empty} />;
          return (
            <>
              <Losses rows={losses} />
              <div class="row row--spread">
                <CheckField
                  label={t.sales.onlyLosses}
                  checked={onlyLosses.value}
                  onChange={(checked) => (onlyLosses.value = checked)}
                />
                <span class="note">{t.sales.order}</span>
              </div>
              {rows.length === 0 ? <Empty text={t.sales.noLosses} /> : <SaleTable rows={rows} />}
              {sales.more && <Button onPress={sales.more}>{t.app.more}</Button>}
            </>
          );
        }}
      </Shown>
    </Page>
  );
}

function Losses({ rows }: { readonly rows: readonly SaleListRow[] }): JSX.Element | null {
  const t = officeTexts.now;
  const say = useSay();
  if (rows.length === 0) return null;
  return (
    <section class="section section--bad">
      <h2>{t.today.losses}</h2>
      <ul>
        {rows.map((row) => (
          <li key={row.id}>
            <Link to={{ page: "sale", id: row.id }} class="loss-link">
              {t.sales.lossLine(say.money(row.lossMinor), row.tillName, say.moment(row.atMs))}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
