import type { JSX } from "preact";
import type { TillRow } from "#protocol/office-api.ts";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useOffice, useSay } from "../office.ts";
import { Compare } from "../parts/activation.tsx";
import { Page, Outcome, Problem, Section, Shown } from "../parts/page.tsx";
import { TillActivation } from "../parts/renewal.tsx";
import { ReachableWord, StuckWord, TillStateWord } from "../parts/state-word.tsx";
import { Facts } from "../parts/table.tsx";
import { TillHealthFacts } from "../parts/till-health.tsx";
import { TwoStep } from "../parts/two-step.tsx";
import { TillRenewal, TillVault } from "../secrets/till-vault.tsx";
import { inService, isReachable } from "../reachable.ts";
import { useAct } from "../use-act.ts";
import { useAnswer, useRefresh } from "../use-answer.ts";

/** One till: health, activation, comparison, revocation. */
export function TillPage({ id }: { readonly id: string }): JSX.Element {
  const t = officeTexts.now;
  const { api } = useOffice();
  const tills = useAnswer(api.tills, "tills", ["till", "sale", "policy"]);
  useRefresh(tills.reload);
  const till = tills.value?.rows.find((row) => row.id === id);
  return (
    <Page title={till?.name ?? t.tills.title} back={{ to: { page: "tills" }, name: t.tills.title }}>
      <Shown asked={tills}>
        {() =>
          till ? <Till till={till} onChanged={tills.reload} /> : <Problem problem={{ code: "not-found" }} />
        }
      </Shown>
    </Page>
  );
}

interface TillProps {
  readonly till: TillRow;
  readonly onChanged: () => void;
}

function Till({ till, onChanged }: TillProps): JSX.Element {
  const t = officeTexts.now;
  const say = useSay();
  const isNew = till.state === "new";
  const { stuckSinceMs } = till.health;
  return (
    <>
      {till.state === "stopped" && <p class="problem">{t.till.stoppedWhy}</p>}
      {stuckSinceMs !== null && (
        <section class="section section--bad">
          <h2>{t.losses.health.stuck(say.moment(stuckSinceMs))}</h2>
          <p>{t.losses.health.stuckTodo}</p>
        </section>
      )}
      {inService([till]).length > 0 && <TillRenewal tillId={till.id} />}
      {till.state === "comparing" && (
        <Section title={t.till.compare}>
          <Compare till={till} onDone={onChanged} />
        </Section>
      )}
      {isNew && <TillActivation till={till} />}
      <Section title={t.till.facts}>
        <TillFacts till={till} />
      </Section>
      {till.epoch !== null && (
        <Section title={t.losses.health.title} note={t.losses.health.offline}>
          <TillHealthFacts till={till} />
        </Section>
      )}
      {inService([till]).length > 0 && <TillVault tillId={till.id} />}
      {!isNew && till.state !== "comparing" && <TillActivation till={till} />}
      {till.state !== "revoked" && <RevokeTill till={till} onChanged={onChanged} />}
    </>
  );
}

function TillFacts({ till }: { readonly till: TillRow }): JSX.Element {
  const t = officeTexts.now;
  const say = useSay();
  const { api } = useOffice();
  const reachable = isReachable(till, api.serverNowMs());
  return (
    <>
      <Facts
        facts={[
          [
            t.tills.state,
            <span class="states">
              <TillStateWord state={till.state} />
              {till.health.stuckSinceMs !== null && <StuckWord />}
            </span>,
          ],
          [
            t.tills.lastSeen,
            till.lastSeenMs === null ? (
              t.tills.never
            ) : (
              <span class="states">
                {say.moment(till.lastSeenMs)}
                <ReachableWord reachable={reachable} />
              </span>
            ),
          ],
          [t.tills.today, `${t.today.countUnit(till.salesToday)} · ${say.money(till.salesTodayMinor)}`],
          [t.tills.settings, till.feedVersion ?? t.app.notSet],
          [t.tills.build, till.build ?? t.app.notSet],
          ...(till.epoch === null || till.seq === null
            ? []
            : [[t.sale.entry, t.tills.journal(till.epoch, till.seq)] as const]),
        ]}
      />
      {till.lastSeenMs !== null && !reachable && <p class="note">{t.tills.maybeUnsynced}</p>}
    </>
  );
}

function RevokeTill({ till, onChanged }: TillProps): JSX.Element {
  const t = officeTexts.now.till;
  const { api } = useOffice();
  const revoke = useAct();
  return (
    <div>
      <TwoStep
        act={t.revoke}
        ask={t.revokeAsk(till.name)}
        yes={t.revokeYes}
        no={t.revokeNo}
        onYes={() => revoke.run(() => api.revokeTill(till.id), onChanged)}
      />
      <Outcome act={revoke} />
    </div>
  );
}
