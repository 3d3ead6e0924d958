import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import { LETTERS_BITS } from "#domain/password-generator.ts";
import type { VaultLevel } from "#protocol/feed-secrets.ts";
import type { VaultRow } from "#protocol/office-secrets-api.ts";
import { Button } from "#ui/components/button.tsx";
import { Choice } from "#ui/components/fields.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useMe, useOffice } from "../office.ts";
import { Outcome, Page, Problem, Section, Shown, submitting } from "../parts/page.tsx";
import { Facts } from "../parts/table.tsx";
import { DIGIT_FIGURES, guessingTimeS, PIN_GUESSES } from "../secrets/attack-figures.ts";
import { sayTime } from "../secrets/say-time.ts";
import { offeredLevels, vaultWaits } from "../secrets/vault-words.ts";
import { useAct } from "../use-act.ts";
import { useAnswer } from "../use-answer.ts";

/** How one till guards its secrets: the level with what each is worth, and the time limit (PROTOCOL §2). */
export function ProtectionPage({ id }: { readonly id: string }): JSX.Element {
  const t = officeTexts.now;
  const { api } = useOffice();
  const vaults = useAnswer(api.secrets.vaults, "vaults", ["policy", "till"]);
  const vault = vaults.value?.rows.find((row) => row.tillId === id);
  const title = vault ? t.secrets.vault.title(vault.tillName) : t.secrets.vault.section;
  const back = { to: { page: "till", id } as const, name: vault?.tillName ?? t.tills.title };
  return (
    <Page title={title} back={back}>
      <Shown asked={vaults}>
        {() =>
          vault ? (
            <Protection vault={vault} onChanged={vaults.reload} />
          ) : (
            <Problem problem={{ code: "not-found" }} />
          )
        }
      </Shown>
    </Page>
  );
}

interface VaultProps {
  readonly vault: VaultRow;
  readonly onChanged: () => void;
}

function Protection({ vault, onChanged }: VaultProps): JSX.Element {
  const t = officeTexts.now.secrets.vault;
  const isOwner = useMe().role === "owner";
  return (
    <>
      {!isOwner && <p class="note">{t.ownerOnly}</p>}
      <Section title={t.section} note={t.why}>
        <Levels vault={vault} onChanged={onChanged} isOwner={isOwner} />
      </Section>
      <Section title={t.figures} note={t.figuresWhy}>
        <Facts
          facts={[
            ...DIGIT_FIGURES.map(
              ({ digits, guesses }) => [t.digits(digits), sayTime(guessingTimeS(guesses))] as const,
            ),
            [t.generated, sayTime(guessingTimeS(2 ** LETTERS_BITS))],
          ]}
        />
        <p>{t.figuresOthers}</p>
      </Section>
      <Section title={t.lease} note={t.leaseWhy}>
        <Lease vault={vault} onChanged={onChanged} isOwner={isOwner} />
      </Section>
    </>
  );
}

function Levels({ vault, onChanged, isOwner }: VaultProps & { readonly isOwner: boolean }): JSX.Element {
  const t = officeTexts.now.secrets.vault;
  const { api } = useOffice();
  const draft = useSignal<VaultLevel | null>(null);
  const isSaved = useSignal(false);
  const saving = useAct();
  const chosen = draft.value ?? vault.level;
  const waits = vaultWaits(vault);
  function save(): void {
    saving.run(
      () => api.secrets.saveVaultLevel(vault.tillId, { level: chosen }),
      () => {
        draft.value = null;
        isSaved.value = true;
        onChanged();
      },
    );
  }
  function choose(level: VaultLevel): void {
    draft.value = level;
    isSaved.value = false;
  }
  return (
    <form class="levels" noValidate onSubmit={submitting(save)}>
      {waits.map((sentence) => (
        <p class="reminder" key={sentence}>
          {sentence}
        </p>
      ))}
      <LevelCards
        levels={offeredLevels(vault)}
        chosen={chosen}
        inForce={vault.atTill ?? "basic"}
        onChoose={isOwner ? choose : null}
      />
      {chosen !== "basic" && <p class="reminder">{t.cashOnly}</p>}
      <Outcome act={saving} />
      <p role="status" class="saved">
        {isSaved.value ? t.saved : ""}
      </p>
      {isOwner && (
        <div class="row">
          <Button kind={chosen === vault.level ? "secondary" : "primary"} type="submit">
            {t.save}
          </Button>
        </div>
      )}
    </form>
  );
}

