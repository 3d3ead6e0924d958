import type { JSX } from "preact";
import { accepted } from "#domain/result.ts";
import type {
  FindingRow,
  LossesAnswer,
  LossEvent,
  QuarantineAnswer,
  QuarantineBranch,
} from "#protocol/office-losses-api.ts";
import type { DoubleSpendsAnswer } from "#protocol/office-api.ts";
import { CheckIcon, CloseIcon, StopIcon, UnknownIcon } from "#ui/icons.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import type { Answer } from "../answer.ts";
import type { OfficeApi } from "../api.ts";
import { missingEntries, wordFor } from "../loss-words.ts";
import { useOffice, useSay } from "../office.ts";
import { DoubleSpends } from "../parts/double-spends.tsx";
import { Empty, Page, Section, Shown } from "../parts/page.tsx";
import { StateWord } from "../parts/state-word.tsx";
import { Table } from "../parts/table.tsx";
import { useAnswer } from "../use-answer.ts";

interface Everything {
  readonly losses: LossesAnswer;
  readonly quarantine: QuarantineAnswer;
  readonly doubles: DoubleSpendsAnswer;
}

async function everything(api: OfficeApi): Promise<Answer<Everything>> {
  const [losses, quarantine, doubles] = await Promise.all([
    api.losses(),
    api.quarantine(),
    api.doubleSpends(),
  ]);
  if (!losses.ok) return losses;
  if (!quarantine.ok) return quarantine;
  if (!doubles.ok) return doubles;
  return accepted({ losses: losses.value, quarantine: quarantine.value, doubles: doubles.value });
}

/** What is missing, what is set apart and what checks found: everything that is not simply booked. */
export function LossesPage(): JSX.Element {
  const t = officeTexts.now.losses;
  const { api } = useOffice();
  const asked = useAnswer(() => everything(api), "losses", ["till", "sale"]);
  return (
    <Page title={t.title}>
      <Shown asked={asked}>
        {({ losses, quarantine, doubles }) => {
          const said = losses.rows.length + losses.findings.length + quarantine.rows.length;
          const isEmpty = said + doubles.count === 0;
          if (isEmpty) return <Empty text={t.empty} />;
          return (
            <>
              {quarantine.rows.length > 0 && (
                <Section title={t.quarantine.section} note={t.quarantine.why}>
                  <Branches rows={quarantine.rows} />
                </Section>
              )}
              {losses.rows.length > 0 && (
                <Section title={t.loss.section} note={t.loss.why}>
                  <Losses rows={losses.rows} />
                </Section>
              )}
              {doubles.count > 0 && <DoubleSpends answer={doubles} />}
              {losses.findings.length > 0 && (
                <Section title={t.findings.section} note={t.findings.why}>
                  <Findings rows={losses.findings} />
                </Section>
              )}
            </>
          );
        }}
      </Shown>
    </Page>
  );
}

/** What a loss, and what a decision about a branch, has come to: word and shape. */
export function LossStateWord({ state }: { readonly state: LossEvent["state"] }): JSX.Element {
  const word = wordFor(officeTexts.now.losses.loss.states, state);
  switch (state) {
    case "open":
      return <StateWord tone="bad" icon={<StopIcon size={18} />} word={word} />;
    case "shrunk":
      return <StateWord tone="wait" icon={<UnknownIcon size={18} />} word={word} />;
    case "closed":
      return <StateWord tone="good" icon={<CheckIcon size={18} />} word={word} />;
  }
}

export function DecisionWord({ branch }: { readonly branch: QuarantineBranch }): JSX.Element {
  const t = officeTexts.now.losses.quarantine;
  switch (branch.decision?.decided) {
    case undefined:
      return <StateWord tone="wait" icon={<UnknownIcon size={18} />} word={t.waiting} />;
    case "booked":
      return <StateWord tone="good" icon={<CheckIcon size={18} />} word={t.booked} />;
    case "rejected":
      return <StateWord tone="off" icon={<CloseIcon size={18} />} word={t.rejected} />;
  }
}

function Branches({ rows }: { readonly rows: readonly QuarantineBranch[] }): JSX.Element {
  const t = officeTexts.now.losses;
  const say = useSay();
  return (
    <Table
      caption={t.quarantine.section}
      columns={[
        { head: officeTexts.now.sales.till, cell: (row) => t.epoch(row.tillName, row.epoch) },
        { head: t.loss.state, cell: (row) => <DecisionWord branch={row} /> },
        { head: t.quarantine.reason, cell: (row) => wordFor(t.quarantine.reasons, row.reason) },
        { head: t.quarantine.entries, cell: (row) => t.entries(row.entries) },
        {
          head: t.quarantine.sales,
          sum: true,
          cell: (row) => <span class="money">{t.sales(row.count, say.money(row.sumMinor))}</span>,
        },
      ]}
      rows={rows}
      rowKey={(row) => `${row.id} ${row.decision?.atMs ?? "waiting"}`}
      to={(row) => ({ page: "quarantine", id: row.id })}
    />
  );
}

function Losses({ rows }: { readonly rows: readonly LossEvent[] }): JSX.Element {
  const t = officeTexts.now.losses;
  const say = useSay();
  return (
    <Table
      caption={t.loss.section}
      columns={[
        { head: officeTexts.now.sales.till, cell: (row) => t.epoch(row.tillName, row.epoch) },
        { head: t.loss.state, cell: (row) => <LossStateWord state={row.state} /> },
        { head: t.loss.what, cell: (row) => missingEntries(row, t.loss) },
        { head: t.loss.reason, cell: (row) => wordFor(t.loss.reasons, row.reason) },
        {
          head: t.loss.sum,
          sum: true,
          cell: (row) =>
            row.count === null || row.sumMinor === null ? (
              t.loss.unknown
            ) : (
              <span class="money">{t.sales(row.count, say.money(row.sumMinor))}</span>
            ),
        },
      ]}
      rows={rows}
      rowKey={(row) => row.id}
      to={(row) => ({ page: "loss", id: row.id })}
    />
  );
}

function Findings({ rows }: { readonly rows: readonly FindingRow[] }): JSX.Element {
  const t = officeTexts.now.losses;
  const say = useSay();
  return (
    <Table
      caption={t.findings.section}
      columns={[
        { head: t.findings.kind, cell: (row) => wordFor(t.findings.kinds, row.kind) },
        {
          head: t.findings.where,
          cell: (row) => `${t.epoch(row.tillName, row.epoch)} · ${t.range(row.seq, row.seq)}`,
        },
        { head: t.findings.when, keep: true, cell: (row) => say.moment(row.atMs) },
      ]}
      rows={rows}
      rowKey={(row) => `${row.kind} ${row.tillId} ${row.epoch} ${row.seq}`}
    />
  );
}
