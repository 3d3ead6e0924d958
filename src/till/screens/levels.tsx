import type { ComponentChildren, JSX } from "preact";
import type { TillView } from "#protocol/engine-calls.ts";
import { Button } from "#ui/components/button.tsx";
import { type Message, MessageLine } from "#ui/components/message-line.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { CheckIcon } from "#ui/icons.tsx";
import { language } from "#ui/language.ts";
import { formatMoment } from "#ui/text-format.ts";
import { sayVault } from "#ui/texts/vault-texts.ts";
import { nowMs } from "../clock-now.ts";
import { ClosedCard } from "../parts/closed-card.tsx";
import { Facts } from "../parts/facts.tsx";
import { PrimaryButton } from "../parts/primary-button.tsx";
import { RenewalCard } from "../parts/renewal-card.tsx";
import { ScreenFrame } from "../parts/screen-frame.tsx";
import { screenTexts } from "../screen-texts.ts";
import { useTill, useView } from "../till-context.ts";

type VaultLevel = TillView["vault"]["level"];

/** The weakest first. The chip is only shown where a till has it: not every tablet does. */
export function levelsToShow({ level, wanted }: TillView["vault"]): readonly VaultLevel[] {
  const usual: readonly VaultLevel[] = ["basic", "server-half", "passphrase"];
  return level === "prf" || wanted === "prf" ? [...usual, "prf"] : usual;
}

/** What protects this till's keys, what each way is worth and what it costs, in a shopkeeper's words. */
export function LevelsScreen({ said }: { readonly said: Message | null }): JSX.Element {
  const { flow } = useTill();
  const view = useView();
  const { vault } = view;
  const t = sayVault().levels;
  return (
    <ScreenFrame
      name="levels"
      shape="roomy"
      work={
        <div class="panel panel--list">
          <ScreenTitle>{t.title}</ScreenTitle>
          <div class="panel__scroll panel__scroll--form" tabIndex={0}>
            <ClosedCard />
            <RenewalCard />
            <p>{t.intro}</p>
            <div class="portrait-only">
              <VaultFacts view={view} />
            </div>
            {levelsToShow(vault).map((level) => (
              <LevelCard key={level} level={level} vault={vault} />
            ))}
          </div>
        </div>
      }
      message={<MessageLine message={said} />}
      pad={<VaultFacts view={view} />}
      second={
        <>
          <Button class="second" onPress={() => flow.go({ at: "more" })}>
            {t.more}
          </Button>
          {vault.wanted === "passphrase" && (
            <Button class="second" onPress={() => flow.go({ at: "vault", task: "passphrase" })}>
              {t.setPassphrase}
            </Button>
          )}
        </>
      }
      primary={
        <PrimaryButton actId="to-sell" onPress={() => flow.go({ at: "counter" })}>
          {screenTexts.now.more.back}
        </PrimaryButton>
      }
    />
  );
}

function LevelCard({
  level,
  vault,
}: {
  readonly level: VaultLevel;
  readonly vault: TillView["vault"];
}): JSX.Element {
  const t = sayVault().levels;
  const words = t.each[level];
  const isNow = vault.level === level;
  const rows: readonly (readonly [string, ComponentChildren])[] = [
    [t.guards, words.guards],
    [t.fails, words.fails],
    [t.price, words.price],
  ];
  return (
    <section class={`card level ${isNow ? "level--now" : ""}`} data-level={level}>
      <h2 class="card__title">
        {words.name}
        {isNow && (
          <span class="level__mark">
            <CheckIcon size={20} />
            {t.now}
          </span>
        )}
        {vault.wanted === level && <span class="level__mark">{t.wanted}</span>}
      </h2>
      <dl class="level__words">
        {rows.map(([term, value]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function VaultFacts({ view }: { readonly view: TillView }): JSX.Element {
  const t = sayVault().levels;
  const { vault } = view;
  return (
    <Facts
      rows={[
        [t.now, t.each[vault.level].name],
        [t.state, vault.open ? t.open : t.closed],
        [t.lease.title, leaseWords(vault.lease)],
      ]}
    />
  );
}

function leaseWords(lease: TillView["vault"]["lease"]): string {
  const t = sayVault().levels.lease;
  if (lease === null) return t.none;
  const moment = formatMoment(lease.untilMs, nowMs.value, language.value);
  return lease.over ? t.over(moment) : t.until(moment);
}
