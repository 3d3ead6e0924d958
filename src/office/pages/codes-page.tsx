import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { CodeRow, CodeState } from "#protocol/office-api.ts";
import { Button } from "#ui/components/button.tsx";
import { Choice } from "#ui/components/fields.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useOffice, useSay } from "../office.ts";
import { Empty, Page, Shown } from "../parts/page.tsx";
import { CodeStateWord } from "../parts/state-word.tsx";
import { type Column, Table } from "../parts/table.tsx";
import { useRows } from "../use-answer.ts";

type Filter = CodeState | "all";
const filters: readonly Filter[] = ["all", "issued", "not-yet-valid", "spent", "expired", "revoked"];

/** All codes, newest first, by state. */
export function CodesPage(): JSX.Element {
  const t = officeTexts.now;
  const { api, router } = useOffice();
  const filter = useSignal<Filter>("all");
  const state = filter.value === "all" ? null : filter.value;
  const codes = useRows((before) => api.codes(state, before), `codes ${filter.value}`, ["code", "sale"]);
  const issue = (words: string): JSX.Element => (
    <Button kind="primary" onPress={() => router.go({ page: "code-new" })}>
      {words}
    </Button>
  );
  const isBare = codes.rows?.length === 0 && state === null;
  return (
    <Page title={t.codes.title} primary={!isBare && issue(t.codes.issue)}>
      {!isBare && (
        <Choice
          label={t.codes.filter}
          value={filter.value}
          options={filters.map((value) => ({
            value,
            label: value === "all" ? t.app.all : t.codes.states[value],
          }))}
          onChange={(value) => (filter.value = value)}
        />
      )}
      <Shown asked={{ ...codes, value: codes.rows }}>
        {(rows) => (
          <>
            {rows.length === 0 &&
              (state === null ? (
                <Empty text={t.codes.empty}>{issue(t.codes.emptyAct)}</Empty>
              ) : (
                <Empty text={t.codes.emptyState(t.codes.states[state])} />
              ))}
            {rows.length > 0 && <CodeTable rows={rows} />}
            {codes.more && <Button onPress={codes.more}>{t.app.more}</Button>}
          </>
        )}
      </Shown>
    </Page>
  );
}

function CodeTable({ rows }: { readonly rows: readonly CodeRow[] }): JSX.Element {
  const t = officeTexts.now;
  const say = useSay();
  const columns: readonly Column<CodeRow>[] = [
    { head: t.codes.issued, keep: true, cell: (row) => say.moment(row.issuedAtMs) },
    { head: t.codes.state, cell: (row) => <CodeStateWord state={row.state} /> },
    { head: t.codes.expires, keep: true, cell: (row) => say.moment(row.expiresAtMs) },
    { head: t.codes.password, cell: (row) => (row.hasPassword ? t.codes.has : t.codes.hasNone) },
    { head: t.codes.till, cell: (row) => row.spent?.tillName ?? row.tillName ?? t.codes.anyTillShort },
    {
      head: t.codes.amount,
      sum: true,
      cell: (row) => (
        <>
          {row.kind === "exact" ? (
            <span class="money">{say.money(row.amountMinor)}</span>
          ) : (
            <span>{t.codes.upTo(say.money(row.amountMinor))}</span>
          )}
          {row.lossMinor > 0 && <span class="loss">{t.sales.loss(say.money(row.lossMinor))}</span>}
        </>
      ),
    },
  ];
  return (
    <Table
      caption={t.codes.title}
      columns={columns}
      rows={rows}
      rowKey={(row) => row.id}
      to={(row) => ({ page: "code", id: row.id })}
    />
  );
}
