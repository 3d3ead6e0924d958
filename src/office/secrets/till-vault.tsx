import type { JSX } from "preact";
import type { VaultRow } from "#protocol/office-secrets-api.ts";
import { Button } from "#ui/components/button.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useMe, useOffice, useSay } from "../office.ts";
import { Link } from "../parts/link.tsx";
import { Outcome, Section, Shown } from "../parts/page.tsx";
import { Facts } from "../parts/table.tsx";
import { TwoStep } from "../parts/two-step.tsx";
import { useAct } from "../use-act.ts";
import { useAnswer } from "../use-answer.ts";
import { vaultWaits } from "./vault-words.ts";

/** On a till's page: the level it guards its secrets with, and its time limit. */
export function TillVault({ tillId }: { readonly tillId: string }): JSX.Element {
  const { vault: t } = officeTexts.now.secrets;
  const { api } = useOffice();
  const vaults = useAnswer(api.secrets.vaults, "vaults", ["policy", "till"]);
  const vault = vaults.value?.rows.find((row) => row.tillId === tillId);
  return (
    <Section title={t.section}>
      <Shown asked={vaults}>{() => vault && <VaultFacts vault={vault} />}</Shown>
      <Link to={{ page: "protection", id: tillId }} class="button till-vault__open">
        {t.open}
      </Link>
    </Section>
  );
}

function VaultFacts({ vault }: { readonly vault: VaultRow }): JSX.Element {
  const { vault: t } = officeTexts.now.secrets;
  return (
    <>
      <Facts
        facts={[
          [t.section, t.levels[vault.level]],
          [t.lease, vault.leaseHours === null ? t.leases.off : t.leases.hours(vault.leaseHours)],
        ]}
      />
      {vaultWaits(vault).map((sentence) => (
        <p class="note" key={sentence}>
          {sentence}
        </p>
      ))}
      {vault.level !== "basic" && <p class="note">{t.cashOnly}</p>}
    </>
  );
}

/** On top of a till's page while its tablet asks to be confirmed; else nothing. */
export function TillRenewal({ tillId }: { readonly tillId: string }): JSX.Element | null {
  const { api } = useOffice();
  const vaults = useAnswer(api.secrets.vaults, "vaults", ["policy", "till"]);
  const vault = vaults.value?.rows.find((row) => row.tillId === tillId);
  if (!vault || vault.renewal === null) return null;
  return <Renewal vault={vault} renewal={vault.renewal} onDecided={vaults.reload} />;
}

interface RenewalProps {
  readonly vault: VaultRow;
  readonly renewal: NonNullable<VaultRow["renewal"]>;
  readonly onDecided: () => void;
}

/**
 * A till that could not open its vault made a new one. Only the owner can say that this is still the shop's
 * tablet: whoever gets a «yes» gets every PIN and password sealed to it (PROTOCOL §10).
 */
function Renewal({ vault, renewal, onDecided }: RenewalProps): JSX.Element {
  const { renewal: t, vault: words } = officeTexts.now.secrets;
  const { api } = useOffice();
  const say = useSay();
  const decision = useAct();
  const { epoch, seq } = renewal;
  const isOwner = useMe().role === "owner";
  const decide = (mine: boolean): void =>
    decision.run(() => api.secrets.decideRenewal(vault.tillId, { mine, epoch, seq }), onDecided);
  return (
    <section class="section section--bad">
      <h2>{t.section}</h2>
      <p>{t.why(say.moment(renewal.askedAtMs))}</p>
      <div class="compare">
        <p>{t.compare}</p>
        <p class="compare__digits">{renewal.digits}</p>
        {isOwner ? (
          <div class="row">
            <Button kind="primary" onPress={() => decide(true)}>
              {t.mine}
            </Button>
            <TwoStep
              act={t.notMine}
              ask={t.notMineAsk}
              yes={t.notMineYes}
              no={t.keep}
              onYes={() => decide(false)}
            />
          </div>
        ) : (
          <p class="note">{words.ownerOnly}</p>
        )}
        <Outcome act={decision} />
      </div>
    </section>
  );
}

/** Tills that wait for the owner's word, each line leading to where it is said. Silent while none does. */
export function RenewalAlarms(): JSX.Element | null {
  const { renewal: t } = officeTexts.now.secrets;
  const { api } = useOffice();
  const vaults = useAnswer(api.secrets.vaults, "vaults", ["policy", "till"]);
  const waiting = vaults.value?.rows.filter((row) => row.renewal !== null) ?? [];
  if (waiting.length === 0) return null;
  return (
    <section class="section section--bad" data-renewals={waiting.length}>
      <h2>{t.section}</h2>
      <ul>
        {waiting.map((row) => (
          <li key={row.tillId}>
            <Link class="loss-link" to={{ page: "till", id: row.tillId }}>
              {t.alarm(row.tillName)}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}
