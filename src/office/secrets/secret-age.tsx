import type { ComponentChildren, JSX } from "preact";
import type { SecretFacts } from "#protocol/office-secrets-api.ts";
import { CheckIcon, UploadIcon } from "#ui/icons.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useOffice, useSay } from "../office.ts";
import { StateWord } from "../parts/state-word.tsx";
import { Facts } from "../parts/table.tsx";
import { ageDays } from "./secret-form.ts";

/** «Set 97 days ago», and beside it whether it is due; «none yet» where there is none (G22). */
export function SecretAgeWord({ secret }: { readonly secret: SecretFacts | null }): JSX.Element {
  const t = officeTexts.now.secrets.age;
  const { api } = useOffice();
  if (secret === null) return <span>{t.none}</span>;
  const days = ageDays(secret.madeAtMs, api.serverNowMs());
  return (
    <span class="states">
      <span>{days === 0 ? t.today : t.days(days)}</span>
      {secret.remind && <DueWord word={t.remind} />}
    </span>
  );
}

/** Something that is up to the owner to do, some day soon: bold, and neither a failure nor an unknown. */
export function DueWord({ word }: { readonly word: string }): JSX.Element {
  return <StateWord tone="due" icon={<ClockIcon />} word={word} />;
}

function ClockIcon(): JSX.Element {
  return (
    <svg width={18} height={18} viewBox="0 0 24 24" class="ring" aria-hidden="true">
      <circle cx="12" cy="12" r="9" />
      <path d="M12 7v5l3.5 2" />
    </svg>
  );
}

/** When a secret was set and where, until when the one before it goes on, which tills have it. */
export function SecretStanding(props: {
  readonly name: string;
  readonly secret: SecretFacts | null;
}): JSX.Element {
  const t = officeTexts.now.secrets.age;
  const { api } = useOffice();
  const say = useSay();
  const { secret } = props;
  const facts: (readonly [string, ComponentChildren])[] = [[props.name, <SecretAgeWord secret={secret} />]];
  if (secret !== null) {
    const where = secret.tillName === null ? t.byOffice : t.byTill(secret.tillName);
    facts.push([t.made, t.by(say.moment(secret.madeAtMs), where)]);
    if (secret.oldUntilMs !== null) facts.push([t.old, t.oldUntil(say.moment(secret.oldUntilMs))]);
    facts.push([t.delivery, secret.tills.length === 0 ? t.noTills : <Delivered secret={secret} />]);
  }
  return (
    <>
      {secret?.remind === true && (
        <p class="reminder">{t.remindWhy(ageDays(secret.madeAtMs, api.serverNowMs()))}</p>
      )}
      <Facts facts={facts} />
    </>
  );
}

function Delivered({ secret }: { readonly secret: SecretFacts }): JSX.Element {
  const t = officeTexts.now.secrets.age;
  return (
    <span class="states">
      {secret.tills.map(({ name, hasIt }) =>
        hasIt ? (
          <StateWord key={name} tone="good" icon={<CheckIcon size={18} />} word={t.has(name)} />
        ) : (
          <StateWord key={name} tone="off" icon={<UploadIcon size={18} />} word={t.hasNot(name)} />
        ),
      )}
    </span>
  );
}