/** The levels side by side, each with what it is worth in a shopkeeper's words. */
function LevelCards(props: {
  readonly levels: readonly VaultLevel[];
  readonly chosen: VaultLevel;
  readonly inForce: VaultLevel;
  /** Null: to read only. */
  readonly onChoose: ((level: VaultLevel) => void) | null;
}): JSX.Element {
  const t = officeTexts.now.secrets.vault;
  const group = useId();
  const time = sayTime(guessingTimeS(PIN_GUESSES));
  return (
    <fieldset class="level-cards">
      <legend class="visually-hidden">{t.section}</legend>
      {props.levels.map((level) => (
        <div class={`level ${level === props.chosen ? "level--chosen" : ""}`} key={level}>
          <label class="level__name">
            <input
              type="radio"
              name={group}
              checked={level === props.chosen}
              disabled={props.onChoose === null}
              aria-describedby={`${group}-${level}`}
              onChange={() => props.onChoose?.(level)}
            />
            <span>
              {t.levels[level]}
              {level === props.inForce && <span class="level__in-force">{t.inForce}</span>}
            </span>
          </label>
          <dl class="level__worth" id={`${group}-${level}`}>
            <dt>{t.protects}</dt>
            <dd>{t.protectsOf[level]}</dd>
            <dt>{t.leaves}</dt>
            <dd>{t.leavesOf[level](time)}</dd>
            <dt>{t.price}</dt>
            <dd>{t.priceOf[level]}</dd>
          </dl>
        </div>
      ))}
    </fieldset>
  );
}

/** What is offered; another figure, set by another way, is shown beside them. */
const LEASE_HOURS: readonly number[] = [8, 24, 72, 168];

function Lease({ vault, onChanged, isOwner }: VaultProps & { readonly isOwner: boolean }): JSX.Element {
  const t = officeTexts.now.secrets.vault;
  const { api } = useOffice();
  const draft = useSignal<string | null>(null);
  const isSaved = useSignal(false);
  const saving = useAct();
  const saved = String(vault.leaseHours ?? "off");
  const chosen = draft.value ?? saved;
  const hours = chosen === "off" ? null : Number(chosen);
  const offered = [...new Set([...LEASE_HOURS, ...(vault.leaseHours === null ? [] : [vault.leaseHours])])];
  const words = (value: number): string => t.leases.hours(value);
  if (!isOwner) return <p>{hours === null ? t.leases.off : words(hours)}</p>;
  function save(): void {
    saving.run(
      () => api.secrets.saveVaultLease(vault.tillId, { hours }),
      () => {
        draft.value = null;
        isSaved.value = true;
        onChanged();
      },
    );
  }
  return (
    <form class="form" noValidate onSubmit={submitting(save)}>
      <Choice
        label={t.leaseFor}
        value={chosen}
        options={[
          { value: "off", label: t.leases.off },
          ...offered.toSorted((a, b) => a - b).map((each) => ({ value: String(each), label: words(each) })),
        ]}
        onChange={(value) => {
          draft.value = value;
          isSaved.value = false;
        }}
      />
      {hours !== null && <p class="reminder">{t.leaseWarning(words(hours))}</p>}
      <Outcome act={saving} />
      <p role="status" class="saved">
        {isSaved.value ? t.saved : ""}
      </p>
      <div class="row">
        <Button type="submit">{t.leaseSave}</Button>
      </div>
    </form>
  );
}
