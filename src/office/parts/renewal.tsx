import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { useId } from "preact/hooks";
import type { ActivationAnswer, TillRow } from "#protocol/office-api.ts";
import type { RenewalReason } from "#protocol/office-losses-api.ts";
import { Button } from "#ui/components/button.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useOffice, useSay } from "../office.ts";
import { useAct } from "../use-act.ts";
import { useAnswer } from "../use-answer.ts";
import { Activation } from "./activation.tsx";
import { Outcome, Section } from "./page.tsx";

const reasons: readonly RenewalReason[] = ["replaced", "lost", "stolen", "data-lost"];

/**
 * The activation code of a till. One that no tablet is yet just shows it; one that was active before is asked
 * why first, because the answer decides what becomes of what the old tablet still holds (PROTOCOL §6). The
 * code is made by a press, since a new one ends the one a tablet may just be typing.
 */
export function TillActivation({ till }: { readonly till: TillRow }): JSX.Element | null {
  const t = officeTexts.now;
  const { api } = useOffice();
  const isNew = till.epoch === null;
  const reason = useSignal<RenewalReason | null>(null);
  // The server says whether a code waits: after a reload, in another window, and no more once it is used up.
  const waiting = useAnswer(() => api.openActivation(till.id), `activation ${till.id}`, ["till"]);
  const make = useAct();
  if (till.state === "revoked") return null;
  const keep = (answer: ActivationAnswer, why: RenewalReason | null): void =>
    waiting.put({ open: { ...answer, reason: why } });
  const open = waiting.value?.open ?? null;
  const unavailable = !isNew && reason.value === null ? t.losses.renewal.choose : undefined;
  return (
    <Section
      title={isNew ? t.till.activation : t.losses.renewal.title}
      note={isNew ? t.till.activationWhy : undefined}
    >
      {open !== null ? (
        <>
          {open.reason !== null && <Chosen reason={open.reason} />}
          <Activation
            tillId={till.id}
            activation={open}
            reason={open.reason}
            onRenewed={(answer) => keep(answer, open.reason)}
          />
        </>
      ) : (
        <>
          {!isNew && <Undelivered till={till} />}
          {!isNew && <WhyAgain value={reason.value} onChange={(next) => (reason.value = next)} />}
          <Button
            kind={isNew ? "primary" : "secondary"}
            unavailable={unavailable}
            onPress={() => {
              const why = reason.value;
              make.run(
                () => api.activateTill(till.id, why),
                (answer) => keep(answer, why),
              );
            }}
          >
            {t.till.show}
          </Button>
        </>
      )}
      <Outcome act={make} />
    </Section>
  );
}

/** What is known to be on the old tablet still: by its own words, else by its last signed hello. */
function Undelivered({ till }: { readonly till: TillRow }): JSX.Element {
  const { renewal: t, sales } = officeTexts.now.losses;
  const say = useSay();
  const { unsent, claimedSeq } = till.health;
  const missing = Math.max(0, (claimedSeq ?? -1) - (till.seq ?? -1));
  if (unsent !== null && unsent.count > 0) {
    const words = sales(unsent.count, say.money(unsent.sumMinor));
    return <p class="undelivered undelivered--some">{t.undelivered(words)}</p>;
  }
  if (missing > 0) return <p class="undelivered undelivered--some">{t.undeliveredEntries(missing)}</p>;
  if (unsent === null) return <p class="undelivered">{t.undeliveredUnknown}</p>;
  return <p class="undelivered">{t.undeliveredNone(say.moment(unsent.saidAtMs))}</p>;
}

/** Why the code in front was asked for, and what that means: another screen, or another person, chose it. */
function Chosen({ reason }: { readonly reason: RenewalReason }): JSX.Element {
  const t = officeTexts.now.losses.renewal;
  return (
    <p class="undelivered" data-reason={reason}>
      <strong>{t.reasons[reason]}</strong>
      <span class="note check__note">{t.consequences[reason]}</span>
    </p>
  );
}

/** Each answer with what it means for the money on the old tablet; none is chosen beforehand. */
function WhyAgain(props: {
  readonly value: RenewalReason | null;
  readonly onChange: (reason: RenewalReason) => void;
}): JSX.Element {
  const t = officeTexts.now.losses.renewal;
  const group = useId();
  return (
    <fieldset class="choice">
      <legend class="field__label">{t.ask}</legend>
      {reasons.map((reason) => (
        <label class="check" key={reason}>
          <input
            class="check__box"
            type="radio"
            name={group}
            checked={reason === props.value}
            onChange={() => props.onChange(reason)}
          />
          <span>
            <strong>{t.reasons[reason]}</strong>
            <span class="note check__note">{t.consequences[reason]}</span>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
