import { useSignal } from "@preact/signals";
import type { JSX } from "preact";
import { Button } from "#ui/components/button.tsx";
import { officeTexts } from "#ui/texts/office-texts.ts";
import { useOffice } from "../office.ts";
import { Outcome, Section } from "../parts/page.tsx";
import { useAct } from "../use-act.ts";

/** Lets the password of a code be tried again where a till has locked it (PROTOCOL §10). */
export function CodeUnlock({ id }: { readonly id: string }): JSX.Element {
  const t = officeTexts.now.secrets.code;
  const { api } = useOffice();
  const isDone = useSignal(false);
  const unlocking = useAct();
  return (
    <Section title={t.section} note={t.why}>
      <Button
        onPress={() =>
          unlocking.run(
            () => api.secrets.unlockCode(id),
            () => (isDone.value = true),
          )
        }
      >
        {t.unlock}
      </Button>
      <p role="status" class="saved">
        {isDone.value ? t.unlocked : ""}
      </p>
      <Outcome act={unlocking} />
    </Section>
  );
}
