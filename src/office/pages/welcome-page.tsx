import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { officeTexts } from "#ui/texts/office-texts.ts";
import type { FirstRun } from "../first-run.ts";
import { useOffice } from "../office.ts";
import { Activation, Compare } from "../parts/activation.tsx";
import { Page, Section, Shown } from "../parts/page.tsx";
import { useAnswer } from "../use-answer.ts";
import { IssuePage } from "./issue-page.tsx";

/**
 * Right after set-up: the activation of till 1, and as soon as the tablet is in, without a press, the form of
 * the first code (UX §9, 5 to 11).
 */
export function WelcomePage(): JSX.Element | null {
  const { firstRun, router } = useOffice();
  const run = firstRun.value;
  useEffect(() => {
    // Opened by its address later: there is nothing left to welcome.
    if (!run) router.replace({ page: "tills" });
  }, []);
  return run && <FirstTill run={run} />;
}

function FirstTill({ run }: { readonly run: FirstRun }): JSX.Element {
  const t = officeTexts.now.welcome;
  const { api, firstRun } = useOffice();
  const tills = useAnswer(api.tills, "tills", ["till"]);
  const till = tills.value?.rows.find((row) => row.id === run.tillId);
  if (till?.state === "active") {
    return (
      <>
        <p class="arrived" role="status">
          {t.arrived(till.name)}
        </p>
        <IssuePage first title={t.firstCode} />
      </>
    );
  }
  return (
    <Page title={t.title}>
      {till?.state === "comparing" ? (
        <Section title={officeTexts.now.till.compare}>
          <Compare till={till} onDone={tills.reload} />
        </Section>
      ) : (
        <Section title={t.scanThis} note={t.intro}>
          <Activation
            tillId={run.tillId}
            activation={run.activation}
            onRenewed={(activation) => (firstRun.value = { ...run, activation })}
          />
        </Section>
      )}
      <Shown asked={tills}>{() => null}</Shown>
    </Page>
  );
}
