import type { JSX } from "preact";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useOffice, useSay } from "../office.ts";
import { Link } from "../parts/link.tsx";
import { Section, Shown } from "../parts/page.tsx";
import { useAnswer } from "../use-answer.ts";
import { DueWord, SecretAgeWord } from "./secret-age.tsx";

/** The methods that may ask for a password of the shop's: whether they do, and how old it is (G10, G22). */
export function MethodList(): JSX.Element {
  const t = officeTexts.now.secrets;
  const { api } = useOffice();
  const say = useSay();
  const methods = useAnswer(api.secrets.methods, "methods", ["policy", "till"]);
  return (
    <Section title={t.methods.section} note={t.methods.sectionWhy}>
      <Shown asked={methods}>
        {({ rows }) => (
          <ul class="method-list">
            {rows.map(({ policy, password }) => (
              <li key={policy.method} class="method-list__row">
                <div class="method-list__words">
                  <strong>{t.methods.names[policy.method]}</strong>
                  <span>
                    {policy.ask === "above"
                      ? t.methods.asksAbove(say.money(policy.aboveMinor))
                      : t.methods.asks[policy.ask]}
                  </span>
                  {policy.ask !== "never" && password === null ? (
                    <DueWord word={t.age.none} />
                  ) : (
                    password !== null && <SecretAgeWord secret={password} />
                  )}
                </div>
                <Link to={{ page: "method", id: policy.method }} class="button">
                  {t.methods.open}
                  <span class="visually-hidden"> {t.methods.names[policy.method]}</span>
                </Link>
              </li>
            ))}
          </ul>
        )}
      </Shown>
    </Section>
  );
}
