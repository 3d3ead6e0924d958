import type { JSX } from "preact";
import type { QuarantineBranch } from "#protocol/office-losses-api.ts";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { wordFor } from "../loss-words.ts";
import { useOffice, useSay } from "../office.ts";
import { Outcome, Page, Problem, Section, Shown } from "../parts/page.tsx";
import { Facts } from "../parts/table.tsx";
import { TwoStep } from "../parts/two-step.tsx";
import { useAct } from "../use-act.ts";
import { useAnswer } from "../use-answer.ts";
import { DecisionWord } from "./losses-page.tsx";

/** What one till and epoch has in quarantine: decided once, by a person who saw count and sum. */
export function QuarantinePage({ id }: { readonly id: string }): JSX.Element {
  const t = officeTexts.now.losses;
  const { api } = useOffice();
  const asked = useAnswer(api.quarantine, `quarantine ${id}`, ["till", "sale"]);
  const branches = asked.value?.rows.filter((row) => row.id === id) ?? [];
  const [first] = branches;
  const title = first ? t.quarantine.title(first.tillName, first.epoch) : t.quarantine.section;
  return (
    <Page title={title} back={{ to: { page: "losses" }, name: t.title }}>
      <Shown asked={asked}>
        {() =>
          branches.length === 0 ? (
            <Problem problem={{ code: "not-found" }} />
          ) : (
            branches.map((branch) => (
              <Branch key={branch.decision?.atMs ?? "waiting"} branch={branch} onChanged={asked.reload} />
            ))
          )
        }
      </Shown>
    </Page>
  );
}

interface BranchProps {
  readonly branch: QuarantineBranch;
  readonly onChanged: () => void;
}

function Branch({ branch, onChanged }: BranchProps): JSX.Element {
  const { quarantine: t, sales, range, entries } = officeTexts.now.losses;
  const say = useSay();
  const what = branch.count === 0 ? t.noSales : sales(branch.count, say.money(branch.sumMinor));
  return (
    <>
      <Section title={t.what}>
        <Facts
          facts={[
            [officeTexts.now.losses.loss.state, <DecisionWord branch={branch} />],
            [t.reason, wordFor(t.reasons, branch.reason)],
            [t.entries, `${entries(branch.entries)} · ${range(branch.fromSeq, branch.toSeq)}`],
            [t.sales, what],
            [t.arrived, t.firstToLast(say.moment(branch.firstAtMs), say.moment(branch.lastAtMs))],
          ]}
        />
      </Section>
      <Section title={t.decide} note={branch.decision === null ? t.decideWhy : undefined}>
        {branch.decision === null ? (
          <Decide branch={branch} what={what} onChanged={onChanged} />
        ) : (
          <>
            <p role="status">
              {branch.decision.decided === "booked" ? t.decidedBooked(what) : t.decidedRejected(what)}
            </p>
            <p class="note">{t.decidedBy(branch.decision.by, say.moment(branch.decision.atMs))}</p>
          </>
        )}
      </Section>
    </>
  );
}

function Decide(props: BranchProps & { readonly what: string }): JSX.Element {
  const t = officeTexts.now.losses.quarantine;
  const { api } = useOffice();
  const { branch, what, onChanged } = props;
  const decision = useAct();
  const decide = (decided: "booked" | "rejected") => (): void =>
    decision.run(
      () => api.decideQuarantine(branch.id, { decide: decided, entries: branch.entries }),
      onChanged,
    );
  return (
    <>
      <div class="decisions">
        <TwoStep act={t.book} ask={t.bookAsk(what)} yes={t.bookYes} no={t.no} onYes={decide("booked")} />
        <TwoStep
          act={t.reject}
          ask={t.rejectAsk(what)}
          yes={t.rejectYes}
          no={t.no}
          onYes={decide("rejected")}
        />
      </div>
      <Outcome act={decision} />
    </>
  );
}
