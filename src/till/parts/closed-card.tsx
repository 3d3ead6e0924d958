import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Button } from "#ui/components/button.tsx";
import { LockIcon } from "#ui/icons.tsx";
import { sayVault } from "#ui/texts/vault-texts.ts";
import { codesStop } from "../codes-stopped.ts";
import { useTill, useView } from "../till-context.ts";

/** The keys are locked, or the lease is over: what works all the same, why, and the one act that mends it. */
export function ClosedCard(): JSX.Element | null {
  const view = useView();
  const why = codesStop(view);
  const t = sayVault().closed;
  if (why === null || why === "stop") return null;
  return (
    <section class="card card--closed" data-card="closed">
      <h2 class="card__title">
        <LockIcon size={24} />
        {t.title[why]}
      </h2>
      <p>{why === "keys" ? t.why[view.vault.level] : t.leaseWhy}</p>
      <p>{t.works}</p>
      <OpenAct />
    </section>
  );
}

/** What a person can do about it: ask the server, or type the passphrase. */
export function OpenAct(): JSX.Element {
  const { engine, flow } = useTill();
  const { vault } = useView();
  const t = sayVault().closed;
  const asking = useSignal(false);
  const unheard = useSignal(false);
  if (!vault.open && vault.level === "passphrase") {
    return (
      <Button class="card__act" onPress={() => flow.go({ at: "vault", task: "passphrase" })}>
        {t.type}
      </Button>
    );
  }
  const ask = async (): Promise<void> => {
    if (vault.open) await engine.syncNow();
    else unheard.value = !(await engine.openVault());
  };
  const press = (): void => {
    if (asking.value) return;
    asking.value = true;
    unheard.value = false;
    ask()
      .catch(flow.fault)
      .finally(() => (asking.value = false));
  };
  return (
    <>
      <Button class="card__act" onPress={press}>
        {asking.value ? t.asking : vault.open ? t.sync : t.ask}
      </Button>
      <p role="status">{unheard.value && t.unheard}</p>
    </>
  );
}
