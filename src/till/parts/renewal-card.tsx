import type { JSX } from "preact";
import { LockIcon } from "#ui/icons.tsx";
import { sayVault } from "#ui/texts/vault-texts.ts";
import { useView } from "../till-context.ts";

/** The till's keys were lost and made anew: six digits for the owner to compare in the office. */
export function RenewalCard(): JSX.Element | null {
  const digits = useView().vault.renewalDigits;
  const t = sayVault().renewal;
  if (digits === undefined) return null;
  return (
    <section class="card card--warns" data-card="renewal">
      <h2 class="card__title">
        <LockIcon size={24} />
        {t.title}
      </h2>
      <p>{t.why}</p>
      <output class="renewal__digits">{digits}</output>
      <p>{t.compare}</p>
    </section>
  );
}
