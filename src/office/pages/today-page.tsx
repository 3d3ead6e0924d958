import type { JSX } from "preact";
import type { TodayAnswer } from "#protocol/office-api.ts";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useOffice, useSay } from "../office.ts";
import { Link } from "../parts/link.tsx";
import { Empty, Page, Section, Shown } from "../parts/page.tsx";
import { SaleTable } from "../parts/sale-table.tsx";
import { TillAlarms } from "../parts/till-health.tsx";
import { TillTable } from "../parts/till-table.tsx";
import { DueRenewals } from "../secrets/due-renewals.tsx";
import { RenewalAlarms } from "../secrets/till-vault.tsx";
import { useAnswer, useRefresh } from "../use-answer.ts";

/** The day's money at one look, following the shop as it happens. */
export function TodayPage(): JSX.Element {
  const t = officeTexts.now;
  const { api } = useOffice();
  const today = useAnswer(api.today, "today", ["sale", "till", "code"]);
  useRefresh(today.reload);
  return (
    <Page title={t.today.title}>
      <Shown asked={today}>{(answer) => <Today today={answer} />}</Shown>
    </Page>
  );
}

function Today({ today }: { readonly today: TodayAnswer }): JSX.Element {
  const t = officeTexts.now.today;
  const say = useSay();
  return (
    <>
      <div class="figures">
        <Figure name={t.total} value={say.money(today.totalMinor)} note={t.countUnit(today.count)} main />
        <Figure name={t.cash} value={say.money(today.cashMinor)} />
        <Figure name={t.codes} value={say.money(today.codeMinor)} />
        {today.lossMinor > 0 && <Figure name={t.losses} value={say.money(today.lossMinor)} bad />}
        <Figure name={t.open} value={say.money(today.openCodesMinor)} note={t.openWhy(today.openCodes)} />
      </div>
      <TillAlarms tills={today.tills} />
      <RenewalAlarms />
      <DueRenewals />
      <Section title={t.tills}>
        <TillTable rows={today.tills} withSales />
      </Section>
      <Section title={t.latest}>
        {today.latest.length === 0 ? (
          <Empty text={t.noSales} />
        ) : (
          <>
            <SaleTable rows={today.latest} />
            <Link to={{ page: "sales" }} class="button button--quiet">
              {t.allSales}
            </Link>
          </>
        )}
      </Section>
    </>
  );
}

function Figure(props: {
  readonly name: string;
  readonly value: string;
  readonly note?: string;
  readonly main?: boolean;
  readonly bad?: boolean;
}): JSX.Element {
  const classes = ["figure", props.main ? "figure--main" : "", props.bad ? "figure--bad" : ""];
  return (
    <dl class={classes.filter(Boolean).join(" ")}>
      <dt>{props.name}</dt>
      <dd class="figure__value money">{props.value}</dd>
      {props.note !== undefined && <dd class="note">{props.note}</dd>}
    </dl>
  );
}
