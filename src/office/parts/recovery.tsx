import type { JSX } from "preact";
import { useEffect } from "preact/hooks";
import { Button } from "#ui/components/button.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useMe, useOffice } from "../office.ts";
import { usePrint } from "./print.tsx";

/**
 * The recovery key, on every page until the owner says that it is put away: it is shown once, stored nowhere,
 * and without it a backup stays shut. Nothing waits for it.
 */
export function Recovery(): JSX.Element | null {
  const t = officeTexts.now.welcome;
  const { firstRun } = useOffice();
  const { shopName } = useMe();
  const print = usePrint();
  const recoveryKey = firstRun.value?.recoveryKey ?? null;

  useEffect(() => {
    if (recoveryKey === null) return undefined;
    // A reload would lose the only copy: the browser asks first.
    const hold = (event: BeforeUnloadEvent): void => event.preventDefault();
    addEventListener("beforeunload", hold);
    return () => removeEventListener("beforeunload", hold);
  }, [recoveryKey]);

  if (firstRun.value === null || recoveryKey === null) return null;
  const run = firstRun.value;
  return (
    <aside class="section recovery" aria-label={t.recovery}>
      <h2>{t.recovery}</h2>
      <p class="recovery__key">{recoveryKey}</p>
      <p class="note">{t.recoveryWhy}</p>
      <div class="row">
        <Button onPress={() => print(<RecoverySheet shopName={shopName} recoveryKey={recoveryKey} />)}>
          {t.recoveryPrint}
        </Button>
        <Button kind="quiet" onPress={() => (firstRun.value = { ...run, recoveryKey: null })}>
          {t.recoveryKept}
        </Button>
      </div>
    </aside>
  );
}

function RecoverySheet(props: { readonly shopName: string; readonly recoveryKey: string }): JSX.Element {
  const t = officeTexts.now.welcome;
  return (
    <section class="sheet sheet--page">
      <p class="sheet__title">{t.recoverySheet(props.shopName)}</p>
      <p class="sheet__secret">{props.recoveryKey}</p>
      <p>{t.recoverySheetWhy}</p>
      <p>{location.host}</p>
    </section>
  );
}
