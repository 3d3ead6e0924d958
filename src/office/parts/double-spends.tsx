import type { JSX } from "preact";
import type { DoubleSpend, DoubleSpendsAnswer, DoubleSpendUse } from "#protocol/office-api.ts";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useSay } from "../office.ts";
import { Link } from "./link.tsx";
import { Section } from "./page.tsx";
import { Table } from "./table.tsx";

/** Codes used twice, by name: which code, both tills with times and sums, who lost, and the total. */
export function DoubleSpends({ answer }: { readonly answer: DoubleSpendsAnswer }): JSX.Element {
  const t = officeTexts.now.severalTills.double;
  const say = useSay();
  return (
    <Section title={t.section} note={t.why}>
      <p>
        <strong>{t.total(answer.count, say.money(answer.totalMinor))}</strong>
      </p>
      <Table<DoubleSpend>
        caption={t.section}
        columns={[
          {
            head: t.code,
            cell: (row) => <Link to={{ page: "code", id: row.codeId }}>{t.tail(row.numberTail)}</Link>,
          },
          { head: t.kept, cell: (row) => <Use use={row.winner} /> },
          { head: t.lost, cell: (row) => <Use use={row.loser} /> },
          {
            head: t.sum,
            sum: true,
            cell: (row) => <span class="money">{say.money(row.lossMinor)}</span>,
          },
        ]}
        rows={answer.rows}
        rowKey={(row) => `${row.codeId} ${row.loser.saleId} ${row.decidedAtMs}`}
      />
    </Section>
  );
}

function Use({ use }: { readonly use: DoubleSpendUse }): JSX.Element {
  const t = officeTexts.now.severalTills.double;
  const say = useSay();
  const words = t.use(use.tillName, say.moment(use.atMs), say.money(use.amountMinor));
  return use.saleId === "" ? (
    <span>{words}</span>
  ) : (
    <Link to={{ page: "sale", id: use.saleId }}>{words}</Link>
  );
}
