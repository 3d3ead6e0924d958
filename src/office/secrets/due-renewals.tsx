import type { JSX } from "preact";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useOffice } from "../office.ts";
import { Link } from "../parts/link.tsx";
import { Section } from "../parts/page.tsx";
import { useAnswer } from "../use-answer.ts";
import { ageDays } from "./secret-form.ts";

/**
 * What is older than the shop's rules remind of, each line leading to where it is renewed (G22). Silent while
 * nothing is, and for whoever may not see it.
 */
export function DueRenewals(): JSX.Element | null {
  const { due: t, methods: words } = officeTexts.now.secrets;
  const { api } = useOffice();
  const people = useAnswer(api.secrets.operators, "people", ["policy"]);
  const methods = useAnswer(api.secrets.methods, "methods", ["policy"]);
  const days = (madeAtMs: number): number => ageDays(madeAtMs, api.serverNowMs());
  const lines = [
    ...(people.value?.rows ?? []).flatMap(({ id, name, active, pin }) =>
      active && pin?.remind === true
        ? [{ key: id, to: { page: "person", id } as const, words: t.pin(name, days(pin.madeAtMs)) }]
        : [],
    ),
    ...(methods.value?.rows ?? []).flatMap(({ policy: { method }, password }) =>
      password?.remind === true
        ? [
            {
              key: method,
              to: { page: "method", id: method } as const,
              words: t.password(words.names[method], days(password.madeAtMs)),
            },
          ]
        : [],
    ),
  ];
  if (lines.length === 0) return null;
  return (
    <Section title={t.section}>
      <ul data-due={lines.length}>
        {lines.map((line) => (
          <li key={line.key}>
            <Link class="loss-link" to={line.to}>
              {line.words}
            </Link>
          </li>
        ))}
      </ul>
    </Section>
  );
}
