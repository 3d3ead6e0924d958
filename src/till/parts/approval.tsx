import { useSignal } from "@preact/signals";
import type { ComponentChildren, JSX } from "preact";
import type { Approval, OperatorView, PadOutcome, TillView } from "#protocol/engine-calls.ts";
import { Button } from "#ui/components/button.tsx";
import { MessageLine } from "#ui/components/message-line.tsx";
import { ScreenTitle } from "#ui/components/screen-title.tsx";
import { PersonIcon } from "#ui/icons.tsx";
import { sayVault } from "#ui/texts/vault-texts.ts";
import { screenTexts } from "../screen-texts.ts";
import { useTill, useView } from "../till-context.ts";
import { PrimaryButton } from "./primary-button.tsx";
import { ScreenFrame } from "./screen-frame.tsx";
import { SecretStep } from "./secret-step.tsx";

/**
 * Who may approve at this till: managers and owners whose PIN it can check, nobody for themselves, and the
 * owner's PIN is set by an owner only. The one who is at the till comes first. The engine decides; this only
 * spares people a PIN that would be refused.
 */
export function approversOf(
  { operators, operator }: Pick<TillView, "operators" | "operator">,
  approve: Approval,
): readonly OperatorView[] {
  const about = "operatorId" in approve ? approve.operatorId : null;
  const forOwner =
    approve.what === "new-pin" && operators.some(({ id, role }) => id === about && role === "owner");
  const least = forOwner ? ["owner"] : ["owner", "manager"];
  const may = operators.filter(({ id, role, hasPin }) => least.includes(role) && hasPin && id !== about);
  return may.toSorted((a, b) => Number(b.id === operator?.id) - Number(a.id === operator?.id));
}

export interface ApprovalProps {
  readonly approve: Approval;
  /** What the approval is for, in a sentence. */
  readonly why: string;
  /** `approved`, or at once what was approved; a refusal stays on the pad. */
  readonly onOutcome: (outcome: PadOutcome) => void;
  readonly onBack: () => void;
}

/** A manager's or the owner's own PIN before what an operator may not do alone. */
export function ApprovalStep({ approve, why, onOutcome, onBack }: ApprovalProps): JSX.Element {
  const view = useView();
  const t = sayVault().approve;
  const may = approversOf(view, approve);
  const chosenId = useSignal<string | null>(null);
  const chosen = may.find(({ id }) => id === chosenId.value) ?? (may.length === 1 ? may[0] : undefined);
  if (may.length === 0) return <NobodyApproves why={t.nobody} onBack={onBack} />;
  if (chosen === undefined) {
    return (
      <ChoosePerson
        name="approver"
        title={t.choose}
        people={may}
        work={<p class="panel__empty">{why}</p>}
        onChoose={({ id }) => (chosenId.value = id)}
        onBack={onBack}
      />
    );
  }
  return (
    <SecretStep
      name="approve"
      title={t.title}
      label={screenTexts.now.lock.pin(chosen.name)}
      prompt={t.prompt}
      lines={[why, t.until]}
      purposeKey={`manager ${chosen.id}`}
      purpose={{ purpose: "manager", managerId: chosen.id, approve }}
      onOutcome={(outcome) => {
        if (outcome.kind !== "refused") onOutcome(outcome);
      }}
      onBack={onBack}
      second={
        may.length > 1 && (
          <Button class="second" onPress={() => (chosenId.value = null)}>
            {screenTexts.now.lock.other}
          </Button>
        )
      }
    />
  );
}

interface ChooseProps {
  readonly name: string;
  readonly title: string;
  readonly people: readonly OperatorView[];
  readonly work: ComponentChildren;
  readonly onChoose: (operator: OperatorView) => void;
  readonly onBack: () => void;
}

function ChoosePerson({ name, title, people, work, onChoose, onBack }: ChooseProps): JSX.Element {
  return (
    <ScreenFrame
      name={name}
      work={
        <div class="panel">
          <h2 class="panel__title">{title}</h2>
          {work}
        </div>
      }
      amount={
        <div class="amount amount--secret">
          <ScreenTitle hidden>{title}</ScreenTitle>
          <span class="amount__words">{title}</span>
        </div>
      }
      message={<MessageLine message={null} />}
      pad={<PeopleKeys people={people} onChoose={onChoose} />}
      second={
        <Button class="second" onPress={onBack}>
          {sayVault().back}
        </Button>
      }
    />
  );
}

/** The shop's people, one a key, as on the lock. */
export function PeopleKeys({
  people,
  onChoose,
  chosen,
}: Pick<ChooseProps, "people" | "onChoose"> & { readonly chosen?: string | undefined }): JSX.Element {
  const { roles } = screenTexts.now.lock;
  return (
    <ul class="operators">
      {people.map((operator) => (
        <li key={operator.id}>
          <button
            type="button"
            class={`method ${operator.id === chosen ? "method--chosen" : ""}`}
            aria-pressed={chosen === undefined ? undefined : operator.id === chosen}
            onClick={() => onChoose(operator)}
          >
            <PersonIcon size={30} />
            <span class="method__words">
              <span class="method__name">{operator.name}</span>
              <span class="method__hint">{roles[operator.role]}</span>
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}

function NobodyApproves({ why, onBack }: { readonly why: string; readonly onBack: () => void }): JSX.Element {
  const { title } = sayVault().approve;
  const { engine, flow } = useTill();
  return (
    <ScreenFrame
      name="approve-nobody"
      shape="roomy"
      work={
        <div class="panel result">
          <ScreenTitle>{title}</ScreenTitle>
          <p class="result__todo">{why}</p>
        </div>
      }
      second={
        <Button class="second" onPress={() => void engine.syncNow().catch(flow.fault)}>
          {sayVault().closed.sync}
        </Button>
      }
      primary={
        <PrimaryButton actId="approve-back" onPress={onBack}>
          {sayVault().back}
        </PrimaryButton>
      }
    />
  );
}
