import type { ComponentChildren, JSX } from "preact";
import { accepted } from "#domain/result.ts";
import type { CodeDetail, SaleDetail } from "#protocol/office-api.ts";
import { CheckIcon, StopIcon } from "#ui/icons.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import type { Answer } from "../answer.ts";
import type { OfficeApi } from "../api.ts";
import { useOffice, useSay } from "../office.ts";
import { Link } from "../parts/link.tsx";
import { Page, Section, Shown } from "../parts/page.tsx";
import { Facts } from "../parts/table.tsx";
import { useAnswer } from "../use-answer.ts";

interface SaleAndCode {
  readonly sale: SaleDetail;
  /** The code's own record, to hold the sale against; null for cash, or when it could not be read. */
  readonly code: CodeDetail | null;
}

async function saleAndCode(api: OfficeApi, id: string): Promise<Answer<SaleAndCode>> {
  const sale = await api.sale(id);
  if (!sale.ok) return sale;
  const code = sale.value.codeId === null ? null : await api.code(sale.value.codeId);
  return accepted({ sale: sale.value, code: code?.ok ? code.value : null });
}

/** One sale with what it can be checked against: amount, date, time (G15). */
export function SalePage({ id }: { readonly id: string }): JSX.Element {
  const t = officeTexts.now;
  const { api } = useOffice();
  const say = useSay();
  const asked = useAnswer(() => saleAndCode(api, id), `sale ${id}`, ["sale"]);
  const title = asked.value ? t.sale.title(say.money(asked.value.sale.amountMinor)) : t.sales.title;
  return (
    <Page title={title} back={{ to: { page: "sales" }, name: t.sales.title }}>
      <Shown asked={asked}>{(value) => <Sale {...value} />}</Shown>
    </Page>
  );
}

function Sale({ sale, code }: SaleAndCode): JSX.Element {
  const t = officeTexts.now;
  const say = useSay();
  return (
    <>
      {sale.lossMinor > 0 && (
        <p class="problem">
          <StopIcon size={20} />
          <span>{t.sales.lossLine(say.money(sale.lossMinor), sale.tillName, say.moment(sale.atMs))}</span>
        </p>
      )}
      <Section title={t.sale.check} note={t.sale.tillTime}>
        <CheckList sale={sale} code={code} />
      </Section>
      <Section title={t.sale.facts}>
        <Facts
          facts={[
            [t.sales.till, <Link to={{ page: "tills" }}>{sale.tillName}</Link>],
            [t.sales.operator, sale.operatorName],
            [t.sales.method, t.sales.methods[sale.method]],
            ...(sale.codeId === null
              ? []
              : [[t.sale.code, <Link to={{ page: "code", id: sale.codeId }}>{sale.codeId}</Link>] as const]),
          ]}
        />
      </Section>
      <Section title={t.sale.entry}>
        <Facts
          facts={[
            [t.sale.arrival, sale.arrival],
            [t.sale.epoch, sale.epoch],
            [t.sale.seq, sale.seq],
            [t.sale.head, <Head hex={sale.headHex} />],
            ...(sale.outcomes.length === 0
              ? []
              : [[t.sale.outcomes, sayOutcomes(sale.outcomes, t.sale.outcomeNames)] as const]),
          ]}
        />
      </Section>
    </>
  );
}

/** A receipt names the first eight digits; the rest is for who compares whole journals. */
function Head({ hex }: { readonly hex: string }): JSX.Element {
  return (
    <code class="hash">
      <strong>{hex.slice(0, 8)}</strong> {hex.slice(8)}
    </code>
  );
}

/** In words; one that a newer server decided and this office has no words for stands by its own name. */
function sayOutcomes(outcomes: readonly string[], names: Readonly<Record<string, string>>): string {
  return outcomes.map((outcome) => names[outcome] ?? outcome).join(" · ");
}

/** A till's record later than its arrival by more than this has a clock that is ahead. */
const CLOCK_TOLERANCE_MS = 120_000;

function CheckList({ sale, code }: SaleAndCode): JSX.Element {
  const t = officeTexts.now.sale;
  const say = useSay();
  const lateMs = sale.arrivedAtMs - sale.atMs;
  const spent = code?.spent?.saleId === sale.id ? code.spent : null;
  // Beside another tender a code pays a part; only alone must it pay the whole.
  const agrees = spent === null || sale.method === "mixed" || spent.amountMinor === sale.amountMinor;
  function codeWords(sum: string): string {
    if (sale.method === "mixed") return t.codePart(sum);
    return agrees ? t.codeAgrees(sum) : t.codeDiffers(sum);
  }
  const delay = lateMs >= 60_000 ? ` · ${t.late(say.wait(lateMs))}` : "";
  return (
    <dl class="check-list">
      <Check name={t.checkAmount} value={say.money(sale.amountMinor)} good={agrees}>
        {spent === null ? t.onTill : codeWords(say.money(spent.amountMinor))}
      </Check>
      <Check
        name={t.checkDate}
        value={say.day(sale.atMs)}
        good={say.day(sale.atMs) === say.day(sale.arrivedAtMs)}
      >
        {`${t.arrived} ${say.day(sale.arrivedAtMs)}`}
      </Check>
      <Check name={t.checkTime} value={say.clock(sale.atMs)} good={lateMs > -CLOCK_TOLERANCE_MS}>
        {`${t.arrived} ${say.clock(sale.arrivedAtMs)}`}
        {lateMs <= -CLOCK_TOLERANCE_MS ? ` · ${t.clockAhead(say.wait(-lateMs))}` : delay}
      </Check>
    </dl>
  );
}

function Check(props: {
  readonly name: string;
  readonly value: string;
  readonly good: boolean;
  readonly children: ComponentChildren;
}): JSX.Element {
  return (
    <div class={`check-list__row ${props.good ? "check-list__row--good" : "check-list__row--bad"}`}>
      <dt>
        {props.good ? <CheckIcon size={20} /> : <StopIcon size={20} />}
        {props.name}
      </dt>
      <dd>
        <span class="check-list__value money">{props.value}</span>
        <span class="note">{props.children}</span>
      </dd>
    </div>
  );
}
