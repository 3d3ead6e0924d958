import type { JSX } from "preact";
import type { TillRow } from "#protocol/office-api.ts";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useOffice, useSay } from "../office.ts";
import { inService, isReachable } from "../reachable.ts";
import { ReachableWord, StuckWord, TillStateWord } from "./state-word.tsx";
import { type Column, Table } from "./table.tsx";

/** Tills with their health; `withSales` adds what each took today. */
export function TillTable(props: {
  readonly rows: readonly TillRow[];
  readonly withSales?: boolean;
}): JSX.Element {
  const t = officeTexts.now;
  const say = useSay();
  const { api } = useOffice();
  const nowMs = api.serverNowMs();
  const columns: Column<TillRow>[] = [
    { head: t.tills.name, cell: (row) => row.name },
    {
      head: t.tills.state,
      cell: (row) => (
        <span class="states">
          <TillStateWord state={row.state} />
          {inService([row]).length === 1 && <ReachableWord reachable={isReachable(row, nowMs)} />}
          {row.health.stuckSinceMs !== null && <StuckWord />}
        </span>
      ),
    },
    {
      head: t.tills.lastSeen,
      keep: true,
      cell: (row) => (row.lastSeenMs === null ? t.tills.never : say.moment(row.lastSeenMs)),
    },
  ];
  if (!props.withSales) {
    columns.push({
      head: t.losses.health.unsent,
      sum: true,
      cell: ({ health: { unsent } }) =>
        unsent === null ? (
          <span class="note">{t.losses.health.notSaid}</span>
        ) : unsent.count === 0 ? (
          t.app.notSet
        ) : (
          <span class="money">{t.losses.sales(unsent.count, say.money(unsent.sumMinor))}</span>
        ),
    });
    columns.push({ head: t.tills.settings, cell: (row) => row.feedVersion ?? t.app.notSet });
  } else {
    columns.push({
      head: t.tills.today,
      sum: true,
      cell: (row) => (
        <span class="money">
          {t.today.countUnit(row.salesToday)} · {say.money(row.salesTodayMinor)}
        </span>
      ),
    });
  }
  return (
    <Table
      caption={t.tills.title}
      columns={columns}
      rows={props.rows}
      rowKey={(row) => row.id}
      to={(row) => ({ page: "till", id: row.id })}
    />
  );
}
