import type { JSX } from "preact";
import { Button } from "#ui/components/button.tsx";
import { LockIcon } from "#ui/icons.tsx";
import { sayVault } from "#ui/texts/vault-texts.ts";
import { codesStop } from "../codes-stopped.ts";
import { useOpenKeys } from "../open-keys.ts";
import { useView } from "../till-context.ts";

/**
 * The keys are locked, or the lease is over: what works all the same, why, and the one act that mends it,
 * unless that has a place of its own on the screen.
 */
export function ClosedCard({ act = true }: { readonly act?: boolean }): JSX.Element | null {
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
      {act && <OpenAct />}
    </section>
  );
}

function OpenAct(): JSX.Element {
  const open = useOpenKeys();
  return (
    <div class="card__acts">
      <Button class="card__act" onPress={open.press}>
        {open.words}
      </Button>
      <p class="card__said" role="status">
        {open.unheard && sayVault().closed.unheard}
      </p>
    </div>
  );
}
