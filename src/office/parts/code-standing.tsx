import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import type { CodeDetail, CodeLease } from "#protocol/office-api.ts";
import { Button } from "#ui/components/button.tsx";
import { SelectField } from "#ui/components/fields.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useOffice, useSay } from "../office.ts";
import { useAct } from "../use-act.ts";
import { useAnswer } from "../use-answer.ts";
import { Outcome, Section } from "./page.tsx";
import { TwoStep } from "./two-step.tsx";

interface StandingProps {
  readonly code: CodeDetail;
  readonly onMoved: (code: CodeDetail) => void;
}

/** Which till can take an open code, who has it in hand, and what the owner can do about either. */
export function CodeStanding({ code, onMoved }: StandingProps): JSX.Element {
  const t = officeTexts.now.severalTills.code;
  return (
    <Section title={t.section}>
      <InHand code={code} onMoved={onMoved} />
      <Lease code={code} />
      <Move code={code} onMoved={onMoved} />
    </Section>
  );
}

function Lease({ code }: { readonly code: CodeDetail }): JSX.Element {
  const t = officeTexts.now.severalTills.code;
  const say = useSay();
  const { lease } = code;
  if (lease === null) return <p>{t.free}</p>;
  if (lease.holderGone === "stolen") return <p class="problem">{t.stolen(lease.tillName)}</p>;
  return (
    <>
      {lease.holderGone === "revoked" && <p class="problem">{t.revoked(lease.tillName)}</p>}
      {lease.moving === null ? (
        <p>{t.holder(lease.tillName)}</p>
      ) : (
        <p role="status">
          {t.waiting(lease.tillName, say.moment(lease.moving.sinceMs))}{" "}
          {lease.moving.toName === null ? t.thenNobody : t.thenTo(lease.moving.toName)}
        </p>
      )}
    </>
  );
}

function InHand({ code, onMoved }: StandingProps): JSX.Element | null {
  const t = officeTexts.now.severalTills.code;
  const { api } = useOffice();
  const say = useSay();
  const release = useAct();
  const { claim } = code;
  if (claim === null) return null;
  return (
    <div>
      <p>{t.inHand(claim.tillName, say.moment(claim.sinceMs))}</p>
      <TwoStep
        act={t.release}
        ask={t.releaseAsk(claim.tillName)}
        yes={t.releaseYes}
        no={t.releaseNo}
        onYes={() => release.run(() => api.releaseClaim(code.id), onMoved)}
      />
      <Outcome act={release} />
    </div>
  );
}

function Move({ code, onMoved }: StandingProps): JSX.Element {
  const t = officeTexts.now.severalTills.code;
  const { api } = useOffice();
  const say = useSay();
  const tills = useAnswer(api.tills, "tills", ["till"]);
  const chosen = useSignal("");
  const move = useAct();
  const { lease } = code;
  const others = (tills.value?.rows ?? []).filter(
    (till) => till.state === "active" && till.id !== lease?.tillId,
  );
  const send = (tillId: string | null, withoutHolder: boolean): void =>
    move.run(() => api.moveLease(code.id, { tillId, withoutHolder }), onMoved);
  const to = chosen.value === "" ? null : chosen.value;
  if (lease?.moving && lease.holderGone === null) {
    return (
      <div>
        <Button onPress={() => send(lease.tillId, false)}>{t.keep}</Button>
        <Outcome act={move} />
      </div>
    );
  }
  // With one till there is nowhere to move to, and nothing to be asked for by another.
  if (others.length === 0 && lease === null) return <Outcome act={move} />;
  return (
    <div class="form">
      <SelectField
        label={t.moveTo}
        value={chosen.value}
        options={[
          { value: "", label: t.nobody },
          ...others.map((till) => ({ value: till.id, label: till.name })),
        ]}
        onChange={(tillId) => (chosen.value = tillId)}
      />
      {isGone(lease) ? (
        <TwoStep
          act={t.freeNow}
          ask={t.freeAsk(say.money(code.amountMinor))}
          yes={t.freeYes}
          no={t.freeNo}
          onYes={() => send(to, true)}
        />
      ) : (
        <Button onPress={() => send(to, false)}>{t.move}</Button>
      )}
      <Outcome act={move} />
    </div>
  );
}

function isGone(lease: CodeLease | null): boolean {
  return lease !== null && lease.holderGone !== null;
}
