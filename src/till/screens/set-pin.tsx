import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { sayVault } from "#ui/texts/vault-texts.ts";
import { ApprovalStep } from "../parts/approval.tsx";
import { SecretStep } from "../parts/secret-step.tsx";
import { screenTexts } from "../screen-texts.ts";
import { useTill, useView } from "../till-context.ts";

export interface SetPinProps {
  readonly operatorId: string;
  /** With a sentence of what was done, or without when nothing was. */
  readonly onEnd: (done?: string) => void;
}

/**
 * A first PIN, or one in place of one that was forgotten: a manager approves, then whose it is enters the new
 * one twice.
 */
export function SetPinScreen({ operatorId, onEnd }: SetPinProps): JSX.Element {
  const approved = useSignal(false);
  const name = useView().operators.find(({ id }) => id === operatorId)?.name ?? "";
  const t = sayVault();
  if (!approved.value) {
    return (
      <ApprovalStep
        approve={{ what: "new-pin", operatorId }}
        why={t.approve.why["new-pin"](name)}
        onOutcome={() => (approved.value = true)}
        onBack={() => onEnd()}
      />
    );
  }
  return (
    <SecretStep
      name="set-pin"
      title={t.setPin.title(name)}
      label={screenTexts.now.lock.pin(name)}
      prompt={t.setPin.first}
      again={t.setPin.again}
      lines={[t.setPin.turn(name), t.setPin.rule]}
      purposeKey={`new ${operatorId}`}
      purpose={{ purpose: "new-pin", operatorId }}
      onOutcome={(outcome) => {
        if (outcome.kind === "pin-set") onEnd(t.setPin.done(name));
        // The approval has run out meanwhile: it is asked for again, not left as a dead pad.
        if (outcome.kind === "refused" && outcome.refusal.code === "pin-needs-manager")
          approved.value = false;
      }}
      onBack={() => onEnd()}
    />
  );
}

/** One's own PIN: the present one, then the new one twice. */
export function ChangePinScreen({ onEnd }: Pick<SetPinProps, "onEnd">): JSX.Element {
  const { flow } = useTill();
  const proved = useSignal(false);
  const operator = useView().operator;
  const operatorId = operator?.id ?? "";
  const name = operator?.name ?? "";
  const t = sayVault();
  if (!proved.value) {
    return (
      <SecretStep
        name="old-pin"
        title={t.change.title}
        label={screenTexts.now.lock.pin(name)}
        prompt={t.change.old}
        lines={[t.change.old, t.change.forgot]}
        purposeKey={`old ${operatorId}`}
        purpose={{ purpose: "old-pin", operatorId }}
        onOutcome={(outcome) => {
          if (outcome.kind === "approved") proved.value = true;
        }}
        onBack={() => flow.go({ at: "more" })}
      />
    );
  }
  return (
    <SecretStep
      name="change-pin"
      title={t.change.title}
      label={t.setPin.first}
      prompt={t.setPin.first}
      again={t.setPin.again}
      lines={[t.setPin.rule]}
      purposeKey={`new ${operatorId}`}
      purpose={{ purpose: "new-pin", operatorId }}
      onOutcome={(outcome) => {
        if (outcome.kind === "pin-set") onEnd(t.change.done);
        if (outcome.kind === "refused" && outcome.refusal.code === "pin-needs-manager") proved.value = false;
      }}
      onBack={() => flow.go({ at: "more" })}
    />
  );
}
