import type { ComponentChildren, JSX } from "preact";

/** Name and value, line by line. */
export function Facts(props: {
  readonly rows: readonly (readonly [string, ComponentChildren])[];
}): JSX.Element {
  return (
    <dl class="facts">
      {props.rows.map(([term, value]) => (
        <div class="facts__row" key={term}>
          <dt>{term}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
