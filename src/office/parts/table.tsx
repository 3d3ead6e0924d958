import type { ComponentChildren, JSX } from "preact";
import type { Route } from "../router.ts";
import { Link } from "./link.tsx";

export interface Column<Row> {
  readonly head: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Sums stand at the right so that their points align. */
  readonly sum?: boolean;
  /** Times stand on one line. */
  readonly keep?: boolean;
}

export interface TableProps<Row> {
  /** Read out before the table. */
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly rowKey: (row: Row) => string;
  /** Where a row leads: its first cell becomes the link, the whole row its target. */
  readonly to?: (row: Row) => Route;
}

/**
 * Rows with their own addresses; below 720 px each row is a card with its heads beside the values. The roles
 * are written out because a table drawn as cards is no table for a screen reader any more.
 */
export function Table<Row>(props: TableProps<Row>): JSX.Element {
  const { columns, rows, to } = props;
  return (
    <table class={`table ${to ? "table--links" : ""}`} role="table">
      <caption class="visually-hidden">{props.caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th
              key={column.head}
              scope="col"
              role="columnheader"
              class={column.sum ? "table__sum" : undefined}
            >
              {column.head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={props.rowKey(row)} role="row">
            {columns.map((column, index) => (
              <td key={column.head} role="cell" data-head={column.head} class={cellClass(column)}>
                {index === 0 && to ? (
                  <Link to={to(row)} class="table__link">
                    {column.cell(row)}
                  </Link>
                ) : (
                  <span>{column.cell(row)}</span>
                )}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function cellClass(column: { readonly sum?: boolean; readonly keep?: boolean }): string | undefined {
  if (column.sum) return "table__sum";
  return column.keep ? "table__keep" : undefined;
}

/** Names and values. */
export function Facts(props: {
  readonly facts: readonly (readonly [string, ComponentChildren])[];
}): JSX.Element {
  return (
    <dl class="facts">
      {props.facts.map(([term, value]) => (
        <div class="facts__row" key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
