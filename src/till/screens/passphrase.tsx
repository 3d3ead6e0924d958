import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { sayVault } from "#ui/texts/vault-texts.ts";
import { ApprovalStep } from "../parts/approval.tsx";
import { SecretStep } from "../parts/secret-step.tsx";
import { useView } from "../till-context.ts";

/** After a restart the passphrase opens the keys; one that the owner just chose is approved and set here. */
export function PassphraseScreen({ onEnd }: { readonly onEnd: (done?: string) => void }): JSX.Element {
  const { vault } = useView();
  const t = sayVault();
  // What is asked for stays so while this stands: setting one opens the vault, opening it ends this.
  const opens = useSignal(!vault.open && vault.level === "passphrase").value;
  const approved = useSignal(false);
  if (opens) {
    return (
      <SecretStep
        name="passphrase"
        title={t.passphrase.title}
        label={t.passphrase.enter}
        prompt={t.closed.why.passphrase}
        lines={[t.closed.why.passphrase, t.closed.works]}
        purposeKey="passphrase"
        purpose={{ purpose: "passphrase" }}
        onOutcome={(outcome) => {
          if (outcome.kind === "vault-open") onEnd();
        }}
        onBack={() => onEnd()}
      />
    );
  }
  if (!approved.value) {
    return (
      <ApprovalStep
        approve={{ what: "passphrase" }}
        why={t.approve.why.passphrase}
        onOutcome={() => (approved.value = true)}
        onBack={() => onEnd()}
      />
    );
  }
  return (
    <SecretStep
      name="new-passphrase"
      title={t.passphrase.title}
      label={t.passphrase.first}
      prompt={t.passphrase.rule}
      again={t.passphrase.again}
      lines={[t.passphrase.rule, t.passphrase.keep]}
      purposeKey="new-passphrase"
      purpose={{ purpose: "new-passphrase" }}
      onOutcome={(outcome) => {
        if (outcome.kind === "vault-open") onEnd(t.passphrase.done);
        if (outcome.kind === "refused" && outcome.refusal.code === "pin-needs-manager")
          approved.value = false;
      }}
      onBack={() => onEnd()}
    />
  );
}
